//! Signing in with a password. The attempt is charged before the password is looked at, the work
//! is the same for known and unknown addresses, and what is wrong with an account is told only to
//! whoever knows its password.

use gatewright_auth::password::Verdict;
use gatewright_domain::{
    Secret,
    account::{Account, AccountStatus, Email},
    audit::{AuditAction, AuditEvent},
    console_session::ConsoleSession,
    workspace::WorkspaceStatus,
};
use gatewright_storage_identity::{account, account::Credentials, workspace};

use super::{
    attempt::Attempt,
    error::ConsoleError,
    session::{Console, SessionTokens},
};
use gatewright_usecase_kit::{Ctx, known_browser, record_failure};

/// A sign-in by password.
pub struct Login {
    /// As typed; the look-up ignores case.
    pub email: Email,
    /// The password in clear, as the browser sent it.
    pub password: Secret,
    /// Of an invitation: whoever signs in accepts it; somebody new gets an account with this password.
    pub invite_token: Option<String>,
}

/// How often a password is compared that changes while it is: another sign-in may have replaced an old hash.
const LOOKS: usize = 3;

/// What became of a right password.
enum Attempted {
    Ended(LoginOutcome),
    /// What it was compared with is no more; this is there now.
    Changed(Credentials),
}

/// How a sign-in with the right password ended.
pub enum LoginOutcome {
    /// A session began.
    SignedIn {
        /// The texts of its cookies.
        tokens: SessionTokens,
    },
    /// The account has no workspace in use.
    NoWorkspace,
}

impl Console {
    /// Signs in by password, and begins a session.
    pub async fn login(&self, ctx: &Ctx, command: Login) -> Result<LoginOutcome, ConsoleError> {
        if !self.settings.password_login {
            return Err(ConsoleError::PasswordLoginDisabled);
        }
        let email = command.email.lowercase();
        let found = {
            let mut conn = self.pool.get().await?;
            account::find_credentials(&mut conn, command.email.as_str()).await?
        };
        let account = found.as_ref().map(|found| &found.account);
        let known = known_browser(&self.keys, ctx, account);
        let attempt = self.begin_attempt(ctx, &email, known.as_ref()).await?;
        let outcome = self.try_password(ctx, &command, &email, found).await;
        self.settle_attempt(&attempt, &outcome).await;
        outcome
    }

    async fn try_password(
        &self,
        ctx: &Ctx,
        command: &Login,
        email: &Email,
        found: Option<Credentials>,
    ) -> Result<LoginOutcome, ConsoleError> {
        let password = &command.password;
        let whose = found.as_ref().map(|found| found.account.clone());
        let link = self
            .open_link(ctx, command.invite_token.as_deref(), email)
            .await?;
        if let (Some(token), None) = (link, &found) {
            let (session, account) = self.come_by_link(ctx, token, password).await?;
            return self.signed_in(ctx, &session, account.account());
        }
        let mut looked_at = found;
        for _ in 0..LOOKS {
            let verdict = self.verify(password, looked_at.as_ref()).await?;
            let Some(credentials) = looked_at.filter(|_| verdict != Verdict::Mismatch) else {
                break;
            };
            match self
                .sign_in(ctx, password, link, &credentials, verdict)
                .await?
            {
                Attempted::Ended(outcome) => return Ok(outcome),
                Attempted::Changed(now) => looked_at = Some(now),
            }
        }
        self.note_failure(ctx, whose.as_ref(), "invalid_credentials")
            .await?;
        Err(ConsoleError::AuthenticationFailed)
    }

    /// Whoever knew the password is charged nothing, whatever else is wrong with the account. What is
    /// answered like a wrong password is charged like one.
    async fn settle_attempt(
        &self,
        attempt: &Attempt,
        outcome: &Result<LoginOutcome, ConsoleError>,
    ) {
        match outcome {
            Ok(_) | Err(ConsoleError::AccountBanned) => self.refund(attempt).await,
            Err(
                ConsoleError::Unavailable(_)
                | ConsoleError::Policy(_)
                | ConsoleError::InvitedSomebodyElse,
            ) => self.abandon(attempt).await,
            Err(_) => self.charge_failure(attempt).await,
        }
    }

    async fn verify(
        &self,
        password: &Secret,
        found: Option<&Credentials>,
    ) -> Result<Verdict, ConsoleError> {
        let (stored, salt) = found.map_or((None, None), |f| (f.password.clone(), f.salt.clone()));
        Ok(self.passwords.verify(password, stored, salt).await?)
    }

    async fn sign_in(
        &self,
        ctx: &Ctx,
        password: &Secret,
        link: Option<&str>,
        credentials: &Credentials,
        verdict: Verdict,
    ) -> Result<Attempted, ConsoleError> {
        let account = &credentials.account;
        match account.status {
            AccountStatus::Banned => {
                self.note_failure(ctx, Some(account), "account_banned")
                    .await?;
                return Err(ConsoleError::AccountBanned);
            }
            AccountStatus::Closed => {
                self.note_failure(ctx, Some(account), "account_closed")
                    .await?;
                return Err(ConsoleError::AuthenticationFailed);
            }
            AccountStatus::Active | AccountStatus::Pending | AccountStatus::Uninitialized => {}
        }
        let rehashed = match (verdict, &credentials.password) {
            (Verdict::MatchOutdated, Some(old)) => {
                Some((old, self.passwords.hash(password).await?))
            }
            _ => None,
        };
        let mut tx = self.pool.begin().await?;
        let accepting = self.begin_accepting(ctx, &mut tx, link).await?;
        // Between the look at the password and now everything may have changed.
        let locked = account::lock(&mut tx, account.id).await?;
        let locked = locked.ok_or(ConsoleError::AuthenticationFailed)?;
        if !locked.has_still(credentials) {
            tx.rollback().await?;
            return Ok(Attempted::Changed(locked.credentials().clone()));
        }
        if let Some(accepting) = accepting {
            let env = &self.env;
            accepting.join(&mut tx, env, ctx, &locked).await?;
        }
        let workspaces = workspace::list_for_account(&mut tx, account.id).await?;
        if !workspaces
            .iter()
            .any(|w| w.status == WorkspaceStatus::Normal)
        {
            tx.rollback().await?;
            return Ok(Attempted::Ended(LoginOutcome::NoWorkspace));
        }
        if let Some((old, new)) = &rehashed {
            account::update_password_hash(&mut tx, account.id, old, new).await?;
        }
        let session = self.open_session(ctx, &mut tx, &locked).await?;
        tx.commit().await?;
        let outcome = self.signed_in(ctx, &session, locked.account())?;
        Ok(Attempted::Ended(outcome))
    }

    /// What the browser gets.
    fn signed_in(
        &self,
        ctx: &Ctx,
        session: &ConsoleSession,
        account: &Account,
    ) -> Result<LoginOutcome, ConsoleError> {
        Ok(LoginOutcome::SignedIn {
            tokens: self.first_tokens(ctx, account, session)?,
        })
    }

    async fn note_failure(
        &self,
        ctx: &Ctx,
        account: Option<&Account>,
        reason: &str,
    ) -> Result<(), ConsoleError> {
        let mut event = AuditEvent::new(AuditAction::LoginFailed).with("reason", reason);
        event.actor = account.map(|account| account.id);
        Ok(record_failure(&self.pool, &self.limiter, &self.env, ctx, event).await?)
    }
}
