//! Signing in at the console through an identity provider. An account is known by issuer and
//! subject, never by its address: whoever can put an address into a provider must not get the
//! account behind it.

use gatewright_usecase_kit::ConsoleIdentity;
use std::time::Duration;

use gatewright_auth::{
    bearer::RateLimiter as _,
    sso::{AuthenticatedPerson, ProviderName, SignInPurpose, SignInState},
};
use gatewright_domain::{
    Classify as _,
    account::AccountStatus,
    audit::{AuditAction, AuditEvent},
    ids::AccountId,
    text::visible_name,
    workspace::WorkspaceStatus,
};
use gatewright_kv::Spending;
use gatewright_storage_identity::{account, account::LockedAccount, external_identity, workspace};
use gatewright_storage_kit::Tx;

use super::{
    external_error::ExternalLoginError,
    session::{Console, SessionTokens},
};
use crate::{
    credential::OwnerProof,
    joining::{NewAccount, settle},
};
use gatewright_usecase_kit::{Ctx, dry, provider::ProviderAnswer, record, record_alone};

/// Longest name of an account, in characters (console.md §7.9).
const MAX_NAME_CHARS: usize = 30;

/// Where the browser goes, and what it keeps.
pub struct SignInBegun {
    /// At the provider.
    pub url: String,
    /// The `state` of the address: tells the round trips of one browser apart.
    pub trip: String,
    /// The sign-in state, for its cookie.
    pub state: String,
}

/// How a sign-in through a provider ended.
pub enum ExternalLogin {
    /// A session began.
    SignedIn {
        /// The three cookies.
        tokens: SessionTokens,
        /// Whether the account was made just now.
        is_new: bool,
    },
    /// The identity was tied to the account that asked for it.
    Linked,
}

impl Console {
    /// Begins a sign-in.
    pub async fn begin_external(
        &self,
        ctx: &Ctx,
        provider: &str,
    ) -> Result<SignInBegun, ExternalLoginError> {
        self.begin_trip(ctx, provider, SignInPurpose::SignIn).await
    }

    /// Whether there is such a provider; asks no store.
    ///
    /// # Errors
    /// [`ExternalLoginError::UnknownProvider`].
    pub fn require_provider(&self, name: &str) -> Result<(), ExternalLoginError> {
        let name: ProviderName = name
            .parse()
            .map_err(|_| ExternalLoginError::UnknownProvider)?;
        self.providers.find(Some(&name))?;
        Ok(())
    }

    /// Off to a provider.
    pub(super) async fn begin_trip(
        &self,
        ctx: &Ctx,
        provider: &str,
        purpose: SignInPurpose,
    ) -> Result<SignInBegun, ExternalLoginError> {
        self.charge_external(ctx).await?;
        let provider: ProviderName = provider
            .parse()
            .map_err(|_| ExternalLoginError::UnknownProvider)?;
        self.providers.find(Some(&provider))?;
        let random = self.env.random.as_ref();
        let state = SignInState::new(provider.clone(), purpose, random).map_err(dry)?;
        let text = self.sign_in_states.seal(&state, ctx.now);
        // Opened again for the id of the key that signed it.
        let sealed = self
            .sign_in_states
            .open(&text, ctx.now)
            .map_err(|_| ExternalLoginError::InvalidState)?;
        let begun = self
            .providers
            .begin(Some(&provider), sealed.kid(), &sealed.state);
        Ok(SignInBegun {
            url: begun.await?,
            trip: sealed.state.expose().to_owned(),
            state: text,
        })
    }

    /// Somebody comes back. `held` is the sign-in state in this browser, `session` who is signed in
    /// in it.
    pub async fn finish_external(
        &self,
        ctx: &Ctx,
        provider: &str,
        answer: ProviderAnswer,
        held: Option<&str>,
        session: Option<&ConsoleIdentity>,
    ) -> Result<ExternalLogin, ExternalLoginError> {
        self.charge_external(ctx).await?;
        let invalid = ExternalLoginError::InvalidState;
        let Some(state) = held.and_then(|text| self.sign_in_states.open(text, ctx.now).ok()) else {
            return Err(invalid);
        };
        let is_ours =
            state.state.matches(answer.state.as_bytes()) && state.provider.as_str() == provider;
        if !is_ours {
            return Err(invalid);
        }
        let spending = Spending {
            kind: "sign-in",
            nonce: &state.state,
            until: state.expires_at(),
        };
        if self.nonces.is_spent(spending).await? {
            return Err(invalid);
        }
        // Spent with what ends the way for good. A code that led nowhere may be brought again: its provider
        // takes it once, and a second request must not take the first one's way.
        let person = match answer.usable() {
            Ok(answer) => {
                let providers = &self.providers;
                let trip = providers.finish(&state.provider, state.kid(), &state.state, answer);
                Ok(trip.await?)
            }
            Err(unusable) => Err(ExternalLoginError::from(unusable)),
        };
        if !self.nonces.spend(&[spending], ctx.now).await? {
            return Err(invalid);
        }
        let person = person?;
        match state.purpose {
            SignInPurpose::SignIn => self.enter(ctx, &person).await,
            SignInPurpose::Link(account, era) => {
                let proof = OwnerProof::sealed(account, era);
                self.connect(ctx, &state.provider, &person, proof, session)
                    .await
            }
        }
    }

    /// What a step of such a sign-in may take while a provider is asked.
    pub fn provider_timeout(&self) -> Duration {
        self.providers.timeout()
    }

    async fn charge_external(&self, ctx: &Ctx) -> Result<(), ExternalLoginError> {
        let limit = &self.limits.oidc;
        Ok(self.limiter.charge(limit, &ctx.address.limit_key()).await?)
    }

    async fn enter(
        &self,
        ctx: &Ctx,
        person: &AuthenticatedPerson,
    ) -> Result<ExternalLogin, ExternalLoginError> {
        let mut tx = self.pool.begin().await?;
        let (account, is_new) = match self.admit(ctx, &mut tx, person).await {
            Ok(admitted) => admitted,
            Err(refusal) => {
                // First the connection is given back: noting takes one of its own.
                tx.rollback().await?;
                self.note_refusal(ctx, person, &refusal).await?;
                return Err(refusal);
            }
        };
        let session = self.open_session(ctx, &mut tx, &account).await?;
        tx.commit().await?;
        Ok(ExternalLogin::SignedIn {
            tokens: self.first_tokens(ctx, account.account(), &session)?,
            is_new,
        })
    }

    /// The account of a person, and whether it was made just now.
    async fn admit(
        &self,
        ctx: &Ctx,
        tx: &mut Tx,
        person: &AuthenticatedPerson,
    ) -> Result<(LockedAccount, bool), ExternalLoginError> {
        // First visits of one person queue here.
        account::lock_email(tx, &person.subject.email.folded()).await?;
        let (issuer, subject) = (&person.subject.issuer, &person.provider_subject);
        let known = external_identity::find_account(tx, issuer, subject).await?;
        let id = match known {
            Some(id) => id,
            None => self.register(ctx, tx, person).await?,
        };
        let locked = account::lock(tx, id).await?;
        let locked = locked.ok_or(ExternalLoginError::AccountGone)?;
        // An ending may have cut the tie while this waited for the lock.
        if external_identity::find_account(tx, issuer, subject).await? != Some(id) {
            return Err(ExternalLoginError::NotLinked);
        }
        let account = locked.account();
        match account.status {
            AccountStatus::Banned => return Err(ExternalLoginError::AccountBanned),
            AccountStatus::Closed => return Err(ExternalLoginError::AccountGone),
            AccountStatus::Active | AccountStatus::Pending | AccountStatus::Uninitialized => {}
        }
        let workspaces = workspace::list_for_account(tx, account.id).await?;
        let mut statuses = workspaces.iter().map(|workspace| workspace.status);
        if statuses.any(|status| status == WorkspaceStatus::Normal) {
            Ok((locked, known.is_none()))
        } else {
            Err(ExternalLoginError::NoWorkspace)
        }
    }

    /// An account for somebody new, where registration is open and the address is nobody's.
    async fn register(
        &self,
        ctx: &Ctx,
        tx: &mut Tx,
        person: &AuthenticatedPerson,
    ) -> Result<AccountId, ExternalLoginError> {
        let email = person.subject.email.folded();
        let settings = &self.settings;
        if account::is_email_taken(tx, &email).await? {
            return Err(ExternalLoginError::NotLinked);
        }
        if !settings.allow_register {
            return Err(ExternalLoginError::RegistrationClosed);
        }
        if !settings.allow_create_workspace {
            return Err(ExternalLoginError::NoWorkspace);
        }
        let new_account = NewAccount {
            name: &display_name(person, &email),
            email: &email,
            password: None,
            language: None,
            timezone: None,
        };
        let id = settle(tx, &self.env, ctx, &new_account).await?;
        self.tie(ctx, tx, person, id).await?;
        Ok(id)
    }

    pub(super) async fn tie(
        &self,
        ctx: &Ctx,
        tx: &mut Tx,
        person: &AuthenticatedPerson,
        account: AccountId,
    ) -> Result<(), ExternalLoginError> {
        let (subject, at_provider) = (&person.subject, &person.provider_subject);
        if !external_identity::insert(tx, subject, at_provider, account, ctx.now).await? {
            return Err(ExternalLoginError::LinkedElsewhere);
        }
        let event = AuditEvent::new(AuditAction::IdentityLinked)
            .by(account)
            .with("issuer", &person.subject.issuer);
        Ok(record(tx, &self.env, ctx, event).await?)
    }

    /// Outages are not refusals, and are told elsewhere.
    async fn note_refusal(
        &self,
        ctx: &Ctx,
        person: &AuthenticatedPerson,
        refusal: &ExternalLoginError,
    ) -> Result<(), ExternalLoginError> {
        if matches!(refusal, ExternalLoginError::Unavailable(_)) {
            return Ok(());
        }
        let event = AuditEvent::new(AuditAction::ExternalLoginRefused)
            .with("issuer", &person.subject.issuer)
            .with("email", &person.subject.email)
            .with("reason", refusal.code());
        Ok(record_alone(&self.pool, &self.env, ctx, event).await?)
    }
}

/// What the provider calls them, without what must not be in a name; else what stands before the `@`.
fn display_name(person: &AuthenticatedPerson, email: &str) -> String {
    let clean = |text: &str| -> String {
        let seen = visible_name(text);
        seen.chars().take(MAX_NAME_CHARS).collect()
    };
    let told = person
        .name
        .as_deref()
        .map(clean)
        .filter(|name| !name.is_empty());
    told.unwrap_or_else(|| clean(email.split('@').next().unwrap_or_default()))
}
