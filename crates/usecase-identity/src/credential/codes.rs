//! Codes by mail: issuing one, and checking it. Each mail is paid for by the address it goes to (and,
//! where strangers can cause it, by the network it is asked from); each look at a code is counted
//! before it happens; all of it is the same for addresses that nobody has.
//!
//! Strangers slow each other down and nobody else. A code that was sent can be tried its five times,
//! whatever others try: wrong codes make the next *code* wait, a quarter of an hour at most. A browser
//! that the account has used has budgets of its own. And a new code ends the one before only where the
//! same network or browser asked for both, so that nobody can take away what another was sent.

use gatewright_auth::{
    account::{AccountSettings, CodeKeys},
    bearer::RateLimiter as _,
    console::ConsoleKeys,
    limits::Limits,
};
use gatewright_domain::{
    account::Account,
    audit::{AuditAction, AuditEvent},
    era::Era,
    error::RateLimited,
    ids::{AccountId, WorkspaceId},
    one_time::{OneTimeGrant, OneTimePurpose},
};
use gatewright_kv::{OneTimeGrants, RateLimits, Throttles};
use gatewright_mail::MailKind;
use gatewright_storage_identity::{account, account::LockedAccount};
use gatewright_storage_kit::{Pool, Tx};
use uuid::Uuid;

use super::{error::CredentialError, presented::CodeProof};
use gatewright_usecase_kit::{
    Ctx, Env, dry, known_browser,
    mail::{OutgoingMail, Recipients},
    record_failure,
};

/// Random bytes in a token: 192 bits.
const TOKEN_BYTES: usize = 24;

/// Issues and checks codes. Cheap to clone.
#[derive(Clone)]
pub struct Codes {
    /// What stands behind tokens.
    pub grants: OneTimeGrants,
    /// Charges requests to the limits.
    pub limiter: RateLimits,
    /// How much each limit allows.
    pub limits: Limits,
    /// Counts wrong codes, and says who has to wait.
    pub throttles: Throttles,
    /// Mails per mailbox.
    pub recipients: Recipients,
    /// Opens the cookies of known browsers.
    pub browsers: ConsoleKeys,
    /// Computes codes from stored seeds.
    pub keys: CodeKeys,
    /// How long codes live.
    pub settings: AccountSettings,
    /// For the audit trail.
    pub pool: Pool,
    /// Time, ids, randomness.
    pub env: Env,
}

/// A code to be issued.
pub(crate) struct NewCode<'a> {
    pub(crate) purpose: OneTimePurpose,
    /// Where it goes, in lower case.
    pub(crate) email: &'a str,
    account: Option<AccountId>,
    era: Era,
    pub(crate) has_code: bool,
    pub(crate) old_email: Option<&'a str>,
    pub(crate) workspace: Option<WorkspaceId>,
}

impl<'a> NewCode<'a> {
    pub(crate) fn new(purpose: OneTimePurpose, email: &'a str) -> Self {
        Self {
            purpose,
            email,
            account: None,
            era: Era::default(),
            has_code: true,
            old_email: None,
            workspace: None,
        }
    }

    /// Binds it to an account as it is now.
    pub(crate) fn of(&mut self, account: Option<&Account>) {
        self.account = account.map(|account| account.id);
        self.era = account.map(|account| account.era).unwrap_or_default();
    }
}

/// That the mail with a code is paid for, and whose code it is.
#[must_use]
pub(crate) struct Postage {
    /// Whose newer code ends the one before.
    holder: String,
}

/// A token for the caller and what stands behind it.
pub(crate) struct IssuedCode {
    pub(crate) token: String,
    grant: OneTimeGrant,
    minutes: i64,
}

impl IssuedCode {
    /// The mail with the code.
    pub(crate) fn mail(&self, kind: MailKind, language: Option<&str>) -> OutgoingMail {
        OutgoingMail::new(kind, &self.grant.email, language).with_code(
            &self.grant.seed,
            self.minutes,
            self.grant.expires_at,
        )
    }
}

impl Codes {
    /// Pays for a mail that a stranger causes.
    pub(crate) async fn charge_network(&self, ctx: &Ctx) -> Result<(), CredentialError> {
        self.limiter
            .charge(&self.limits.mail_address, &ctx.address.limit_key())
            .await
            .map_err(|error| error.or(CredentialError::MailsExhausted))
    }

    /// Pays for a mail to an address. `owner` is the account that has it.
    pub(crate) async fn charge_mailbox(
        &self,
        ctx: &Ctx,
        purpose: OneTimePurpose,
        email: &str,
        owner: Option<&Account>,
    ) -> Result<Postage, CredentialError> {
        let known = known_browser(&self.browsers, ctx, owner);
        let known = known.map(|known| format!("known/{}/{}", known.account_id, known.browser));
        let too_soon = |limited| CredentialError::MailTooSoon { purpose, limited };
        if known.is_none() {
            let guesses = self.guesses(purpose, email).await?;
            if let Some(wait) = self.throttles.wait(&guesses, ctx.now).await? {
                return Err(too_soon(RateLimited {
                    retry_after: wait.seconds,
                }));
            }
        }
        let limit = match purpose {
            OneTimePurpose::EmailCodeLogin => &self.limits.mail_login_code,
            _ => &self.limits.mail_code,
        };
        let payer = match &known {
            Some(browser) => format!("{}/{browser}", mailbox(purpose, email)),
            None => mailbox(purpose, email),
        };
        self.limiter
            .charge(limit, &payer)
            .await
            .map_err(|error| error.or(too_soon))?;
        self.recipients
            .charge(email, known.as_deref(), ctx.now)
            .await
            .map_err(|error| error.or(too_soon))?;
        let holder = match (purpose.may_anybody_ask(), known) {
            (false, _) => email.to_owned(),
            (true, Some(browser)) => format!("{email}/{browser}"),
            (true, None) => format!("{email}/{}", ctx.address.limit_key()),
        };
        Ok(Postage { holder })
    }

    /// What wrong codes are counted by.
    async fn guesses(
        &self,
        purpose: OneTimePurpose,
        email: &str,
    ) -> Result<String, CredentialError> {
        let resets = self.throttles.resets(email).await?;
        Ok(format!("code/{}/{email}/{resets}", purpose.as_str()))
    }

    /// Issues a token; the one before it, of the same purpose, address and holder, ends.
    pub(crate) async fn issue(
        &self,
        ctx: &Ctx,
        new: NewCode<'_>,
        postage: Postage,
    ) -> Result<IssuedCode, CredentialError> {
        let random = self.env.random.as_ref();
        let lifetime = self.settings.lifetime(new.purpose);
        let grant = OneTimeGrant {
            purpose: new.purpose,
            is_verified: false,
            account: new.account,
            era: new.era,
            has_code: new.has_code,
            email: new.email.to_owned(),
            old_email: new.old_email.map(str::to_owned),
            workspace: new.workspace,
            seed: self.keys.new_seed(random).map_err(dry)?,
            expires_at: ctx.now + lifetime,
        };
        let token = self.env.random_text(TOKEN_BYTES)?;
        self.grants
            .issue(&token, &postage.holder, &grant, ctx.now)
            .await?;
        Ok(IssuedCode {
            token,
            grant,
            minutes: lifetime.num_minutes(),
        })
    }

    /// Checks a code. `email`, where the caller names one, must be the token's.
    pub(crate) async fn check(
        &self,
        ctx: &Ctx,
        purpose: OneTimePurpose,
        proof: CodeProof<'_>,
        email: Option<&str>,
    ) -> Result<OneTimeGrant, CredentialError> {
        let seen = self.grants.find(proof.token, ctx.now).await?;
        let seen = seen.filter(|grant| grant.purpose == purpose && !grant.is_verified);
        let seen = seen.ok_or(CredentialError::InvalidToken)?;
        if email.is_some_and(|email| email.to_lowercase() != seen.email) {
            return Err(CredentialError::InvalidEmail);
        }
        self.require_present(&seen).await?;
        let grant = self.grants.attempt(proof.token, ctx.now).await?;
        let grant = grant.ok_or(CredentialError::InvalidToken)?;
        let is_right = self.keys.matches(&grant.seed, proof.code.trim()) && grant.has_code;
        if is_right {
            return Ok(grant);
        }
        if let Some(slope) = self.limits.code_guess.slope() {
            let guesses = self.guesses(purpose, &grant.email).await?;
            self.throttles
                .charge_anyway(&guesses, slope, ctx.now)
                .await?;
        }
        let mut event = AuditEvent::new(AuditAction::CodeRefused).with("purpose", purpose.as_str());
        event.actor = grant.account;
        record_failure(&self.pool, &self.limiter, &self.env, ctx, event).await?;
        Err(CredentialError::WrongCode)
    }

    /// The token of the next step, for whoever gave the right code first.
    pub(crate) async fn advance(
        &self,
        ctx: &Ctx,
        token: &str,
        grant: &OneTimeGrant,
    ) -> Result<String, CredentialError> {
        let mut next = grant.clone();
        next.is_verified = true;
        next.expires_at = ctx.now + self.settings.lifetime(grant.purpose);
        let next_token = self.env.random_text(TOKEN_BYTES)?;
        let advanced = self
            .grants
            .advance(token, grant, &next_token, &next, ctx.now);
        if advanced.await? {
            Ok(next_token)
        } else {
            Err(CredentialError::InvalidToken)
        }
    }

    /// What stands behind a token whose code was given.
    pub(crate) async fn verified(
        &self,
        ctx: &Ctx,
        purpose: OneTimePurpose,
        token: &str,
    ) -> Result<OneTimeGrant, CredentialError> {
        let grant = self.grants.find(token, ctx.now).await?;
        let grant = grant.filter(|grant| grant.purpose == purpose && grant.is_verified);
        let grant = grant.ok_or(CredentialError::InvalidToken)?;
        self.require_present(&grant).await?;
        Ok(grant)
    }

    /// Refuses what was sent to an account in an earlier era of it, or to an address that it had then. The
    /// work is the same where there is no account.
    async fn require_present(&self, grant: &OneTimeGrant) -> Result<(), CredentialError> {
        let id = grant.account.unwrap_or(AccountId(Uuid::nil()));
        let mut conn = self.pool.get().await?;
        let found = account::find(&mut conn, id).await?;
        if grant.account.is_none() || found.is_some_and(|account| grant.is_of(&account)) {
            Ok(())
        } else {
            Err(CredentialError::InvalidToken)
        }
    }

    /// The account that a grant was given to, locked: it is looked at again in the transaction that makes
    /// something of the grant.
    pub(crate) async fn lock_owner(
        &self,
        tx: &mut Tx,
        grant: &OneTimeGrant,
    ) -> Result<LockedAccount, CredentialError> {
        let id = grant.account.ok_or(CredentialError::InvalidToken)?;
        let whose = account::lock(tx, id).await?;
        whose
            .filter(|whose| grant.is_of(whose.account()))
            .ok_or(CredentialError::InvalidToken)
    }

    /// Spends a token; of any number of callers one gets through.
    pub(crate) async fn spend(
        &self,
        token: &str,
        grant: &OneTimeGrant,
    ) -> Result<(), CredentialError> {
        if self.grants.consume(token, grant).await? {
            Ok(())
        } else {
            Err(CredentialError::InvalidToken)
        }
    }
}

fn mailbox(purpose: OneTimePurpose, email: &str) -> String {
    format!("{}/{email}", purpose.as_str())
}
