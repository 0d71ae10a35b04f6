//! The browsers that somebody is signed in with: which there are, and ending one.

use gatewright_domain::{
    audit::{AuditAction, AuditEvent},
    error::Unavailable,
    ids::ConsoleSessionId,
};
use gatewright_storage_identity::console_session::{self, LiveSession};
use gatewright_usecase_kit::ConsoleIdentity;

use super::session::Console;
use gatewright_usecase_kit::{Ctx, record};

impl Console {
    /// The live sessions of whoever asks, the latest first.
    pub async fn list_browsers(
        &self,
        ctx: &Ctx,
        identity: &ConsoleIdentity,
    ) -> Result<Vec<LiveSession>, Unavailable> {
        let mut conn = self.pool.get().await?;
        Ok(console_session::list_live(&mut conn, identity.account.id, ctx.now).await?)
    }

    /// Ends one of them. One that has ended, or is somebody else's, is left alone.
    pub async fn end_browser(
        &self,
        ctx: &Ctx,
        identity: &ConsoleIdentity,
        id: ConsoleSessionId,
    ) -> Result<(), Unavailable> {
        let mut tx = self.pool.begin().await?;
        let account = identity.account.id;
        if console_session::revoke_of(&mut tx, account, id, ctx.now).await? {
            let event = AuditEvent::new(AuditAction::LoggedOut).by(account);
            let event = event.with("session_id", id);
            record(&mut tx, &self.env, ctx, event).await?;
        }
        Ok(tx.commit().await?)
    }
}
