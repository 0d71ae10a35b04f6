//! Proof that whoever asks is the owner, and not somebody with a stolen session: the password, or a
//! sign-in of a moment ago where there is none. What changes the ways into an account asks for it.

use std::time::Duration;

use gatewright_domain::{Secret, account::Account, era::Era, ids::AccountId, interval::elapsed};
use gatewright_storage_identity::console_session;

use super::{error::AccountError, service::Accounts};
use gatewright_usecase_kit::ConsoleIdentity;
use gatewright_usecase_kit::Ctx;

/// How fresh a sign-in must be that stands in for a password.
const FRESH: Duration = Duration::from_mins(10);

/// Somebody proved that the account is theirs. It is worth nothing in another era.
#[derive(Debug, Clone, Copy)]
pub struct OwnerProof {
    account: AccountId,
    era: Era,
}

impl OwnerProof {
    /// Whose.
    pub(crate) fn account(self) -> AccountId {
        self.account
    }

    /// When.
    pub(crate) fn era(self) -> Era {
        self.era
    }

    /// Whether it is about this account as it is now.
    pub(crate) fn is_of(self, account: &Account) -> bool {
        (self.account, self.era) == (account.id, account.era)
    }
}

impl Accounts {
    /// Whether the owner proves it by the password: they have one, and may sign in with it.
    pub fn proves_by_password(&self, account: &Account) -> bool {
        account.is_password_set && self.parts.console.password_login
    }

    /// Takes the password, or looks at how long ago the session began.
    pub async fn prove_owner(
        &self,
        ctx: &Ctx,
        who: &ConsoleIdentity,
        password: Option<&Secret>,
    ) -> Result<OwnerProof, AccountError> {
        if self.proves_by_password(&who.account) {
            self.require_current(who, password).await?;
        } else {
            self.require_fresh(ctx, who).await?;
        }
        Ok(OwnerProof {
            account: who.account.id,
            era: who.account.era,
        })
    }

    /// That somebody without a password signed in a moment ago.
    pub(super) async fn require_fresh(
        &self,
        ctx: &Ctx,
        who: &ConsoleIdentity,
    ) -> Result<(), AccountError> {
        let begun_at = {
            let mut conn = self.parts.pool.get().await?;
            console_session::find_beginning(&mut conn, who.claims.session_id).await?
        };
        let age = begun_at.and_then(|at| elapsed(at, ctx.now).ok());
        if age.is_some_and(|age| age <= FRESH) {
            Ok(())
        } else {
            Err(AccountError::FreshSignInRequired)
        }
    }
}
