//! Console sessions: from a cookie to an identity, and the tokens of a new or renewed session.

use std::time::Duration;

use chrono::{DateTime, Utc};
use gatewright_auth::{
    account::InvitationKeys,
    console::{AccessClaims, ConsoleKeys, ConsoleSettings, KnownBrowser, RefreshToken},
    limits::Limits,
    sso::SignInStateKeys,
};
use gatewright_domain::{
    account::{Account, AccountStatus},
    audit::{AuditAction, AuditEvent},
    console_session::ConsoleSession,
    error::Unavailable,
    ids::{AccountId, ConsoleSessionId},
    interval::elapsed,
};
use gatewright_kv::{RateLimits, SpentNonces, Throttles};
use gatewright_storage_identity::{account, account::LockedAccount, console_session, workspace};
use gatewright_storage_kit::{Pool, StorageError, Tx};

use super::error::ConsoleError;
use crate::credential::{Codes, Passwords};
use gatewright_usecase_kit::ConsoleIdentity;
use gatewright_usecase_kit::{
    Ctx, Env, dry, known_browser, mail::MailQueue, provider::Providers, record,
};

/// How stale `last_active_at` may get.
const ACTIVITY_STEP: Duration = Duration::from_mins(10);

/// Sign-in, sign-out, refresh, and who a cookie belongs to.
pub struct Console {
    /// The pool of connections to PostgreSQL.
    pub pool: Pool,
    /// Charges requests to the limits.
    pub limiter: RateLimits,
    /// How much each limit allows.
    pub limits: Limits,
    /// Counts failed sign-ins, and says who has to wait.
    pub throttles: Throttles,
    /// The keys of the tokens.
    pub keys: ConsoleKeys,
    /// The keys of sign-ins through identity providers.
    pub sign_in_states: SignInStateKeys,
    /// The identity providers.
    pub providers: Providers,
    /// Remembers which nonces were spent.
    pub nonces: SpentNonces,
    /// The settings of console sessions.
    pub settings: ConsoleSettings,
    /// Codes by mail.
    pub codes: Codes,
    /// Queues mails in the transaction that causes them.
    pub mail_queue: MailQueue,
    /// Links of invitations.
    pub invitations: InvitationKeys,
    /// Hashes and verifies passwords, on threads of their own.
    pub passwords: Passwords,
    /// Time, ids, randomness.
    pub env: Env,
}

/// The texts of the three cookies.
pub struct SessionTokens {
    /// The access token, a signed JWT.
    pub access: String,
    /// The refresh token, which is spent once.
    pub refresh: String,
    /// The CSRF token, to be sent back in `X-CSRF-Token`.
    pub csrf: String,
    /// The cookie that makes this browser a known one: with a session that begins, not with one that
    /// goes on.
    pub known_browser: Option<String>,
}

impl Console {
    /// Who a token names, by its signature alone. For look-ups that work without a session too.
    pub fn peek(&self, ctx: &Ctx, access_token: Option<&str>) -> Option<AccountId> {
        self.keys
            .open_access(access_token?, ctx.now)
            .ok()
            .map(|claims| claims.account_id)
    }

    /// Whether a token was made by a node whose clock is ahead of ours by more than is allowed for.
    pub fn is_from_the_future(&self, ctx: &Ctx, access_token: &str) -> bool {
        let keys = &self.keys;
        keys.is_access_from_the_future(access_token, ctx.now)
    }

    /// Whether a cookie of a known browser is one.
    pub fn is_known_browser(&self, now: DateTime<Utc>, cookie: &str) -> bool {
        let known = self.keys.open_known_browser(cookie, now);
        known.is_some()
    }

    /// Whether a sign-in state is that of a round trip.
    pub fn is_sign_in_state(&self, ctx: &Ctx, sealed: &str, trip: &str) -> bool {
        let opened = self.sign_in_states.open(sealed, ctx.now);
        opened.is_ok_and(|state| state.state.matches(trip.as_bytes()))
    }

    /// Who a token belongs to, if its session is alive.
    pub async fn resolve(
        &self,
        ctx: &Ctx,
        access_token: Option<&str>,
    ) -> Result<ConsoleIdentity, ConsoleError> {
        let token = access_token.ok_or(ConsoleError::Unauthorized("no_session"))?;
        let claims = self
            .keys
            .open_access(token, ctx.now)
            .map_err(|_| ConsoleError::Unauthorized("invalid_session"))?;
        let mut conn = self.pool.get().await?;
        let (session, account) = console_session::find_with_account(&mut conn, claims.session_id)
            .await?
            .ok_or(ConsoleError::Unauthorized("session_ended"))?;
        if !session.is_live(ctx.now) || session.account_id != claims.account_id {
            return Err(ConsoleError::Unauthorized("session_ended"));
        }
        match account.status {
            AccountStatus::Banned => return Err(ConsoleError::Banned),
            status if !status.may_use_console() => return Err(ConsoleError::NoAccount),
            _ => {}
        }
        let workspaces = workspace::list_for_account(&mut conn, account.id).await?;
        if workspaces.is_empty() {
            return Err(ConsoleError::NoAccount);
        }
        if elapsed(account.last_active_at, ctx.now).is_ok_and(|idle| idle > ACTIVITY_STEP) {
            account::update_last_active(&mut conn, account.id, ctx.now).await?;
        }
        Ok(ConsoleIdentity {
            claims,
            account,
            workspaces,
        })
    }

    /// The double-submit check for one session.
    pub fn check_csrf(
        &self,
        ctx: &Ctx,
        claims: AccessClaims,
        header: Option<&[u8]>,
        cookie: Option<&str>,
    ) -> Result<(), ConsoleError> {
        self.keys
            .check_csrf(header, cookie, claims, ctx.now)
            .map_err(ConsoleError::Csrf)
    }

    /// A session that begins now.
    fn new_session(&self, ctx: &Ctx, account: AccountId) -> Result<ConsoleSession, Unavailable> {
        let absolute_expires_at = ctx.now + self.settings.absolute_lifetime();
        Ok(ConsoleSession {
            id: ConsoleSessionId::generate(self.env.ids.as_ref()),
            account_id: account,
            refresh_salt: self.env.random.bytes(16).map_err(dry)?,
            generation: 0,
            rotated_at: ctx.now,
            since_rotation: None,
            idle_expires_at: (ctx.now + self.settings.idle_lifetime()).min(absolute_expires_at),
            absolute_expires_at,
            revoked_at: None,
        })
    }

    /// Begins a session in the transaction of a sign-in, and notes it. The account is locked, and the
    /// caller has compared it with what it looked at before.
    pub(super) async fn open_session(
        &self,
        ctx: &Ctx,
        tx: &mut Tx,
        locked: &LockedAccount,
    ) -> Result<ConsoleSession, StorageError> {
        let account = locked.account();
        let session = self.new_session(ctx, account.id)?;
        let ip = ctx.address.to_string();
        account::update_login(tx, account, &ip, ctx.now).await?;
        console_session::insert(tx, locked, &session, &ip, ctx.user_agent.as_deref()).await?;
        let event = AuditEvent::new(AuditAction::LoginSucceeded)
            .by(account.id)
            .with("session_id", session.id);
        record(tx, &self.env, ctx, event).await?;
        Ok(session)
    }

    /// The tokens of a session that began just now. Whoever proved who they are in this browser is
    /// known in it from now on: strangers' failures slow it no more.
    pub(super) fn first_tokens(
        &self,
        ctx: &Ctx,
        account: &Account,
        session: &ConsoleSession,
    ) -> Result<SessionTokens, Unavailable> {
        let known = known_browser(&self.keys, ctx, Some(account));
        let known = match known {
            Some(known) => known,
            None => KnownBrowser {
                account_id: account.id,
                era: account.era,
                browser: self.env.random_text(16)?,
            },
        };
        Ok(SessionTokens {
            known_browser: Some(self.keys.seal_known_browser(&known, ctx.now)),
            ..self.tokens(ctx, session, 0)
        })
    }

    /// The tokens of a generation of a session.
    pub(super) fn tokens(
        &self,
        ctx: &Ctx,
        session: &ConsoleSession,
        generation: i32,
    ) -> SessionTokens {
        let claims = AccessClaims {
            account_id: session.account_id,
            session_id: session.id,
        };
        let (keys, settings) = (&self.keys, &self.settings);
        let lifetime = settings.access_lifetime();
        SessionTokens {
            access: keys.seal_access(claims, settings.session_issuer(), ctx.now, lifetime),
            refresh: RefreshToken::issue(keys, session, generation),
            csrf: keys.seal_csrf(claims, ctx.now, lifetime),
            known_browser: None,
        }
    }
}
