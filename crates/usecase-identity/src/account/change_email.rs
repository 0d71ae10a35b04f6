//! Changing one's address (console.md §§4.3, 7.10): a code to the old one, a code to the new one, then
//! the change. Everything else that is open ends; both addresses are told.

use gatewright_domain::{
    account::{Account, Email},
    audit::{AuditAction, AuditEvent},
    era::Ending,
    ids::AccountId,
    one_time::{OneTimeGrant, OneTimePurpose},
};
use gatewright_mail::MailKind;
use gatewright_storage_identity::{account, profile};

use super::{
    endings::{begin_era, commit_ending, end_all},
    error::AccountError,
    service::Accounts,
};
use crate::credential::{CodeProof, CredentialError, NewCode, lock_own};
use gatewright_usecase_kit::ConsoleIdentity;
use gatewright_usecase_kit::{Ctx, mail::OutgoingMail, record};

const OLD: OneTimePurpose = OneTimePurpose::ChangeEmailOld;
const NEW: OneTimePurpose = OneTimePurpose::ChangeEmailNew;

impl Accounts {
    /// Sends a code to the present address.
    pub async fn begin_change_email(
        &self,
        ctx: &Ctx,
        account: &Account,
        email: &Email,
        language: Option<&str>,
    ) -> Result<String, AccountError> {
        let email = email.lowercase();
        if email.as_str() != account.email.to_lowercase() {
            return Err(CredentialError::InvalidEmail.into());
        }
        let mut new = NewCode::new(OLD, email.as_str());
        new.of(Some(account));
        self.send_change_code(ctx, new, Some(account), MailKind::ChangeEmailOld, language)
            .await
    }

    /// Sends a code to the new address, for whoever gave the first.
    pub async fn continue_change_email(
        &self,
        ctx: &Ctx,
        account: &Account,
        email: &Email,
        token: &str,
        language: Option<&str>,
    ) -> Result<String, AccountError> {
        let first = self.codes.verified(ctx, OLD, token).await?;
        require_own(&first, account.id)?;
        let old_email = account.email.to_lowercase();
        if first.email != old_email {
            return Err(CredentialError::InvalidEmail.into());
        }
        let email = email.lowercase();
        let mut new = NewCode::new(NEW, email.as_str());
        new.of(Some(account));
        new.old_email = Some(&old_email);
        self.send_change_code(ctx, new, None, MailKind::ChangeEmailNew, language)
            .await
    }

    async fn send_change_code(
        &self,
        ctx: &Ctx,
        new: NewCode<'_>,
        owner: Option<&Account>,
        mail: MailKind,
        language: Option<&str>,
    ) -> Result<String, AccountError> {
        if !self.settings.change_email_enabled {
            return Err(AccountError::FeatureDisabled);
        }
        let codes = &self.codes;
        codes.charge_network(ctx).await?;
        let postage = codes.charge_mailbox(ctx, new.purpose, new.email, owner);
        let postage = postage.await?;
        let issued = codes.issue(ctx, new, postage).await?;
        let mut tx = self.pool.begin().await?;
        let mail = issued.mail(mail, language);
        self.mail_queue.send(&mut tx, ctx, mail).await?;
        tx.commit().await?;
        Ok(issued.token)
    }

    /// Takes either code. Returns the token of the next step.
    pub async fn check_change_code(
        &self,
        ctx: &Ctx,
        account: AccountId,
        email: &Email,
        proof: CodeProof<'_>,
    ) -> Result<String, AccountError> {
        let codes = &self.codes;
        let seen = codes.grants.find(proof.token, ctx.now).await?;
        let seen = seen.ok_or(CredentialError::InvalidToken)?;
        require_own(&seen, account)?;
        let purpose = if seen.purpose == NEW { NEW } else { OLD };
        let grant = codes
            .check(ctx, purpose, proof, Some(email.as_str()))
            .await?;
        Ok(codes.advance(ctx, proof.token, &grant).await?)
    }

    /// Changes the address.
    pub async fn change_email(
        &self,
        ctx: &Ctx,
        who: &ConsoleIdentity,
        email: &Email,
        token: &str,
    ) -> Result<Account, AccountError> {
        if !self.settings.change_email_enabled {
            return Err(AccountError::FeatureDisabled);
        }
        let grant = self.codes.verified(ctx, NEW, token).await?;
        require_own(&grant, who.account.id)?;
        let email = email.lowercase();
        let is_unchanged = grant.old_email.as_deref() == Some(&who.account.email.to_lowercase());
        if email.as_str() != grant.email || !is_unchanged {
            return Err(CredentialError::InvalidToken.into());
        }
        self.codes.spend(token, &grant).await?;
        self.store_email(ctx, who, email.as_str(), &grant).await
    }

    async fn store_email(
        &self,
        ctx: &Ctx,
        who: &ConsoleIdentity,
        email: &str,
        grant: &OneTimeGrant,
    ) -> Result<Account, AccountError> {
        let id = who.account.id;
        let mut tx = self.pool.begin().await?;
        account::lock_email(&mut tx, email).await?;
        if account::is_email_taken(&mut tx, email).await? {
            return Err(AccountError::EmailInUse);
        }
        let own = lock_own(&mut tx, ctx, who).await?;
        if !grant.is_of(own.account()) {
            return Err(CredentialError::InvalidToken.into());
        }
        let begun = begin_era(&mut tx, &self.env, &own, Ending::EmailChanged).await?;
        profile::update_email(&mut tx, &begun, email, ctx.now).await?;
        let language = who.account.interface_language.as_deref();
        let done =
            OutgoingMail::new(MailKind::ChangeEmailDone, email, language).with("email", email);
        self.mail_queue.send(&mut tx, ctx, done).await?;
        let notice = OutgoingMail::new(MailKind::ChangeEmailNotice, &who.account.email, language);
        self.mail_queue.send(&mut tx, ctx, notice).await?;
        let spared = Some(who.claims.session_id);
        let ended = end_all(&mut tx, begun, spared, ctx.now).await?;
        let event = AuditEvent::new(AuditAction::EmailChanged).by(id);
        record(&mut tx, &self.env, ctx, event).await?;
        let changed = account::find(&mut tx, id).await?;
        commit_ending(tx, &self.store, ended).await?;
        self.known.forget(id);
        Ok(changed.ok_or(CredentialError::AccountNotFound)?)
    }

    /// Whether an address is free, for somebody who is signed in.
    pub async fn require_free_email(&self, ctx: &Ctx, email: &Email) -> Result<(), AccountError> {
        self.codes.charge_network(ctx).await?;
        let mut conn = self.pool.get().await?;
        if account::is_email_taken(&mut conn, email.lowercase().as_str()).await? {
            return Err(AccountError::EmailInUse);
        }
        Ok(())
    }
}

fn require_own(grant: &OneTimeGrant, account: AccountId) -> Result<(), AccountError> {
    if grant.account == Some(account) {
        Ok(())
    } else {
        Err(CredentialError::InvalidToken.into())
    }
}
