//! The look-up of bearers: this process for at most a second, Redis for a minute, then the row. That
//! there is no row this process remembers for ten seconds, of a bounded number of tokens: no token comes
//! into being that somebody could have presented before, and who invents tokens fills nobody's memory.

use std::{sync::Arc, time::Duration};

use gatewright_auth::bearer::{BearerStore, TokenHash};
use gatewright_domain::{
    audit::{AuditAction, AuditEvent},
    bearer_token::BearerToken,
    error::Unavailable,
    ids::AuditEventId,
};
use gatewright_kv::{BearerCache, CachedBearer};
use gatewright_storage_identity::bearer_token;
use gatewright_storage_kit::{Pool, StorageError};

use crate::{
    env::Env,
    ttl_cache::{A_SECOND, TtlCache},
};

/// How long it is remembered that there is no such token.
const UNKNOWN_FOR: Duration = Duration::from_secs(10);

/// Looks bearers up through the caches. Cheap to clone.
#[derive(Clone)]
pub struct CachedBearers {
    pool: Pool,
    cache: BearerCache,
    env: Env,
    recent: Arc<TtlCache<String, BearerToken>>,
    unknown: Arc<TtlCache<String, ()>>,
}

impl CachedBearers {
    /// Puts the parts together.
    pub fn new(pool: Pool, cache: BearerCache, env: Env) -> Self {
        Self {
            pool,
            cache,
            env,
            recent: Arc::new(TtlCache::new(A_SECOND)),
            unknown: Arc::new(TtlCache::new(UNKNOWN_FOR)),
        }
    }

    /// Drops what this process remembers of a token; called when another node revoked it.
    pub fn forget(&self, hash: &TokenHash) {
        self.recent.remove(hash.as_str());
    }

    /// Makes the caches refuse a token. Call it before the revocation commits: if Redis cannot be
    /// told, nothing must be committed.
    pub async fn deny(&self, hash: &TokenHash) -> Result<(), Unavailable> {
        self.cache.deny(hash).await?;
        self.forget(hash);
        Ok(())
    }

    /// Undoes [`Self::deny`] after a revocation that did not commit.
    pub async fn lift_denial(&self, hash: &TokenHash) {
        if let Err(error) = self.cache.lift_denial(hash).await {
            tracing::warn!(
                event = "bearer.tombstone_left",
                %error,
                "a live token stays refused until its tombstone expires"
            );
        }
    }

    async fn find_row(&self, hash: &TokenHash) -> Result<Option<BearerToken>, Unavailable> {
        let now = self.env.clock.now();
        let epoch = match self.unknown.find(hash.as_str(), now) {
            Ok(()) => return Ok(None),
            Err(epoch) => epoch,
        };
        let mut conn = self.pool.get().await?;
        let row = bearer_token::find(&mut conn, hash)
            .await
            .map_err(StorageError::into_unavailable)?;
        match &row {
            None => {
                let hash = hash.as_str().to_owned();
                self.unknown.insert(epoch, hash, (), now);
            }
            Some(token) => {
                self.cache.insert_live(hash, token).await?;
                // Bookkeeping: no request fails for it.
                if let Err(error) = bearer_token::update_last_used(&mut conn, token.id, now).await {
                    tracing::warn!(
                        event = "bearer.last_use_lost",
                        %error,
                        "the last use of a token could not be noted"
                    );
                }
            }
        }
        Ok(row)
    }
}

impl BearerStore for CachedBearers {
    async fn find(&self, hash: &TokenHash) -> Result<Option<BearerToken>, Unavailable> {
        let now = self.env.clock.now();
        let epoch = match self.recent.find(hash.as_str(), now) {
            Ok(token) => return Ok(Some(token)),
            Err(epoch) => epoch,
        };
        let token = match self.cache.find(hash).await? {
            CachedBearer::Dead => None,
            CachedBearer::Live(token) => Some(*token),
            CachedBearer::Unknown => self.find_row(hash).await?,
        };
        if let Some(token) = &token {
            self.recent
                .insert(epoch, hash.as_str().to_owned(), token.clone(), now);
        }
        Ok(token)
    }

    async fn find_remembered(&self, hash: &TokenHash) -> Result<Option<BearerToken>, Unavailable> {
        let now = self.env.clock.now();
        if let Ok(token) = self.recent.find(hash.as_str(), now) {
            return Ok(Some(token));
        }
        Ok(match self.cache.find(hash).await? {
            CachedBearer::Live(token) => Some(*token),
            CachedBearer::Dead | CachedBearer::Unknown => None,
        })
    }

    async fn retire(&self, hash: &TokenHash, token: &BearerToken) -> Result<(), Unavailable> {
        self.deny(hash).await?;
        let now = self.env.clock.now();
        let mut tx = self.pool.begin().await?;
        if bearer_token::revoke(&mut tx, token.id, now).await? {
            let event = AuditEvent::new(AuditAction::TokenExpired).with("token_id", token.id);
            let id = AuditEventId::generate(self.env.ids.as_ref());
            gatewright_storage_identity::audit::insert(&mut tx, id, &event, "", now).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}
