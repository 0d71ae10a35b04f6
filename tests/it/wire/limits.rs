//! Limits: their own keys, exact, with a Retry-After.

use serde_json::json;

use crate::support::{Browser, Harness};

#[actix_web::test]
async fn sec_007_device_code_request_61_in_an_hour_is_refused_and_stores_nothing() {
    let h = Harness::start().await;
    for n in 0..60 {
        // Malformed requests count too.
        let body = if n % 10 == 9 {
            json!({})
        } else {
            json!({"client_id": "difyctl", "device_label": "x"})
        };
        let status = if n % 10 == 9 { 400 } else { 200 };
        h.post("/openapi/v1/oauth/device/code", &body)
            .await
            .expect(status);
    }
    let keys = h.redis_dump().await.len();
    for _ in 0..20 {
        let refused = h
            .post("/openapi/v1/oauth/device/code", &json!({}))
            .await
            .expect_rate_limited();
        assert_eq!(refused.code(), "too_many_requests");
        assert_eq!(refused.header("retry-after"), "3600");
    }
    assert_eq!(h.redis_dump().await.len(), keys);
    h.get("/openapi/v1/oauth/device/lookup?user_code=AAAABBBB")
        .await
        .expect(200);
    h.clock.advance_seconds(3600);
    h.start_flow("x").await;
}

#[actix_web::test]
async fn sec_047_user_code_lookup_61_in_five_minutes_is_refused() {
    let h = Harness::start().await;
    for _ in 0..60 {
        h.get("/openapi/v1/oauth/device/lookup?user_code=AAAABBBB")
            .await
            .expect(200);
    }
    h.get("/openapi/v1/oauth/device/lookup?user_code=AAAABBBB")
        .await
        .expect_rate_limited();
    h.start_flow("another limit, another key").await;
}

#[actix_web::test]
async fn sec_048_distributed_user_code_guessing_is_limited_and_a_receipt_still_works() {
    let h = Harness::with(&[
        ("GATEWRIGHT_TRUSTED_PROXIES", "127.0.0.1"),
        ("GATEWRIGHT_LIMIT_DEVICE_LOOKUP_MISS", "20/5m"),
    ])
    .await;
    let mut browser = crate::support::basic_account(&h).await;
    let grant = h.start_flow("x").await;
    browser.look_up(&h, &grant).await.expect(200);
    let lookup = async |n: u8, code: &str| {
        let path = format!("/openapi/v1/oauth/device/lookup?user_code={code}");
        let address = format!("198.51.100.{n}");
        Browser::script()
            .send(&h, "GET", &path, None, &[("x-forwarded-for", &address)])
            .await
    };
    for n in 0..20 {
        lookup(n, "AAAABBBB").await.expect(200);
    }
    lookup(20, "AAAABBBB").await.expect_rate_limited();
    lookup(21, &grant.user_code).await.expect_rate_limited();
    browser.decide(&h, "approve", &grant).await.expect(200);
}

#[actix_web::test]
async fn user_code_lookup_that_succeeds_is_not_charged_to_the_shared_budget() {
    let h = Harness::with(&[("GATEWRIGHT_LIMIT_DEVICE_LOOKUP_MISS", "2/5m")]).await;
    let grant = h.start_flow("x").await;
    for _ in 0..10 {
        Browser::new().look_up(&h, &grant).await.expect(200);
    }
}

#[actix_web::test]
async fn sec_009_forwarded_address_is_taken_from_trusted_proxies_only() {
    let limited = [("GATEWRIGHT_LIMIT_DEVICE_CODE", "1/1h")];
    let h = Harness::with(&limited).await;
    let start = async |h: &Harness, forwarded: &str| {
        let body = json!({"client_id": "difyctl", "device_label": "x"});
        Browser::script()
            .send(
                h,
                "POST",
                "/openapi/v1/oauth/device/code",
                Some(body),
                &[("x-forwarded-for", forwarded)],
            )
            .await
    };
    start(&h, "198.51.100.1").await.expect(200);
    start(&h, "198.51.100.2").await.expect_rate_limited();
    let trusting = h
        .restarted_with(&[
            limited[0],
            ("GATEWRIGHT_TRUSTED_PROXIES", "127.0.0.1,10.0.0.0/8"),
        ])
        .await;
    start(&trusting, "198.51.100.3").await.expect(200);
    start(&trusting, "6.6.6.6, 198.51.100.3, 10.1.2.3")
        .await
        .expect_rate_limited();
    start(&trusting, "2001:db8::1").await.expect(200);
    start(&trusting, "2001:db8::ffff")
        .await
        .expect_rate_limited();
    start(&trusting, "2001:db8:0:1::1").await.expect(200);
}

#[actix_web::test]
async fn large_limit_is_charged_in_blocks_and_never_exceeded() {
    use std::sync::Arc;

    use gatewright_auth::{
        bearer::RateLimiter as _,
        keys::HmacKey,
        limits::{Limit, Rate},
    };
    use gatewright_kv::{Kv, RateLimits, RedisSettings, WindowClock};
    let db = gatewright_test_db::TestDb::create().await;
    let clock = gatewright_test_support::ManualClock::new();
    let settings = RedisSettings {
        url: Some(db.redis_url.clone().into()),
        key_prefix: db.key_prefix.clone(),
        ..RedisSettings::default()
    };
    let kv = Kv::new(&settings).unwrap();
    let node = || {
        RateLimits::new(
            kv.clone(),
            HmacKey::new("test", b"a key for digests in tests"),
            Arc::new(gatewright_domain::RandomIds),
            Arc::new(clock.clone()),
            WindowClock::Process,
        )
    };
    let nodes = [node(), node(), node()];
    let limit = Limit {
        name: "LARGE",
        rate: Rate::new(2000, 60),
    };
    let mut admitted = 0;
    for n in 0..6000 {
        if n % 100 == 0 {
            clock.advance(chrono::TimeDelta::milliseconds(300));
        }
        admitted += u32::from(nodes[n % 3].charge(&limit, "k").await.is_ok());
    }
    assert!(admitted <= 2000, "{admitted} in less than a window");
    assert!(
        admitted >= 1800,
        "{admitted}: too much is lost to blocks that expire"
    );
    clock.advance_seconds(62);
    nodes[0].charge(&limit, "k").await.unwrap();
}
