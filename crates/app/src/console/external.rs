//! Signing in at the console through an identity provider. An account is known by issuer and
//! subject, never by its address: whoever can put an address into a provider must not get the
//! account behind it.

use gatewright_auth::{
    bearer::RateLimiter as _,
    sso::{Answer, AuthenticatedPerson, ProviderName, SignInPurpose, SignInState},
};
use gatewright_domain::{
    account::{Account, AccountStatus},
    audit::{AuditAction, AuditEvent},
    ids::{AccountId, MembershipId, WorkspaceId},
    language::Language,
    workspace::WorkspaceStatus,
};
use gatewright_kv::Spending;
use gatewright_storage::{Tx, account, external_identity, workspace};

use super::{
    error::ConsoleError,
    external_error::ExternalLoginError,
    session::{Console, ConsoleIdentity, SessionTokens},
};
use crate::{ambient::Ctx, audit::record, provider::ProviderAnswer};

/// Where the browser goes, and what it keeps.
pub struct SignInBegun {
    /// At the provider.
    pub url: String,
    /// The sign-in state, for its cookie.
    pub state: String,
}

/// How a sign-in through a provider ended.
pub enum ExternalLogin {
    /// Signed in.
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
    /// Begins a sign-in, or (for somebody who is signed in) the tying of an identity.
    pub async fn begin_external(
        &self,
        ctx: &Ctx,
        provider: &str,
        purpose: SignInPurpose,
    ) -> Result<SignInBegun, ExternalLoginError> {
        self.charge_external(ctx).await?;
        let provider: ProviderName = provider
            .parse()
            .map_err(|_| ExternalLoginError::UnknownProvider)?;
        self.parts.providers.find(Some(&provider))?;
        let random = self.parts.ambient.random.as_ref();
        let state = SignInState::new(provider.clone(), purpose, random);
        let text = self.parts.sign_in_states.seal(&state, ctx.now);
        // Opened again for the id of the key that signed it.
        let sealed = self
            .parts
            .sign_in_states
            .open(&text, ctx.now)
            .map_err(|_| ExternalLoginError::InvalidState)?;
        let begun = self
            .parts
            .providers
            .begin(Some(&provider), sealed.kid(), &sealed.state);
        Ok(SignInBegun {
            url: begun.await?,
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
        let Some(state) = held.and_then(|text| self.parts.sign_in_states.open(text, ctx.now).ok())
        else {
            return Err(invalid);
        };
        let is_ours =
            state.state.matches(answer.state.as_bytes()) && state.provider.as_str() == provider;
        let spending = Spending {
            kind: "sign-in",
            nonce: &state.state,
            until: state.expires_at(),
        };
        if !is_ours || !self.parts.nonces.spend(&[spending], ctx.now).await? {
            return Err(invalid);
        }
        if answer.is_refusal {
            return Err(ExternalLoginError::AccessDenied);
        }
        let code = answer.code.ok_or(invalid)?;
        let answer = Answer {
            code,
            issuer: answer.issuer,
        };
        let trip = self
            .parts
            .providers
            .finish(&state.provider, state.kid(), &state.state, answer);
        let person = trip.await.inspect_err(|error| {
            let cause = crate::provider::cause(error);
            tracing::warn!(provider, cause, "a sign-in at a provider led nowhere");
        })?;
        match state.purpose {
            SignInPurpose::SignIn => self.enter(ctx, &person).await,
            SignInPurpose::Link(account) => {
                // Whoever asked must still be the one who is signed in here.
                let same = session.filter(|session| session.account.id == account);
                let session = same.ok_or(ExternalLoginError::InvalidState)?;
                self.link(ctx, &person, session.account.id).await
            }
        }
    }

    async fn charge_external(&self, ctx: &Ctx) -> Result<(), ExternalLoginError> {
        let limit = &self.parts.limits.oidc;
        self.parts
            .limiter
            .charge(limit, &ctx.address.limit_key())
            .await?
            .or_wait()
            .map_err(|retry_after| ExternalLoginError::RateLimited { retry_after })
    }

    async fn enter(
        &self,
        ctx: &Ctx,
        person: &AuthenticatedPerson,
    ) -> Result<ExternalLogin, ExternalLoginError> {
        let mut tx = self.parts.pool.begin().await?;
        // First visits of one person queue here.
        account::lock_email(&mut tx, &person.subject.email.folded()).await?;
        let known = external_identity::find_account(
            &mut tx,
            &person.subject.issuer,
            &person.provider_subject,
        )
        .await?;
        let found = match known {
            Some(id) => account::find(&mut tx, id)
                .await?
                .map(|account| (account, false)),
            None => Some((self.register(ctx, &mut tx, person).await?, true)),
        };
        let (account, is_new) = found.ok_or(ExternalLoginError::AccountGone)?;
        let refusal = match account.status {
            AccountStatus::Banned => Some(ExternalLoginError::AccountBanned),
            AccountStatus::Closed => Some(ExternalLoginError::AccountGone),
            _ => None,
        };
        if let Some(refusal) = refusal {
            tx.rollback().await?;
            self.note_refusal(ctx, person, Some(account.id), &refusal)
                .await?;
            return Err(refusal);
        }
        let workspaces = workspace::list_for_account(&mut tx, account.id).await?;
        if !workspaces
            .iter()
            .any(|w| w.status == WorkspaceStatus::Normal)
        {
            tx.rollback().await?;
            return Err(ExternalLoginError::NoWorkspace);
        }
        let session = self.open_session(ctx, &mut tx, &account).await?;
        tx.commit().await?;
        Ok(ExternalLogin::SignedIn {
            tokens: self.tokens(ctx, &session, 0),
            is_new,
        })
    }

    /// An account for somebody new, where registration is open and the address is nobody's.
    async fn register(
        &self,
        ctx: &Ctx,
        tx: &mut Tx,
        person: &AuthenticatedPerson,
    ) -> Result<Account, ExternalLoginError> {
        let email = person.subject.email.folded();
        let settings = &self.parts.settings;
        let refusal = if account::is_email_taken(tx, &email).await? {
            Some(ExternalLoginError::NotLinked)
        } else if !settings.allow_register {
            Some(ExternalLoginError::RegistrationClosed)
        } else if !settings.allow_create_workspace {
            Some(ExternalLoginError::NoWorkspace)
        } else {
            None
        };
        if let Some(refusal) = refusal {
            self.note_refusal(ctx, person, None, &refusal).await?;
            return Err(refusal);
        }
        let ids = self.parts.ambient.ids.as_ref();
        let id = AccountId::generate(ids);
        let language = Language::or_default(None);
        let local_part = email.split('@').next().unwrap_or_default();
        let name: String = person
            .name
            .as_deref()
            .unwrap_or(local_part)
            .chars()
            .take(30)
            .collect();
        let new = account::NewAccount {
            id,
            name: &name,
            email: &email,
            password: None,
            language: language.tag,
            timezone: language.timezone,
            ip: &ctx.address.to_string(),
            at: ctx.now,
        };
        account::insert(tx, new).await?;
        let owner = (MembershipId::generate(ids), id);
        let workspace_name = format!("{name}'s Workspace");
        workspace::insert_with_owner(
            tx,
            WorkspaceId::generate(ids),
            &workspace_name,
            owner,
            ctx.now,
        )
        .await?;
        self.tie(ctx, tx, person, id).await?;
        account::find(tx, id)
            .await?
            .ok_or(ExternalLoginError::AccountGone)
    }

    async fn link(
        &self,
        ctx: &Ctx,
        person: &AuthenticatedPerson,
        account: AccountId,
    ) -> Result<ExternalLogin, ExternalLoginError> {
        let mut tx = self.parts.pool.begin().await?;
        let (issuer, subject) = (&person.subject.issuer, &person.provider_subject);
        let known = external_identity::find_account(&mut tx, issuer, subject).await?;
        if known == Some(account) {
            return Ok(ExternalLogin::Linked);
        }
        self.tie(ctx, &mut tx, person, account).await?;
        tx.commit().await?;
        Ok(ExternalLogin::Linked)
    }

    async fn tie(
        &self,
        ctx: &Ctx,
        tx: &mut Tx,
        person: &AuthenticatedPerson,
        account: AccountId,
    ) -> Result<(), ExternalLoginError> {
        let identity = (&person.subject.issuer, person.provider_subject.as_str());
        if !external_identity::insert(tx, identity, account, ctx.now).await? {
            return Err(ExternalLoginError::LinkedElsewhere);
        }
        let event = AuditEvent::new(AuditAction::IdentityLinked)
            .by(account)
            .with("issuer", &person.subject.issuer);
        Ok(record(tx, &self.parts.ambient, ctx, event).await?)
    }

    async fn note_refusal(
        &self,
        ctx: &Ctx,
        person: &AuthenticatedPerson,
        account: Option<AccountId>,
        refusal: &ExternalLoginError,
    ) -> Result<(), ConsoleError> {
        let mut event = AuditEvent::new(AuditAction::ExternalLoginRefused)
            .with("issuer", &person.subject.issuer)
            .with("email", &person.subject.email)
            .with("reason", refusal.code());
        event.actor = account;
        let mut conn = self.parts.pool.get().await?;
        Ok(record(&mut conn, &self.parts.ambient, ctx, event).await?)
    }
}
