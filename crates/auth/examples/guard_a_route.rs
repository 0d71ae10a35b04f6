//! Another service checks Gatewright's bearers with this crate alone: `cargo run -p gatewright-auth --example guard_a_route`.
//!
//! The store and the limiter are yours: a table, a cache, a call to Gatewright. Here they are a map and
//! a counter. The order of the steps (prefix, checksum, limit, look-up) is the crate's.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "an example")]

use std::{
    collections::HashMap,
    sync::atomic::{AtomicU32, Ordering},
};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::FutureExt as _;
use gatewright_auth::{
    OsRandom,
    bearer::{BearerAuthenticator, BearerStore, NewBearer, RateLimiter, Scope, TokenHash},
    limits::{Limit, Limits},
};
use gatewright_domain::{
    bearer_token::{BearerKind, BearerToken},
    client_address::ClientAddress,
    error::{ChargeError, RateLimited, Unavailable},
    ids::{AccountId, TokenId},
};

struct Rows(HashMap<String, BearerToken>);

impl BearerStore for Rows {
    async fn find(&self, hash: &TokenHash) -> Result<Option<BearerToken>, Unavailable> {
        Ok(self.0.get(hash.as_str()).cloned())
    }
    async fn retire(&self, _: &TokenHash, _: &BearerToken) -> Result<(), Unavailable> {
        Ok(())
    }
}

#[derive(Default)]
struct ThreePerRun(AtomicU32);

impl RateLimiter for ThreePerRun {
    async fn charge(&self, _: &Limit, _: &str) -> Result<(), ChargeError> {
        let used = self.0.fetch_add(1, Ordering::Relaxed);
        if used < 3 {
            Ok(())
        } else {
            Err(RateLimited { retry_after: 60 }.into())
        }
    }
}

fn main() {
    let now = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(20_000);
    let Ok(bearer) = NewBearer::generate(BearerKind::Account, &OsRandom::default()) else {
        return eprintln!("the system has no randomness to give");
    };
    let row = BearerToken {
        id: TokenId(uuid::Uuid::nil()),
        prefix: bearer.kind().prefix().into(),
        account_id: Some(AccountId(uuid::Uuid::nil())),
        subject_email: "me@example.com".into(),
        subject_issuer: None,
        client_id: "my-cli".into(),
        device_label: "laptop".into(),
        created_at: now,
        expires_at: now + TimeDelta::days(14),
        last_used_at: None,
    };
    let store = Rows(HashMap::from([(bearer.hash().as_str().to_owned(), row)]));
    let authenticator = BearerAuthenticator::new(store, ThreePerRun::default(), Limits::default());
    let address = ClientAddress::from_peer([127, 0, 0, 1].into());
    let token = bearer.into_text();
    for presented in [token.as_str(), "dfoa_garbage", &token, &token] {
        // Nothing here waits, so the future is ready at once; a server awaits it.
        match authenticator
            .authenticate(presented, address, now)
            .now_or_never()
        {
            Some(Ok(who)) if Scope::AppsRun.is_granted_to(who.kind) => {
                println!("200 {}", who.subject_email);
            }
            Some(Ok(_)) => println!("403"),
            Some(Err(error)) => println!("refused: {error}"),
            None => println!("a store that waits needs a runtime"),
        }
    }
}
