//! Proof that whoever asks is the owner, and not somebody with a stolen session: the password, or a
//! sign-in of a moment ago where there is none. What changes the ways into an account asks for it.

use std::time::Duration;

use gatewright_auth::{limits::Limits, password::Verdict};
use gatewright_domain::{Secret, account::Account, era::Era, ids::AccountId, interval::elapsed};
use gatewright_kv::RateLimits;
use gatewright_storage_identity::{
    account,
    account::{Credentials, LockedAccount},
    console_session,
};
use gatewright_storage_kit::{Pool, Tx};
use gatewright_usecase_kit::{ConsoleIdentity, Ctx};

use super::{error::CredentialError, passwords::Passwords};

/// How fresh a sign-in must be that stands in for a password.
const FRESH: Duration = Duration::from_mins(10);

/// Somebody proved that the account is theirs. It is worth nothing in another era.
#[derive(Debug, Clone, Copy)]
pub struct OwnerProof {
    account: AccountId,
    era: Era,
}

impl OwnerProof {
    /// The proof that a sealed sign-in state carried to a provider and back.
    pub(crate) fn sealed(account: AccountId, era: Era) -> Self {
        Self { account, era }
    }

    /// The account whose owner proved to be there.
    pub(crate) fn account(self) -> AccountId {
        self.account
    }

    /// The era of the account in which the proof was given.
    pub(crate) fn era(self) -> Era {
        self.era
    }

    /// Whether it is about this account as it is now.
    pub(crate) fn is_of(self, account: &Account) -> bool {
        (self.account, self.era) == (account.id, account.era)
    }
}

/// Asks owners for their proof.
pub struct OwnerChecks {
    /// The pool of connections to PostgreSQL.
    pub pool: Pool,
    /// Charges attempts to the limits.
    pub limiter: RateLimits,
    /// The limits; `password_change` is charged.
    pub limits: Limits,
    /// Verifies passwords, on threads of their own.
    pub passwords: Passwords,
    /// Whether passwords sign anybody in.
    pub password_login: bool,
}

impl OwnerChecks {
    /// Whether the owner proves it by the password: they have one, and may sign in with it.
    pub(crate) fn takes_password(&self, account: &Account) -> bool {
        account.is_password_set && self.password_login
    }

    /// Takes the password, or looks at how long ago the session began.
    pub(crate) async fn prove(
        &self,
        ctx: &Ctx,
        who: &ConsoleIdentity,
        password: Option<&Secret>,
    ) -> Result<OwnerProof, CredentialError> {
        if self.takes_password(&who.account) {
            self.require_current(who, password).await?;
        } else {
            self.require_fresh(ctx, who).await?;
        }
        Ok(OwnerProof {
            account: who.account.id,
            era: who.account.era,
        })
    }

    /// Whoever has a password must know it. Returns what was looked at. Wrong guesses are counted by session:
    /// whoever guesses with a stolen one does not take the owner's way away.
    pub(crate) async fn require_current(
        &self,
        who: &ConsoleIdentity,
        old: Option<&Secret>,
    ) -> Result<Credentials, CredentialError> {
        let session = who.claims.session_id.to_string();
        let limit = &self.limits.password_change;
        let ticket = self.limiter.charge_refundable(limit, &session).await?;
        let found = {
            let mut conn = self.pool.get().await?;
            account::find_credentials_by_id(&mut conn, who.account.id).await?
        };
        let found = found.ok_or(CredentialError::AccountNotFound)?;
        if found.password.is_none() {
            self.limiter.refund(&ticket).await?;
            return Ok(found);
        }
        let old = old.ok_or(CredentialError::CurrentPasswordIncorrect)?;
        let verdict = self
            .passwords
            .verify(old, found.password.clone(), found.salt.clone())
            .await?;
        if verdict == Verdict::Mismatch {
            return Err(CredentialError::CurrentPasswordIncorrect);
        }
        self.limiter.refund(&ticket).await?;
        Ok(found)
    }

    /// That somebody without a password signed in a moment ago.
    pub(crate) async fn require_fresh(
        &self,
        ctx: &Ctx,
        who: &ConsoleIdentity,
    ) -> Result<(), CredentialError> {
        let begun_at = {
            let mut conn = self.pool.get().await?;
            console_session::find_beginning(&mut conn, who.claims.session_id).await?
        };
        let age = begun_at.and_then(|at| elapsed(at, ctx.now).ok());
        if age.is_some_and(|age| age <= FRESH) {
            Ok(())
        } else {
            Err(CredentialError::FreshSignInRequired)
        }
    }
}

/// Locks the account of somebody who is signed in. A request whose session ended while it was under way
/// is refused: from here on, either it is done before the ending, or not at all.
pub(crate) async fn lock_own(
    tx: &mut Tx,
    ctx: &Ctx,
    who: &ConsoleIdentity,
) -> Result<LockedAccount, CredentialError> {
    let own = account::lock(tx, who.account.id).await?;
    let own = own.ok_or(CredentialError::AccountNotFound)?;
    let session = console_session::find_with_account(tx, who.claims.session_id).await?;
    let is_live = session.is_some_and(|(session, account)| {
        session.is_live(ctx.now) && account.id == own.id() && account.status.may_use_console()
    });
    if is_live {
        Ok(own)
    } else {
        Err(CredentialError::SessionEnded)
    }
}
