//! `Throttles`: forgotten when its memory ends, counted wholly whoever comes at once, and reset for everybody.

use gatewright_domain::{
    Clock as _,
    error::ChargeError,
    throttle::{FREE_FAILURES, Refusal},
};
use gatewright_kv::BeginError;

use crate::{
    checks::{SLOPE, unique},
    redis::here,
};

#[tokio::test]
async fn throttle_lives_for_the_memory_of_its_slope_and_an_empty_one_is_gone() {
    let here = here();
    let (throttles, mut writer) = (here.ground.throttles(), here.writer().await);
    let now = here.ground.clock.now();
    let attempt = throttles.begin("ann", SLOPE, now).await.unwrap();
    throttles.fail(&attempt, now).await.unwrap();
    assert_eq!(writer.ttls("throttle").await, [3600]);
    let keys = writer.keys("throttle").await;
    assert!(!keys[0].contains("ann"), "{keys:?}");
    let attempt = throttles.begin("ann", SLOPE, now).await.unwrap();
    throttles.refund(&attempt).await.unwrap();
    // It lives for one more millisecond.
    let value: Option<String> = writer.run(&["GET", &keys[0]]).await;
    let empty = r#"{"failures":0,"blocked_until":null,"open":[]}"#;
    assert!(value.is_none_or(|value| value == empty));
}

#[tokio::test]
async fn throttle_outcomes_at_once_are_all_counted() {
    let here = here();
    let (throttles, now, who) = (here.ground.throttles(), here.ground.clock.now(), unique());
    let mut open = vec![];
    for _ in 0..=FREE_FAILURES {
        open.push(throttles.begin(&who, SLOPE, now).await.unwrap());
    }
    let fails = open.iter().map(|attempt| throttles.fail(attempt, now));
    for failed in futures_util::future::join_all(fails).await {
        failed.unwrap();
    }
    let wait = throttles.wait(&who, now).await.unwrap();
    assert_eq!(wait.map(|wait| wait.seconds), Some(15));
}

#[tokio::test]
async fn throttle_outcome_of_an_attempt_counts_once() {
    let here = here();
    let (throttles, now, who) = (here.ground.throttles(), here.ground.clock.now(), unique());
    let attempt = throttles.begin(&who, SLOPE, now).await.unwrap();
    for _ in 0..20 {
        throttles.fail(&attempt, now).await.unwrap();
    }
    assert_eq!(throttles.wait(&who, now).await.unwrap(), None);
}

#[tokio::test]
async fn throttle_released_attempt_makes_room_and_counts_nothing() {
    let here = here();
    let (throttles, now, who) = (here.ground.throttles(), here.ground.clock.now(), unique());
    for _ in 0..20 {
        let attempt = throttles.begin(&who, SLOPE, now).await.unwrap();
        throttles.release(&attempt).await.unwrap();
    }
    let mut open = vec![];
    let refused = loop {
        match throttles.begin(&who, SLOPE, now).await {
            Ok(attempt) => open.push(attempt),
            Err(error) => break error,
        }
    };
    assert_eq!(open.len(), 6);
    assert!(
        matches!(refused, BeginError::Refused(Refusal::Busy)),
        "{refused:?}"
    );
}

#[tokio::test]
async fn throttle_charge_is_refused_while_it_waits_and_charge_anyway_is_not() {
    let here = here();
    let (throttles, now, who) = (here.ground.throttles(), here.ground.clock.now(), unique());
    for _ in 0..=FREE_FAILURES {
        throttles.charge(&who, SLOPE, now).await.unwrap();
    }
    let refused = throttles.charge(&who, SLOPE, now).await;
    assert!(
        matches!(&refused, Err(ChargeError::RateLimited(limited)) if limited.retry_after == 15),
        "{refused:?}"
    );
    throttles.charge_anyway(&who, SLOPE, now).await.unwrap();
    let wait = throttles.wait(&who, now).await.unwrap().unwrap();
    assert_eq!(wait.seconds, 30);
}

#[tokio::test]
async fn throttle_resets_are_counted_per_address_and_remembered() {
    let here = here();
    let (throttles, mut writer) = (here.ground.throttles(), here.writer().await);
    for expected in [1, 2] {
        throttles.reset("ann@example.test").await.unwrap();
        let resets = throttles.resets("ann@example.test").await.unwrap();
        assert_eq!(resets, expected);
    }
    assert_eq!(throttles.resets("bob@example.test").await.unwrap(), 0);
    assert_eq!(writer.ttls("pardon").await, [3600]);
}
