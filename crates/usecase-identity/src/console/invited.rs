//! Coming by an invitation: whoever signs in with the right password and a link accepts it; whoever is new
//! makes their account by it.

use gatewright_domain::{
    Secret,
    account::{Email, check_password_policy},
    audit::{AuditAction, AuditEvent},
    console_session::ConsoleSession,
};
use gatewright_storage_identity::{account, account::LockedAccount, invitation};
use gatewright_storage_kit::Tx;

use super::{error::ConsoleError, session::Console};
use crate::{
    account::AccountError,
    credential::CredentialError,
    joining::{Accepting, NewAccount, create, find_by_token, local_part, may_come},
};
use gatewright_usecase_kit::{Ctx, record};

impl Console {
    /// The link, if its invitation is open and to this address. One that is good for nothing counts as none
    /// (console.md §7.2).
    pub(super) async fn open_link<'a>(
        &self,
        ctx: &Ctx,
        token: Option<&'a str>,
        email: &Email,
    ) -> Result<Option<&'a str>, ConsoleError> {
        let Some(token) = token.filter(|token| !token.is_empty()) else {
            return Ok(None);
        };
        let mut conn = self.pool.get().await?;
        match find_by_token(&mut conn, ctx, &self.invitations, token).await? {
            Some((found, _)) if found.email != email.as_str() => {
                Err(ConsoleError::InvitedSomebodyElse)
            }
            Some((found, _)) => Ok(found.accepted_by.is_none().then_some(token)),
            None => Ok(None),
        }
    }

    /// Begins to accept, in the transaction of a sign-in and before its account is locked.
    pub(super) async fn begin_accepting(
        &self,
        ctx: &Ctx,
        tx: &mut Tx,
        link: Option<&str>,
    ) -> Result<Option<Accepting>, ConsoleError> {
        match link {
            Some(token) => Ok(Accepting::by_token(tx, ctx, &self.invitations, token).await?),
            None => Ok(None),
        }
    }

    /// Somebody new with a link and their first password: the account belongs to that workspace alone.
    pub(super) async fn come_by_link(
        &self,
        ctx: &Ctx,
        token: &str,
        password: &Secret,
    ) -> Result<(ConsoleSession, LockedAccount), ConsoleError> {
        check_password_policy(password.expose())?;
        let hash = self.passwords.hash(password).await?;
        let mut tx = self.pool.begin().await?;
        let accepting = self.begin_accepting(ctx, &mut tx, Some(token)).await?;
        let accepting = accepting.ok_or(ConsoleError::AuthenticationFailed)?;
        let email = accepting.invitation().email.clone();
        account::lock_email(&mut tx, &email).await?;
        if account::is_email_taken(&mut tx, &email).await? {
            return Err(ConsoleError::AuthenticationFailed);
        }
        let new_account = NewAccount {
            name: local_part(&email),
            email: &email,
            password: Some(&hash),
            language: None,
            timezone: None,
        };
        let id = create(&mut tx, &self.env, ctx, &new_account).await?;
        let locked = account::lock(&mut tx, id).await?;
        let locked = locked.ok_or(ConsoleError::AuthenticationFailed)?;
        accepting.join(&mut tx, &self.env, ctx, &locked).await?;
        let session = self.open_session(ctx, &mut tx, &locked).await?;
        tx.commit().await?;
        Ok((session, locked))
    }

    /// Whether somebody without an account may come in by a code: where registration is open, or invited.
    pub(super) async fn may_come_by_code(
        &self,
        ctx: &Ctx,
        tx: &mut Tx,
        email: &str,
    ) -> Result<bool, AccountError> {
        let is_invited = !invitation::list_for_email(tx, email, ctx.now)
            .await?
            .is_empty();
        Ok(may_come(&self.settings) || is_invited)
    }

    /// Somebody new who gave the code from their mailbox, where registration is closed: they come into the
    /// workspace that they were invited to last.
    pub(super) async fn come_by_code(
        &self,
        ctx: &Ctx,
        tx: &mut Tx,
        accepting: Accepting,
        new_account: &NewAccount<'_>,
    ) -> Result<LockedAccount, AccountError> {
        let id = create(tx, &self.env, ctx, new_account).await?;
        let locked = account::lock(tx, id).await?;
        let locked = locked.ok_or(CredentialError::AccountNotFound)?;
        let env = &self.env;
        accepting.join(tx, env, ctx, &locked).await?;
        let event = AuditEvent::new(AuditAction::AccountRegistered).by(id);
        record(tx, env, ctx, event).await?;
        Ok(locked)
    }
}
