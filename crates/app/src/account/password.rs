//! Changing one's own password. All other sessions and all bearers end.

use gatewright_auth::{bearer::RateLimiter as _, password::Verdict, secrets_equal};
use gatewright_domain::{
    Secret,
    account::check_password_policy,
    audit::{AuditAction, AuditEvent},
};
use gatewright_storage::{account, profile};

use super::{
    endings::{commit_ending, end_all},
    error::AccountError,
    service::Accounts,
};
use crate::{ambient::Ctx, audit::record, console::ConsoleIdentity};

impl Accounts {
    /// Changes it.
    pub async fn change_password(
        &self,
        ctx: &Ctx,
        who: &ConsoleIdentity,
        old: Option<&Secret>,
        (new, repeated): (&Secret, &Secret),
    ) -> Result<(), AccountError> {
        if !secrets_equal(new.expose(), repeated.expose()) {
            return Err(AccountError::RepeatPasswordNotMatch);
        }
        check_password_policy(new.expose())?;
        let limit = &self.parts.limits.password_change;
        self.parts
            .limiter
            .charge(limit, &who.account.id.to_string())
            .await?
            .or_wait()
            .map_err(|retry_after| AccountError::RateLimited { retry_after })?;
        self.require_current(who, old).await?;
        let hash = self.parts.passwords.hash(new).await?;
        let (id, spared) = (who.account.id, Some(who.claims.session_id));
        let mut tx = self.parts.pool.begin().await?;
        profile::update_password(&mut tx, id, &hash, ctx.now).await?;
        let ended = end_all(&mut tx, &self.parts.store, id, spared, ctx.now).await?;
        let event = AuditEvent::new(AuditAction::PasswordChanged).by(id);
        record(&mut tx, &self.parts.ambient, ctx, event).await?;
        commit_ending(tx, &self.parts.store, ended).await?;
        self.parts.known.forget(id);
        Ok(())
    }

    /// Whoever has a password must know it.
    async fn require_current(
        &self,
        who: &ConsoleIdentity,
        old: Option<&Secret>,
    ) -> Result<(), AccountError> {
        let found = {
            let mut conn = self.parts.pool.get().await?;
            account::find_credentials_by_id(&mut conn, who.account.id).await?
        };
        let found = found.ok_or(AccountError::AccountNotFound)?;
        if found.password.is_none() {
            return Ok(());
        }
        let old = old.ok_or(AccountError::CurrentPasswordIncorrect)?;
        let verdict = self
            .parts
            .passwords
            .verify(old, found.password, found.salt)
            .await?;
        if verdict == Verdict::Mismatch {
            return Err(AccountError::CurrentPasswordIncorrect);
        }
        Ok(())
    }
}
