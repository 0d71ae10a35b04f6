//! A route guard: an axum extractor over the bearer authenticator. The store here is a map; yours is
//! a table, a cache, or a call.

use std::{
    collections::HashMap,
    net::Ipv4Addr,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, header, request::Parts},
};
use gatewright_auth::{
    bearer::{BearerAuthenticator, BearerError, BearerStore, Principal, RateLimiter, TokenHash},
    domain::{
        bearer_token::BearerToken,
        client_address::ClientAddress,
        error::{ChargeError, RateLimited, Unavailable},
    },
    limits::{Limit, Limits},
};

use crate::{Service, now};

/// Tokens by their hashes.
#[derive(Clone, Default)]
pub(crate) struct Tokens(Arc<Mutex<HashMap<String, BearerToken>>>);

#[cfg(test)]
impl Tokens {
    pub(crate) fn insert(&self, hash: &TokenHash, token: BearerToken) {
        let mut tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.insert(hash.as_str().to_owned(), token);
    }
}

impl BearerStore for Tokens {
    async fn find(&self, hash: &TokenHash) -> Result<Option<BearerToken>, Unavailable> {
        let tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(tokens.get(hash.as_str()).cloned())
    }

    /// Called once for a token that has met its expiry.
    async fn retire(&self, hash: &TokenHash, _: &BearerToken) -> Result<(), Unavailable> {
        let mut tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.remove(hash.as_str());
        Ok(())
    }
}

/// Counts for ever; yours forgets after the limit's window.
#[derive(Clone, Default)]
pub(crate) struct Counters(Arc<Mutex<HashMap<String, u32>>>);

impl RateLimiter for Counters {
    async fn charge(&self, limit: &Limit, who: &str) -> Result<(), ChargeError> {
        let mut counters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counters.entry(format!("{}/{who}", limit.name)).or_default();
        *count += 1;
        if *count <= limit.rate.count {
            Ok(())
        } else {
            Err(RateLimited { retry_after: 60 }.into())
        }
    }
}

/// The authenticator over them.
pub(crate) struct Guard {
    authenticator: BearerAuthenticator<Tokens, Counters>,
    #[cfg(test)]
    pub(crate) tokens: Tokens,
}

impl Guard {
    pub(crate) fn new() -> Self {
        let tokens = Tokens::default();
        let authenticator =
            BearerAuthenticator::new(tokens.clone(), Counters::default(), Limits::default());
        Self {
            authenticator,
            #[cfg(test)]
            tokens,
        }
    }
}

/// Whoever presented a live bearer.
pub(crate) struct Caller(pub(crate) Principal);

impl FromRequestParts<Arc<Service>> for Caller {
    type Rejection = StatusCode;

    async fn from_request_parts(
        parts: &mut Parts,
        service: &Arc<Service>,
    ) -> Result<Self, StatusCode> {
        let header = parts.headers.get(header::AUTHORIZATION);
        let bearer = header
            .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "))
            .ok_or(StatusCode::UNAUTHORIZED)?;
        // A server behind no proxy takes the peer's address here.
        let address = ClientAddress::from_peer(Ipv4Addr::LOCALHOST.into());
        let checked = service
            .guard
            .authenticator
            .authenticate(bearer, address, now());
        match checked.await {
            Ok(principal) => Ok(Self(principal)),
            Err(BearerError::Invalid) => Err(StatusCode::UNAUTHORIZED),
            Err(BearerError::RateLimited(_)) => Err(StatusCode::TOO_MANY_REQUESTS),
            Err(BearerError::Unavailable(_)) => Err(StatusCode::SERVICE_UNAVAILABLE),
        }
    }
}
