//! What an administrator does at the command line. Whoever runs it has the database and the key: no
//! further permission is asked, and every act is in the audit trail.

use chrono::{DateTime, Utc};
use gatewright_domain::{
    Secret,
    account::{Account, AccountStatus, Email, PasswordPolicyViolation, check_password_policy},
    audit::{AuditAction, AuditEvent},
    era::{Ending, Era},
    error::Unavailable,
    ids::{AccountId, WorkspaceId},
};
use gatewright_kv::Throttles;
use gatewright_storage_identity::{
    account, account::LockedAccount, ban, bearer_token, bearer_token::Owner, console_session,
    profile,
};
use gatewright_storage_kit::{Pool, StorageError, Tx};
use serde::Serialize;

use crate::{
    account::{begin_era, commit_ending, disconnect_all, end_all, end_everything},
    credential::Passwords,
    joining::{NewAccount, found_workspace, settle},
};
use gatewright_usecase_kit::CachedBearers;
use gatewright_usecase_kit::{Ctx, Env, record};

/// An account has fewer tokens than that: one per device.
const ALL_TOKENS: i64 = 10_000;

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// Nobody has this address.
    #[error("there is no account with this address")]
    NoAccount,
    /// Somebody has this address.
    #[error("there is an account with this address already")]
    EmailInUse,
    /// The account was deleted by its owner.
    #[error("this account was closed by its owner: nobody can use it")]
    Closed,
    /// Somebody else changed it just now.
    #[error("the account changed just now: look at it and try again")]
    ChangedMeanwhile,
    /// The password is too weak.
    #[error(transparent)]
    Policy(#[from] PasswordPolicyViolation),
    /// A store did not answer.
    #[error("{} does not answer: {}", .0.dependency, .0.source)]
    Unavailable(#[from] Unavailable),
}

impl From<StorageError> for AdminError {
    fn from(error: StorageError) -> Self {
        Self::Unavailable(error.into())
    }
}

/// What an administrator may do.
pub struct Admin {
    /// The pool of connections to PostgreSQL.
    pub pool: Pool,
    /// The look-up of bearers, which must hear when they end.
    pub store: CachedBearers,
    /// Counts failed sign-ins; unlocking clears what it counted.
    pub throttles: Throttles,
    /// Hashes passwords, on threads of their own.
    pub passwords: Passwords,
    /// Time, ids, randomness.
    pub env: Env,
}

/// An account that was made.
#[derive(Debug, Clone, Serialize)]
pub struct CreatedAccount {
    /// Primary key of the account.
    pub account_id: AccountId,
    /// The workspace that was made for it; none when none was asked for.
    pub workspace_id: Option<WorkspaceId>,
    /// In lower case.
    pub email: String,
    /// When nobody gave one: shown once.
    pub password: Option<String>,
}

/// Something that an account has open.
#[derive(Debug, Clone, Serialize)]
pub struct OpenSession {
    /// `console` or `bearer`.
    pub kind: &'static str,
    /// Primary key of the session or token.
    pub id: uuid::Uuid,
    /// When it began, in UTC.
    pub created_at: DateTime<Utc>,
    /// When it ends at the latest, in UTC.
    pub expires_at: DateTime<Utc>,
    /// Software, or the device's label.
    pub device: Option<String>,
    /// The address that it was opened from.
    pub ip: Option<String>,
}

impl Admin {
    /// Makes an account with a workspace of its own. Without a password a random one is made.
    pub async fn create_account(
        &self,
        email: &Email,
        name: Option<&str>,
        language: Option<&str>,
        password: Option<Secret>,
    ) -> Result<CreatedAccount, AdminError> {
        let (email, ctx) = (email.lowercase(), self.ctx());
        let generated = match &password {
            Some(_) => None,
            None => Some(self.random_password()?),
        };
        let password =
            password.unwrap_or_else(|| Secret::new(generated.clone().unwrap_or_default()));
        check_password_policy(password.expose())?;
        let hash = self.passwords.hash(&password).await?;
        let mut tx = self.pool.begin().await?;
        account::lock_email(&mut tx, email.as_str()).await?;
        if account::is_email_taken(&mut tx, email.as_str()).await? {
            return Err(AdminError::EmailInUse);
        }
        let local = email.as_str().split('@').next().unwrap_or_default();
        let new_account = NewAccount {
            name: name.unwrap_or(local),
            email: email.as_str(),
            password: Some(&hash),
            language,
            timezone: None,
        };
        let id = settle(&mut tx, &self.env, &ctx, &new_account).await?;
        let workspaces =
            gatewright_storage_identity::workspace::list_for_account(&mut tx, id).await?;
        let event = AuditEvent::new(AuditAction::AccountCreated).with("account", id);
        record(&mut tx, &self.env, &ctx, event).await?;
        tx.commit().await?;
        Ok(CreatedAccount {
            account_id: id,
            workspace_id: workspaces.first().map(|workspace| workspace.id),
            email: email.as_str().to_owned(),
            password: generated,
        })
    }

    /// Makes another workspace for an account.
    pub async fn create_workspace(
        &self,
        owner: &Email,
        name: Option<&str>,
    ) -> Result<WorkspaceId, AdminError> {
        let (owner, ctx) = (self.find(owner).await?, self.ctx());
        let mut tx = self.pool.begin().await?;
        let id = found_workspace(&mut tx, &self.env, &ctx, owner.id, &owner.name).await?;
        if let Some(name) = name {
            gatewright_storage_identity::workspace::update_name(&mut tx, id, name, ctx.now).await?;
        }
        tx.commit().await?;
        Ok(id)
    }

    /// Sets a password; everything that was open ends, the lock is lifted.
    pub async fn reset_password(&self, email: &Email, password: &Secret) -> Result<(), AdminError> {
        check_password_policy(password.expose())?;
        let (account, ctx) = (self.find(email).await?, self.ctx());
        let hash = self.passwords.hash(password).await?;
        let mut tx = self.pool.begin().await?;
        let whose = lock(&mut tx, &account).await?;
        let ending = Ending::AdminPasswordReset;
        let begun = begin_era(&mut tx, &self.env, &whose, ending).await?;
        profile::update_password(&mut tx, &begun, &hash, ctx.now).await?;
        disconnect_all(&mut tx, &self.env, &ctx, whose.account()).await?;
        let ended = end_all(&mut tx, begun, None, ctx.now).await?;
        let event = AuditEvent::new(AuditAction::PasswordReset).with("account", account.id);
        record(&mut tx, &self.env, &ctx, event).await?;
        commit_ending(tx, &self.store, ended).await?;
        self.unlock(email).await
    }

    /// Changes an address; everything that was open ends.
    pub async fn reset_email(&self, email: &Email, to: &Email) -> Result<(), AdminError> {
        let (account, ctx, to) = (self.find(email).await?, self.ctx(), to.lowercase());
        let mut tx = self.pool.begin().await?;
        account::lock_email(&mut tx, to.as_str()).await?;
        if account::is_email_taken(&mut tx, to.as_str()).await? {
            return Err(AdminError::EmailInUse);
        }
        let whose = lock(&mut tx, &account).await?;
        let begun = begin_era(&mut tx, &self.env, &whose, Ending::AdminEmailReset).await?;
        profile::update_email(&mut tx, &begun, to.as_str(), ctx.now).await?;
        disconnect_all(&mut tx, &self.env, &ctx, whose.account()).await?;
        let ended = end_all(&mut tx, begun, None, ctx.now).await?;
        let event = AuditEvent::new(AuditAction::EmailChanged).with("account", account.id);
        record(&mut tx, &self.env, &ctx, event).await?;
        Ok(commit_ending(tx, &self.store, ended).await?)
    }

    /// Forgets failed sign-ins, wrong codes and mails, from wherever they came.
    pub async fn unlock(&self, email: &Email) -> Result<(), AdminError> {
        let (account, ctx) = (self.find(email).await?, self.ctx());
        let email = email.lowercase();
        self.throttles.reset(email.as_str()).await?;
        let mut tx = self.pool.begin().await?;
        let event = AuditEvent::new(AuditAction::AccountUnlocked).with("account", account.id);
        record(&mut tx, &self.env, &ctx, event).await?;
        Ok(tx.commit().await?)
    }

    /// Locks an account out, whatever state it is in, or lets it in again. Locking ends everything that
    /// is open. Says whether that changed anything.
    pub async fn set_banned(&self, email: &Email, banned: bool) -> Result<bool, AdminError> {
        let (account, ctx) = (self.find_any(email).await?, self.ctx());
        match (banned, account.status) {
            (_, AccountStatus::Closed) => return Err(AdminError::Closed),
            (true, AccountStatus::Banned) => return Ok(false),
            (true, _) | (false, AccountStatus::Banned) => {}
            (false, _) => return Ok(false),
        }
        let mut tx = self.pool.begin().await?;
        let whose = lock(&mut tx, &account).await?;
        let to = if banned {
            ban::record(&mut tx, account.id, account.status).await?;
            AccountStatus::Banned
        } else {
            let before = ban::take(&mut tx, account.id).await?;
            before.unwrap_or_else(|| before_the_ban(&account))
        };
        let from = account.status;
        if !profile::update_status(&mut tx, account.id, from, to, ctx.now).await? {
            return Err(AdminError::ChangedMeanwhile);
        }
        if !banned {
            let event = AuditEvent::new(AuditAction::AccountUnlocked)
                .with("account", account.id)
                .with("reason", "ban_lifted");
            record(&mut tx, &self.env, &ctx, event).await?;
            tx.commit().await?;
            return Ok(true);
        }
        let begun = begin_era(&mut tx, &self.env, &whose, Ending::Banned).await?;
        let ended = end_all(&mut tx, begun, None, ctx.now).await?;
        let event = AuditEvent::new(AuditAction::SessionsRevoked)
            .with("account", account.id)
            .with("reason", "banned");
        record(&mut tx, &self.env, &ctx, event).await?;
        commit_ending(tx, &self.store, ended).await?;
        Ok(true)
    }

    /// What an account has open.
    pub async fn list_open(&self, email: &Email) -> Result<Vec<OpenSession>, AdminError> {
        let (account, now) = (self.find(email).await?, self.env.clock.now());
        let mut conn = self.pool.get().await?;
        let sessions = console_session::list_live(&mut conn, account.id, now).await?;
        let owner = Owner::Account(account.id);
        let (tokens, _) =
            bearer_token::list_for_owner(&mut conn, &owner, now, 0, ALL_TOKENS).await?;
        let sessions = sessions.into_iter().map(|one| OpenSession {
            kind: "console",
            id: one.id.0,
            created_at: one.created_at,
            expires_at: one.idle_expires_at,
            device: one.user_agent,
            ip: one.ip,
        });
        let tokens = tokens.into_iter().map(|one| OpenSession {
            kind: "bearer",
            id: one.id.0,
            created_at: one.created_at,
            expires_at: one.expires_at,
            device: Some(one.device_label),
            ip: None,
        });
        Ok(sessions.chain(tokens).collect())
    }

    /// Ends everything that an account has open.
    pub async fn revoke_open(&self, email: &Email) -> Result<(), AdminError> {
        let (account, ctx) = (self.find(email).await?, self.ctx());
        let mut tx = self.pool.begin().await?;
        let whose = lock(&mut tx, &account).await?;
        let begun = begin_era(&mut tx, &self.env, &whose, Ending::AdminRevoked).await?;
        let ended = end_all(&mut tx, begun, None, ctx.now).await?;
        let event = AuditEvent::new(AuditAction::SessionsRevoked).with("account", account.id);
        record(&mut tx, &self.env, &ctx, event).await?;
        Ok(commit_ending(tx, &self.store, ended).await?)
    }

    /// Ends every console session and every bearer of the installation, of people without an account
    /// too: after a backup was restored, or when nobody knows what was stolen. Says how many.
    pub async fn revoke_everything(&self) -> Result<usize, AdminError> {
        let ctx = self.ctx();
        let mut tx = self.pool.begin().await?;
        let ending = Ending::AdminRevokedEverything.as_str();
        tracing::info!(
            event = "account.all_eras_began",
            ending,
            "an era of every account ends"
        );
        let external = Era::begin(self.env.ids.as_ref());
        gatewright_storage_identity::era::begin_all(&mut tx, external).await?;
        let (sessions, ended) = end_everything(&mut tx, ctx.now).await?;
        let count = sessions + ended.count();
        let event = AuditEvent::new(AuditAction::SessionsRevoked)
            .with("account", "all")
            .with("count", count);
        record(&mut tx, &self.env, &ctx, event).await?;
        commit_ending(tx, &self.store, ended).await?;
        Ok(count)
    }

    /// Whoever was invited and never came too.
    async fn find_any(&self, email: &Email) -> Result<Account, AdminError> {
        let mut conn = self.pool.get().await?;
        let found = account::find_any(&mut conn, email.as_str()).await?;
        found.ok_or(AdminError::NoAccount)
    }

    async fn find(&self, email: &Email) -> Result<Account, AdminError> {
        let mut conn = self.pool.get().await?;
        let found = account::find_credentials(&mut conn, email.as_str()).await?;
        Ok(found.ok_or(AdminError::NoAccount)?.account)
    }

    /// A password for somebody who is to change it. Within the policy whatever is drawn.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn random_password(&self) -> Result<String, AdminError> {
        Ok(format!("{}-a1", self.env.random_text(18)?))
    }

    fn ctx(&self) -> Ctx {
        Ctx::of_system(self.env.clock.now(), "command-line")
    }
}

async fn lock(tx: &mut Tx, account: &Account) -> Result<LockedAccount, AdminError> {
    let whose = account::lock(tx, account.id).await?;
    whose.ok_or(AdminError::NoAccount)
}

/// Of a ban that was not recorded (Dify's): whoever was invited and never came is still invited.
fn before_the_ban(account: &Account) -> AccountStatus {
    if account.is_password_set || account.last_login_at.is_some() {
        AccountStatus::Active
    } else {
        AccountStatus::Pending
    }
}
