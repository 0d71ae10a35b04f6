//! Changing one's own password. All other sessions and all bearers end, and the owner is told by a mail. A
//! first password is a new way into the account: it asks for a fresh sign-in.

use gatewright_domain::{
    Secret,
    account::{Account, check_password_policy},
    audit::{AuditAction, AuditEvent},
    era::Ending,
};
use gatewright_mail::MailKind;
use gatewright_storage_identity::profile;
use gatewright_storage_kit::Tx;

use super::{
    endings::{begin_era, commit_ending, end_all},
    error::AccountError,
    service::Accounts,
};
use crate::credential::{CredentialError, RepeatedPassword, lock_own};
use gatewright_usecase_kit::{ConsoleIdentity, Ctx, mail::OutgoingMail, record};

impl Accounts {
    /// Changes the password of whoever is signed in, and ends their other sessions and bearers.
    pub async fn change_password(
        &self,
        ctx: &Ctx,
        who: &ConsoleIdentity,
        old: Option<&Secret>,
        new: RepeatedPassword<'_>,
    ) -> Result<(), AccountError> {
        if !new.is_repeated() {
            return Err(AccountError::RepeatPasswordNotMatch);
        }
        check_password_policy(new.password.expose())?;
        let owners = &self.owners;
        let looked_at = owners.require_current(who, old).await?;
        let is_first = looked_at.password.is_none();
        if is_first {
            owners.require_fresh(ctx, who).await?;
        }
        let hash = self.passwords.hash(new.password).await?;
        let (id, spared) = (who.account.id, Some(who.claims.session_id));
        let mut tx = self.pool.begin().await?;
        let own = lock_own(&mut tx, ctx, who).await?;
        // Somebody may have changed it while the old one was compared.
        if !own.has_still(&looked_at) {
            return Err(CredentialError::CurrentPasswordIncorrect.into());
        }
        let begun = begin_era(&mut tx, &self.env, &own, Ending::PasswordChanged).await?;
        profile::update_password(&mut tx, &begun, &hash, ctx.now).await?;
        let ended = end_all(&mut tx, begun, spared, ctx.now).await?;
        let event = AuditEvent::new(AuditAction::PasswordChanged).by(id);
        record(&mut tx, &self.env, ctx, event).await?;
        self.tell_password(ctx, &mut tx, own.account(), is_first)
            .await?;
        commit_ending(tx, &self.store, ended).await?;
        self.known.forget(id);
        Ok(())
    }

    /// Whoever did it, the owner hears of it: no budget of the mailbox is asked.
    pub(super) async fn tell_password(
        &self,
        ctx: &Ctx,
        tx: &mut Tx,
        account: &Account,
        is_first: bool,
    ) -> Result<(), AccountError> {
        let mail_queue = &self.mail_queue;
        let page = mail_queue.page("/account").ok().filter(|_| is_first);
        let kind = match page {
            Some(_) => MailKind::FirstPassword,
            None => MailKind::PasswordChanged,
        };
        let language = account.interface_language.as_deref();
        let mut mail = OutgoingMail::new(kind, &account.email, language)
            .with("address", ctx.address)
            .with("when", ctx.now.format("%Y-%m-%d %H:%M UTC"));
        if let Some(url) = page {
            mail = mail.with("url", url);
        }
        Ok(mail_queue.send(tx, ctx, mail).await?)
    }
}
