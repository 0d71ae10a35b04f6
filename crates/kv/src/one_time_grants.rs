//! What stands behind one-time tokens. A token is found by its digest; a newer one for the same
//! purpose and subject ends the one before; a try is counted before the code is looked at. The grant
//! is sealed; the count beside it is not, and the one who counts is Redis.

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use gatewright_auth::{
    digest::sha256_hex,
    veil::{unveil, veil},
};
use gatewright_domain::{
    error::Unavailable,
    interval::ttl_millis,
    one_time::{OneTimeGrant, OneTimePurpose},
};
use redis::Script;

use crate::{connection::Kv, seals::Seals};

/// Tries per token (DECISIONS §2 "One-time codes").
const TRIES: u32 = 5;

/// The key that the subject had before has the same hash tag, so it is on the same node.
const ISSUE_SCRIPT: &str = r"
local before = redis.call('GET', KEYS[1])
if before then redis.call('DEL', before) end
redis.call('SET', KEYS[2], '0|' .. ARGV[1], 'PX', ARGV[2])
redis.call('SET', KEYS[1], KEYS[2], 'PX', ARGV[2])
return 1
";
static ISSUE: LazyLock<Script> = LazyLock::new(|| Script::new(ISSUE_SCRIPT));

/// Counts a try. The count stands before the grant: `3|{…}`.
const TRY_SCRIPT: &str = r"
local value = redis.call('GET', KEYS[1])
if not value then return false end
local bar = string.find(value, '|', 1, true)
local tries = tonumber(string.sub(value, 1, bar - 1)) + 1
if tries > tonumber(ARGV[1]) then redis.call('DEL', KEYS[1]) return false end
redis.call('SET', KEYS[1], tries .. string.sub(value, bar), 'KEEPTTL')
return string.sub(value, bar + 1)
";
static TRY: LazyLock<Script> = LazyLock::new(|| Script::new(TRY_SCRIPT));

/// Takes a grant, if it is still the one that was looked at, and puts another in its place.
const REPLACE_SCRIPT: &str = r"
local value = redis.call('GET', KEYS[1])
if not value then return 0 end
local bar = string.find(value, '|', 1, true)
if string.sub(value, bar + 1) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
if #KEYS == 2 then redis.call('SET', KEYS[2], '0|' .. ARGV[2], 'PX', ARGV[3]) end
return 1
";
static REPLACE: LazyLock<Script> = LazyLock::new(|| Script::new(REPLACE_SCRIPT));

/// One-time tokens. Cheap to clone.
#[derive(Clone)]
pub struct OneTimeGrants {
    kv: Kv,
    seals: Seals,
}

impl OneTimeGrants {
    /// In this Redis. Tokens are random and long, so a plain digest of one tells nothing.
    pub fn new(kv: Kv, seals: Seals) -> Self {
        Self { kv, seals }
    }

    /// Stores what stands behind a new token. `subject` (an address or an account) has at most one
    /// live token per purpose: this one from now on.
    pub async fn issue(
        &self,
        token: &str,
        subject: &str,
        grant: &OneTimeGrant,
        now: DateTime<Utc>,
    ) -> Result<(), Unavailable> {
        let mut call = ISSUE.prepare_invoke();
        let key = self.token_key(token);
        call.key(self.latest_key(grant.purpose, subject));
        call.key(&key);
        call.arg(
            self.seals
                .seal(&key, &text(token, grant)?, grant.expires_at),
        );
        call.arg(millis(grant, now));
        // Issued twice, the token takes the place of itself.
        self.kv.invoke_repeatable::<i64>(&call).await.map(drop)
    }

    /// What stands behind a token, without a try.
    pub async fn find(
        &self,
        token: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<OneTimeGrant>, Unavailable> {
        let key = self.token_key(token);
        let mut get = redis::cmd("GET");
        get.arg(&key);
        let value: Option<String> = self.kv.run_repeatable(&get).await?;
        let grant = value.and_then(|value| self.read(&key, token, value.split_once('|')?.1));
        Ok(grant.filter(|grant| now < grant.expires_at))
    }

    /// What stands behind a token, for one of its few tries at the code.
    pub async fn attempt(
        &self,
        token: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<OneTimeGrant>, Unavailable> {
        let key = self.token_key(token);
        let value: Option<String> = self.kv.invoke(TRY.key(&key).arg(TRIES)).await?;
        let grant = value.and_then(|value| self.read(&key, token, &value));
        Ok(grant.filter(|grant| now < grant.expires_at))
    }

    /// Spends a token. Of any number of callers one is told yes.
    pub async fn consume(&self, token: &str, seen: &OneTimeGrant) -> Result<bool, Unavailable> {
        self.take(token, seen, None).await
    }

    /// Spends a token and puts the next step's in its place, both or neither.
    pub async fn advance(
        &self,
        token: &str,
        seen: &OneTimeGrant,
        next_token: &str,
        next: &OneTimeGrant,
        now: DateTime<Utc>,
    ) -> Result<bool, Unavailable> {
        let key = self.token_key(next_token);
        let sealed = self
            .seals
            .seal(&key, &text(next_token, next)?, next.expires_at);
        let next = (key, sealed, millis(next, now));
        self.take(token, seen, Some(next)).await
    }

    async fn take(
        &self,
        token: &str,
        seen: &OneTimeGrant,
        next: Option<(String, String, i64)>,
    ) -> Result<bool, Unavailable> {
        let key = self.token_key(token);
        // It may have been sealed before a rotation.
        for sealed in self.seals.all(&key, &text(token, seen)?, seen.expires_at) {
            let mut call = REPLACE.prepare_invoke();
            call.key(&key);
            call.arg(sealed);
            if let Some((key, value, ttl)) = &next {
                call.key(key);
                call.arg(value);
                call.arg(ttl);
            }
            if self.kv.invoke::<i64>(&call).await? == 1 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn read(&self, key: &str, token: &str, text: &str) -> Option<OneTimeGrant> {
        let json = unveil(token, &self.seals.open(key, text)?)?;
        serde_json::from_str(&json).ok()
    }

    fn latest_key(&self, purpose: OneTimePurpose, subject: &str) -> String {
        let who = format!("one-time/{}/{subject}", purpose.as_str());
        let who = self.seals.digest(&who);
        format!("{}:latest:{who}", family(&self.kv))
    }

    fn token_key(&self, token: &str) -> String {
        format!("{}:{}", family(&self.kv), sha256_hex(token))
    }
}

/// One hash tag for all: a script takes one and puts another.
fn family(kv: &Kv) -> String {
    kv.key("one-time", "grants")
}

fn millis(grant: &OneTimeGrant, now: DateTime<Utc>) -> i64 {
    ttl_millis(grant.expires_at, now)
}

/// Only whoever has the token can read whose address it is about: the token is stored nowhere.
fn text(token: &str, grant: &OneTimeGrant) -> Result<String, Unavailable> {
    let json = serde_json::to_string(grant).map_err(|error| Unavailable::new("redis", error))?;
    veil(token, &json).ok_or_else(|| Unavailable::new("redis", "a grant is too large to be stored"))
}
