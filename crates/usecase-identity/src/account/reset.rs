//! Setting a forgotten password (console.md §7.4). Whether an address has an account shows nowhere:
//! the answer is the same, and so is the work, down to the mail.

use gatewright_domain::{
    account::{Email, check_password_policy},
    audit::{AuditAction, AuditEvent},
    era::Ending,
    one_time::OneTimePurpose,
};
use gatewright_mail::MailKind;
use gatewright_storage_identity::{account, profile};

use super::{
    endings::{begin_era, commit_ending, end_all},
    error::AccountError,
    service::Accounts,
};
use crate::credential::{CodeProof, CredentialError, NewCode, RepeatedPassword};
use gatewright_usecase_kit::{Ctx, mail::OutgoingMail, record};

const PURPOSE: OneTimePurpose = OneTimePurpose::ResetPassword;

impl Accounts {
    /// Sends a code. Returns the token to give it back with.
    pub async fn forgot_password(
        &self,
        ctx: &Ctx,
        email: &Email,
        language: Option<&str>,
    ) -> Result<String, AccountError> {
        if !self.console.password_login {
            return Err(AccountError::FeatureDisabled);
        }
        let (spelled, email, codes) = (email.as_str(), email.lowercase(), &self.codes);
        codes.charge_network(ctx).await?;
        let mut tx = self.pool.begin().await?;
        let found = account::find_credentials(&mut tx, spelled).await?;
        let found = found
            .map(|found| found.account)
            .filter(|account| account.status.may_use_console());
        let postage = codes.charge_mailbox(ctx, PURPOSE, email.as_str(), found.as_ref());
        let postage = postage.await?;
        let mut new = NewCode::new(PURPOSE, email.as_str());
        new.of(found.as_ref());
        new.has_code = found.is_some();
        let issued = codes.issue(ctx, new, postage).await?;
        let mail = match found {
            Some(_) => issued.mail(MailKind::ResetPassword, language),
            None => self.no_account(email.as_str(), language),
        };
        self.mail_queue.send(&mut tx, ctx, mail).await?;
        tx.commit().await?;
        Ok(issued.token)
    }

    fn no_account(&self, email: &str, language: Option<&str>) -> OutgoingMail {
        let sign_up = self.mail_queue.page("/signup");
        match sign_up.ok().filter(|_| self.console.allow_register) {
            Some(url) => OutgoingMail::new(MailKind::ResetNoAccount, email, language)
                .with("sign_up_url", url),
            None => OutgoingMail::new(MailKind::ResetNoAccountClosed, email, language),
        }
    }

    /// Takes the code. Returns the token to set the password with.
    pub async fn check_reset_code(
        &self,
        ctx: &Ctx,
        email: &Email,
        proof: CodeProof<'_>,
    ) -> Result<String, AccountError> {
        let codes = &self.codes;
        let grant = codes
            .check(ctx, PURPOSE, proof, Some(email.as_str()))
            .await?;
        Ok(codes.advance(ctx, proof.token, &grant).await?)
    }

    /// Sets the password. Everything that was open ends, and the account is unlocked.
    pub async fn reset_password(
        &self,
        ctx: &Ctx,
        token: &str,
        new: RepeatedPassword<'_>,
    ) -> Result<(), AccountError> {
        check_password_policy(new.password.expose())?;
        if !new.is_repeated() {
            return Err(AccountError::PasswordMismatch);
        }
        let codes = &self.codes;
        let grant = codes.verified(ctx, PURPOSE, token).await?;
        let hash = self.passwords.hash(new.password).await?;
        codes.spend(token, &grant).await?;
        let mut tx = self.pool.begin().await?;
        let whose = codes.lock_owner(&mut tx, &grant).await?;
        if !whose.account().status.may_use_console() {
            return Err(CredentialError::AccountNotFound.into());
        }
        let id = whose.id();
        let begun = begin_era(&mut tx, &self.env, &whose, Ending::PasswordReset).await?;
        profile::update_password(&mut tx, &begun, &hash, ctx.now).await?;
        self.tell_password(ctx, &mut tx, whose.account(), false)
            .await?;
        self.disconnect_all(ctx, &mut tx, whose.account()).await?;
        let ended = end_all(&mut tx, begun, None, ctx.now).await?;
        let event = AuditEvent::new(AuditAction::PasswordReset).by(id);
        record(&mut tx, &self.env, ctx, event).await?;
        commit_ending(tx, &self.store, ended).await?;
        self.known.forget(id);
        self.unlock(&grant.email).await
    }

    /// Forgets failed sign-ins, wrong codes and mails, from wherever they came.
    async fn unlock(&self, email: &str) -> Result<(), AccountError> {
        Ok(self.throttles.reset(email).await?)
    }
}
