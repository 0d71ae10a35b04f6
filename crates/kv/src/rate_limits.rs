//! The rate limiter: an exact sliding window in one atomic script. Never more than N requests are
//! admitted in any window, whatever runs in parallel on however many nodes.
//!
//! A limit of many thousands would cost one round trip and one set member per request for a
//! precision that nobody asked for. Such a limit is taken from Redis in blocks: a block is counted
//! as used at the *end* of its short lease, so the bound still holds exactly; at most one part in
//! [`BLOCKS`] of the limit can go unused per node. Limits below [`BLOCKS`] go one by one.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};
use gatewright_auth::{bearer::RateLimiter, keys::HmacKey, limits::Limit};
use gatewright_domain::{
    Clock, IdGen,
    error::{ChargeError, RateLimited, Unavailable},
};
use redis::Script;

use crate::connection::Kv;

/// Into how many blocks a large limit is cut.
const BLOCKS: u32 = 500;
/// How long a node may hold a block.
const LEASE: TimeDelta = TimeDelta::seconds(1);
/// Held blocks are purged when there are more than this.
const PURGE_AT: usize = 10_000;

/// A member that stands there already is a charge whose answer was lost: it is not charged twice.
const SCRIPT: &str = r"
local now = tonumber(ARGV[1])
if now == 0 then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end
local window, most, lease = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[5])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - window)
if redis.call('ZSCORE', KEYS[1], ARGV[4]) then return {1, 0} end
if redis.call('ZCARD', KEYS[1]) >= most then
  local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
  return {0, math.max(1, tonumber(oldest[2]) + window - now)}
end
redis.call('ZADD', KEYS[1], now + lease, ARGV[4])
redis.call('PEXPIRE', KEYS[1], math.ceil((window + lease) / 1000) + 1000)
return {1, 0}
";
static ADMIT: LazyLock<Script> = LazyLock::new(|| Script::new(SCRIPT));

/// Whose clock the windows follow.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum WindowClock {
    /// The Redis server's: one clock for all nodes. For servers.
    Redis,
    /// The process's [`Clock`]. For tests, which turn it by hand.
    Process,
}

/// A charge that can be given back.
#[derive(Debug, Clone)]
pub struct Ticket {
    key: String,
    member: String,
}

struct Block {
    left: u32,
    until: DateTime<Utc>,
}

/// Counts requests in Redis.
#[derive(Clone)]
pub struct RateLimits {
    kv: Kv,
    digest: HmacKey,
    ids: Arc<dyn IdGen>,
    clock: Arc<dyn Clock>,
    windows: WindowClock,
    held: Arc<Mutex<HashMap<String, Block>>>,
}

impl RateLimits {
    /// Counts through `kv`, by digests of the keys: they are addresses of people and networks.
    pub fn new(
        kv: Kv,
        digest: HmacKey,
        ids: Arc<dyn IdGen>,
        clock: Arc<dyn Clock>,
        windows: WindowClock,
    ) -> Self {
        Self {
            kv,
            digest,
            ids,
            clock,
            windows,
            held: Arc::default(),
        }
    }

    /// Charges one request that may be given back with [`Self::refund`].
    pub async fn charge_refundable(&self, limit: &Limit, key: &str) -> Result<Ticket, ChargeError> {
        let key = self.key(limit, key);
        let member = self.ids.new_uuid().to_string();
        if limit.rate.count == 0 {
            return Ok(Ticket { key, member });
        }
        self.admit(limit, &key, &member, limit.rate.count, TimeDelta::zero())
            .await?;
        Ok(Ticket { key, member })
    }

    /// Gives a charge back.
    pub async fn refund(&self, ticket: &Ticket) -> Result<(), Unavailable> {
        let mut command = redis::cmd("ZREM");
        command.arg(&ticket.key).arg(&ticket.member);
        self.kv.run_repeatable::<i64>(&command).await.map(drop)
    }

    /// Forgets all charges of a key: for somebody who proved who they are.
    pub async fn clear(&self, limit: &Limit, key: &str) -> Result<(), Unavailable> {
        let mut command = redis::cmd("DEL");
        command.arg(self.key(limit, key));
        self.kv.run_repeatable::<i64>(&command).await.map(drop)
    }

    fn key(&self, limit: &Limit, key: &str) -> String {
        let whose = format!("limit/{}/{key}", limit.name);
        let whose = self.digest.digest_hex(whose.as_bytes());
        self.kv.key("rl", &format!("{}:{whose}", limit.name))
    }

    /// Counts one member, unless the window is full.
    async fn admit(
        &self,
        limit: &Limit,
        key: &str,
        member: &str,
        most: u32,
        lease: TimeDelta,
    ) -> Result<(), ChargeError> {
        let micros = |span: TimeDelta| span.num_microseconds().unwrap_or(i64::MAX);
        let now = match self.windows {
            WindowClock::Redis => 0,
            WindowClock::Process => self.clock.now().timestamp_micros(),
        };
        let (admitted, wait): (i64, i64) = self
            .kv
            .invoke_repeatable(
                ADMIT
                    .key(key)
                    .arg(now)
                    .arg(micros(limit.rate.window))
                    .arg(most)
                    .arg(member)
                    .arg(micros(lease)),
            )
            .await?;
        if admitted != 0 {
            return Ok(());
        }
        self.kv.refused(limit.name);
        let retry_after = u64::try_from(wait).unwrap_or(0).div_ceil(1_000_000).max(1);
        Err(RateLimited { retry_after }.into())
    }

    fn take_from_block(&self, key: &str, now: DateTime<Utc>) -> bool {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        match held.get_mut(key) {
            Some(block) if block.left > 0 && now < block.until => {
                block.left -= 1;
                true
            }
            _ => false,
        }
    }

    fn hold(&self, key: String, left: u32, now: DateTime<Utc>) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.len() > PURGE_AT {
            held.retain(|_, block| now < block.until);
        }
        // Another request may have fetched a block meanwhile; both are ours to use.
        let block = held.entry(key).or_insert(Block {
            left: 0,
            until: now + LEASE,
        });
        block.left = if now < block.until {
            block.left + left
        } else {
            left
        };
        block.until = now + LEASE;
    }
}

impl RateLimiter for RateLimits {
    async fn charge(&self, limit: &Limit, key: &str) -> Result<(), ChargeError> {
        if limit.rate.count == 0 {
            return Ok(());
        }
        let key = self.key(limit, key);
        let block = limit.rate.count / BLOCKS;
        let now = self.clock.now();
        if block > 1 && self.take_from_block(&key, now) {
            return Ok(());
        }
        let member = self.ids.new_uuid().to_string();
        let (most, lease) = if block > 1 {
            (limit.rate.count / block, LEASE)
        } else {
            (limit.rate.count, TimeDelta::zero())
        };
        self.admit(limit, &key, &member, most, lease).await?;
        if block > 1 {
            self.hold(key, block - 1, now);
        }
        Ok(())
    }
}
