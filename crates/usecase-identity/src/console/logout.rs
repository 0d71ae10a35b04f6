//! Signing out ends the presented session, in the database, and no other.

use gatewright_domain::audit::{AuditAction, AuditEvent};
use gatewright_storage_identity::console_session;
use gatewright_usecase_kit::ConsoleIdentity;

use super::{error::ConsoleError, session::Console};
use gatewright_usecase_kit::{Ctx, record};

impl Console {
    /// Ends the session.
    pub async fn logout(&self, ctx: &Ctx, identity: &ConsoleIdentity) -> Result<(), ConsoleError> {
        let mut tx = self.pool.begin().await?;
        if console_session::revoke(&mut tx, identity.claims.session_id, ctx.now).await? {
            let event = AuditEvent::new(AuditAction::LoggedOut)
                .by(identity.account.id)
                .with("session_id", identity.claims.session_id);
            record(&mut tx, &self.env, ctx, event).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}
