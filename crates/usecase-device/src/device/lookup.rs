//! `GET lookup`: a person has typed a code. Says whether it is open, and proves to this browser
//! that it asked.

use chrono::TimeDelta;
use gatewright_auth::{
    bearer::RateLimiter as _,
    device::{Receipt, code_fingerprint},
};
use gatewright_domain::{
    device_grant::{DeviceGrant, UserCode},
    error::ChargeError,
    ids::AccountId,
};

use super::{error::LookupError, flow::DeviceFlow};
use gatewright_usecase_kit::Ctx;

/// The answer to a look-up. Unknown, expired and resolved look the same.
pub enum LookupAnswer {
    /// The code is pending: it can be decided on.
    Valid {
        /// Whole seconds until it expires.
        remaining: i64,
        /// The client that asked.
        client_id: String,
        /// Tells the receipts of several codes apart.
        code_digest: String,
        /// The receipt that proves the look-up when the code is decided on.
        receipt: String,
    },
    /// Unknown, over or decided already: which of them is not said.
    Invalid,
}

impl DeviceFlow {
    /// The limit that even malformed requests are charged to.
    pub async fn charge_lookup(&self, ctx: &Ctx) -> Result<(), LookupError> {
        let limit = &self.limits.device_lookup;
        Ok(self.limiter.charge(limit, &ctx.address.limit_key()).await?)
    }

    /// Looks a code up. Wrong guesses from all addresses together have one budget: when it is
    /// spent nobody learns anything, and who already looked up can still decide. What has not the
    /// form of a code never comes here: it is no guess, its own network paid for it, and nobody else does.
    pub async fn lookup(
        &self,
        ctx: &Ctx,
        code: &UserCode,
        signed_in: Option<AccountId>,
    ) -> Result<LookupAnswer, LookupError> {
        let budget = &self.limits.device_lookup_miss;
        let miss = self.limiter.charge_refundable(budget, "all").await;
        let miss = miss.inspect_err(|error| {
            if matches!(error, ChargeError::RateLimited(_)) {
                tracing::warn!(
                    event = "device_grant.codes_guessed",
                    "the budget of wrong user codes is spent: somebody is guessing"
                );
            }
        })?;
        let stored = self.grants.find_by_user_code(code).await?;
        let Some(grant) = stored
            .map(|s| s.grant)
            .filter(|grant| grant.is_pending(ctx.now))
        else {
            return Ok(LookupAnswer::Invalid);
        };
        self.limiter.refund(&miss).await?;
        let remaining = grant.remaining_seconds(ctx.now);
        let digest = code_fingerprint(code);
        let receipt = Receipt {
            code_digest: digest.clone(),
            account_id: signed_in,
        };
        Ok(LookupAnswer::Valid {
            remaining,
            client_id: grant.client_id.as_str().to_owned(),
            receipt: self
                .receipts
                .seal(&receipt, ctx.now, TimeDelta::seconds(remaining.max(1))),
            code_digest: digest,
        })
    }

    /// What somebody is shown before they decide on a code that their browser looked up; none when it
    /// did not, or when nothing is left to decide.
    pub async fn pending_device(
        &self,
        ctx: &Ctx,
        code: &UserCode,
        receipt: Option<&str>,
        account: AccountId,
    ) -> Result<Option<DeviceGrant>, LookupError> {
        let digest = code_fingerprint(code);
        let checked = self.receipts.check(receipt, &digest, account, ctx.now);
        if checked.is_err() {
            return Ok(None);
        }
        let stored = self.grants.find_by_user_code(code).await?;
        let grant = stored.map(|stored| stored.grant);
        Ok(grant.filter(|grant| grant.is_pending(ctx.now)))
    }

    /// Whether a receipt says that a code was looked up, whoever was signed in then.
    pub fn is_looked_up(&self, ctx: &Ctx, code_digest: &str, receipt: Option<&str>) -> bool {
        self.receipts.is_for(receipt, code_digest, ctx.now)
    }
}
