//! `POST code`, `POST token`, `GET lookup`.

use futures_util::future::join_all;
use serde_json::json;

use crate::support::{Answer, Browser, EMAIL, Grant, Harness, PUBLIC_URL, arrange, basic_account};

const CODE: &str = "/openapi/v1/oauth/device/code";
const TOKEN: &str = "/openapi/v1/oauth/device/token";

#[actix_web::test]
async fn sec_001_device_code_response_has_rfc_8628_members_and_no_store() {
    let h = Harness::start().await;
    let answer = h
        .post(CODE, &json!({"client_id": "difyctl", "device_label": "x"}))
        .await
        .expect(200);
    let body = answer.json();
    assert_eq!(
        (body["expires_in"].as_i64(), body["interval"].as_i64()),
        (Some(900), Some(5))
    );
    assert_eq!(body["verification_uri"], format!("{PUBLIC_URL}/device"));
    assert_eq!(
        body["verification_uri_complete"],
        format!(
            "{PUBLIC_URL}/device?user_code={}",
            body["user_code"].as_str().unwrap()
        )
    );
    assert_eq!(
        (answer.header("cache-control"), answer.header("pragma")),
        ("no-store", "no-cache")
    );
}

/// The console's page never looks a code up that comes in a link.
#[actix_web::test]
async fn d10_device_code_has_no_complete_uri_where_the_page_is_the_web_console_s() {
    let h = Harness::with(&[("CONSOLE_WEB_URL", "http://console.test")]).await;
    let request = json!({"client_id": "difyctl", "device_label": "x"});
    let body = h.post(CODE, &request).await.expect(200).json();
    assert_eq!(body["verification_uri"], "http://console.test/device");
    assert!(body.get("verification_uri_complete").is_none(), "{body}");
}

#[actix_web::test]
async fn sec_002_sec_003_device_code_for_unknown_or_missing_client_stores_nothing() {
    let h = Harness::start().await;
    let unknown = h
        .post(CODE, &json!({"client_id": "evil", "device_label": "x"}))
        .await
        .expect(400);
    assert_eq!(unknown.json(), json!({"error": "unsupported_client"}));
    for body in [
        json!({"device_label": "x"}),
        json!({"client_id": "", "device_label": "x"}),
    ] {
        let answer = h.post(CODE, &body).await.expect(400);
        assert_eq!(answer.code(), "bad_request");
        assert_eq!(answer.oauth_error(), "invalid_request", "for OAuth clients");
        assert!(
            answer.json()["details"]
                .as_array()
                .is_some_and(|d| !d.is_empty())
        );
    }
    let grants = h
        .redis_dump()
        .await
        .into_iter()
        .filter(|(key, ..)| key.contains(":dg:"))
        .count();
    assert_eq!(grants, 0);
}

#[actix_web::test]
async fn sec_006_device_label_is_limited_and_plain_text() {
    let h = Harness::start().await;
    for label in [
        "",
        "a\u{0}b",
        "a\u{202e}b",
        &"x".repeat(129),
        &"y".repeat(50_000),
    ] {
        let answer = h
            .post(
                CODE,
                &json!({"client_id": "difyctl", "device_label": label}),
            )
            .await
            .expect(400);
        assert!(!answer.body.contains("yyyy"), "the label came back");
    }
    h.post(
        CODE,
        &json!({"client_id": "difyctl", "device_label": "<b>laptop</b> 笔记本"}),
    )
    .await
    .expect(200);
}

#[actix_web::test]
async fn sec_010_f1_host_header_does_not_change_urls() {
    let h = Harness::start().await;
    let request = h
        .request("POST", CODE)
        .header("Host", "evil.example")
        .header("X-Forwarded-Host", "evil.example")
        .header("Forwarded", "host=evil.example")
        .json(&json!({"client_id": "difyctl", "device_label": "x"}));
    let answer = Answer::read(request.send().await.unwrap())
        .await
        .expect(200);
    assert!(!answer.body.contains("evil"), "{}", answer.body);
    let unset = h.restarted_with(&[("CONSOLE_API_URL", "<unset>")]).await;
    let answer = unset
        .post(CODE, &json!({"client_id": "difyctl", "device_label": "x"}))
        .await
        .expect(503);
    assert_eq!(answer.oauth_error(), "console_url_unset");
    let metadata = unset
        .get("/.well-known/oauth-authorization-server")
        .await
        .expect(503);
    assert_eq!(metadata.oauth_error(), "console_url_unset");
}

#[actix_web::test]
async fn sec_012_taken_user_code_is_drawn_again_and_the_earlier_grant_stays() {
    let h = Harness::start().await;
    h.random.give(&[0; 8]);
    let first = h.start_flow("first").await;
    assert_eq!(first.user_code, "AAAA-AAAA");
    h.random
        .give(&[0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1]);
    let second = h.start_flow("second").await;
    assert_eq!(second.user_code, "BBBB-BBBB");
    assert!(
        Browser::new().look_up(&h, &first).await.json()["valid"]
            .as_bool()
            .unwrap()
    );
    assert_eq!(
        h.poll(&first).await.expect(400).oauth_error(),
        "authorization_pending"
    );
}

#[actix_web::test]
async fn sec_017_to_020_device_poll_is_pending_slows_down_and_converges() {
    let h = Harness::start().await;
    let grant = h.start_flow("x").await;
    assert_eq!(h.poll(&grant).await.oauth_error(), "authorization_pending");
    h.clock.advance_seconds(1);
    let slow = h.poll(&grant).await.expect(400).json();
    assert_eq!(slow, json!({"error": "slow_down", "interval": 10}));
    h.clock.advance_seconds(5);
    assert_eq!(h.poll(&grant).await.json()["interval"], 15);
    h.clock.advance_seconds(15);
    assert_eq!(h.poll(&grant).await.oauth_error(), "authorization_pending");
}

#[actix_web::test]
async fn sec_022_sec_023_device_poll_too_early_after_approval_gets_its_token() {
    let h = Harness::start().await;
    let mut browser = basic_account(&h).await;
    let grant = h.start_flow("x").await;
    for _ in 0..3 {
        h.poll(&grant).await.expect(400);
        h.clock.advance_seconds(4);
    }
    browser.look_up(&h, &grant).await;
    browser.decide(&h, "approve", &grant).await.expect(200);
    h.poll(&grant).await.expect(200);
}

#[actix_web::test]
async fn sec_025_sec_069_denied_code_stays_denied() {
    let h = Harness::start().await;
    let mut browser = basic_account(&h).await;
    let grant = h.start_flow("x").await;
    browser.look_up(&h, &grant).await;
    browser.decide(&h, "deny", &grant).await.expect(200);
    for _ in 0..3 {
        assert_eq!(
            h.poll(&grant).await.expect(400).oauth_error(),
            "access_denied"
        );
    }
}

#[actix_web::test]
async fn sec_026_sec_027_sec_063_device_code_expired_is_refused_on_every_route() {
    let h = Harness::start().await;
    let mut browser = basic_account(&h).await;
    let grant = h.start_flow("x").await;
    h.clock.advance_seconds(899);
    assert_eq!(
        browser.look_up(&h, &grant).await.json()["expires_in_remaining"],
        1
    );
    h.clock.advance_seconds(1);
    assert_eq!(
        h.poll(&grant).await.expect(400).oauth_error(),
        "expired_token"
    );
    assert_eq!(
        browser
            .decide(&h, "approve", &grant)
            .await
            .expect(404)
            .oauth_error(),
        "expired_or_unknown"
    );
    assert!(
        !browser.look_up(&h, &grant).await.json()["valid"]
            .as_bool()
            .unwrap()
    );
}

#[actix_web::test]
async fn sec_028_sec_029_sec_031_unknown_or_malformed_device_code_stores_nothing() {
    let h = Harness::start().await;
    let before = h.redis_dump().await.len();
    let long = "x".repeat(60_000);
    let real = h.start_flow("x").await;
    let suffixed = format!("{}:last_poll", real.device_code);
    let unknown = format!("dc_{}", "A".repeat(32));
    for code in ["nonsense", "dc_*", "{x}", &suffixed, &unknown] {
        let answer = h
            .post(TOKEN, &json!({"client_id": "difyctl", "device_code": code}))
            .await
            .expect(400);
        assert_eq!(answer.oauth_error(), "expired_token", "{code}");
    }
    for body in [
        json!({"device_code": long}),
        json!({"device_code": 7}),
        json!({"device_code": null}),
        json!({}),
        json!({"device_code": "a\u{0}b"}),
        json!({"device_code": "a\r\nb"}),
        json!([1]),
    ] {
        let answer = h.post(TOKEN, &body).await.expect(400);
        assert_eq!(answer.json(), json!({"error": "invalid_request"}));
    }
    for _ in 0..55 {
        h.post(TOKEN, &json!({"device_code": unknown}))
            .await
            .expect(400);
    }
    let refused = h
        .post(TOKEN, &json!({"device_code": unknown}))
        .await
        .expect(400);
    assert_eq!(refused.oauth_error(), "slow_down", "never a 429 here");
    assert_eq!(
        h.poll(&real).await.oauth_error(),
        "authorization_pending",
        "a known code is not charged"
    );
    // One limit counter, the code limit, and the two keys of the real grant.
    assert!(
        h.redis_dump().await.len() <= before + 4,
        "{:?}",
        h.redis_dump().await
    );
}

#[actix_web::test]
async fn sec_032_sec_035_sec_037_device_code_replay_is_refused_and_audited() {
    let h = Harness::start().await;
    let mut browser = basic_account(&h).await;
    let grant = h.start_flow("x").await;
    browser.look_up(&h, &grant).await;
    browser.decide(&h, "approve", &grant).await.expect(200);
    let token = h.poll(&grant).await.expect(200).json()["token"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        h.poll(&grant).await.expect(400).oauth_error(),
        "expired_token"
    );
    let events =
        h.db.query("SELECT action FROM gatewright_audit_events")
            .await;
    assert!(
        events.contains(&"oauth.device_code_replayed".to_owned()),
        "{events:?}"
    );
    h.with_bearer("GET", "/openapi/v1/account", &token)
        .await
        .expect(200);
}

#[actix_web::test]
async fn sec_033_64_parallel_polls_get_exactly_one_token() {
    let h = Harness::start().await;
    let mut browser = basic_account(&h).await;
    let grant = h.start_flow("x").await;
    browser.look_up(&h, &grant).await;
    browser.decide(&h, "approve", &grant).await.expect(200);
    let answers = join_all((0..64).map(|_| h.poll(&grant))).await;
    let delivered: Vec<&Answer> = answers
        .iter()
        .filter(|answer| answer.status == 200)
        .collect();
    assert_eq!(delivered.len(), 1);
    assert!(
        answers
            .iter()
            .all(|a| a.status == 200 || a.oauth_error() == "expired_token"),
        "{answers:?}"
    );
    assert_eq!(
        h.db.query("SELECT count(*) FROM oauth_access_tokens").await,
        ["1"]
    );
    let token = delivered[0].json()["token"].as_str().unwrap().to_owned();
    h.with_bearer("GET", "/openapi/v1/account", &token)
        .await
        .expect(200);
}

#[actix_web::test]
async fn sec_034_sec_042_device_code_of_another_client_is_refused() {
    let h = Harness::with(&[("OPENAPI_KNOWN_CLIENT_IDS", "difyctl,other")]).await;
    let mut browser = basic_account(&h).await;
    let grant = h.start_flow("x").await;
    let foreign = json!({"client_id": "other", "device_code": grant.device_code});
    assert_eq!(
        h.post(TOKEN, &foreign).await.expect(400).oauth_error(),
        "invalid_grant"
    );
    assert_eq!(
        h.post(TOKEN, &foreign).await.expect(400).oauth_error(),
        "invalid_grant",
        "and no slow_down"
    );
    assert_eq!(
        h.poll(&grant).await.oauth_error(),
        "authorization_pending",
        "the pace was not touched"
    );
    browser.look_up(&h, &grant).await;
    browser.decide(&h, "approve", &grant).await.expect(200);
    let struck_off = h
        .restarted_with(&[("OPENAPI_KNOWN_CLIENT_IDS", "other")])
        .await;
    assert_eq!(
        struck_off.poll(&grant).await.expect(400).oauth_error(),
        "access_denied"
    );
    assert_eq!(
        h.db.query("SELECT count(*) FROM oauth_access_tokens").await,
        ["0"]
    );
    let without = json!({"device_code": grant.device_code});
    h.post(TOKEN, &without).await.expect(200);
}

#[actix_web::test]
async fn sec_041_sec_043_device_token_of_an_approver_banned_meanwhile_is_denied() {
    let h = Harness::start().await;
    let mut browser = basic_account(&h).await;
    let grant = h.start_flow("x").await;
    browser.look_up(&h, &grant).await;
    browser.decide(&h, "approve", &grant).await.expect(200);
    arrange::set_status(&h.db, EMAIL, "banned").await;
    assert_eq!(
        h.poll(&grant).await.expect(400).oauth_error(),
        "access_denied"
    );
    assert_eq!(
        h.db.query("SELECT count(*) FROM oauth_access_tokens").await,
        ["0"]
    );
}

#[actix_web::test]
async fn sec_181_device_code_replay_after_redis_loss_is_refused_by_the_database() {
    let h = Harness::start().await;
    let mut browser = basic_account(&h).await;
    let grant = h.start_flow("x").await;
    browser.look_up(&h, &grant).await;
    browser.decide(&h, "approve", &grant).await.expect(200);
    let client = redis::Client::open(h.db.redis_url.as_str()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let (key, _, _) = h
        .redis_dump()
        .await
        .into_iter()
        .find(|(key, ..)| key.contains(":dg:state:"))
        .unwrap();
    let before: String = redis::cmd("GET")
        .arg(&key)
        .query_async(&mut connection)
        .await
        .unwrap();
    h.poll(&grant).await.expect(200);
    let _: () = redis::cmd("SET")
        .arg(&key)
        .arg(before)
        .arg("EX")
        .arg(60)
        .query_async(&mut connection)
        .await
        .unwrap();
    assert_eq!(
        h.poll(&grant).await.expect(400).oauth_error(),
        "expired_token"
    );
    assert_eq!(
        h.db.query("SELECT count(*) FROM oauth_access_tokens").await,
        ["1"]
    );
}

#[actix_web::test]
async fn sec_039_token_response_has_both_spellings_and_no_store() {
    let h = Harness::start().await;
    let mut browser = basic_account(&h).await;
    let grant = h.start_flow("x").await;
    browser.look_up(&h, &grant).await;
    browser.decide(&h, "approve", &grant).await.expect(200);
    let answer = h.poll(&grant).await.expect(200);
    assert_eq!(answer.header("cache-control"), "no-store");
    let body = answer.json();
    assert_eq!(body["token"], body["access_token"]);
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["expires_in"], 14 * 86_400);
    assert_eq!(body["expires_at"], "2027-01-29T08:00:00+00:00");
    assert_eq!(body["subject_type"], "account");
    assert_eq!(body["account"]["email"], "owner@example.com");
    assert_eq!(body["workspaces"][0]["role"], "owner");
    assert_eq!(body["default_workspace_id"], body["workspaces"][0]["id"]);
    assert!(
        body.get("subject_email").is_none(),
        "only external tokens have it"
    );
    assert!(body["token"].as_str().unwrap().starts_with("dfoa_"));
}

#[actix_web::test]
async fn token_request_forms_and_grant_types_follow_rfc_8628() {
    let h = Harness::start().await;
    let started = h
        .request("POST", CODE)
        .form(&[("client_id", "difyctl")])
        .send()
        .await
        .unwrap();
    let body = Answer::read(started).await.expect(200).json();
    let code = body["device_code"].as_str().unwrap();
    let grant_type = "urn:ietf:params:oauth:grant-type:device_code";
    let poll = |grant: &'static str| {
        h.request("POST", TOKEN)
            .form(&[
                ("client_id", "difyctl"),
                ("device_code", code),
                ("grant_type", grant),
            ])
            .send()
    };
    let answer = Answer::read(poll(grant_type).await.unwrap())
        .await
        .expect(400);
    assert_eq!(answer.oauth_error(), "authorization_pending");
    let answer = Answer::read(poll("password").await.unwrap())
        .await
        .expect(400);
    assert_eq!(answer.oauth_error(), "unsupported_grant_type");
    let twice = h
        .request("POST", TOKEN)
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(format!("device_code={code}&device_code={code}"));
    let answer = Answer::read(twice.send().await.unwrap()).await.expect(400);
    assert_eq!(answer.oauth_error(), "invalid_request");
}

#[actix_web::test]
async fn sec_044_sec_046_user_code_lookup_takes_any_spelling_and_gives_the_remaining_time() {
    let h = Harness::start().await;
    let grant = h.start_flow("x").await;
    h.clock.advance_seconds(300);
    let compact = grant.user_code.replace('-', "");
    for spelling in [
        grant.user_code.clone(),
        grant.user_code.to_lowercase(),
        compact.to_lowercase(),
        format!("%20{compact}%20"),
    ] {
        let path = format!("/openapi/v1/oauth/device/lookup?user_code={spelling}");
        let body = h.get(&path).await.expect(200).json();
        assert_eq!(
            body,
            json!({"valid": true, "expires_in_remaining": 600, "client_id": "difyctl"})
        );
    }
}

#[actix_web::test]
async fn user_code_lookup_of_unknown_expired_or_resolved_gives_the_same_answer() {
    let h = Harness::start().await;
    let mut browser = basic_account(&h).await;
    let nothing = json!({"valid": false, "expires_in_remaining": 0, "client_id": null});
    let resolved = h.start_flow("x").await;
    browser.look_up(&h, &resolved).await;
    browser.decide(&h, "deny", &resolved).await.expect(200);
    let unknown = Grant {
        user_code: "AAAA-BBBB".into(),
        device_code: String::new(),
    };
    for grant in [&resolved, &unknown] {
        assert_eq!(browser.look_up(&h, grant).await.expect(200).json(), nothing);
    }
    let expired = h.start_flow("y").await;
    h.clock.advance_seconds(900);
    assert_eq!(
        browser.look_up(&h, &expired).await.expect(200).json(),
        nothing
    );
    h.get("/openapi/v1/oauth/device/lookup").await.expect(400);
}

#[actix_web::test]
async fn sec_016_sec_168_every_redis_key_has_a_ttl_and_a_hash_tag() {
    let h = Harness::start().await;
    let mut browser = basic_account(&h).await;
    let token = h.token(&mut browser, "x").await;
    h.with_bearer("GET", "/openapi/v1/account", &token)
        .await
        .expect(200);
    browser
        .login(&h, "owner@example.com", "wrong")
        .await
        .expect(401);
    h.with_bearer("GET", "/openapi/v1/account", "dfoa_bad")
        .await
        .expect(401);
    let dump = h.redis_dump().await;
    assert!(dump.len() >= 6, "{dump:?}");
    for (key, ttl, _) in dump {
        assert!(ttl > 0 && ttl <= 2 * 86_400_000, "{key} lives {ttl} ms");
        // What a script touches lies in one slot of a cluster.
        assert!(
            key.contains('{') && key.ends_with('}'),
            "{key} has no hash tag"
        );
    }
}

#[actix_web::test]
async fn device_login_again_replaces_its_token_at_once() {
    let h = Harness::start().await;
    let mut browser = basic_account(&h).await;
    let first = h.log_in_device(&mut browser, "laptop").await;
    let old = first["token"].as_str().unwrap();
    h.with_bearer("GET", "/openapi/v1/account", old)
        .await
        .expect(200);
    let second = h.log_in_device(&mut browser, "laptop").await;
    assert_ne!(first["token_id"], second["token_id"]);
    h.with_bearer("GET", "/openapi/v1/account", old)
        .await
        .expect(401);
    let other = h.log_in_device(&mut browser, "desktop").await;
    for token in [&second, &other] {
        h.with_bearer(
            "GET",
            "/openapi/v1/account",
            token["token"].as_str().unwrap(),
        )
        .await
        .expect(200);
    }
}
