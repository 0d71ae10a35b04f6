//! Renewing a session. The row is locked, so of twenty tabs one advances it and the others get the
//! same successor; a token that was spent long ago ends the session.

use gatewright_auth::{bearer::RateLimiter as _, console::RefreshToken};
use gatewright_domain::{
    account::AccountStatus,
    audit::{AuditAction, AuditEvent},
    console_session::{ConsoleSession, Rotation},
    error::Unavailable,
};
use gatewright_storage::{StorageError, Tx, account, console_session};

use super::session::{Console, SessionTokens};
use crate::{ambient::Ctx, audit::record};

/// Why a session is not renewed.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// No cookie.
    #[error("No refresh token provided")]
    Missing,
    /// Unknown, spent, expired, ended; or its account may not act.
    #[error("Invalid refresh token")]
    Invalid(&'static str),
    /// Too many requests.
    #[error("Too many requests. Please try again later.")]
    RateLimited {
        /// Seconds to wait.
        retry_after: u64,
    },
    /// A store did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl From<StorageError> for RefreshError {
    fn from(error: StorageError) -> Self {
        Self::Unavailable(error.into())
    }
}

impl Console {
    /// Renews the session that a refresh token belongs to.
    pub async fn refresh(
        &self,
        ctx: &Ctx,
        token: Option<&str>,
    ) -> Result<SessionTokens, RefreshError> {
        let token = token
            .filter(|t| !t.is_empty())
            .ok_or(RefreshError::Missing)?;
        let token = RefreshToken::parse(token).ok_or(RefreshError::Invalid("refresh_malformed"))?;
        let limits = &self.parts.limits;
        self.parts
            .limiter
            .charge(&limits.refresh, &ctx.address.limit_key())
            .await?
            .or_wait()
            .map_err(|retry_after| RefreshError::RateLimited { retry_after })?;
        let mut tx = self.parts.pool.begin().await?;
        let session = console_session::find_for_update(&mut tx, token.session_id())
            .await?
            .ok_or(RefreshError::Invalid("refresh_unknown"))?;
        let generation = token
            .verified_generation(&self.parts.keys, &session)
            .ok_or(RefreshError::Invalid("refresh_unknown"))?;
        let status = account::find(&mut tx, session.account_id)
            .await?
            .map(|account| account.status);
        if !status.is_some_and(AccountStatus::may_use_console) {
            return Err(RefreshError::Invalid("account_inactive"));
        }
        match session.present(generation, ctx.now) {
            Rotation::Advance(next) => self.advance(ctx, tx, &session, next).await,
            Rotation::Replay(current) => {
                tx.commit().await?;
                Ok(self.tokens(ctx, &session, current))
            }
            Rotation::Reuse => self.end_family(ctx, tx, &session).await,
            Rotation::Dead => Err(RefreshError::Invalid("session_ended")),
        }
    }

    async fn advance(
        &self,
        ctx: &Ctx,
        mut tx: Tx,
        session: &ConsoleSession,
        next: i32,
    ) -> Result<SessionTokens, RefreshError> {
        let idle = (ctx.now + self.parts.settings.idle_lifetime()).min(session.absolute_expires_at);
        console_session::update_rotation(&mut tx, session.id, next, ctx.now, idle).await?;
        tx.commit().await?;
        Ok(self.tokens(ctx, session, next))
    }

    async fn end_family(
        &self,
        ctx: &Ctx,
        mut tx: Tx,
        session: &ConsoleSession,
    ) -> Result<SessionTokens, RefreshError> {
        console_session::revoke(&mut tx, session.id, ctx.now).await?;
        let event = AuditEvent::new(AuditAction::RefreshReused)
            .by(session.account_id)
            .with("session_id", session.id);
        record(&mut tx, &self.parts.ambient, ctx, event).await?;
        tx.commit().await?;
        Err(RefreshError::Invalid("refresh_reused"))
    }
}
