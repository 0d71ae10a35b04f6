//! A dependency is gone: 503 with `Retry-After`, never 500, never "no limit". The end-to-end tests
//! stop real services; here one is simply not there.

use gatewright_test_support::ManualClock;
use serde_json::json;
use std::sync::Arc;

use crate::support::{
    Browser, Enterprise, Harness, basic_account,
    enterprise::{assertion_claims, sign},
};

async fn without_redis() -> (Harness, Harness) {
    let h = Harness::start().await;
    let broken = Harness::on(
        Arc::clone(&h.db),
        ManualClock::new(),
        &[("REDIS_URL", "redis://127.0.0.1:1/")],
    )
    .await;
    (h, broken)
}

#[actix_web::test]
async fn sec_040_sec_121_sec_148_without_redis_everything_fails_closed() {
    let (h, broken) = without_redis().await;
    let mut browser = basic_account(&h).await;
    let token = h.token(&mut browser, "x").await;
    let grant = h.start_flow("y").await;
    let poll = broken.poll(&grant).await.expect(503);
    assert_eq!(
        poll.oauth_error(),
        "temporarily_unavailable",
        "difyctl tries again on a 5xx"
    );
    assert_eq!(poll.header("retry-after"), "1");
    let answers = [
        broken
            .with_bearer("GET", "/openapi/v1/account", &token)
            .await,
        broken
            .with_bearer(
                "GET",
                "/openapi/v1/account",
                &format!("dfoa_{}", "A".repeat(49)),
            )
            .await,
        broken
            .post(
                "/openapi/v1/oauth/device/code",
                &json!({"client_id": "difyctl", "device_label": "x"}),
            )
            .await,
        broken
            .get("/openapi/v1/oauth/device/lookup?user_code=AAAABBBB")
            .await,
        Browser::new()
            .login(&broken, "owner@example.com", "Passw0rd1")
            .await,
        browser.decide(&broken, "approve", &grant).await,
        broken.get("/readyz").await,
    ];
    for answer in answers {
        assert_eq!(
            (answer.status, answer.header("retry-after")),
            (503, "1"),
            "{answer:?}"
        );
    }
    broken.get("/openapi/v1/_health").await.expect(200);
    browser
        .get(&broken, "/console/api/account/profile")
        .await
        .expect(200);
}

#[actix_web::test]
async fn without_redis_the_sso_branch_fails_closed_too() {
    let enterprise = Enterprise::start();
    let mut settings = enterprise.settings().to_vec();
    let h = Harness::with(&settings).await;
    let grant = h.start_flow("x").await;
    settings.push(("REDIS_URL", "redis://127.0.0.1:1/"));
    let broken = Harness::on(Arc::clone(&h.db), h.clock.clone(), &settings).await;
    let claims = assertion_claims(&grant.user_code, "n", h.now());
    let device = "/openapi/v1/oauth/device";
    for path in [
        format!("{device}/sso-initiate?user_code={}", grant.user_code),
        format!("{device}/sso-complete?sso_assertion={}", sign(&claims)),
    ] {
        let answer = broken.get(&path).await.expect(503);
        assert_eq!(answer.oauth_error(), "temporarily_unavailable");
        assert_eq!(answer.header("retry-after"), "1");
        let mut person = Browser::script();
        let navigating = [("sec-fetch-mode", "navigate")];
        let answer = person
            .send(&broken, "GET", &path, None, &navigating)
            .await
            .expect(302);
        assert_eq!(
            answer.header("location"),
            "/device?sso_error=temporarily_unavailable"
        );
    }
    assert!(
        enterprise.seen().states.is_empty(),
        "nothing left the server"
    );
}

#[actix_web::test]
async fn a_revocation_that_redis_cannot_be_told_of_is_not_committed() {
    let (h, broken) = without_redis().await;
    let mut browser = basic_account(&h).await;
    let token = h.token(&mut browser, "x").await;
    h.with_bearer("GET", "/openapi/v1/account", &token)
        .await
        .expect(200);
    let answer = broken
        .with_bearer("DELETE", "/openapi/v1/account/sessions/self", &token)
        .await;
    answer.expect(503);
    assert_eq!(
        h.db.query("SELECT count(*) FROM oauth_access_tokens WHERE revoked_at IS NULL")
            .await,
        ["1"]
    );
}

#[actix_web::test]
async fn without_postgres_the_answer_is_503() {
    let h = Harness::start().await;
    let mut browser = basic_account(&h).await;
    let token = h.token(&mut browser, "x").await;
    let broken = Harness::on(
        Arc::clone(&h.db),
        ManualClock::new(),
        &[("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none")],
    )
    .await;
    let grant = h.start_flow("y").await;
    browser.look_up(&h, &grant).await;
    browser.decide(&h, "approve", &grant).await.expect(200);
    assert_eq!(
        broken.poll(&grant).await.expect(503).oauth_error(),
        "temporarily_unavailable"
    );
    let answers = [
        broken
            .with_bearer("GET", "/openapi/v1/account", &token)
            .await,
        browser.get(&broken, "/console/api/account/profile").await,
        Browser::new()
            .login(&broken, "owner@example.com", "Passw0rd1")
            .await,
        broken.get("/console/api/setup").await,
        broken.get("/readyz").await,
    ];
    for answer in answers {
        assert_eq!(
            (answer.status, answer.header("retry-after")),
            (503, "1"),
            "{answer:?}"
        );
        assert!(!answer.body.contains("127.0.0.1:1"), "no address in a body");
    }
    h.poll(&grant).await.expect(200);
}
