//! Throttles of sign-ins, codes and mails. Keys are digests.

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use gatewright_auth::keys::HmacKey;
use gatewright_domain::{
    error::{ChargeError, RateLimited, Unavailable},
    throttle::{OpenAttempt, Refusal, Slope, Throttle, Wait},
};
use redis::Script;

use crate::{
    connection::Kv,
    swap::{ATTEMPTS, Replacement, compare_and_swap},
};

/// Counts a reset, and lets the count live on.
const RESET_SCRIPT: &str = r"
local n = redis.call('INCR', KEYS[1])
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return n
";
static RESET: LazyLock<Script> = LazyLock::new(|| Script::new(RESET_SCRIPT));

/// Where throttles are kept.
#[derive(Clone)]
pub struct Throttles {
    kv: Kv,
    digest: HmacKey,
    resets_remembered_for: chrono::TimeDelta,
}

/// An attempt whose outcome the throttle is to hear.
#[derive(Debug)]
#[must_use = "an attempt without an outcome becomes a failure"]
pub struct Attempt {
    key: String,
    slope: Slope,
    open: OpenAttempt,
}

/// Why an attempt was not begun.
#[derive(Debug, thiserror::Error)]
pub enum BeginError {
    /// It may not be made now.
    #[error("the attempt may not be made now")]
    Refused(Refusal),
    /// Redis did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl Throttles {
    /// Digests keys with `digest`; a reset is remembered for `resets_remembered_for`, which must not be
    /// shorter than the memory of any slope.
    pub fn new(kv: Kv, digest: HmacKey, resets_remembered_for: chrono::TimeDelta) -> Self {
        Self {
            kv,
            digest,
            resets_remembered_for,
        }
    }

    /// Begins an attempt, before the secret is looked at.
    pub async fn begin(
        &self,
        who: &str,
        slope: Slope,
        now: DateTime<Utc>,
    ) -> Result<Attempt, BeginError> {
        let key = self.key(who);
        let begin = |throttle: Throttle| throttle.begin(slope, now).map_err(BeginError::Refused);
        let opened = self.change(&key, slope, begin).await?;
        let open = opened.ok_or(BeginError::Refused(Refusal::Busy))?;
        Ok(Attempt { key, slope, open })
    }

    /// The attempt failed: it counts once.
    pub async fn fail(&self, attempt: &Attempt, now: DateTime<Utc>) -> Result<(), Unavailable> {
        self.close(attempt, |throttle, open| {
            throttle.fail(open, attempt.slope, now)
        })
        .await
    }

    /// It came to nothing that should count.
    pub async fn release(&self, attempt: &Attempt) -> Result<(), Unavailable> {
        self.close(attempt, Throttle::release).await
    }

    /// It was right: the failures are forgotten.
    pub async fn refund(&self, attempt: &Attempt) -> Result<(), Unavailable> {
        self.close(attempt, Throttle::refund).await
    }

    /// Counts something, if it may happen now.
    pub async fn charge(
        &self,
        who: &str,
        slope: Slope,
        now: DateTime<Utc>,
    ) -> Result<(), ChargeError> {
        let charge = |throttle: Throttle| match throttle.charge(slope, now) {
            Ok(next) => Ok((next, ())),
            Err(wait) => Err(ChargeError::from(RateLimited {
                retry_after: wait.seconds,
            })),
        };
        let charged = self.change(&self.key(who), slope, charge).await?;
        charged.ok_or(RateLimited { retry_after: 1 }.into())
    }

    /// Counts something that is not refused.
    pub async fn charge_anyway(
        &self,
        who: &str,
        slope: Slope,
        now: DateTime<Utc>,
    ) -> Result<(), Unavailable> {
        self.change(&self.key(who), slope, |throttle| {
            Ok::<_, Unavailable>((throttle.charge_anyway(slope, now), ()))
        })
        .await
        .map(drop)
    }

    /// How long nothing may happen, without counting anything.
    pub async fn wait(&self, who: &str, now: DateTime<Utc>) -> Result<Option<Wait>, Unavailable> {
        let (throttle, _) = self.read(&self.key(who)).await?;
        Ok(throttle.wait(now))
    }

    /// How often somebody was reset lately: a part of who is counted, so that a reset reaches all
    /// networks and browsers at once.
    pub async fn resets(&self, email: &str) -> Result<u64, Unavailable> {
        let mut command = redis::cmd("GET");
        command.arg(self.reset_key(email));
        let resets = self.kv.run_repeatable::<Option<u64>>(&command);
        Ok(resets.await?.unwrap_or(0))
    }

    /// Forgets everything that is counted of an address, wherever it came from. The reset is
    /// remembered for as long as any of it would have been.
    pub async fn reset(&self, email: &str) -> Result<(), Unavailable> {
        let life = self.resets_remembered_for.num_milliseconds().max(1);
        let key = self.reset_key(email);
        self.kv
            .invoke::<u64>(RESET.key(key).arg(life))
            .await
            .map(drop)
    }

    async fn close(
        &self,
        attempt: &Attempt,
        outcome: impl Fn(Throttle, OpenAttempt) -> Throttle,
    ) -> Result<(), Unavailable> {
        let changed = self
            .change(&attempt.key, attempt.slope, |throttle| {
                Ok::<_, Unavailable>((outcome(throttle, attempt.open), ()))
            })
            .await?;
        if changed.is_none() {
            tracing::warn!(
                event = "throttle.outcome_lost",
                "an outcome was not noted: too many change the same throttle"
            );
        }
        Ok(())
    }

    /// Reads, changes and writes in one atomic step; `None` when others were always faster.
    async fn change<T, E: From<Unavailable>>(
        &self,
        key: &str,
        slope: Slope,
        change: impl Fn(Throttle) -> Result<(Throttle, T), E>,
    ) -> Result<Option<T>, E> {
        for _ in 0..ATTEMPTS {
            let (throttle, raw) = self.read(key).await?;
            let (next, told) = change(throttle)?;
            let text = serde_json::to_string(&next).map_err(|e| Unavailable::new("redis", e))?;
            let life = if next.is_empty() {
                1
            } else {
                slope.memory.num_milliseconds()
            };
            let replacement = Replacement {
                key,
                expected: &raw,
                next: &text,
                ttl_millis: life,
            };
            if compare_and_swap(&self.kv, replacement).await? {
                return Ok(Some(told));
            }
        }
        Ok(None)
    }

    async fn read(&self, key: &str) -> Result<(Throttle, String), Unavailable> {
        let mut command = redis::cmd("GET");
        command.arg(key);
        let raw = self.kv.run_repeatable::<Option<String>>(&command).await?;
        let raw = raw.unwrap_or_default();
        Ok((serde_json::from_str(&raw).unwrap_or_default(), raw))
    }

    fn reset_key(&self, email: &str) -> String {
        let whose = self.digest.digest_hex(format!("pardon/{email}").as_bytes());
        self.kv.key("pardon", &whose)
    }

    fn key(&self, who: &str) -> String {
        self.kv.key(
            "throttle",
            &self.digest.digest_hex(format!("throttle/{who}").as_bytes()),
        )
    }
}
