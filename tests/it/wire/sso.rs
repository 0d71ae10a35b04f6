//! The SSO branch beside the enterprise product's stand-in: the four routes, their order, their
//! answers (device-flow.md §5, DECISIONS §§1, 2, 4).

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{
    Answer, Browser, EMAIL, Enterprise, Grant, Harness, PUBLIC_URL, arrange, basic_account,
    enterprise::{assertion_claims, payload, sign},
    sso::*,
};

fn claims_for(h: &Harness, grant: &Grant) -> Value {
    assertion_claims(&grant.user_code, "a-fresh-nonce", h.now())
}

#[actix_web::test]
async fn sso_user_without_an_account_approves_a_device() {
    let (_enterprise, h) = start().await;
    let grant = h.start_flow("laptop").await;
    let mut browser = Browser::new();
    let csrf = browser.sso(&h, &grant, "n1").await;
    let answer = browser
        .approve_external(&h, &grant, &csrf)
        .await
        .expect(200);
    assert_eq!(answer.json(), json!({"status": "approved"}));
    assert!(
        !browser.cookies.contains_key(GRANT_COOKIE),
        "the grant is cleared"
    );
    let payload = h.poll(&grant).await.expect(200).json();
    let token = payload["token"].as_str().unwrap();
    assert!(token.starts_with("dfoe_"), "{payload}");
    assert_eq!(payload["subject_type"], "external_sso");
    assert_eq!(payload["subject_email"], "Ext@Partner.example");
    assert_eq!(payload["subject_issuer"], "https://idp.partner.example");
    assert_eq!(payload["account"], Value::Null);
    assert_eq!(payload["workspaces"], json!([]));
    assert_eq!(payload["default_workspace_id"], Value::Null);
    assert_eq!(payload["scope"], "apps:run apps:read:permitted-external");
    // It sees itself, has no business at the account, and ends itself.
    let sessions = "/openapi/v1/account/sessions";
    let list = h
        .with_bearer("GET", sessions, token)
        .await
        .expect(200)
        .json();
    assert_eq!(list["total"], 1);
    assert_eq!(list["data"][0]["id"], payload["token_id"]);
    let denied = h
        .with_bearer("GET", "/openapi/v1/account", token)
        .await
        .expect(403);
    assert_eq!(denied.json()["message"], "unsupported_token_type");
    h.with_bearer("DELETE", &format!("{sessions}/self"), token)
        .await
        .expect(200);
    h.with_bearer("GET", sessions, token).await.expect(401);
    let events = h.db.audit_actions().await;
    assert!(
        events.contains(&"oauth.device_flow_approved".into()),
        "{events:?}"
    );
}

#[actix_web::test]
async fn sso_subject_in_another_case_has_one_live_token_per_device() {
    let (_enterprise, h) = start().await;
    let mut tokens = vec![];
    for email in ["ext@partner.example", "EXT@Partner.example"] {
        let payload = log_in(&h, "laptop", email, "https://idp.example").await;
        tokens.push(payload["token"].as_str().unwrap().to_owned());
    }
    let sessions = "/openapi/v1/account/sessions";
    h.with_bearer("GET", sessions, &tokens[0]).await.expect(401);
    let list = h
        .with_bearer("GET", sessions, &tokens[1])
        .await
        .expect(200)
        .json();
    assert_eq!(list["total"], 1);
}

#[actix_web::test]
async fn external_token_lists_and_ends_its_own_sessions_only() {
    let (enterprise, h) = start().await;
    let mut tokens = vec![];
    for (label, email, issuer) in [
        ("a", "one@x.example", "https://idp.example"),
        ("b", "one@x.example", "https://other.example"),
        ("c", "two@x.example", "https://idp.example"),
    ] {
        let payload = log_in(&h, label, email, issuer).await;
        tokens.push((
            payload["token"].as_str().unwrap().to_owned(),
            payload["token_id"].as_str().unwrap().to_owned(),
        ));
    }
    let sessions = "/openapi/v1/account/sessions";
    for (other, _) in &tokens[1..] {
        let foreign = format!("{sessions}/{}", tokens[0].1);
        h.with_bearer("DELETE", &foreign, other).await.expect(404);
        assert_eq!(
            h.with_bearer("GET", sessions, other).await.json()["total"],
            1
        );
    }
    h.with_bearer("GET", sessions, &tokens[0].0)
        .await
        .expect(200);
    // What they are worth hangs on whoever vouches for them.
    enterprise.set(|b| b.licence = Some("expired"));
    h.clock.advance_seconds(6);
    let closed = h
        .with_bearer("GET", sessions, &tokens[0].0)
        .await
        .expect(403);
    assert_eq!(closed.json()["message"], "license_invalid");
    let without = h.restarted_with(&[]).await;
    let closed = without
        .with_bearer("GET", sessions, &tokens[0].0)
        .await
        .expect(403);
    assert_eq!(closed.json()["message"], "external_sso_requires_ee");
}

#[actix_web::test]
async fn sec_015_sso_round_trip_leaves_no_secret_in_the_stores() {
    let (_enterprise, h) = start().await;
    let grant = h.start_flow("laptop").await;
    let mut browser = Browser::new();
    let csrf = browser.sso(&h, &grant, "the-nonce-of-the-assertion").await;
    let envelope = browser.cookies[GRANT_COOKIE].clone();
    browser
        .approve_external(&h, &grant, &csrf)
        .await
        .expect(200);
    let token = h.poll(&grant).await.expect(200).json()["token"]
        .as_str()
        .unwrap()
        .to_owned();
    let dump = super::secrets::dump(&h).await;
    assert!(
        dump.contains(":sso:{nonces}:assertion:") && dump.contains("oauth.device_flow_approved")
    );
    let fingerprint = gatewright_auth::device::code_fingerprint(&grant.user_code.parse().unwrap());
    let signature = envelope.rsplit('.').next().unwrap().to_owned();
    for (what, secret) in [
        ("user code", grant.user_code.clone()),
        ("device code", grant.device_code[3..].to_owned()),
        ("plain digest of the user code", fingerprint),
        ("nonce", "the-nonce-of-the-assertion".to_owned()),
        ("csrf token", csrf),
        ("grant", signature),
        ("token", token[5..].to_owned()),
    ] {
        assert!(!dump.contains(&secret), "the {what} stands in a dump");
    }
    for (key, ttl, _) in h.redis_dump().await {
        assert!(!key.contains('@'), "{key} names somebody");
        assert!(ttl > 0, "{key} lives for ever");
    }
}

// --- the gate ------------------------------------------------------------------------------------

async fn all_four(h: &Harness) -> [Answer; 4] {
    [
        h.get(INITIATE).await,
        h.get(COMPLETE).await,
        h.get(CONTEXT).await,
        h.post(APPROVE, &json!({})).await,
    ]
}

#[actix_web::test]
async fn sec_072_sso_route_without_broker_or_active_licence_is_404() {
    let without = Harness::start().await;
    for answer in all_four(&without).await {
        assert_eq!(answer.expect(404).json(), json!({"error": "not_found"}));
    }
    let (enterprise, h) = with(&[("GATEWRIGHT_LIMIT_SSO_INITIATE", "1/1h")]).await;
    for licence in [
        Some("none"),
        Some("inactive"),
        Some("expired"),
        Some("lost"),
        Some("?"),
        None,
    ] {
        enterprise.set(|b| b.licence = licence);
        h.clock.advance_seconds(6);
        for answer in all_four(&h).await {
            answer.expect(404);
        }
    }
    assert!(
        h.redis_dump()
            .await
            .iter()
            .all(|(key, ..)| !key.contains("SSO")),
        "no limit was touched"
    );
    for licence in ["active", "expiring"] {
        enterprise.set(|b| b.licence = Some(licence));
        h.clock.advance_seconds(6);
        h.get(CONTEXT).await.expect(401);
    }
    h.get(INITIATE).await.expect(400);
    h.get(INITIATE).await.expect_rate_limited();
}

#[actix_web::test]
async fn licence_is_cached_for_five_seconds_whether_active_or_not() {
    let (enterprise, h) = start().await;
    for _ in 0..5 {
        h.get(CONTEXT).await.expect(401);
    }
    assert_eq!(enterprise.seen().licence_calls, 1);
    enterprise.set(|b| b.licence = Some("expired"));
    h.clock.advance_seconds(4);
    h.get(CONTEXT).await.expect(401);
    h.clock.advance_seconds(1);
    h.get(CONTEXT).await.expect(404);
    enterprise.set(|b| b.licence = Some("active"));
    h.get(CONTEXT).await.expect(404);
    h.clock.advance_seconds(5);
    h.get(CONTEXT).await.expect(401);
    assert_eq!(enterprise.seen().licence_calls, 3);
    assert!(
        enterprise
            .seen()
            .secrets
            .iter()
            .all(|s| s == crate::support::enterprise::SHARED_SECRET)
    );
}

#[actix_web::test]
async fn sec_073_licence_service_that_hangs_or_is_down_closes_sso() {
    let (enterprise, h) = start().await;
    enterprise.set(|b| b.hangs = true);
    let began = Instant::now();
    h.get(CONTEXT).await.expect(404);
    assert!(began.elapsed() < Duration::from_secs(2));
    let gone = Harness::with(&[
        ("ENTERPRISE_API_URL", "http://127.0.0.1:9"),
        ("ENTERPRISE_API_SECRET_KEY", "x"),
    ])
    .await;
    gone.get(CONTEXT).await.expect(404);
}

// --- sso-initiate --------------------------------------------------------------------------------

#[actix_web::test]
async fn sec_074_f1_state_envelope_comes_from_the_configuration_alone() {
    let (enterprise, h) = start().await;
    let grant = h.start_flow("laptop").await;
    let mut browser = Browser::new();
    browser.cookies.insert(GRANT_COOKIE.into(), "stale".into());
    browser.look_up(&h, &grant).await;
    let evil = [
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("forwarded", "host=evil.example;proto=https"),
        ("x-forwarded-proto", "https"),
    ];
    let path = format!(
        "{INITIATE}?user_code={}",
        grant.user_code.to_lowercase().replace('-', "")
    );
    let answer = browser
        .send(&h, "GET", &path, None, &evil)
        .await
        .expect(302);
    assert_eq!(answer.header("location"), "https://idp.example/login?x=1");
    assert!(
        !browser.cookies.contains_key(GRANT_COOKIE),
        "a stale grant is cleared"
    );
    let (claims, raw) = enterprise.latest_state();
    assert_eq!(claims.kid(), "dify-shared-v1");
    assert_eq!(raw["aud"], "api.sso.state_envelope");
    assert_eq!(
        raw["exp"].as_i64().unwrap() - raw["iat"].as_i64().unwrap(),
        900
    );
    assert_eq!(raw["idp_callback_url"], format!("{PUBLIC_URL}{COMPLETE}"));
    assert_eq!(raw["user_code"], grant.user_code);
    assert_eq!(raw["intent"], "device_flow");
    assert!(!raw.to_string().contains("evil"));
}

#[actix_web::test]
async fn f1_sso_without_a_public_url_signs_nothing() {
    let (enterprise, h) = with(&[
        ("CONSOLE_API_URL", "<unset>"),
        ("CONSOLE_WEB_URL", "http://console.example"),
    ])
    .await;
    let grant = h.start_flow("laptop").await;
    let path = format!("{INITIATE}?user_code={}", grant.user_code);
    let answer = Browser::script().get(&h, &path).await.expect(502);
    assert_eq!(answer.oauth_error(), "console_api_url_unset");
    assert!(enterprise.seen().states.is_empty());
    assert_eq!(answer.headers.get("set-cookie"), None);
}

#[actix_web::test]
async fn sec_075_sso_with_a_user_code_that_is_not_pending_is_refused() {
    let (enterprise, h) = start().await;
    let mut browser = basic_account(&h).await;
    let resolved = h.start_flow("a").await;
    browser.look_up(&h, &resolved).await;
    browser.decide(&h, "deny", &resolved).await.expect(200);
    let expired = h.start_flow("b").await;
    h.clock.advance_seconds(901);
    let mut script = Browser::script();
    for code in [
        &resolved.user_code,
        &expired.user_code,
        "ABCD-EFGH",
        "nonsense",
        "0",
        "A%00B",
    ] {
        let answer = script
            .get(&h, &format!("{INITIATE}?user_code={code}"))
            .await
            .expect(400);
        assert_eq!(answer.oauth_error(), "invalid_user_code", "{code}");
        assert!(!answer.body.contains(code));
    }
    for path in [INITIATE.to_owned(), format!("{INITIATE}?user_code=%20")] {
        assert_eq!(
            script.get(&h, &path).await.expect(400).oauth_error(),
            "user_code required"
        );
    }
    assert!(enterprise.seen().states.is_empty());
}

#[actix_web::test]
async fn sso_begun_by_a_link_without_a_lookup_is_refused() {
    let (enterprise, h) = start().await;
    let grant = h.start_flow("laptop").await;
    let path = format!("{INITIATE}?user_code={}", grant.user_code);
    let mut victim = Browser::new();
    let answer = victim.get(&h, &path).await.expect(400);
    assert_eq!(answer.oauth_error(), "invalid_user_code");
    assert_eq!(answer.header("x-gatewright-reason"), "lookup_required");
    let clicked = [
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-site", "cross-site"),
    ];
    let answer = victim
        .send(&h, "GET", &path, None, &clicked)
        .await
        .expect(302);
    assert_eq!(
        answer.header("location"),
        "/device?sso_error=invalid_user_code"
    );
    assert!(enterprise.seen().states.is_empty());
    assert!(
        h.db.audit_actions()
            .await
            .contains(&"oauth.device_flow_rejected".into())
    );
    victim.look_up(&h, &grant).await;
    victim.get(&h, &path).await.expect(302);
}

#[actix_web::test]
async fn sec_105_sso_broker_failure_is_502_within_its_timeout() {
    let (enterprise, h) = start().await;
    let grant = h.start_flow("laptop").await;
    let path = format!("{INITIATE}?user_code={}", grant.user_code);
    let mut script = Browser::script();
    for (status, body, error) in [
        (500, "{}", "sso_initiate_failed"),
        (302, "{}", "sso_initiate_failed"),
        (200, "not json", "sso_initiate_failed"),
        (200, r#"{"url": 7}"#, "sso_initiate_failed"),
        (200, "{}", "sso_initiate_missing_url"),
        (200, r#"{"url": ""}"#, "sso_initiate_missing_url"),
        (
            200,
            r#"{"url": "javascript:alert(1)"}"#,
            "sso_initiate_failed",
        ),
        (200, r#"{"url": "/device"}"#, "sso_initiate_failed"),
        (
            200,
            r#"{"url": "https://a.example/\r\nSet-Cookie: x=y"}"#,
            "sso_initiate_failed",
        ),
    ] {
        enterprise.set(|b| b.initiate = Some((status, body.into())));
        let answer = script.get(&h, &path).await.expect(502);
        assert_eq!(answer.oauth_error(), error, "{body}");
        assert_eq!(answer.headers.get("set-cookie"), None, "{body}");
    }
    let huge = format!(r#"{{"url": "https://a.example/{}"}}"#, "x".repeat(300_000));
    enterprise.set(|b| b.initiate = Some((200, huge)));
    script.get(&h, &path).await.expect(502);
    // The licence is known; then the product hangs.
    enterprise.set(|b| b.hangs = true);
    let began = Instant::now();
    let navigating = [("sec-fetch-mode", "navigate")];
    let answer = script
        .send(&h, "GET", &path, None, &navigating)
        .await
        .expect(302);
    assert!(
        began.elapsed() < Duration::from_secs(3),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(
        answer.header("location"),
        "/device?sso_error=sso_initiate_failed"
    );
}

// --- sso-complete --------------------------------------------------------------------------------

#[actix_web::test]
async fn sec_076_sso_assertion_in_another_browser_is_refused() {
    let (_enterprise, h) = start().await;
    let grant = h.start_flow("laptop").await;
    let mut attacker = Browser::new();
    attacker.initiate(&h, &grant).await.expect(302);
    let claims = claims_for(&h, &grant);
    let mut victim = Browser::new();
    assert_eq!(
        victim.complete(&h, &claims).await.expect(400).oauth_error(),
        "invalid_sso_assertion"
    );
    // A state of another code does not help either.
    let other = h.start_flow("other").await;
    victim.initiate(&h, &other).await.expect(302);
    victim.complete(&h, &claims).await.expect(400);
    assert!(!victim.cookies.contains_key(GRANT_COOKIE));
    assert!(
        h.db.audit_actions()
            .await
            .contains(&"oauth.sso_assertion_refused".into())
    );
    attacker.complete(&h, &claims).await.expect(302);
}

#[actix_web::test]
async fn sec_077_sec_092_sso_state_and_assertion_are_single_use() {
    let (_enterprise, h) = start().await;
    let grant = h.start_flow("laptop").await;
    let mut browser = Browser::new();
    browser.initiate(&h, &grant).await.expect(302);
    let before = browser.clone();
    browser
        .complete(&h, &claims_for(&h, &grant))
        .await
        .expect(302);
    // The same state with another assertion.
    let mut again = before.clone();
    let mut claims = claims_for(&h, &grant);
    claims["nonce"] = "another".into();
    assert_eq!(
        again.complete(&h, &claims).await.expect(400).oauth_error(),
        "invalid_sso_assertion"
    );
    // The same assertion with another state; also when the key is rotated meanwhile.
    again.initiate(&h, &grant).await.expect(302);
    again
        .complete(&h, &claims_for(&h, &grant))
        .await
        .expect(400);
    // What failed has spent nothing: the state is good for an assertion that is right.
    claims["nonce"] = "a third".into();
    again.complete(&h, &claims).await.expect(302);
}

#[actix_web::test]
async fn sso_failure_before_the_last_step_can_be_retried() {
    let (_enterprise, h) = start().await;
    let mut owner = basic_account(&h).await;
    let grant = h.start_flow("laptop").await;
    let mut browser = Browser::new();
    browser.initiate(&h, &grant).await.expect(302);
    let mut claims = claims_for(&h, &grant);
    claims["email"] = "owner@example.com".into();
    browser.complete(&h, &claims).await.expect(302);
    let spent = h
        .redis_dump()
        .await
        .iter()
        .filter(|(key, ..)| key.contains(":sso:"))
        .count();
    assert_eq!(spent, 0);
    owner
        .get(&h, "/console/api/account/profile")
        .await
        .expect(200);
    browser
        .complete(&h, &claims_for(&h, &grant))
        .await
        .expect(302);
    let spent = h
        .redis_dump()
        .await
        .iter()
        .filter(|(key, ttl, _)| key.contains(":sso:") && *ttl > 0)
        .count();
    assert_eq!(spent, 2, "assertion and state, each with a life");
}

#[actix_web::test]
async fn sec_078_f2_sso_assertion_signed_but_wrong_is_400() {
    let (enterprise, h) = start().await;
    let grant = h.start_flow("laptop").await;
    let mut browser = Browser::new();
    browser.initiate(&h, &grant).await.expect(302);
    let right = claims_for(&h, &grant);
    for name in ["email", "issuer", "user_code", "nonce", "aud", "iat", "exp"] {
        for wrong in [
            Value::Null,
            json!(7),
            json!([]),
            json!({}),
            json!(""),
            json!("x".repeat(400)),
        ] {
            let mut claims = right.clone();
            claims[name] = wrong.clone();
            let answer = browser.complete(&h, &claims).await;
            assert_eq!(
                answer.expect(400).oauth_error(),
                "invalid_sso_assertion",
                "{name} {wrong}"
            );
        }
        let mut claims = right.clone();
        claims.as_object_mut().unwrap().remove(name);
        browser.complete(&h, &claims).await.expect(400);
    }
    let state = enterprise.seen().states.last().unwrap().clone();
    let long = "x".repeat(9000);
    for text in [state.as_str(), "x", "a.b.c", "%00", &long] {
        let answer = browser
            .get(&h, &format!("{COMPLETE}?sso_assertion={text}"))
            .await;
        assert_eq!(answer.expect(400).oauth_error(), "invalid_sso_assertion");
    }
    let empty = browser.get(&h, COMPLETE).await.expect(400);
    assert_eq!(empty.oauth_error(), "sso_assertion required");
    browser.complete(&h, &right).await.expect(302);
}

#[actix_web::test]
async fn sec_090_sso_assertion_ttl_is_ten_minutes_at_most() {
    let (_enterprise, h) = start().await;
    let grant = h.start_flow("laptop").await;
    let mut browser = Browser::new();
    browser.initiate(&h, &grant).await.expect(302);
    let mut claims = claims_for(&h, &grant);
    claims["exp"] = json!(h.now().timestamp() + 601);
    browser.complete(&h, &claims).await.expect(400);
    claims["exp"] = json!(h.now().timestamp() + 600);
    browser.complete(&h, &claims).await.expect(302);
}

#[actix_web::test]
async fn sec_093_sso_approval_of_a_code_decided_meanwhile_is_409() {
    let (_enterprise, h) = start().await;
    let mut owner = basic_account(&h).await;
    let grant = h.start_flow("laptop").await;
    let mut browser = Browser::new();
    browser.initiate(&h, &grant).await.expect(302);
    owner.look_up(&h, &grant).await;
    owner.decide(&h, "deny", &grant).await.expect(200);
    let claims = claims_for(&h, &grant);
    assert_eq!(
        browser
            .complete(&h, &claims)
            .await
            .expect(409)
            .oauth_error(),
        "user_code_not_pending"
    );
    let navigating = [("sec-fetch-mode", "navigate")];
    let path = format!("{COMPLETE}?sso_assertion={}", sign(&claims));
    let answer = browser
        .send(&h, "GET", &path, None, &navigating)
        .await
        .expect(302);
    assert_eq!(
        answer.header("location"),
        "/device?sso_error=user_code_not_pending"
    );
}

#[actix_web::test]
async fn sec_095_sso_with_the_email_of_an_account_is_refused_in_any_account_state() {
    let (_enterprise, h) = start().await;
    basic_account(&h).await;
    for status in ["active", "pending", "banned", "closed"] {
        arrange::set_status(&h.db, EMAIL, status).await;
        let grant = h.start_flow("laptop").await;
        let mut browser = Browser::script();
        browser.initiate(&h, &grant).await.expect(302);
        let mut claims = assertion_claims(&grant.user_code, status, h.now());
        claims["email"] = "OWNER@example.com".into();
        let answer = browser.complete(&h, &claims).await.expect(302);
        let page = "/device?sso_error=email_belongs_to_dify_account";
        assert_eq!(answer.header("location"), page, "{status}");
        assert!(!browser.cookies.contains_key(GRANT_COOKIE));
    }
}

#[actix_web::test]
async fn sso_callbacks_are_limited_per_address() {
    let (_enterprise, h) = with(&[("GATEWRIGHT_LIMIT_SSO_COMPLETE", "2/1h")]).await;
    for _ in 0..2 {
        h.get(COMPLETE).await.expect(400);
    }
    h.get(COMPLETE).await.expect_rate_limited();
}

// --- approval-context and approve-external -------------------------------------------------------

#[actix_web::test]
async fn sec_096_sec_097_sso_approval_context_needs_the_grant_cookie_and_changes_nothing() {
    let (_enterprise, h) = start().await;
    let none = Browser::script().get(&h, CONTEXT).await.expect(401);
    assert_eq!(none.oauth_error(), "no_session");
    let bare = h
        .post(APPROVE, &json!({"user_code": "x"}))
        .await
        .expect(401);
    assert_eq!(bare.oauth_error(), "invalid_session");
    let grant = h.start_flow("laptop").await;
    let mut browser = Browser::new();
    let csrf = browser.sso(&h, &grant, "n").await;
    for _ in 0..3 {
        let context = browser.get(&h, CONTEXT).await.expect(200);
        assert_eq!(context.header("cache-control"), "no-store");
        let context = context.json();
        assert_eq!(context["user_code"], grant.user_code);
        assert_eq!(context["subject_email"], "Ext@Partner.example");
        assert_eq!(context["csrf_token"], csrf);
        assert!(
            context["expires_at"].as_str().unwrap().ends_with("+00:00"),
            "{context}"
        );
    }
    let good = browser.cookies[GRANT_COOKIE].clone();
    let mut tampered = good.clone();
    let flipped = if tampered.pop() == Some('A') {
        'B'
    } else {
        'A'
    };
    tampered.push(flipped);
    // Of two the one that verifies counts; two that do are refused.
    let planted = format!("x; {GRANT_COOKIE}={good}");
    let headers = [("cookie", format!("{GRANT_COOKIE}={planted}"))];
    let headers: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let context = browser.send(&h, "GET", CONTEXT, None, &headers);
    context.await.expect(200);
    let other = h.start_flow("the attacker's").await;
    let mut attacker = Browser::new();
    attacker.sso(&h, &other, "m").await;
    let two = format!("{good}; {GRANT_COOKIE}={}", attacker.cookies[GRANT_COOKIE]);
    for cookie in [tampered.as_str(), "x", &two, &sign(&payload(&good))] {
        let headers = [("cookie", format!("{GRANT_COOKIE}={cookie}"))];
        let headers: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let context = browser
            .clone()
            .send(&h, "GET", CONTEXT, None, &headers)
            .await
            .expect(401);
        assert_eq!(context.oauth_error(), "no_session");
        let mut with_csrf = headers.clone();
        with_csrf.push(("x-csrf-token", &csrf));
        let body = json!({"user_code": grant.user_code});
        let approve = browser
            .clone()
            .send(&h, "POST", APPROVE, Some(body), &with_csrf)
            .await;
        assert_eq!(approve.expect(401).oauth_error(), "invalid_session");
    }
    h.clock.advance_seconds(331);
    browser.get(&h, CONTEXT).await.expect(401);
    browser
        .approve_external(&h, &grant, &csrf)
        .await
        .expect(401);
}

#[actix_web::test]
async fn f1_approval_grant_of_another_origin_is_refused() {
    let (enterprise, h) = start().await;
    let grant = h.start_flow("laptop").await;
    let mut browser = Browser::new();
    let csrf = browser.sso(&h, &grant, "n").await;
    let claims = payload(&browser.cookies[GRANT_COOKIE]);
    assert_eq!(claims["iss"], PUBLIC_URL);
    let mut settings = enterprise.settings().to_vec();
    settings.push(("CONSOLE_API_URL", "http://moved.example"));
    let moved = h.restarted_with(&settings).await;
    browser.get(&moved, CONTEXT).await.expect(401);
    browser
        .approve_external(&moved, &grant, &csrf)
        .await
        .expect(401);
    browser.get(&h, CONTEXT).await.expect(200);
}

#[actix_web::test]
async fn sec_098_f3_sso_approval_checks_csrf_before_spending_the_nonce() {
    let (_enterprise, h) = start().await;
    let grant = h.start_flow("laptop").await;
    let mut browser = Browser::new();
    let csrf = browser.sso(&h, &grant, "n").await;
    let same_length = "x".repeat(csrf.len());
    let longer = format!("{csrf}x");
    for wrong in [
        "x",
        &same_length,
        &longer,
        &csrf[..csrf.len() - 1],
        "\u{e9}\u{e9}",
    ] {
        let answer = browser
            .approve_external(&h, &grant, wrong)
            .await
            .expect(403);
        assert_eq!(answer.oauth_error(), "csrf_mismatch", "{wrong}");
    }
    let body = json!({"user_code": grant.user_code});
    let none = browser
        .send(&h, "POST", APPROVE, Some(body.clone()), &[])
        .await
        .expect(403);
    assert_eq!(none.oauth_error(), "csrf_mismatch");
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("sec-fetch-site", "cross-site"),
        ("origin", "null"),
    ] {
        let headers = [("x-csrf-token", csrf.as_str()), (name, value)];
        let answer = browser
            .send(&h, "POST", APPROVE, Some(body.clone()), &headers)
            .await;
        assert_eq!(
            answer.expect(403).oauth_error(),
            "csrf_mismatch",
            "{name}: {value}"
        );
    }
    browser
        .approve_external(&h, &grant, &csrf)
        .await
        .expect(200);
}

#[actix_web::test]
async fn sec_093_sso_approval_of_another_user_code_is_refused() {
    let (_enterprise, h) = start().await;
    let (grant, other) = (h.start_flow("a").await, h.start_flow("b").await);
    let mut browser = Browser::new();
    let csrf = browser.sso(&h, &grant, "n").await;
    for body in [
        json!({"user_code": other.user_code}),
        json!({"user_code": 7}),
        json!({}),
        json!([]),
        json!(7),
        json!(null),
    ] {
        let headers = [("x-csrf-token", csrf.as_str())];
        let answer = browser
            .send(&h, "POST", APPROVE, Some(body.clone()), &headers)
            .await;
        assert_eq!(
            answer.expect(400).oauth_error(),
            "user_code_mismatch",
            "{body}"
        );
    }
    h.poll(&grant).await.expect(400);
    let typed = Grant {
        user_code: grant.user_code.to_lowercase().replace('-', " "),
        ..grant.clone()
    };
    browser
        .approve_external(&h, &typed, &csrf)
        .await
        .expect(200);
}

#[actix_web::test]
async fn sec_100_sso_approvals_in_parallel_succeed_once() {
    let (_enterprise, h) = with(&[("GATEWRIGHT_LIMIT_APPROVE_EXTERNAL", "0")]).await;
    let grant = h.start_flow("laptop").await;
    let mut browser = Browser::new();
    let csrf = browser.sso(&h, &grant, "n").await;
    let attempts = (0..32).map(|_| {
        let (mut browser, h, grant, csrf) = (browser.clone(), &h, &grant, &csrf);
        async move { browser.approve_external(h, grant, csrf).await }
    });
    let answers = futures_util::future::join_all(attempts).await;
    let won = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(won, 1);
    for lost in answers.iter().filter(|answer| answer.status != 200) {
        let expected = [
            (401, "session_already_consumed"),
            (409, "user_code_not_pending"),
        ];
        assert!(
            expected.contains(&(lost.status, lost.oauth_error().as_str())),
            "{lost:?}"
        );
    }
    h.poll(&grant).await.expect(200);
    assert_eq!(
        h.poll(&grant).await.expect(400).oauth_error(),
        "expired_token"
    );
    browser
        .approve_external(&h, &grant, &csrf)
        .await
        .expect(409);
}

#[actix_web::test]
async fn sso_is_refused_at_each_step_once_an_account_has_the_email() {
    let (_enterprise, h) = start().await;
    h.set_up().await;
    let grant = h.start_flow("laptop").await;
    let mut browser = Browser::new();
    let csrf = browser.sso(&h, &grant, "n").await;
    let take = "UPDATE accounts SET email = 'ext@partner.example'";
    let free = "UPDATE accounts SET email = 'owner@example.com'";
    h.db.execute(take).await;
    let answer = browser
        .approve_external(&h, &grant, &csrf)
        .await
        .expect(403);
    assert_eq!(answer.oauth_error(), "email_belongs_to_dify_account");
    h.db.execute(free).await;
    browser
        .approve_external(&h, &grant, &csrf)
        .await
        .expect(200);
    h.db.execute(take).await;
    assert_eq!(
        h.poll(&grant).await.expect(400).oauth_error(),
        "access_denied"
    );
}

#[actix_web::test]
async fn sec_101_approval_grant_cookie_equals_that_of_dify() {
    let enterprise = Enterprise::start();
    let mut settings = enterprise.settings().to_vec();
    settings.push(("CONSOLE_API_URL", "https://api.example.com"));
    for (url, secure) in [
        ("https://api.example.com", true),
        ("http://api.example.com", false),
    ] {
        settings.pop();
        settings.push(("CONSOLE_API_URL", url));
        let h = Harness::with(&settings).await;
        let grant = h.start_flow("laptop").await;
        let script = Browser::script();
        let path = format!("{INITIATE}?user_code={}", grant.user_code);
        let begun = script.clone().get(&h, &path).await.expect(302);
        let state = begun.set_cookie("gatewright_sso_").unwrap();
        assert!(
            state.contains("HttpOnly")
                && state.contains("SameSite=Lax")
                && state.contains("Path=/"),
            "{state}"
        );
        assert_eq!(
            state.starts_with("__Host-") && state.contains("Secure"),
            secure,
            "{state}"
        );
        let cleared = begun.set_cookie(GRANT_COOKIE).unwrap();
        let cookie = state.split(';').next().unwrap().to_owned();
        let path = format!("{COMPLETE}?sso_assertion={}", sign(&claims_for(&h, &grant)));
        let done = script
            .clone()
            .send(&h, "GET", &path, None, &[("cookie", &cookie)])
            .await
            .expect(302);
        let set = done.set_cookie(GRANT_COOKIE).unwrap();
        for (cookie, life) in [(&set, "Max-Age=300"), (&cleared, "Max-Age=0")] {
            for part in [
                "HttpOnly",
                "SameSite=Lax",
                "Path=/openapi/v1/oauth/device",
                life,
            ] {
                assert!(cookie.contains(part), "{part}: {cookie}");
            }
            assert_eq!(cookie.contains("Secure"), secure, "{cookie}");
            assert!(!cookie.contains("Domain"), "{cookie}");
        }
    }
}

#[actix_web::test]
async fn sec_103_sso_approvals_are_limited_per_subject_case_insensitively() {
    let (_enterprise, h) = with(&[("GATEWRIGHT_LIMIT_APPROVE_EXTERNAL", "2/1h")]).await;
    for (n, email) in ["a@x.example", "A@x.example", "a@X.EXAMPLE"]
        .into_iter()
        .enumerate()
    {
        let grant = h.start_flow(&format!("d{n}")).await;
        let mut browser = Browser::new();
        browser.initiate(&h, &grant).await.expect(302);
        let mut claims = assertion_claims(&grant.user_code, email, h.now());
        claims["email"] = email.into();
        browser.complete(&h, &claims).await.expect(302);
        let answer = browser.approve_external(&h, &grant, "wrong").await;
        match n {
            2 => drop(answer.expect_rate_limited()),
            _ => drop(answer.expect(403)),
        }
    }
}

#[actix_web::test]
async fn sso_with_bearers_switched_off_is_refused() {
    let (_enterprise, h) = with(&[("ENABLE_OAUTH_BEARER", "false")]).await;
    let answer = h.post(APPROVE, &json!({})).await.expect(503);
    assert_eq!(answer.oauth_error(), "bearer_disabled");
}

#[actix_web::test]
async fn device_page_offers_the_configured_sign_in_methods() {
    let without = Harness::start().await;
    let features = "/console/api/system-features";
    let none = without.get(features).await.expect(200).json();
    assert_eq!(none["webapp_auth"]["enabled"], false);
    let (_enterprise, h) = start().await;
    let auth = h.get(features).await.expect(200).json()["webapp_auth"].clone();
    assert_eq!(
        (auth["enabled"].clone(), auth["allow_sso"].clone()),
        (json!(true), json!(true))
    );
    assert_eq!(auth["sso_config"]["protocol"], "oidc");
    let elsewhere = Harness::with(&[("CONSOLE_WEB_URL", "http://console.example")]).await;
    elsewhere.get("/device").await.expect(404);
}

#[actix_web::test]
async fn sso_error_redirect_to_a_page_of_another_origin_is_a_full_url() {
    let (_enterprise, h) = with(&[("CONSOLE_WEB_URL", "https://console.example")]).await;
    let answer = Browser::new()
        .send(&h, "GET", COMPLETE, None, &[("sec-fetch-mode", "navigate")])
        .await
        .expect(302);
    let page = "https://console.example/device?sso_error=sso_assertion_required";
    assert_eq!(answer.header("location"), page);
}

#[actix_web::test]
async fn sso_provider_is_chosen_by_name() {
    let h = Harness::with(&[
        ("GATEWRIGHT_OIDC_PROVIDERS", "a,b"),
        ("GATEWRIGHT_OIDC_A_ISSUER", "http://127.0.0.1:9"),
        ("GATEWRIGHT_OIDC_A_CLIENT_ID", "x"),
        ("GATEWRIGHT_OIDC_B_ISSUER", "http://127.0.0.1:10"),
        ("GATEWRIGHT_OIDC_B_CLIENT_ID", "x"),
        ("GATEWRIGHT_OIDC_B_LABEL", "Bee"),
    ])
    .await;
    let features = h
        .get("/console/api/system-features")
        .await
        .expect(200)
        .json();
    let offered = json!([{"name": "a", "label": "a"}, {"name": "b", "label": "Bee"}]);
    assert_eq!(features["identity_providers"], offered);
    let grant = h.start_flow("laptop").await;
    let path = format!("{INITIATE}?user_code={}&provider=", grant.user_code);
    for (provider, status, error) in [
        ("b", 502, "sso_initiate_failed"),
        ("c", 400, "unknown_provider"),
        ("../b", 400, "unknown_provider"),
    ] {
        let answer = Browser::script()
            .get(&h, &format!("{path}{provider}"))
            .await;
        assert_eq!(answer.expect(status).oauth_error(), error, "{provider}");
    }
}
