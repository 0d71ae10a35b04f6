//! `OneTimeGrants`: five tries, one taker, and the newest of a subject only.

use gatewright_domain::{
    Clock as _,
    one_time::{OneTimeGrant, OneTimePurpose},
};

use crate::{checks::unique, redis::here};

#[tokio::test]
async fn one_time_keys_live_as_long_as_the_code_and_a_try_prolongs_nothing() {
    let here = here();
    let (grants, mut writer) = (here.ground.one_time_grants(), here.writer().await);
    let (token, now) = (unique(), here.ground.clock.now());
    let grant = here.ground.one_time_grant();
    grants.issue(&token, "ann", &grant, now).await.unwrap();
    assert_eq!(writer.ttls("one-time").await, [300, 300]);
    here.ground.clock.advance_seconds(100);
    let later = here.ground.clock.now();
    grants.attempt(&token, later).await.unwrap().unwrap();
    assert_eq!(writer.ttls("one-time").await, [300, 300]);
    let next = (unique(), later);
    let advanced = grants.advance(&token, &grant, &next.0, &grant, later).await;
    assert!(advanced.unwrap());
    let mut ttls = writer.ttls("one-time").await;
    ttls.sort_unstable();
    assert_eq!(ttls, [200, 300], "the next step ends with the grant");
}

#[tokio::test]
async fn one_time_grant_is_gone_after_five_tries() {
    let here = here();
    let (grants, now) = (here.ground.one_time_grants(), here.ground.clock.now());
    let (token, grant) = (unique(), here.ground.one_time_grant());
    grants.issue(&token, "ann", &grant, now).await.unwrap();
    for _ in 0..5 {
        assert!(grants.attempt(&token, now).await.unwrap().is_some());
    }
    assert!(grants.attempt(&token, now).await.unwrap().is_none());
    assert!(grants.find(&token, now).await.unwrap().is_none());
    assert!(!grants.consume(&token, &grant).await.unwrap());
}

#[tokio::test]
async fn one_time_tries_at_once_share_the_five() {
    let here = here();
    let (grants, now) = (here.ground.one_time_grants(), here.ground.clock.now());
    let (token, grant) = (unique(), here.ground.one_time_grant());
    grants.issue(&token, "ann", &grant, now).await.unwrap();
    let tries = (0..12).map(|_| grants.attempt(&token, now));
    let outcomes = futures_util::future::join_all(tries).await;
    let admitted = outcomes
        .into_iter()
        .filter(|one| one.as_ref().unwrap().is_some());
    assert_eq!(admitted.count(), 5);
}

#[tokio::test]
async fn one_time_grant_is_ended_by_a_newer_one_of_its_subject_and_purpose() {
    let here = here();
    let (grants, now) = (here.ground.one_time_grants(), here.ground.clock.now());
    let reset = here.ground.one_time_grant();
    let login = OneTimeGrant {
        purpose: OneTimePurpose::EmailCodeLogin,
        ..reset.clone()
    };
    let tokens = [unique(), unique(), unique(), unique()];
    for (token, subject, grant) in [
        (&tokens[0], "ann", &reset),
        (&tokens[1], "bob", &reset),
        (&tokens[2], "ann", &login),
        (&tokens[3], "ann", &reset),
    ] {
        grants.issue(token, subject, grant, now).await.unwrap();
    }
    for (token, is_live) in tokens.iter().zip([false, true, true, true]) {
        let found = grants.find(token, now).await.unwrap();
        assert_eq!(found.is_some(), is_live);
    }
}

#[tokio::test]
async fn one_time_grant_that_is_over_is_neither_found_nor_tried() {
    let here = here();
    let (grants, token) = (here.ground.one_time_grants(), unique());
    let grant = here.ground.one_time_grant();
    let now = here.ground.clock.now();
    grants.issue(&token, "ann", &grant, now).await.unwrap();
    for (seconds, is_found) in [(299, true), (1, false)] {
        here.ground.clock.advance_seconds(seconds);
        let now = here.ground.clock.now();
        let found = grants.find(&token, now).await.unwrap();
        assert_eq!(found.is_some(), is_found);
        let tried = grants.attempt(&token, now).await.unwrap();
        assert_eq!(tried.is_some(), is_found);
    }
}

#[tokio::test]
async fn one_time_grant_is_taken_only_as_it_was_seen() {
    let here = here();
    let (grants, now) = (here.ground.one_time_grants(), here.ground.clock.now());
    let (token, next) = (unique(), unique());
    let grant = here.ground.one_time_grant();
    grants.issue(&token, "ann", &grant, now).await.unwrap();
    let other = OneTimeGrant {
        is_verified: true,
        ..grant.clone()
    };
    assert!(!grants.consume(&token, &other).await.unwrap());
    let advanced = grants.advance(&token, &other, &next, &other, now).await;
    assert!(!advanced.unwrap());
    assert!(grants.find(&next, now).await.unwrap().is_none(), "neither");
    // A try changes the count beside it and not what was seen.
    grants.attempt(&token, now).await.unwrap().unwrap();
    let advanced = grants.advance(&token, &grant, &next, &other, now).await;
    assert!(advanced.unwrap());
    assert!(grants.find(&token, now).await.unwrap().is_none(), "both");
    assert_eq!(grants.find(&next, now).await.unwrap(), Some(other));
}

#[tokio::test]
async fn one_time_values_are_read_by_the_holder_of_the_token_only() {
    let here = here();
    let (grants, mut writer) = (here.ground.one_time_grants(), here.writer().await);
    let (token, other, now) = (unique(), unique(), here.ground.clock.now());
    let grant = here.ground.one_time_grant();
    grants.issue(&token, "ann", &grant, now).await.unwrap();
    for key in writer.keys("one-time").await {
        let value = writer.get(&key).await;
        for secret in [&token, &grant.email] {
            assert!(!key.contains(secret) && !value.contains(secret), "{key}");
        }
    }
    assert!(grants.find(&other, now).await.unwrap().is_none());
}
