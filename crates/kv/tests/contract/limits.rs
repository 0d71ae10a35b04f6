//! `RateLimits`: never more than so many in any window, and a charge that was given back is none.

use gatewright_auth::{
    bearer::RateLimiter as _,
    limits::{Limit, Rate},
};
use gatewright_domain::error::{ChargeError, RateLimited};

use crate::{checks::unique, redis::here};

const SMALL: Limit = Limit {
    name: "SMALL",
    rate: Rate::new(3, 60),
};

fn retry_after(outcome: Result<(), ChargeError>) -> Option<u64> {
    match outcome {
        Ok(()) => None,
        Err(ChargeError::RateLimited(RateLimited { retry_after })) => Some(retry_after),
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn limit_tells_when_the_oldest_charge_leaves_the_window() {
    let here = here();
    let (limiter, who) = (here.ground.rate_limits(), unique());
    for (seconds, expected) in [
        (0, None),
        (10, None),
        (10, None),
        (10, Some(30)),
        (29, Some(1)),
        (1, None),
        (0, Some(10)),
    ] {
        here.ground.clock.advance_seconds(seconds);
        let outcome = limiter.charge(&SMALL, &who).await;
        assert_eq!(retry_after(outcome), expected, "{seconds} s later");
    }
}

#[tokio::test]
async fn limit_counts_each_key_and_each_name_apart() {
    let here = here();
    let limiter = here.ground.rate_limits();
    let other = Limit {
        name: "OTHER",
        ..SMALL
    };
    for _ in 0..3 {
        limiter.charge(&SMALL, "ann").await.unwrap();
    }
    for (limit, who, is_full) in [
        (&SMALL, "ann", true),
        (&SMALL, "bob", false),
        (&other, "ann", false),
    ] {
        let outcome = limiter.charge(limit, who).await;
        assert_eq!(retry_after(outcome).is_some(), is_full, "{}", limit.name);
    }
}

#[tokio::test]
async fn limit_key_lives_a_second_longer_than_its_window_and_names_nobody() {
    let here = here();
    let (limiter, mut writer) = (here.ground.rate_limits(), here.writer().await);
    limiter.charge(&SMALL, "ann@example.test").await.unwrap();
    assert_eq!(writer.ttls("rl").await, [61]);
    let keys = writer.keys("rl").await;
    assert!(!keys[0].contains("ann"), "{keys:?}");
}

#[tokio::test]
async fn limit_in_blocks_lives_for_its_lease_longer() {
    let here = here();
    let (limiter, mut writer) = (here.ground.rate_limits(), here.writer().await);
    let large = Limit {
        name: "LARGE",
        rate: Rate::new(1000, 60),
    };
    limiter.charge(&large, "ann").await.unwrap();
    assert_eq!(writer.ttls("rl").await, [62]);
}

#[tokio::test]
async fn limit_that_is_switched_off_counts_nothing() {
    let here = here();
    let (limiter, mut writer) = (here.ground.rate_limits(), here.writer().await);
    let off = Limit {
        name: "OFF",
        rate: Rate::new(0, 60),
    };
    for _ in 0..5 {
        limiter.charge(&off, "ann").await.unwrap();
        let ticket = limiter.charge_refundable(&off, "ann").await.unwrap();
        limiter.refund(&ticket).await.unwrap();
    }
    assert!(writer.keys("rl").await.is_empty());
}

#[tokio::test]
async fn limit_refund_gives_one_charge_back_however_often_it_is_sent() {
    let here = here();
    let (limiter, who) = (here.ground.rate_limits(), unique());
    let ticket = limiter.charge_refundable(&SMALL, &who).await.unwrap();
    for _ in 0..2 {
        limiter.charge(&SMALL, &who).await.unwrap();
    }
    for _ in 0..2 {
        limiter.refund(&ticket).await.unwrap();
    }
    for is_full in [false, true] {
        let outcome = limiter.charge(&SMALL, &who).await;
        assert_eq!(retry_after(outcome).is_some(), is_full);
    }
}

#[tokio::test]
async fn limit_clear_forgets_one_key_only() {
    let here = here();
    let limiter = here.ground.rate_limits();
    for who in ["ann", "bob"] {
        for _ in 0..3 {
            limiter.charge(&SMALL, who).await.unwrap();
        }
    }
    limiter.clear(&SMALL, "ann").await.unwrap();
    for (who, is_full) in [("ann", false), ("bob", true)] {
        let outcome = limiter.charge(&SMALL, who).await;
        assert_eq!(retry_after(outcome).is_some(), is_full, "{who}");
    }
}
