//! `DeviceGrants`: as long as the code is good and a minute more; neither code is stored.

use chrono::TimeDelta;
use gatewright_auth::envelope::TokenText;
use gatewright_domain::{Clock as _, device_grant::GRANT_LIFETIME};
use gatewright_kv::Swap;

use crate::{
    checks::{device_code, unique, user_code},
    redis::here,
};

const LIFETIME: i64 = GRANT_LIFETIME.num_seconds();

#[tokio::test]
async fn grant_and_its_index_live_a_minute_longer_than_the_code() {
    let here = here();
    let (grants, mut writer) = (here.ground.device_grants(), here.writer().await);
    let device = device_code();
    let grant = here.ground.device_grant(&grants, &user_code());
    let now = here.ground.clock.now();
    assert!(grants.insert(&grant, &device, now).await.unwrap());
    assert_eq!(writer.ttls("dg:state").await, [LIFETIME + 60]);
    assert_eq!(writer.ttls("dg:user").await, [LIFETIME + 60]);
    // A change later leaves the end where it is.
    here.ground.clock.advance_seconds(100);
    let now = here.ground.clock.now();
    let stored = grants.find_by_device_code(&device).await.unwrap().unwrap();
    let denied = stored.grant.clone().deny(now).unwrap();
    assert!(grants.replace(&stored, &denied, now).await.unwrap());
    assert_eq!(writer.ttls("dg:state").await, [LIFETIME + 60 - 100]);
}

#[tokio::test]
async fn grant_nonce_is_remembered_a_minute_longer_than_it_is_good() {
    let here = here();
    let (grants, mut writer) = (here.ground.device_grants(), here.writer().await);
    let (device, now) = (device_code(), here.ground.clock.now());
    let grant = here.ground.device_grant(&grants, &user_code());
    assert!(grants.insert(&grant, &device, now).await.unwrap());
    let stored = grants.find_by_device_code(&device).await.unwrap().unwrap();
    let nonce: TokenText = unique().parse().unwrap();
    let until = now + TimeDelta::seconds(200);
    let denied = grant.deny(now).unwrap();
    let swap = grants
        .replace_spending(&stored, &denied, &nonce, until, now)
        .await;
    assert_eq!(swap.unwrap(), Swap::Done);
    let mut ttls = writer.ttls("dg:state").await;
    ttls.sort_unstable();
    assert_eq!(ttls, [200 + 60, LIFETIME + 60]);
}

#[tokio::test]
async fn grant_keys_and_values_hold_neither_code() {
    let here = here();
    let (grants, mut writer) = (here.ground.device_grants(), here.writer().await);
    let (user, device) = (user_code(), device_code());
    let grant = here.ground.device_grant(&grants, &user);
    let now = here.ground.clock.now();
    assert!(grants.insert(&grant, &device, now).await.unwrap());
    for key in writer.keys("dg:*").await {
        let value = writer.get(&key).await;
        for secret in [user.expose(), device.expose(), &grant.user_code_digest] {
            assert!(!value.contains(secret), "{key}");
        }
        for code in [user.expose(), device.expose()] {
            assert!(!key.contains(code), "{key}");
        }
    }
}

#[tokio::test]
async fn grants_of_one_user_code_inserted_at_once_are_one() {
    let here = here();
    let (grants, now) = (here.ground.device_grants(), here.ground.clock.now());
    let user = user_code();
    let devices: Vec<_> = (0..8).map(|_| device_code()).collect();
    let grant = here.ground.device_grant(&grants, &user);
    let inserts = devices.iter().map(|code| grants.insert(&grant, code, now));
    let outcomes = futures_util::future::join_all(inserts).await;
    let winners: Vec<bool> = outcomes.into_iter().map(Result::unwrap).collect();
    assert_eq!(winners.iter().filter(|won| **won).count(), 1);
    for (device, won) in devices.iter().zip(winners) {
        let found = grants.find_by_device_code(device).await.unwrap();
        assert_eq!(found.is_some(), won);
    }
}

#[tokio::test]
async fn grant_replaced_at_once_from_one_reading_is_replaced_once() {
    let here = here();
    let (grants, now) = (here.ground.device_grants(), here.ground.clock.now());
    let device = device_code();
    let grant = here.ground.device_grant(&grants, &user_code());
    assert!(grants.insert(&grant, &device, now).await.unwrap());
    let stored = grants.find_by_device_code(&device).await.unwrap().unwrap();
    let denied = grant.deny(now).unwrap();
    let swaps = (0..8).map(|_| grants.replace(&stored, &denied, now));
    let outcomes = futures_util::future::join_all(swaps).await;
    let done = outcomes.into_iter().filter(|one| *one.as_ref().unwrap());
    assert_eq!(done.count(), 1);
}

/// Its index leads to the state of somebody else by now: a user code is drawn again when the first is over.
#[tokio::test]
async fn grant_is_not_found_by_a_user_code_that_it_does_not_name() {
    let here = here();
    let (grants, mut writer) = (here.ground.device_grants(), here.writer().await);
    let (first, second) = (user_code(), user_code());
    let now = here.ground.clock.now();
    for code in [&first, &second] {
        let grant = here.ground.device_grant(&grants, code);
        assert!(grants.insert(&grant, &device_code(), now).await.unwrap());
    }
    let keys = writer.keys("dg:user").await;
    let other = writer.get(&keys[1]).await;
    writer.put(&keys[0], &other).await;
    let mut found = 0;
    for code in [&first, &second] {
        let grant = grants.find_by_user_code(code).await.unwrap();
        found += usize::from(grant.is_some());
    }
    assert_eq!(found, 1);
}

#[tokio::test]
async fn grant_is_over_a_minute_after_its_code_though_redis_still_has_it() {
    let here = here();
    let (grants, device) = (here.ground.device_grants(), device_code());
    let grant = here.ground.device_grant(&grants, &user_code());
    let now = here.ground.clock.now();
    assert!(grants.insert(&grant, &device, now).await.unwrap());
    for (seconds, is_found) in [(LIFETIME, true), (59, true), (1, false)] {
        here.ground.clock.advance_seconds(seconds);
        let found = grants.find_by_device_code(&device).await.unwrap();
        assert_eq!(found.is_some(), is_found, "{seconds} s later");
    }
}
