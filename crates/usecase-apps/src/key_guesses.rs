//! Keys that open nothing, counted by the address that presents them. Past the limit an address costs no look at any store, but for
//! keys that have opened an app here before: a neighbour behind the same address goes on.

use std::{
    collections::HashSet,
    sync::{PoisonError, RwLock},
};

use gatewright_auth::{
    bearer::{RateLimiter as _, SpentAddresses},
    limits::Limit,
};
use gatewright_domain::error::{ChargeError, RateLimited};
use gatewright_kv::RateLimits;
use gatewright_usecase_kit::Ctx;

/// Keys that are remembered; when there are more, the list begins anew.
const MAX_KEYS: usize = 20_000;

/// What guesses of keys cost.
pub struct KeyGuesses {
    limiter: RateLimits,
    limit: Limit,
    spent: SpentAddresses,
    /// What is stored of keys that opened an app: masks and digests.
    opened: RwLock<HashSet<String>>,
}

impl KeyGuesses {
    /// So many an address.
    pub fn new(limiter: RateLimits, limit: Limit) -> Self {
        Self {
            limiter,
            limit,
            spent: SpentAddresses::default(),
            opened: RwLock::default(),
        }
    }

    /// Whether a key may be looked up for an address.
    pub(crate) fn admit(&self, ctx: &Ctx, stored: &str) -> Result<(), RateLimited> {
        match self.spent.wait(ctx.address, ctx.now) {
            Some(retry_after) if !self.is_known(stored) => Err(RateLimited { retry_after }),
            _ => Ok(()),
        }
    }

    /// Counts a key that opened nothing.
    pub(crate) async fn charge(&self, ctx: &Ctx) -> Result<(), ChargeError> {
        let address = ctx.address.limit_key();
        let charged = self.limiter.charge(&self.limit, &address).await;
        if let Err(ChargeError::RateLimited(limited)) = &charged {
            self.spent.note(ctx.address, limited.retry_after, ctx.now);
        }
        charged
    }

    /// Remembers a key that opened an app. It is looked up nevertheless, each time.
    pub(crate) fn note_opened(&self, stored: &str) {
        if self.is_known(stored) {
            return;
        }
        let mut opened = self.opened.write().unwrap_or_else(PoisonError::into_inner);
        if opened.len() >= MAX_KEYS {
            opened.clear();
        }
        opened.insert(stored.to_owned());
    }

    fn is_known(&self, stored: &str) -> bool {
        let opened = self.opened.read().unwrap_or_else(PoisonError::into_inner);
        opened.contains(stored)
    }
}
