//! What a sign-in is charged to: its network or known browser, and, from an unknown browser, the
//! account. Nothing is charged before the outcome is known, so a right password costs nothing however
//! many come at once; an attempt takes up room until then, so guesses cannot come all at once either.

use std::time::Duration;

use gatewright_auth::console::KnownBrowser;
use gatewright_domain::{
    account::Email,
    error::Unavailable,
    throttle::{FREE_FAILURES, Refusal, Slope},
};
use gatewright_kv::{self as kv, BeginError, Ticket};

use super::{error::ConsoleError, session::Console};
use gatewright_usecase_kit::Ctx;

/// Between two looks whether there is room.
const PAUSE: Duration = Duration::from_millis(50);
/// Looks before somebody who waits for others is sent away: ten seconds.
const LOOKS: usize = 200;

/// A sign-in whose outcome is not known yet.
#[must_use = "an attempt without an outcome becomes a failure"]
pub(super) struct Attempt {
    /// Of the network, for sign-ins as such.
    network: Ticket,
    /// Of the network and the account, or of the known browser.
    own: kv::Attempt,
    /// Of the account, from all unknown browsers together.
    account: Option<kv::Attempt>,
}

impl Console {
    /// Begins an attempt. Where others are being checked it waits for them.
    pub(super) async fn begin_attempt(
        &self,
        ctx: &Ctx,
        email: &Email,
        known: Option<&KnownBrowser>,
    ) -> Result<Attempt, ConsoleError> {
        let limit = &self.limits.login;
        let network = self
            .limiter
            .charge_refundable(limit, &ctx.address.limit_key())
            .await?;
        let resets = self.throttles.resets(email.as_str()).await?;
        let own = match known {
            Some(known) => format!("known/{}/{}/{resets}", known.account_id, known.browser),
            None => format!("{email}/{}/{resets}", ctx.address.limit_key()),
        };
        let slope = Slope {
            free: FREE_FAILURES,
            memory: self.settings.failure_memory(),
        };
        let own = self.begin_in_turn(&own, slope).await?;
        let shared = self.limits.login_account.slope();
        let account = match shared.filter(|_| known.is_none()) {
            None => None,
            Some(slope) => {
                let who = format!("{email}/everywhere/{resets}");
                match self.begin_in_turn(&who, slope).await {
                    Ok(attempt) => Some(attempt),
                    Err(refusal) => {
                        self.throttles.release(&own).await?;
                        return Err(refusal);
                    }
                }
            }
        };
        Ok(Attempt {
            network,
            own,
            account,
        })
    }

    async fn begin_in_turn(&self, who: &str, slope: Slope) -> Result<kv::Attempt, ConsoleError> {
        for _ in 0..LOOKS {
            let now = self.env.clock.now();
            match self.throttles.begin(who, slope, now).await {
                Ok(attempt) => return Ok(attempt),
                Err(BeginError::Refused(Refusal::Wait(wait))) => {
                    return Err(ConsoleError::LoginThrottled {
                        retry_after: wait.seconds,
                    });
                }
                Err(BeginError::Refused(Refusal::Busy)) => tokio::time::sleep(PAUSE).await,
                Err(BeginError::Unavailable(error)) => return Err(error.into()),
            }
        }
        Err(ConsoleError::LoginThrottled { retry_after: 1 })
    }

    /// The password was wrong.
    pub(super) async fn charge_failure(&self, attempt: &Attempt) {
        let (throttles, now) = (&self.throttles, self.env.clock.now());
        let charged = async {
            throttles.fail(&attempt.own, now).await?;
            match &attempt.account {
                Some(account) => throttles.fail(account, now).await,
                None => Ok(()),
            }
        };
        noted(charged.await);
    }

    /// The password was right. The failures of this network or browser are forgotten; what everybody
    /// else tried on the account is not.
    pub(super) async fn refund(&self, attempt: &Attempt) {
        let throttles = &self.throttles;
        let refunded = async {
            self.limiter.refund(&attempt.network).await?;
            throttles.refund(&attempt.own).await?;
            match &attempt.account {
                Some(account) => throttles.release(account).await,
                None => Ok(()),
            }
        };
        noted(refunded.await);
    }

    /// Nobody can say whether it was right.
    pub(super) async fn abandon(&self, attempt: &Attempt) {
        let throttles = &self.throttles;
        let released = async {
            throttles.release(&attempt.own).await?;
            match &attempt.account {
                Some(account) => throttles.release(account).await,
                None => Ok(()),
            }
        };
        noted(released.await);
    }
}

/// The answer stands even when its outcome cannot be noted: it counts as a failure then.
fn noted(outcome: Result<(), Unavailable>) {
    if let Err(error) = outcome {
        tracing::warn!(
            event = "throttle.outcome_lost",
            %error,
            "the outcome of a sign-in was not noted; it counts as a failure"
        );
    }
}
