//! Connecting an identity at a provider to an account: asked for by its owner, who proves it, and told
//! by a mail. The way to the provider and back is authority that was given: after an ending it is worth
//! nothing.

use gatewright_auth::sso::{AuthenticatedPerson, ProviderName, SignInPurpose};
use gatewright_domain::account::Account;
use gatewright_mail::MailKind;
use gatewright_storage_identity::external_identity;
use gatewright_storage_kit::Tx;

use super::{
    external::{ExternalLogin, SignInBegun},
    external_error::ExternalLoginError,
    session::Console,
};
use crate::credential::{CredentialError, OwnerProof, lock_own};
use gatewright_usecase_kit::ConsoleIdentity;
use gatewright_usecase_kit::{Ctx, mail::OutgoingMail};

impl Console {
    /// Begins to connect an identity to the account whose owner has just proved to be it.
    pub async fn begin_connection(
        &self,
        ctx: &Ctx,
        provider: &str,
        proof: OwnerProof,
    ) -> Result<SignInBegun, ExternalLoginError> {
        let purpose = SignInPurpose::Link(proof.account(), proof.era());
        self.begin_trip(ctx, provider, purpose).await
    }

    /// Ends it: whoever asked must still be the one who is signed in here, and nothing may have ended
    /// since.
    pub(super) async fn connect(
        &self,
        ctx: &Ctx,
        provider: &ProviderName,
        person: &AuthenticatedPerson,
        proof: OwnerProof,
        session: Option<&ConsoleIdentity>,
    ) -> Result<ExternalLogin, ExternalLoginError> {
        let invalid = ExternalLoginError::InvalidState;
        let same = session.filter(|session| session.account.id == proof.account());
        let session = same.ok_or(invalid)?;
        let mut tx = self.pool.begin().await?;
        let own = lock_own(&mut tx, ctx, session).await?;
        if own.account().era != proof.era() {
            return Err(ExternalLoginError::InvalidState);
        }
        let (issuer, subject) = (&person.subject.issuer, &person.provider_subject);
        let known = external_identity::find_account(&mut tx, issuer, subject).await?;
        if known == Some(own.id()) {
            return Ok(ExternalLogin::Linked);
        }
        self.tie(ctx, &mut tx, person, own.id()).await?;
        self.tell_connected(ctx, &mut tx, provider, person, own.account())
            .await?;
        tx.commit().await?;
        Ok(ExternalLogin::Linked)
    }

    async fn tell_connected(
        &self,
        ctx: &Ctx,
        tx: &mut Tx,
        provider: &ProviderName,
        person: &AuthenticatedPerson,
        account: &Account,
    ) -> Result<(), ExternalLoginError> {
        let mail_queue = &self.mail_queue;
        let Ok(url) = mail_queue.page("/account") else {
            return Ok(());
        };
        let label = self.providers.find(Some(provider))?.label();
        let language = account.interface_language.as_deref();
        let mail = OutgoingMail::new(MailKind::IdentityConnected, &account.email, language)
            .with("provider", label)
            .with("identity", &person.subject.email)
            .with("address", ctx.address)
            .with("when", ctx.now.format("%Y-%m-%d %H:%M UTC"))
            .with("url", url);
        Ok(mail_queue.send(tx, ctx, mail).await?)
    }
}

impl From<CredentialError> for ExternalLoginError {
    fn from(error: CredentialError) -> Self {
        match error {
            CredentialError::Unavailable(outage) => Self::Unavailable(outage),
            _ => Self::InvalidState,
        }
    }
}
