//! The identities at providers that sign somebody in to an account: shown to its owner, disconnected by
//! its owner, and gone when the account had to be taken back.

use chrono::{DateTime, Utc};
use gatewright_auth::digest::sha256_hex;
use gatewright_domain::{
    Secret,
    account::Account,
    audit::{AuditAction, AuditEvent},
    era::Ending,
    ids::AccountId,
};
use gatewright_mail::MailKind;
use gatewright_storage_identity::{external_identity, external_identity::ConnectedIdentity};
use gatewright_storage_kit::{StorageError, Tx};

use super::{
    endings::{begin_era, commit_ending, end_all},
    error::AccountError,
    service::Accounts,
};
use crate::credential::{CredentialError, OwnerProof, lock_own};
use gatewright_usecase_kit::ConsoleIdentity;
use gatewright_usecase_kit::{Ctx, Env, mail::OutgoingMail, record};

/// A provider, and whether the account is connected to it.
#[derive(Debug, Clone)]
pub struct LinkedProvider {
    /// What it is disconnected by: its name in the settings; for one that is no longer there, a digest
    /// of its issuer (32 characters, which no name has).
    pub key: String,
    /// Whether it is in the settings: others sign nobody in, until they are there again.
    pub is_configured: bool,
    /// What people call it.
    pub label: String,
    /// The `iss` that the provider's ID tokens have.
    pub issuer: String,
    /// Since when it is connected; none: it is not.
    pub connected_at: Option<DateTime<Utc>>,
    /// The address that the provider told then.
    pub email: Option<String>,
}

impl Accounts {
    /// The configured providers, in their order, and then those that the account is connected to all the
    /// same.
    pub async fn list_providers(&self, id: AccountId) -> Result<Vec<LinkedProvider>, AccountError> {
        let connected = {
            let mut conn = self.pool.get().await?;
            external_identity::list_for_account(&mut conn, id).await?
        };
        Ok(self.beside_configured(&connected))
    }

    fn beside_configured(&self, connected: &[ConnectedIdentity]) -> Vec<LinkedProvider> {
        let configured = self.providers.described();
        let at = |issuer: &str| connected.iter().find(|one| one.issuer == issuer);
        let mut all: Vec<LinkedProvider> = configured
            .iter()
            .map(|provider| LinkedProvider {
                key: provider.name.clone(),
                is_configured: true,
                label: provider.label.clone(),
                issuer: provider.issuer.clone(),
                connected_at: at(&provider.issuer).map(|one| one.created_at),
                email: at(&provider.issuer).and_then(|one| one.email.clone()),
            })
            .collect();
        let is_known = |issuer: &str| configured.iter().any(|one| one.issuer == issuer);
        let others = connected.iter().filter(|one| !is_known(&one.issuer));
        all.extend(others.map(|one| LinkedProvider {
            key: sha256_hex(&one.issuer).chars().take(32).collect(),
            is_configured: false,
            label: one.issuer.clone(),
            issuer: one.issuer.clone(),
            connected_at: Some(one.created_at),
            email: one.email.clone(),
        }));
        all
    }

    /// Whether the owner proves it by the password: they have one, and may sign in with it.
    pub fn proves_by_password(&self, account: &Account) -> bool {
        self.owners.takes_password(account)
    }

    /// Takes the password, or looks at how long ago the session began.
    pub async fn prove_owner(
        &self,
        ctx: &Ctx,
        who: &ConsoleIdentity,
        password: Option<&Secret>,
    ) -> Result<OwnerProof, AccountError> {
        Ok(self.owners.prove(ctx, who, password).await?)
    }

    /// Disconnects one. Whoever it signed in may still be there: everything but this browser ends.
    pub async fn disconnect_identity(
        &self,
        ctx: &Ctx,
        who: &ConsoleIdentity,
        key: &str,
        password: Option<&Secret>,
    ) -> Result<(), AccountError> {
        let proof = self.prove_owner(ctx, who, password).await?;
        let mut tx = self.pool.begin().await?;
        let own = lock_own(&mut tx, ctx, who).await?;
        if !proof.is_of(own.account()) {
            return Err(CredentialError::SessionEnded.into());
        }
        let connected = external_identity::list_for_account(&mut tx, own.id()).await?;
        let all = self.beside_configured(&connected);
        let wanted = |one: &&LinkedProvider| one.key == key && one.connected_at.is_some();
        let one = all
            .iter()
            .find(wanted)
            .ok_or(AccountError::IdentityNotConnected)?;
        self.require_another_way(own.account(), &all, one)?;
        external_identity::delete(&mut tx, own.id(), &one.issuer).await?;
        note(&mut tx, &self.env, ctx, own.account(), &one.issuer).await?;
        self.tell_disconnected(
            ctx,
            &mut tx,
            own.account(),
            std::slice::from_ref(&one.label),
        )
        .await?;
        let ending = Ending::IdentityDisconnected;
        let begun = begin_era(&mut tx, &self.env, &own, ending).await?;
        let spared = Some(who.claims.session_id);
        let ended = end_all(&mut tx, begun, spared, ctx.now).await?;
        commit_ending(tx, &self.store, ended).await?;
        self.known.forget(own.id());
        Ok(())
    }

    /// The last way in is not taken away: a password, a code by mail, or another provider must be left.
    fn require_another_way(
        &self,
        account: &Account,
        all: &[LinkedProvider],
        without: &LinkedProvider,
    ) -> Result<(), AccountError> {
        let is_left = |one: &LinkedProvider| {
            one.is_configured && one.connected_at.is_some() && one.key != without.key
        };
        let by_mail = self.console.email_code_login && self.mail_queue.is_set_up();
        if self.proves_by_password(account) || by_mail || all.iter().any(is_left) {
            Ok(())
        } else {
            Err(AccountError::LastWayIn)
        }
    }

    /// Disconnects all identities of an account that had to be taken back, and tells its owner.
    pub(super) async fn disconnect_all(
        &self,
        ctx: &Ctx,
        tx: &mut Tx,
        account: &Account,
    ) -> Result<(), AccountError> {
        let gone = disconnect_all(tx, &self.env, ctx, account).await?;
        if gone.is_empty() {
            return Ok(());
        }
        let all = self.beside_configured(&gone);
        let gone = all.into_iter().filter(|one| one.connected_at.is_some());
        let labels: Vec<String> = gone.map(|one| one.label).collect();
        self.tell_disconnected(ctx, tx, account, &labels).await
    }

    async fn tell_disconnected(
        &self,
        ctx: &Ctx,
        tx: &mut Tx,
        account: &Account,
        labels: &[String],
    ) -> Result<(), AccountError> {
        let mail_queue = &self.mail_queue;
        let Ok(url) = mail_queue.page("/account") else {
            return Ok(());
        };
        let language = account.interface_language.as_deref();
        let kind = MailKind::IdentityDisconnected;
        let mail = OutgoingMail::new(kind, &account.email, language)
            .with("providers", labels.join(", "))
            .with("address", ctx.address)
            .with("when", ctx.now.format("%Y-%m-%d %H:%M UTC"))
            .with("url", url);
        Ok(mail_queue.send(tx, ctx, mail).await?)
    }
}

/// Disconnects all identities of an account. Returns those that there were.
pub(crate) async fn disconnect_all(
    tx: &mut Tx,
    env: &Env,
    ctx: &Ctx,
    account: &Account,
) -> Result<Vec<ConnectedIdentity>, StorageError> {
    let connected = external_identity::list_for_account(tx, account.id).await?;
    for one in &connected {
        external_identity::delete(tx, account.id, &one.issuer).await?;
        note(tx, env, ctx, account, &one.issuer).await?;
    }
    Ok(connected)
}

async fn note(
    tx: &mut Tx,
    env: &Env,
    ctx: &Ctx,
    account: &Account,
    issuer: &str,
) -> Result<(), StorageError> {
    let event = AuditEvent::new(AuditAction::IdentityUnlinked)
        .by(account.id)
        .with("issuer", issuer);
    record(tx, env, ctx, event).await
}
