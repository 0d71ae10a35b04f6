//! Nonces that were used: each once, remembered until what carried it has expired.

use std::sync::LazyLock;

use chrono::{DateTime, TimeDelta, Utc};
use gatewright_auth::{digest::sha256_hex, envelope::TokenText};
use gatewright_domain::{error::Unavailable, interval::ttl_millis};
use redis::Script;

use crate::connection::Kv;

/// Remembered longer than anything is accepted, whatever the clocks of two nodes say.
const GRACE: TimeDelta = TimeDelta::seconds(60);

const SCRIPT: &str = r"
for _, key in ipairs(KEYS) do
  if redis.call('EXISTS', key) == 1 then return 0 end
end
for i, key in ipairs(KEYS) do
  redis.call('SET', key, '1', 'PX', ARGV[i])
end
return 1
";
static SPEND: LazyLock<Script> = LazyLock::new(|| Script::new(SCRIPT));

/// The memory of used nonces.
#[derive(Clone)]
pub struct SpentNonces {
    kv: Kv,
}

/// A nonce, what it is for, and when its carrier expires.
#[derive(Debug, Clone, Copy)]
pub struct Spending<'a> {
    /// Tells nonces of several kinds apart.
    pub kind: &'static str,
    /// The nonce that is spent.
    pub nonce: &'a TokenText,
    /// Until when it must be remembered.
    pub until: DateTime<Utc>,
}

impl SpentNonces {
    /// In this Redis.
    pub fn new(kv: Kv) -> Self {
        Self { kv }
    }

    /// Spends all of these, or none of them. False when one was spent before.
    pub async fn spend(
        &self,
        spendings: &[Spending<'_>],
        now: DateTime<Utc>,
    ) -> Result<bool, Unavailable> {
        let mut call = SPEND.prepare_invoke();
        for key in self.keys(spendings) {
            call.key(key);
        }
        for spending in spendings {
            call.arg(ttl_millis(spending.until + GRACE, now));
        }
        let spent: i64 = self.kv.invoke(&call).await?;
        Ok(spent == 1)
    }

    /// Whether one was spent before, so that nothing is begun for it. Only [`Self::spend`] decides.
    pub async fn is_spent(&self, spending: Spending<'_>) -> Result<bool, Unavailable> {
        let mut command = redis::cmd("EXISTS");
        command.arg(self.keys(&[spending]));
        let found: i64 = self.kv.run_repeatable(&command).await?;
        Ok(found > 0)
    }

    /// One hash tag for all of them: two that are spent together must be on one node. Digested without
    /// a rotating key: what was spent before a rotation stays spent, and a nonce of 128 random bits
    /// cannot be found from its digest.
    fn keys(&self, spendings: &[Spending<'_>]) -> Vec<String> {
        let tagged = self.kv.key("sso", "nonces");
        spendings
            .iter()
            .map(|spending| {
                let digest = sha256_hex(spending.nonce.expose());
                format!("{tagged}:{}:{digest}", spending.kind)
            })
            .collect()
    }
}
