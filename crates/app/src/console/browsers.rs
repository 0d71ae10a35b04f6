//! The browsers that somebody is signed in with: which there are, and ending the others.

use gatewright_domain::{
    audit::{AuditAction, AuditEvent},
    ids::ConsoleSessionId,
};
use gatewright_storage::console_session::{self, LiveSession};

use super::{
    error::ConsoleError,
    session::{Console, ConsoleIdentity},
};
use crate::{ambient::Ctx, audit::record};

impl Console {
    /// The live sessions of whoever asks, the latest first.
    pub async fn list_browsers(
        &self,
        ctx: &Ctx,
        identity: &ConsoleIdentity,
    ) -> Result<Vec<LiveSession>, ConsoleError> {
        let mut conn = self.parts.pool.get().await?;
        Ok(console_session::list_live(&mut conn, identity.account.id, ctx.now).await?)
    }

    /// Ends one of them. One that has ended, or is somebody else's, is left alone.
    pub async fn end_browser(
        &self,
        ctx: &Ctx,
        identity: &ConsoleIdentity,
        id: ConsoleSessionId,
    ) -> Result<(), ConsoleError> {
        let mut tx = self.parts.pool.begin().await?;
        let account = identity.account.id;
        if console_session::revoke_of(&mut tx, account, id, ctx.now).await? {
            let event = AuditEvent::new(AuditAction::LoggedOut).by(account);
            let event = event.with("session_id", id);
            record(&mut tx, &self.parts.ambient, ctx, event).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Ends all but the one that asks.
    pub async fn end_other_browsers(
        &self,
        ctx: &Ctx,
        identity: &ConsoleIdentity,
    ) -> Result<(), ConsoleError> {
        let mut tx = self.parts.pool.begin().await?;
        let (account, own) = (identity.account.id, identity.claims.session_id);
        let ended = console_session::revoke_others(&mut tx, account, Some(own), ctx.now).await?;
        let event = AuditEvent::new(AuditAction::LoggedOut).by(account);
        let event = event.with("other_sessions", ended);
        record(&mut tx, &self.parts.ambient, ctx, event).await?;
        Ok(tx.commit().await?)
    }
}
