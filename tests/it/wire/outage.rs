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
async fn sec_040_sec_121_sec_148_requests_without_redis_fail_closed() {
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
async fn sso_without_redis_fails_closed() {
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
async fn revocation_without_redis_is_not_committed() {
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
async fn request_without_postgres_is_503() {
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

/// What the routes of accounts and workspaces answer, one per group of `docs/operations.md`.
const GROUPS: [(&str, &str, &str, u16); 15] = [
    // method, path, body, the answer without Redis
    (
        "POST",
        "/console/api/forgot-password",
        r#"{"email":"owner@example.com"}"#,
        503,
    ),
    (
        "POST",
        "/console/api/forgot-password/validity",
        r#"{"email":"a@b.co","token":"x","code":"1"}"#,
        503,
    ),
    (
        "POST",
        "/console/api/email-code-login",
        r#"{"email":"owner@example.com"}"#,
        503,
    ),
    (
        "POST",
        "/console/api/email-register/send-email",
        r#"{"email":"new@example.com"}"#,
        503,
    ),
    ("GET", "/console/api/activate/check?token=x", "", 503),
    ("GET", "/console/api/account/delete/verify", "", 503),
    (
        "POST",
        "/console/api/account/change-email",
        r#"{"email":"owner@example.com"}"#,
        503,
    ),
    (
        "POST",
        "/console/api/account/password",
        r#"{"password":"Passw0rd1","new_password":"N3w-password","repeat_new_password":"N3w-password"}"#,
        503,
    ),
    (
        "POST",
        "/console/api/workspaces/current/members/invite-email",
        r#"{"emails":["x@example.com"],"role":"normal"}"#,
        503,
    ),
    (
        "POST",
        "/console/api/workspaces/current/members/send-owner-transfer-confirm-email",
        "{}",
        503,
    ),
    (
        "POST",
        "/console/api/account/name",
        r#"{"name":"Ada"}"#,
        200,
    ),
    ("GET", "/console/api/workspaces/current/members", "", 200),
    ("GET", "/console/api/tags?type=app", "", 200),
    ("GET", "/console/api/datasets/api-keys", "", 200),
    (
        "GET",
        "/console/api/workspaces/current/audit-events",
        "",
        200,
    ),
];

async fn ask_all(broken: &Harness, browser: &mut Browser, expected: impl Fn(u16) -> u16) {
    for (method, path, body, without_redis) in GROUPS {
        let body = serde_json::from_str(body).ok();
        let answer = browser.send(broken, method, path, body, &[]).await;
        assert_eq!(
            answer.status,
            expected(without_redis),
            "{method} {path}: {answer:?}"
        );
        if answer.status == 503 {
            assert!(!answer.header("retry-after").is_empty(), "{method} {path}");
            assert_eq!(answer.code(), "service_unavailable");
        }
    }
}

const OPEN: [(&str, &str); 3] = [
    ("ENABLE_EMAIL_CODE_LOGIN", "true"),
    ("ALLOW_REGISTER", "true"),
    ("ALLOW_CREATE_WORKSPACE", "true"),
];

#[actix_web::test]
async fn mail_codes_without_redis_are_503_and_unlimited_routes_answer() {
    let h = Harness::with(&OPEN).await;
    let mut browser = basic_account(&h).await;
    let extra = [&OPEN[..], &[("REDIS_URL", "redis://127.0.0.1:1/")]].concat();
    let broken = h.restarted_with(&extra).await;
    ask_all(&broken, &mut browser, |without_redis| without_redis).await;
    assert_eq!(
        h.db.query("SELECT count(*) FROM gatewright_jobs").await,
        ["0"],
        "nothing was stored"
    );
}

#[actix_web::test]
async fn accounts_and_workspaces_without_postgres_are_503() {
    let h = Harness::with(&OPEN).await;
    let mut browser = basic_account(&h).await;
    let extra = [
        &OPEN[..],
        &[("DATABASE_URL", "postgres://x:y@127.0.0.1:1/z")],
    ]
    .concat();
    let broken = h.restarted_with(&extra).await;
    ask_all(&broken, &mut browser, |_| 503).await;
}

#[actix_web::test]
async fn mail_flows_without_a_mail_server_answer_the_same_and_mails_wait() {
    let smtp = [
        ("MAIL_TYPE", "smtp"),
        ("SMTP_SERVER", "127.0.0.1"),
        ("SMTP_PORT", "1"),
    ];
    let h = Harness::with(&smtp).await;
    h.set_up().await;
    h.post(
        "/console/api/forgot-password",
        &json!({"email": "owner@example.com"}),
    )
    .await
    .expect(200);
    assert_eq!(h.work().await, 1, "one attempt");
    let waiting =
        h.db.query("SELECT attempts || ' ' || (dead_at IS NULL) FROM gatewright_jobs")
            .await;
    assert_eq!(waiting, ["1 true"]);
    assert_eq!(h.work().await, 0, "not at once again");
}

/// The procedure of `docs/operations.md`: after it, what was revoked since the backup is dead.
#[actix_web::test]
async fn sec_178_revoked_credentials_stay_revoked_after_a_database_restore() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let token = h.token(&mut owner, "laptop").await;
    let backup: Vec<(String, String)> = {
        let rows =
            h.db.query("SELECT id::text FROM oauth_access_tokens WHERE revoked_at IS NULL")
                .await;
        let sessions =
            h.db.query("SELECT id::text FROM gatewright_console_sessions WHERE revoked_at IS NULL")
                .await;
        rows.into_iter()
            .map(|id| ("oauth_access_tokens".into(), id))
            .chain(
                sessions
                    .into_iter()
                    .map(|id| ("gatewright_console_sessions".into(), id)),
            )
            .collect()
    };
    assert_eq!(backup.len(), 2);
    h.services()
        .admin
        .revoke_open(&"owner@example.com".parse().unwrap())
        .await
        .unwrap();
    // The backup knows nothing of it.
    for (table, id) in backup {
        h.db.execute(&format!(
            "UPDATE {table} SET revoked_at = NULL WHERE id = '{id}'"
        ))
        .await;
    }
    let ended = h.services().admin.revoke_everything().await.unwrap();
    assert_eq!(ended, 2);
    let restored = h.restarted_with(&[("REDIS_KEY_PREFIX", "flushed")]).await;
    owner
        .get(&restored, "/console/api/account/profile")
        .await
        .expect(401);
    owner
        .send(&restored, "POST", "/console/api/refresh-token", None, &[])
        .await
        .expect(401);
    restored
        .with_bearer("GET", "/openapi/v1/account", &token)
        .await
        .expect(401);
    assert!(
        h.db.audit_actions()
            .await
            .contains(&"admin.sessions_revoked".to_owned())
    );
}

/// The system has no randomness to give: whatever would be made of it is not made, and said to be an
/// outage; what needs none goes on. Nothing panics: each request has its answer, and its id.
#[actix_web::test]
async fn failing_randomness_is_503_and_stores_nothing() {
    let h = Harness::with(&[("ENABLE_EMAIL_CODE_LOGIN", "true")]).await;
    let mut owner = basic_account(&h).await;
    let approved = h.start_flow("approved").await;
    owner.look_up(&h, &approved).await.expect(200);
    owner.decide(&h, "approve", &approved).await.expect(200);
    let before =
        h.db.query("SELECT count(*) FROM gatewright_console_sessions")
            .await;
    h.random.run_dry(true);
    let device = json!({"client_id": "difyctl", "device_label": "x"});
    let mail = json!({"email": "owner@example.com"});
    let answers = [
        h.post("/openapi/v1/oauth/device/code", &device).await,
        h.poll(&approved).await,
        h.post("/console/api/forgot-password", &mail).await,
        h.post("/console/api/email-code-login", &mail).await,
        Browser::new()
            .login(&h, "owner@example.com", "Passw0rd1")
            .await,
        owner
            .post(&h, "/console/api/datasets/api-keys", json!({}))
            .await,
    ];
    for answer in answers {
        assert_eq!(
            (answer.status, answer.header("retry-after")),
            (503, "1"),
            "{answer:?}"
        );
    }
    owner
        .get(&h, "/console/api/account/profile")
        .await
        .expect(200);
    let after =
        h.db.query("SELECT count(*) FROM gatewright_console_sessions")
            .await;
    assert_eq!(after, before, "no session without a salt");
    h.random.run_dry(false);
    h.poll(&approved).await.expect(200);
    Browser::signed_in(&h, "owner@example.com", "Passw0rd1").await;
}
