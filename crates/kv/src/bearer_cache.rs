//! What Redis remembers of bearers: the row for a minute. That there is none it does not remember: an
//! invented token must leave nothing behind.
//!
//! A revocation writes a tombstone **before** it commits, and a live entry is only ever written
//! where nothing stands. So a resolver that read the row a moment before the revocation cannot put
//! it back afterwards; the tombstone outlives every such resolver.
//!
//! A live entry is sealed: it says who somebody is. A tombstone is not: a forged one only refuses.

use gatewright_auth::bearer::TokenHash;
use gatewright_domain::{bearer_token::BearerToken, error::Unavailable};

use crate::{connection::Kv, seals::Seals};

const LIVE_SECONDS: u32 = 60;
/// Longer than any resolver can take, and than any live entry can last.
const TOMBSTONE_SECONDS: u64 = 120;
const DEAD: &str = "dead";

/// What the cache knows of a hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CachedBearer {
    /// The cache has no entry: ask the database.
    Unknown,
    /// That it is good for nothing.
    Dead,
    /// The row as it was at most a minute ago. Expiry is the caller's to check.
    Live(Box<BearerToken>),
}

/// The cache of bearers by hash, in Redis.
#[derive(Clone)]
pub struct BearerCache {
    kv: Kv,
    seals: Seals,
}

impl BearerCache {
    /// Caches in `kv`.
    pub fn new(kv: Kv, seals: Seals) -> Self {
        Self { kv, seals }
    }

    /// What is known of a hash. An entry that cannot be read, or is not ours,
    /// counts as nothing known.
    pub async fn find(&self, hash: &TokenHash) -> Result<CachedBearer, Unavailable> {
        let key = self.key(hash);
        let mut command = redis::cmd("GET");
        command.arg(&key);
        Ok(
            match self.kv.run_repeatable::<Option<String>>(&command).await? {
                None => CachedBearer::Unknown,
                Some(text) if text == DEAD => CachedBearer::Dead,
                Some(text) => self
                    .seals
                    .open(&key, &text)
                    .and_then(|value| serde_json::from_str(&value).ok())
                    .map_or(CachedBearer::Unknown, CachedBearer::Live),
            },
        )
    }

    /// Remembers a row, unless something stands there already.
    pub async fn insert_live(
        &self,
        hash: &TokenHash,
        token: &BearerToken,
    ) -> Result<(), Unavailable> {
        let text = serde_json::to_string(token).map_err(|e| Unavailable::new("redis", e))?;
        let key = self.key(hash);
        let sealed = self.seals.seal_for(&key, &text, LIVE_SECONDS);
        let mut command = redis::cmd("SET");
        command.arg(&key).arg(&sealed);
        command.arg("NX").arg("EX").arg(LIVE_SECONDS);
        // Whether it was written does not matter: twice is once.
        let written = self.kv.run_repeatable::<Option<String>>(&command);
        written.await.map(drop)
    }

    /// Puts a tombstone and tells the other nodes. Call it before the revocation commits.
    pub async fn deny(&self, hash: &TokenHash) -> Result<(), Unavailable> {
        let mut command = redis::cmd("SET");
        command
            .arg(self.key(hash))
            .arg(DEAD)
            .arg("EX")
            .arg(TOMBSTONE_SECONDS);
        self.kv.run_repeatable::<()>(&command).await?;
        let mut publish = redis::cmd("PUBLISH");
        publish.arg(self.kv.channel("revoked")).arg(hash.as_str());
        self.kv.run_repeatable::<i64>(&publish).await.map(drop)
    }

    /// Takes a tombstone away again, when the revocation did not commit.
    pub async fn lift_denial(&self, hash: &TokenHash) -> Result<(), Unavailable> {
        let mut command = redis::cmd("DEL");
        command.arg(self.key(hash));
        self.kv.run::<i64>(&command).await.map(drop)
    }

    fn key(&self, hash: &TokenHash) -> String {
        self.kv.key("bearer", hash.as_str())
    }
}
