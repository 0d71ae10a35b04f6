//! Signing in with a password. The attempt is charged before the password is looked at, the work
//! is the same for known and unknown addresses, and what is wrong with an account is told only to
//! whoever knows its password.

use gatewright_auth::{
    bearer::RateLimiter as _, console::KnownBrowser, digest::sha256_hex, password::Verdict,
};
use gatewright_domain::{
    Secret,
    account::{Account, AccountStatus, Email},
    audit::{AuditAction, AuditEvent},
    console_session::ConsoleSession,
    workspace::WorkspaceStatus,
};
use gatewright_kv::Ticket;
use gatewright_storage::{account, account::Credentials, workspace};

use super::{
    error::ConsoleError,
    session::{Console, SessionTokens},
};
use crate::{ambient::Ctx, audit::record_failure};

/// A sign-in.
pub struct Login {
    /// As typed; the look-up ignores case.
    pub email: Email,
    /// In clear.
    pub password: Secret,
    /// The cookie of a browser that signed in before.
    pub known_browser: Option<String>,
    /// Of an invitation: whoever signs in accepts it; somebody new gets an account with this password.
    pub invite_token: Option<String>,
}

/// How a sign-in with the right password ended.
pub enum LoginOutcome {
    /// Signed in.
    SignedIn {
        /// The three cookies.
        tokens: SessionTokens,
        /// The cookie that gives this browser a budget of its own.
        known_browser: String,
    },
    /// The account has no workspace in use.
    NoWorkspace,
}

/// What an attempt was charged to.
struct Attempt {
    throttle: String,
    account_budget: Option<Ticket>,
}

impl Console {
    /// Signs in.
    pub async fn login(&self, ctx: &Ctx, command: Login) -> Result<LoginOutcome, ConsoleError> {
        if !self.parts.settings.password_login {
            return Err(ConsoleError::PasswordLoginDisabled);
        }
        self.parts
            .limiter
            .charge(&self.parts.limits.login, &ctx.address.limit_key())
            .await?
            .or_wait()
            .map_err(|retry_after| ConsoleError::RateLimited { retry_after })?;
        let email = command.email.lowercase();
        let found = {
            let mut conn = self.parts.pool.get().await?;
            account::find_credentials(&mut conn, email.as_str()).await?
        };
        let known = self.known_browser(ctx, &command, found.as_ref());
        let attempt = self.charge_attempt(ctx, &email, known.as_ref()).await?;
        let link = self
            .open_link(ctx, command.invite_token.as_deref(), &email)
            .await?;
        if let (Some(token), None) = (link, &found) {
            let (session, account) = self.come_by_link(ctx, token, &command.password).await?;
            return Ok(self
                .signed_in(ctx, &session, account.account(), (attempt, known))
                .await);
        }
        let verdict = self.verify(&command.password, found.as_ref()).await?;
        match found {
            Some(credentials) if verdict != Verdict::Mismatch => {
                self.sign_in(
                    ctx,
                    (&command.password, link),
                    credentials,
                    verdict,
                    (attempt, known),
                )
                .await
            }
            found => {
                self.note_failure(
                    ctx,
                    found.map(|f| f.account).as_ref(),
                    "invalid_credentials",
                )
                .await?;
                Err(ConsoleError::AuthenticationFailed)
            }
        }
    }

    /// The cookie counts only for the account that it was made for.
    fn known_browser(
        &self,
        ctx: &Ctx,
        command: &Login,
        found: Option<&Credentials>,
    ) -> Option<KnownBrowser> {
        let known = self
            .parts
            .keys
            .open_known_browser(command.known_browser.as_deref()?, ctx.now)?;
        let account = &found?.account;
        (known.account_id == account.id && known.era == account.era).then_some(known)
    }

    async fn charge_attempt(
        &self,
        ctx: &Ctx,
        email: &Email,
        known: Option<&KnownBrowser>,
    ) -> Result<Attempt, ConsoleError> {
        let pardons = self.parts.throttles.pardons(email.as_str()).await?;
        let throttle = match known {
            Some(known) => format!("known/{}/{}/{pardons}", known.account_id, known.browser),
            None => format!("{email}/{}/{pardons}", ctx.address.limit_key()),
        };
        if let Err(wait) = self.parts.throttles.begin(&throttle, ctx.now).await? {
            return Err(ConsoleError::LoginThrottled {
                retry_after: wait.seconds,
            });
        }
        if known.is_some() {
            return Ok(Attempt {
                throttle,
                account_budget: None,
            });
        }
        let limit = &self.parts.limits.login_account;
        match self
            .parts
            .limiter
            .charge_refundable(limit, &sha256_hex(email.as_str()))
            .await?
        {
            Ok(ticket) => Ok(Attempt {
                throttle,
                account_budget: Some(ticket),
            }),
            Err(retry_after) => Err(ConsoleError::LoginThrottled { retry_after }),
        }
    }

    async fn verify(
        &self,
        password: &Secret,
        found: Option<&Credentials>,
    ) -> Result<Verdict, ConsoleError> {
        let (stored, salt) = found.map_or((None, None), |f| (f.password.clone(), f.salt.clone()));
        Ok(self.parts.passwords.verify(password, stored, salt).await?)
    }

    async fn sign_in(
        &self,
        ctx: &Ctx,
        (password, link): (&Secret, Option<&str>),
        credentials: Credentials,
        verdict: Verdict,
        (attempt, known): (Attempt, Option<KnownBrowser>),
    ) -> Result<LoginOutcome, ConsoleError> {
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
                Some((old, self.parts.passwords.hash(password).await?))
            }
            _ => None,
        };
        let mut tx = self.parts.pool.begin().await?;
        let accepting = self.begin_accepting(ctx, &mut tx, link).await?;
        // Between the look at the password and now everything may have changed.
        let locked = account::lock(&mut tx, account.id).await?;
        let Some(locked) = locked.filter(|locked| locked.has_still(&credentials)) else {
            tx.rollback().await?;
            self.note_failure(ctx, Some(account), "changed_meanwhile")
                .await?;
            return Err(ConsoleError::AuthenticationFailed);
        };
        if let Some(accepting) = accepting {
            let ambient = &self.parts.ambient;
            accepting.join(&mut tx, (ambient, ctx), &locked).await?;
        }
        let workspaces = workspace::list_for_account(&mut tx, account.id).await?;
        if !workspaces
            .iter()
            .any(|w| w.status == WorkspaceStatus::Normal)
        {
            tx.rollback().await?;
            return Ok(LoginOutcome::NoWorkspace);
        }
        if let Some((old, new)) = &rehashed {
            account::update_password_hash(&mut tx, account.id, old, new).await?;
        }
        let session = self.open_session(ctx, &mut tx, &locked).await?;
        tx.commit().await?;
        Ok(self
            .signed_in(ctx, &session, account, (attempt, known))
            .await)
    }

    /// What the browser gets.
    async fn signed_in(
        &self,
        ctx: &Ctx,
        session: &ConsoleSession,
        account: &Account,
        (attempt, known): (Attempt, Option<KnownBrowser>),
    ) -> LoginOutcome {
        self.forgive(&attempt).await;
        let known = known.unwrap_or_else(|| KnownBrowser {
            account_id: account.id,
            era: account.era,
            browser: self.parts.ambient.random.base64url(16),
        });
        LoginOutcome::SignedIn {
            tokens: self.tokens(ctx, session, 0),
            known_browser: self.parts.keys.seal_known_browser(&known, ctx.now),
        }
    }

    /// A success clears what the attempt was charged. The sign-in stands even if that fails.
    async fn forgive(&self, attempt: &Attempt) {
        let cleared = async {
            self.parts.throttles.forget(&attempt.throttle).await?;
            match &attempt.account_budget {
                Some(ticket) => self.parts.limiter.refund(ticket).await,
                None => Ok(()),
            }
        }
        .await;
        if let Err(error) = cleared {
            tracing::warn!(%error, "failed sign-ins stay counted after a success");
        }
    }

    async fn note_failure(
        &self,
        ctx: &Ctx,
        account: Option<&Account>,
        reason: &str,
    ) -> Result<(), ConsoleError> {
        let mut event = AuditEvent::new(AuditAction::LoginFailed).with("reason", reason);
        event.actor = account.map(|account| account.id);
        let stores = (&self.parts.pool, &self.parts.limiter);
        Ok(record_failure(stores, &self.parts.ambient, ctx, event).await?)
    }
}
