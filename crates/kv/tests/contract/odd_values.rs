//! Keys that hold what no store wrote there. Nothing is granted by them, and what cannot be read is not answered.

use chrono::TimeDelta;
use gatewright_auth::{
    bearer::{RateLimiter as _, TokenHash},
    envelope::TokenText,
    limits::{Limit, Rate},
};
use gatewright_domain::{Clock as _, error::ChargeError};
use gatewright_kv::{BeginError, CachedBearer, Spending, SpentNonces};

use crate::{
    checks::{SLOPE, device_code, unique, user_code},
    redis::{Writer, here},
};

/// Replaces every key of a family by a list.
async fn make_lists(writer: &mut Writer, family: &str) {
    let keys = writer.keys(family).await;
    assert!(!keys.is_empty(), "{family}");
    for key in keys {
        let _: () = writer.run(&["DEL", &key]).await;
        let _: () = writer.run(&["RPUSH", &key, "x"]).await;
    }
}

#[tokio::test]
async fn key_of_a_wrong_type_is_unavailable_and_grants_nothing() {
    let here = here();
    let (ground, mut writer) = (&here.ground, here.writer().await);
    let now = ground.clock.now();
    let (cache, grants) = (ground.bearer_cache(), ground.device_grants());
    let (tokens, throttles) = (ground.one_time_grants(), ground.throttles());
    let (hash, device) = (TokenHash::from_column(unique()), device_code());
    let (user, token) = (user_code(), unique());
    cache.insert_live(&hash, &ground.bearer()).await.unwrap();
    let grant = ground.device_grant(&grants, &user);
    assert!(grants.insert(&grant, &device, now).await.unwrap());
    let one_time = ground.one_time_grant();
    tokens.issue(&token, "ann", &one_time, now).await.unwrap();
    throttles.charge_anyway("ann", SLOPE, now).await.unwrap();
    throttles.reset("ann").await.unwrap();
    let families = [
        "bearer", "dg:state", "dg:user", "one-time", "throttle", "pardon",
    ];
    for family in families {
        make_lists(&mut writer, family).await;
    }
    assert!(cache.find(&hash).await.is_err());
    assert!(grants.find_by_device_code(&device).await.is_err());
    assert!(grants.find_by_user_code(&user).await.is_err());
    assert!(tokens.find(&token, now).await.is_err());
    assert!(tokens.attempt(&token, now).await.is_err());
    assert!(tokens.consume(&token, &one_time).await.is_err());
    let refused = throttles.begin("ann", SLOPE, now).await;
    assert!(
        matches!(refused, Err(BeginError::Unavailable(_))),
        "{refused:?}"
    );
    assert!(throttles.resets("ann").await.is_err());
    assert!(throttles.reset("ann").await.is_err());
}

#[tokio::test]
async fn limit_over_a_key_of_a_wrong_type_admits_nobody() {
    let here = here();
    let (limiter, mut writer) = (here.ground.rate_limits(), here.writer().await);
    let limit = Limit {
        name: "SMALL",
        rate: Rate::new(3, 60),
    };
    limiter.charge(&limit, "ann").await.unwrap();
    make_lists(&mut writer, "rl").await;
    let refused = limiter.charge(&limit, "ann").await;
    assert!(
        matches!(refused, Err(ChargeError::Unavailable(_))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn nonce_key_of_whatever_type_counts_as_spent() {
    let here = here();
    let nonces = SpentNonces::new(here.ground.kv.clone());
    let (mut writer, now) = (here.writer().await, here.ground.clock.now());
    let nonce: TokenText = unique().parse().unwrap();
    let spending = Spending {
        kind: "test",
        nonce: &nonce,
        until: now + TimeDelta::minutes(5),
    };
    assert!(nonces.spend(&[spending], now).await.unwrap());
    make_lists(&mut writer, "sso").await;
    assert!(nonces.is_spent(spending).await.unwrap());
    assert!(!nonces.spend(&[spending], now).await.unwrap());
}

/// A tombstone and a revocation reach their key whatever stands there.
#[tokio::test]
async fn bearer_is_denied_over_a_key_of_a_wrong_type() {
    let here = here();
    let (cache, mut writer) = (here.ground.bearer_cache(), here.writer().await);
    let hash = TokenHash::from_column(unique());
    cache
        .insert_live(&hash, &here.ground.bearer())
        .await
        .unwrap();
    make_lists(&mut writer, "bearer").await;
    cache.deny(&hash).await.unwrap();
    assert_eq!(cache.find(&hash).await.unwrap(), CachedBearer::Dead);
}

#[tokio::test]
async fn value_that_cannot_be_read_counts_as_absent() {
    let here = here();
    let (ground, mut writer) = (&here.ground, here.writer().await);
    let now = ground.clock.now();
    let (cache, grants) = (ground.bearer_cache(), ground.device_grants());
    let (tokens, throttles) = (ground.one_time_grants(), ground.throttles());
    let (hash, device) = (TokenHash::from_column(unique()), device_code());
    let token = unique();
    cache.insert_live(&hash, &ground.bearer()).await.unwrap();
    let grant = ground.device_grant(&grants, &user_code());
    assert!(grants.insert(&grant, &device, now).await.unwrap());
    let one_time = ground.one_time_grant();
    tokens.issue(&token, "ann", &one_time, now).await.unwrap();
    for odd in ["", "x", "{}", "2:x:y:z", "0|", "0|x"] {
        for family in ["bearer", "dg:state", "one-time"] {
            for key in writer.keys(family).await {
                writer.put(&key, odd).await;
            }
        }
        let found = cache.find(&hash).await.unwrap();
        assert_eq!(found, CachedBearer::Unknown, "{odd:?}");
        let found = grants.find_by_device_code(&device).await.unwrap();
        assert!(found.is_none(), "{odd:?}");
        let found = tokens.find(&token, now).await.unwrap();
        assert!(found.is_none(), "{odd:?}");
        let spent = tokens.consume(&token, &one_time).await;
        assert!(!spent.unwrap_or(false), "{odd:?}");
    }
    throttles.charge_anyway("ann", SLOPE, now).await.unwrap();
    for key in writer.keys("throttle").await {
        writer.put(&key, "x").await;
    }
    assert_eq!(throttles.wait("ann", now).await.unwrap(), None);
}
