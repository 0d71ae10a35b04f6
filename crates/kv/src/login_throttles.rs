//! The rising delay after failed sign-ins, kept per account and network. Keys are digests.

use chrono::{DateTime, TimeDelta, Utc};
use gatewright_auth::keys::HmacKey;
use gatewright_domain::{
    error::Unavailable,
    login_throttle::{LoginThrottle, Wait},
};

use crate::{
    connection::Kv,
    swap::{ATTEMPTS, compare_and_swap},
};

/// Where throttles are kept.
#[derive(Clone)]
pub struct LoginThrottles {
    kv: Kv,
    digest: HmacKey,
    forget_after: TimeDelta,
}

impl LoginThrottles {
    /// Digests keys with `digest`; a record without further failures is forgotten after `forget_after`.
    pub fn new(kv: Kv, digest: HmacKey, forget_after: TimeDelta) -> Self {
        Self {
            kv,
            digest,
            forget_after,
        }
    }

    /// Charges one attempt, before the password is looked at. `Err` says how long to wait.
    pub async fn begin(
        &self,
        who: &str,
        now: DateTime<Utc>,
    ) -> Result<Result<(), Wait>, Unavailable> {
        let key = self.key(who);
        for _ in 0..ATTEMPTS {
            let mut command = redis::cmd("GET");
            command.arg(&key);
            let raw: String = self
                .kv
                .run_repeatable::<Option<String>>(&command)
                .await?
                .unwrap_or_default();
            let throttle: LoginThrottle = serde_json::from_str(&raw).unwrap_or_default();
            let next = match throttle.begin(now) {
                Ok(next) => {
                    serde_json::to_string(&next).map_err(|e| Unavailable::new("redis", e))?
                }
                Err(wait) => return Ok(Err(wait)),
            };
            if compare_and_swap(
                &self.kv,
                &key,
                &raw,
                &next,
                self.forget_after.num_milliseconds(),
            )
            .await?
            {
                return Ok(Ok(()));
            }
        }
        Ok(Err(Wait { seconds: 1 }))
    }

    /// Forgets everything, after a success.
    pub async fn forget(&self, who: &str) -> Result<(), Unavailable> {
        let mut command = redis::cmd("DEL");
        command.arg(self.key(who));
        self.kv.run::<i64>(&command).await.map(drop)
    }

    /// How often somebody was pardoned lately: a part of who is counted, so that a pardon reaches all
    /// networks and browsers at once.
    pub async fn pardons(&self, email: &str) -> Result<u64, Unavailable> {
        let mut command = redis::cmd("GET");
        command.arg(self.pardon_key(email));
        Ok(self
            .kv
            .run_repeatable::<Option<u64>>(&command)
            .await?
            .unwrap_or(0))
    }

    /// Forgets all failures of an address, wherever they came from. The pardon is remembered for as
    /// long as any of them would have been.
    pub async fn pardon(&self, email: &str) -> Result<(), Unavailable> {
        thread_local! {
            static PARDON: redis::Script = redis::Script::new(
                "local n = redis.call('INCR', KEYS[1]) redis.call('PEXPIRE', KEYS[1], ARGV[1]) return n",
            );
        }
        let script = PARDON.with(Clone::clone);
        let life = self.forget_after.num_milliseconds().max(1);
        let key = self.pardon_key(email);
        self.kv
            .invoke::<u64>(script.key(key).arg(life))
            .await
            .map(drop)
    }

    fn pardon_key(&self, email: &str) -> String {
        let whose = self.digest.digest_hex(format!("pardon/{email}").as_bytes());
        self.kv.key("pardon", &whose)
    }

    fn key(&self, who: &str) -> String {
        self.kv.key(
            "login",
            &self.digest.digest_hex(format!("login/{who}").as_bytes()),
        )
    }
}
