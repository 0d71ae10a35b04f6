//! First start, gates, profile, features, CSRF on the console.

use futures_util::future::join_all;
use serde_json::json;

use crate::support::{Answer, Browser, Harness, basic_account};

#[actix_web::test]
async fn console_setup_creates_the_first_account_once() {
    let h = Harness::start().await;
    assert_eq!(
        h.get("/console/api/setup").await.expect(200).json(),
        json!({"step": "not_started", "setup_at": null})
    );
    assert_eq!(
        h.get("/console/api/account/profile")
            .await
            .expect(401)
            .code(),
        "not_setup"
    );
    assert_eq!(
        h.post(
            "/console/api/login",
            &json!({"email": "a@b.co", "password": "eA=="})
        )
        .await
        .expect(401)
        .code(),
        "not_setup"
    );
    let weak = h
        .post(
            "/console/api/setup",
            &json!({"email": "Owner@Example.com", "name": "Owner", "password": "short1"}),
        )
        .await
        .expect(422);
    assert_eq!(weak.json()["error"]["type"], "validation_error");
    assert!(
        weak.json()["error"]["details"]
            .as_str()
            .unwrap()
            .contains("Password must contain letters and numbers")
    );
    assert!(!weak.body.contains("short1"));
    let body = json!({"email": "Owner@Example.com", "name": "Owner", "password": "Passw0rd1", "language": "zh-Hans"});
    assert_eq!(
        h.post("/console/api/setup", &body).await.expect(201).json(),
        json!({"result": "success"})
    );
    let again = h.post("/console/api/setup", &body).await.expect(403).json();
    assert_eq!(
        (again["code"].as_str(), again["error"]["type"].as_str()),
        (Some("already_setup"), Some("authorization_error"))
    );
    assert_eq!(
        h.get("/console/api/setup").await.json(),
        json!({"step": "finished", "setup_at": "2027-01-15T08:00:00"})
    );
    let mut browser = Browser::signed_in(&h, "owner@example.com", "Passw0rd1").await;
    let profile = browser
        .get(&h, "/console/api/account/profile")
        .await
        .expect(200)
        .json();
    assert_eq!(
        (profile["email"].as_str(), profile["timezone"].as_str()),
        (Some("owner@example.com"), Some("Asia/Shanghai"))
    );
    assert_eq!(profile["created_at"], 1_800_000_000);
    let current = browser
        .post(&h, "/console/api/workspaces/current", json!({}))
        .await
        .expect(200)
        .json();
    assert_eq!(
        (current["name"].as_str(), current["role"].as_str()),
        (Some("Owner's Workspace"), Some("owner"))
    );
}

#[actix_web::test]
async fn console_setup_in_parallel_succeeds_once() {
    let h = Harness::start().await;
    let bodies: Vec<_> = (0..8)
        .map(
            |n| json!({"email": format!("u{n}@example.com"), "name": "U", "password": "Passw0rd1"}),
        )
        .collect();
    let answers = join_all(bodies.iter().map(|body| h.post("/console/api/setup", body))).await;
    assert_eq!(answers.iter().filter(|a| a.status == 201).count(), 1);
    assert!(
        answers.iter().all(|a| a.status == 201 || a.status == 403),
        "{answers:?}"
    );
    assert_eq!(h.db.query("SELECT count(*) FROM accounts").await, ["1"]);
    assert_eq!(h.db.query("SELECT count(*) FROM tenants").await, ["1"]);
}

#[actix_web::test]
async fn console_setup_needs_the_init_password_where_one_is_set() {
    let h = Harness::with(&[
        ("INIT_PASSWORD", "open sesame"),
        ("GATEWRIGHT_LIMIT_INIT", "3/1h"),
    ])
    .await;
    let setup = json!({"email": "a@b.co", "name": "A", "password": "Passw0rd1"});
    assert_eq!(
        h.get("/console/api/init").await.json(),
        json!({"status": "not_started"})
    );
    assert_eq!(
        h.get("/console/api/account/profile")
            .await
            .expect(401)
            .code(),
        "not_init_validated"
    );
    assert_eq!(
        h.post("/console/api/setup", &setup)
            .await
            .expect(401)
            .code(),
        "not_init_validated"
    );
    let mut browser = Browser::new();
    let wrong = browser
        .post(&h, "/console/api/init", json!({"password": "guess"}))
        .await
        .expect(401)
        .json();
    assert_eq!(
        (wrong["code"].as_str(), wrong["error"]["type"].as_str()),
        (Some("init_validate_failed"), Some("authentication_error"))
    );
    browser
        .post(&h, "/console/api/init", json!({"password": "open sesame"}))
        .await
        .expect(201);
    assert_eq!(
        browser.get(&h, "/console/api/init").await.json(),
        json!({"status": "finished"})
    );
    h.post("/console/api/init", &json!({"password": "guess"}))
        .await
        .expect(401);
    h.post("/console/api/init", &json!({"password": "guess"}))
        .await
        .expect_rate_limited();
    browser
        .post(&h, "/console/api/setup", setup)
        .await
        .expect(201);
    assert_eq!(
        h.get("/console/api/init").await.json(),
        json!({"status": "finished"})
    );
    h.post("/console/api/init", &json!({"password": "open sesame"}))
        .await
        .expect(403);
}

#[actix_web::test]
async fn console_bootstrap_and_features_have_the_members_of_the_web_console() {
    let h = Harness::start().await;
    assert_eq!(
        h.get("/console/api/ping").await.expect(200).json(),
        json!({"result": "pong"})
    );
    let version = h
        .get("/console/api/version?current_version=1.0.0")
        .await
        .expect(200)
        .json();
    assert_eq!(
        (
            version["version"].as_str(),
            version["can_auto_update"].as_bool()
        ),
        (Some("1.0.0"), Some(false)),
        "the caller's own: no update is shown"
    );
    h.get("/console/api/version").await.expect(422);
    assert_eq!(
        h.get("/console/api/app-dsl-version").await.json(),
        json!({"app_dsl_version": "0.6.0"})
    );
    let system = h
        .get("/console/api/system-features")
        .await
        .expect(200)
        .json();
    assert_eq!(system.as_object().unwrap().len(), 27);
    assert_eq!(
        (
            system["enable_email_password_login"].as_bool(),
            system["license"]["status"].as_str()
        ),
        (Some(true), Some("none"))
    );
    let health = h.get("/health").await.expect(200);
    assert_eq!(
        (
            health.json()["status"].as_str(),
            health.json()["version"].as_str()
        ),
        (Some("ok"), Some("1.16.1"))
    );
    for (name, value) in [
        ("x-version", "1.16.1"),
        ("x-env", "PRODUCTION"),
        ("x-gatewright-version", "0.1.0"),
    ] {
        assert_eq!(health.header(name), value);
    }
    let mut browser = basic_account(&h).await;
    let features = browser
        .get(&h, "/console/api/features")
        .await
        .expect(200)
        .json();
    assert_eq!(
        (
            features["billing"]["subscription"]["plan"].as_str(),
            features["api_rate_limit"]["limit"].as_i64()
        ),
        (Some("sandbox"), Some(5000))
    );
    assert_eq!(
        browser
            .get(&h, "/console/api/features/vector-space")
            .await
            .json(),
        json!({"size": 0, "limit": 5})
    );
    h.get("/console/api/features").await.expect(401);
}

#[actix_web::test]
async fn sec_130_every_console_call_needs_the_csrf_token_and_each_failure_has_its_reason() {
    let h = Harness::start().await;
    let mut browser = basic_account(&h).await;
    let mut older = browser.clone();
    browser
        .login(&h, "owner@example.com", "Passw0rd1")
        .await
        .expect(200);
    let mut fails = async |header: &str, reason: &str| {
        let answer = browser
            .send(
                &h,
                "GET",
                "/console/api/account/profile",
                None,
                &[("x-csrf-token", header)],
            )
            .await
            .expect(401);
        assert_eq!(
            answer.json(),
            json!({"code": "unauthorized", "message": "CSRF token is missing or invalid.", "status": 401})
        );
        assert_eq!(answer.header("x-gatewright-reason"), reason);
    };
    fails("", "csrf_header_missing").await;
    fails("nonsense", "csrf_mismatch").await;
    // sec_131: the token of an older session of the same account.
    let stolen = older.csrf();
    older.cookies.insert(
        "access_token".into(),
        browser.cookies["access_token"].clone(),
    );
    let answer = older
        .send(
            &h,
            "GET",
            "/console/api/account/profile",
            None,
            &[("x-csrf-token", &stolen)],
        )
        .await
        .expect(401);
    assert_eq!(answer.header("x-gatewright-reason"), "csrf_other_session");
}

#[actix_web::test]
async fn sec_071_every_answer_has_the_protective_headers() {
    let h = Harness::with(&[("CONSOLE_API_URL", "https://dify.example.com")]).await;
    for path in [
        "/openapi/v1/_health",
        "/openapi/v1/nope",
        "/console/api/nope",
        "/console/api/account/profile",
        "/nope",
    ] {
        let answer = h.get(path).await;
        for (name, value) in [
            ("x-frame-options", "DENY"),
            ("content-security-policy", "frame-ancestors 'none'"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
            ("strict-transport-security", "max-age=31536000"),
        ] {
            assert_eq!(answer.header(name), value, "{path}");
        }
    }
}

#[actix_web::test]
async fn cors_allows_configured_origins_only() {
    let h = Harness::with(&[
        ("OPENAPI_CORS_ALLOW_ORIGINS", "https://app.example.com"),
        ("CONSOLE_CORS_ALLOW_ORIGINS", "*"),
        ("CONSOLE_WEB_URL", "https://web.example.com"),
    ])
    .await;
    let mut anybody = Browser::script();
    let mut allowed = async |path: &str, origin: &str| {
        let answer = anybody
            .send(&h, "GET", path, None, &[("origin", origin)])
            .await;
        answer.header("access-control-allow-origin").to_owned()
    };
    assert_eq!(
        allowed("/openapi/v1/_health", "https://app.example.com").await,
        "https://app.example.com"
    );
    assert_eq!(
        allowed("/openapi/v1/_health", "https://evil.example").await,
        ""
    );
    assert_eq!(
        allowed("/console/api/ping", "https://web.example.com").await,
        "https://web.example.com"
    );
    assert_eq!(
        allowed("/console/api/ping", "https://evil.example").await,
        "",
        "a star is nobody"
    );
    let preflight = anybody
        .send(
            &h,
            "OPTIONS",
            "/openapi/v1/account",
            None,
            &[
                ("origin", "https://app.example.com"),
                ("access-control-request-method", "GET"),
                ("access-control-request-headers", "authorization"),
            ],
        )
        .await
        .expect(200);
    assert_eq!(preflight.header("access-control-max-age"), "600");
    assert_eq!(preflight.header("access-control-allow-credentials"), "true");
}

/// A fail-over: PostgreSQL answers, and takes nothing.
#[actix_web::test]
async fn readiness_with_a_read_only_postgres_is_503() {
    let h = Harness::start().await;
    h.get("/readyz").await.expect(200);
    let name = &h.db.query("SELECT current_database()").await[0];
    let ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() \
        AND datname = current_database()";
    let checks = async || {
        let answer = h.get("/readyz").await;
        let postgres = answer.json()["checks"]["postgres"].clone();
        (answer.status, postgres.as_str().unwrap().to_owned())
    };
    // The first may meet a connection that ended.
    let becomes = async |wanted: &str| {
        for _ in 0..20 {
            let (status, postgres) = checks().await;
            if postgres.starts_with(wanted) {
                return status;
            }
        }
        0
    };
    let only_reads = format!("ALTER DATABASE {name} SET default_transaction_read_only = on");
    h.db.execute(&only_reads).await;
    h.db.query(ended).await;
    assert_eq!(becomes("takes no writes").await, 503);
    let back = format!("ALTER DATABASE {name} RESET default_transaction_read_only");
    h.db.execute(&format!("BEGIN READ WRITE; {back}; COMMIT"))
        .await;
    h.db.query(ended).await;
    assert_eq!(becomes("ok").await, 200);
}

#[actix_web::test]
async fn sec_176_readiness_asks_the_dependencies_and_health_does_not() {
    let h = Harness::start().await;
    let ready = h.get("/readyz").await.expect(200).json();
    assert_eq!(
        ready["checks"],
        json!({"postgres": "ok", "redis": "ok", "schema": "ok"})
    );
    h.get("/livez").await.expect(200);
    h.db.execute("CREATE TABLE kept AS TABLE __diesel_schema_migrations; DELETE FROM __diesel_schema_migrations")
        .await;
    let behind = h.get("/readyz").await.expect(503).json();
    assert!(
        behind["checks"]["schema"]
            .as_str()
            .unwrap()
            .contains("api-server migrate")
    );
    h.db.execute("INSERT INTO __diesel_schema_migrations TABLE kept; INSERT INTO __diesel_schema_migrations (version) VALUES ('29990101000000')").await;
    let ahead = h.get("/readyz").await.expect(503).json();
    assert!(
        ahead["checks"]["schema"]
            .as_str()
            .unwrap()
            .contains("newer than this binary"),
        "{ahead}"
    );
    h.get("/health").await.expect(200);
}

#[actix_web::test]
async fn admin_api_key_is_refused_everywhere() {
    let h = Harness::with(&[
        ("ADMIN_API_KEY_ENABLE", "true"),
        ("ADMIN_API_KEY", "the-admin-key"),
    ])
    .await;
    let mut owner = basic_account(&h).await;
    let workspace = owner
        .post(&h, "/console/api/workspaces/current", json!({}))
        .await
        .json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let headers = [
        ("authorization", "Bearer the-admin-key"),
        ("x-workspace-id", workspace.as_str()),
    ];
    let mut admin = Browser::script();
    admin
        .send(&h, "GET", "/console/api/account/profile", None, &headers)
        .await
        .expect(401);
    let body = Some(json!({"user_code": "AAAA-BBBB"}));
    admin
        .send(
            &h,
            "POST",
            "/openapi/v1/oauth/device/approve",
            body,
            &headers,
        )
        .await
        .expect(401);
}

/// Texts and codes that were recorded of the original, where clients show or compare them.
#[actix_web::test]
async fn console_refusals_have_the_recorded_messages() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let nobody = "5b1e3f1c-6f0e-4c55-9b2a-0d0c6f3f0aff";
    let switch = json!({"tenant_id": nobody});
    let refused = owner
        .post(&h, "/console/api/workspaces/switch", switch)
        .await;
    assert_eq!(
        refused.expect(403).json(),
        json!({"code": "account_not_link_tenant", "message": "Account not link tenant", "status": 403})
    );
    let tag = format!("/console/api/tags/{nobody}");
    let name = Some(json!({"name": "q"}));
    let refused = owner.send(&h, "PATCH", &tag, name, &[]).await;
    let unknown = json!({"code": "not_found", "message": "Tag not found", "status": 404});
    assert_eq!(refused.expect(404).json(), unknown);
    let refused = owner.send(&h, "DELETE", &tag, None, &[]).await;
    assert_eq!(refused.expect(404).json(), unknown);
    let refused = owner.get(&h, "/console/api/tags?type=nope").await;
    assert_eq!(refused.expect(400).code(), "invalid_param");
    let none = owner.get(&h, "/console/api/tags?type=").await.expect(200);
    assert_eq!(none.json(), json!([]));
    let path = "/console/api/account/profile";
    let missing = h.get(path).await.expect(401).json();
    assert_eq!(missing["message"], "Invalid Authorization token.");
    owner.cookies.insert("access_token".into(), "x.y.z".into());
    let refused = owner.get(&h, path).await.expect(401);
    assert_eq!(
        refused.json(),
        json!({"code": "unauthorized", "message": "Invalid token.", "status": 401})
    );
}

#[actix_web::test]
async fn unknown_provider_is_refused_at_sign_in_and_callback() {
    let h = Harness::start().await;
    h.set_up().await;
    for way in ["login", "authorize"] {
        let path = format!("/console/api/oauth/{way}/github");
        let request = h.request("GET", &path).header("sec-fetch-mode", "navigate");
        let refused = Answer::read(request.send().await.unwrap()).await;
        assert_eq!(refused.expect(400).json()["error"], "Invalid provider");
    }
}

#[actix_web::test]
async fn features_count_members_only_where_a_limit_is_set() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let path = "/console/api/features";
    let features = owner.get(&h, path).await.expect(200).json();
    assert_eq!(
        features["workspace_members"],
        json!({"enabled": false, "size": 0, "limit": 0})
    );
    let h = h.restarted_with(&[("GATEWRIGHT_MAX_MEMBERS", "5")]).await;
    let features = owner.get(&h, path).await.expect(200).json();
    assert_eq!(
        features["workspace_members"],
        json!({"enabled": true, "size": 1, "limit": 5})
    );
}
