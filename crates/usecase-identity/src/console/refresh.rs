//! Renewing a session. The row is locked, so of twenty tabs one advances it and the others get the
//! same successor; a token that was spent long ago ends the session.

use gatewright_auth::console::RefreshToken;
use gatewright_domain::{
    Class, Classify,
    account::AccountStatus,
    audit::{AuditAction, AuditEvent},
    console_session::{ConsoleSession, Rotation},
    error::{RateLimited, Unavailable},
    from_charge,
};
use gatewright_storage_identity::{account, console_session};
use gatewright_storage_kit::{StorageError, Tx};

use super::session::{Console, SessionTokens};
use gatewright_usecase_kit::{Ctx, record};

/// Why a session is not renewed.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// The cookie with the refresh token was not sent.
    #[error("No refresh token provided")]
    Missing,
    /// Unknown, spent, expired, ended; or its account may not act.
    #[error("Invalid refresh token")]
    Invalid(&'static str),
    /// Two of living sessions: one of them may have been planted.
    #[error("Two refresh tokens of this browser are good. Please sign in again.")]
    Several,
    /// Too many requests.
    #[error("Too many requests. Please try again later.")]
    RateLimited(#[from] RateLimited),
    /// A store did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

from_charge!(RefreshError);

impl From<StorageError> for RefreshError {
    fn from(error: StorageError) -> Self {
        Self::Unavailable(error.into())
    }
}

impl Classify for RefreshError {
    fn class(&self) -> Class<'_> {
        match self {
            Self::Missing => ended("refresh_missing"),
            Self::Invalid(reason) => ended(reason),
            Self::Several => ended("several_refresh_tokens"),
            Self::RateLimited(limited) => limited.class("too_many_requests"),
            Self::Unavailable(error) => error.class(),
        }
    }
}

/// What the stock console's own refresh looks at (console.md §7.2).
const fn ended(reason: &'static str) -> Class<'static> {
    Class::unauthenticated("unauthorized")
        .because(reason)
        .with("result", "fail")
}

impl Console {
    /// Renews the session that a refresh token belongs to. Of several the one of a living session
    /// counts.
    pub async fn refresh(
        &self,
        ctx: &Ctx,
        presented: &[String],
    ) -> Result<SessionTokens, RefreshError> {
        if presented.iter().all(String::is_empty) {
            return Err(RefreshError::Missing);
        }
        let tokens = presented
            .iter()
            .filter_map(|text| RefreshToken::parse(text));
        let tokens: Vec<RefreshToken> = tokens.collect();
        if tokens.is_empty() {
            return Err(RefreshError::Invalid("refresh_malformed"));
        }
        let limiter = &self.limiter;
        let charged = limiter
            .charge_refundable(&self.limits.refresh, &ctx.address.limit_key())
            .await?;
        let token = self.the_one(ctx, tokens).await?;
        let mut tx = self.pool.begin().await?;
        let session = console_session::find_for_update(&mut tx, token.session_id())
            .await?
            .ok_or(RefreshError::Invalid("refresh_unknown"))?;
        let generation = token
            .verified_generation(&self.keys, &session)
            .ok_or(RefreshError::Invalid("refresh_unknown"))?;
        // The web server of a console renews for everybody from one address: who has a session pays nothing.
        if let Err(error) = limiter.refund(&charged).await {
            tracing::warn!(
                event = "limit.refund_failed",
                %error,
                "a renewal was not given back to its address"
            );
        }
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

    /// Of several tokens the one that its session proves. When none is, any of them is refused for
    /// what it is.
    async fn the_one(
        &self,
        ctx: &Ctx,
        mut tokens: Vec<RefreshToken>,
    ) -> Result<RefreshToken, RefreshError> {
        let first = tokens
            .first()
            .cloned()
            .ok_or(RefreshError::Invalid("refresh_malformed"))?;
        if tokens.len() == 1 {
            return Ok(first);
        }
        let mut conn = self.pool.get().await?;
        let mut proved = vec![];
        for token in tokens.drain(..) {
            let found = console_session::find_with_account(&mut conn, token.session_id()).await?;
            let is_proved = found.is_some_and(|(session, _)| {
                let generation = token.verified_generation(&self.keys, &session);
                generation.is_some() && session.is_live(ctx.now)
            });
            if is_proved {
                proved.push(token);
            }
        }
        match proved.len() {
            0 => Ok(first),
            1 => Ok(proved.remove(0)),
            _ => Err(RefreshError::Several),
        }
    }

    async fn advance(
        &self,
        ctx: &Ctx,
        mut tx: Tx,
        session: &ConsoleSession,
        next: i32,
    ) -> Result<SessionTokens, RefreshError> {
        let idle = (ctx.now + self.settings.idle_lifetime()).min(session.absolute_expires_at);
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
        record(&mut tx, &self.env, ctx, event).await?;
        tx.commit().await?;
        Err(RefreshError::Invalid("refresh_reused"))
    }
}
