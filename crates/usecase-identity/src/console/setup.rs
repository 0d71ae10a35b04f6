//! The first start: the init password where there is one, then the first account with its workspace.

use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, Utc};
use gatewright_auth::{
    bearer::RateLimiter as _,
    console::{ConsoleKeys, ConsoleSettings, Edition},
    limits::Limits,
    secrets_equal,
};
use gatewright_domain::{
    Class, Classify, Secret,
    account::{AccountStatus, Email},
    audit::{AuditAction, AuditEvent},
    error::{RateLimited, Unavailable},
    from_charge,
    ids::{AccountId, MembershipId, WorkspaceId},
    language::Language,
};
use gatewright_kv::RateLimits;
use gatewright_storage_identity::{account, installation, workspace};
use gatewright_storage_kit::{Conn, Pool, StorageError};

use super::error::ConsoleError;
use crate::credential::Passwords;
use gatewright_usecase_kit::{Ctx, Env, record};

/// Whether the installation is set up, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetupStatus {
    /// Nobody has done it yet.
    NotStarted,
    /// Done; the cloud edition does not say when.
    Finished(Option<DateTime<Utc>>),
}

/// The first account.
pub struct SetupCommand {
    /// Becomes lower case.
    pub email: Email,
    /// Shown in the console; the workspace is named after it.
    pub name: String,
    /// Already checked against the policy.
    pub password: Secret,
    /// A language tag.
    pub language: Option<String>,
}

/// Why set-up is refused.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// Only self-hosted installations are set up this way.
    #[error("Not Found")]
    WrongEdition,
    /// Somebody was faster, or it was done long ago.
    #[error(
        "Dify has been successfully installed. Please refresh the page or return to the dashboard homepage."
    )]
    AlreadySetup,
    /// The init password has to be given first.
    #[error(
        "Init validation has not been completed yet. Please proceed with the init validation process first."
    )]
    NotInitValidated,
    /// The init password is wrong.
    #[error("Init validation failed. Please check the password and try again.")]
    InitFailed,
    /// Too many guesses.
    #[error("Too many requests. Please try again later.")]
    RateLimited(#[from] RateLimited),
    /// A store did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

from_charge!(SetupError);

impl From<StorageError> for SetupError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Duplicate(_) => Self::AlreadySetup,
            StorageError::Unavailable(unavailable) => Self::Unavailable(unavailable),
        }
    }
}

impl Classify for SetupError {
    fn class(&self) -> Class<'_> {
        match self {
            Self::WrongEdition => Class::not_found("not_found"),
            Self::AlreadySetup => Class::forbidden("already_setup"),
            Self::NotInitValidated => Class::unauthenticated("not_init_validated"),
            Self::InitFailed => Class::unauthenticated("init_validate_failed"),
            Self::RateLimited(limited) => limited.class("too_many_requests"),
            Self::Unavailable(error) => error.class(),
        }
    }
}

/// Set-up and its gate.
pub struct Setup {
    /// The pool of connections to PostgreSQL.
    pub pool: Pool,
    /// Charges attempts at the init password to their limit.
    pub limiter: RateLimits,
    /// The limits; `init` is charged.
    pub limits: Limits,
    /// What the proof of the init password is sealed with.
    pub keys: ConsoleKeys,
    /// Settings of the console.
    pub settings: ConsoleSettings,
    /// Hashes the first account's password, on a thread of its own.
    pub passwords: Passwords,
    /// Time, ids, randomness.
    pub env: Env,
    /// Set-up is never undone while a process runs, so a yes is remembered. False at start.
    pub is_finished: AtomicBool,
}

impl Setup {
    /// Whether it was done.
    pub async fn status(&self) -> Result<SetupStatus, Unavailable> {
        if self.settings.edition() == Edition::Cloud {
            return Ok(SetupStatus::Finished(None));
        }
        let mut conn = self.pool.get().await?;
        Ok(match installation::find_setup(&mut conn).await? {
            Some(at) => SetupStatus::Finished(Some(at)),
            None => SetupStatus::NotStarted,
        })
    }

    /// The gate in front of everything that needs an installation.
    pub async fn require_finished(&self) -> Result<(), ConsoleError> {
        if self.is_finished.load(Ordering::Relaxed) {
            return Ok(());
        }
        match self.status().await? {
            SetupStatus::Finished(_) => {
                self.is_finished.store(true, Ordering::Relaxed);
                Ok(())
            }
            SetupStatus::NotStarted if self.settings.init_password.is_some() => {
                Err(ConsoleError::NotInitValidated)
            }
            SetupStatus::NotStarted => Err(ConsoleError::NotSetup),
        }
    }

    /// Whether the init password needs no giving any more.
    pub async fn is_init_finished(
        &self,
        init: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<bool, Unavailable> {
        let needs_password =
            self.settings.edition() != Edition::Cloud && self.settings.init_password.is_some();
        if !needs_password || init.is_some_and(|token| self.keys.is_init(token, now)) {
            return Ok(true);
        }
        Ok(matches!(self.status().await?, SetupStatus::Finished(_)))
    }

    /// Whether a cookie proves that the init password was given.
    pub fn is_init_proof(&self, init: &str, now: DateTime<Utc>) -> bool {
        self.keys.is_init(init, now)
    }

    /// Checks the init password; returns the proof that it was given.
    pub async fn validate_init(&self, ctx: &Ctx, password: &Secret) -> Result<String, SetupError> {
        self.require_open(&mut self.pool.get().await?).await?;
        self.limiter
            .charge(&self.limits.init, &ctx.address.limit_key())
            .await?;
        let expected = self
            .settings
            .init_password
            .as_ref()
            .ok_or(SetupError::InitFailed)?;
        if secrets_equal(expected.expose(), password.expose()) {
            Ok(self.keys.seal_init(ctx.now))
        } else {
            Err(SetupError::InitFailed)
        }
    }

    /// Makes the first account and its workspace. Of any number of callers one wins, in the database.
    pub async fn run(
        &self,
        ctx: &Ctx,
        init: Option<&str>,
        command: SetupCommand,
    ) -> Result<(), SetupError> {
        self.require_open(&mut self.pool.get().await?).await?;
        if !self.is_init_finished(init, ctx.now).await? {
            return Err(SetupError::NotInitValidated);
        }
        let password = self.passwords.hash(&command.password).await?;
        let ids = self.env.ids.as_ref();
        let (account_id, workspace_id) = (AccountId::generate(ids), WorkspaceId::generate(ids));
        let language = Language::or_default(command.language.as_deref());
        let email = command.email.lowercase();

        let mut tx = self.pool.begin().await?;
        installation::lock_setup(&mut tx).await?;
        self.require_open(&mut tx).await?;
        let ip = ctx.address.to_string();
        let new = account::NewAccount {
            id: account_id,
            name: &command.name,
            email: email.as_str(),
            password: Some(&password),
            language: language.tag,
            timezone: language.timezone,
            ip: &ip,
            status: AccountStatus::Active,
            at: ctx.now,
        };
        account::insert(&mut tx, new).await?;
        let workspace_name = format!("{}'s Workspace", command.name);
        let membership = MembershipId::generate(ids);
        workspace::insert_with_owner(
            &mut tx,
            workspace_id,
            &workspace_name,
            membership,
            account_id,
            ctx.now,
        )
        .await?;
        installation::insert_setup(&mut tx, self.settings.dify_version.stated(), ctx.now).await?;
        let event = AuditEvent::new(AuditAction::SetupCompleted)
            .by(account_id)
            .within(Some(workspace_id));
        record(&mut tx, &self.env, ctx, event).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn require_open(&self, conn: &mut Conn) -> Result<(), SetupError> {
        if self.settings.edition() == Edition::Cloud {
            return Err(SetupError::WrongEdition);
        }
        let is_set_up = installation::find_setup(conn).await?.is_some();
        if is_set_up || installation::has_workspace(conn).await? {
            return Err(SetupError::AlreadySetup);
        }
        Ok(())
    }
}
