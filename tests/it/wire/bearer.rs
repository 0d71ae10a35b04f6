//! Routes that take a bearer.

use serde_json::json;

use crate::support::{Answer, Browser, Harness, arrange, basic_account};

const ACCOUNT: &str = "/openapi/v1/account";
const REVOKE: &str = "/openapi/v1/oauth/revoke";

/// What a caller can see of an answer, less what differs between any two.
fn visible(answer: &Answer) -> (u16, String, Vec<(String, String)>) {
    let mut headers: Vec<(String, String)> = answer
        .headers
        .iter()
        // When it was, and which one it was: they tell nothing of the token.
        .filter(|(name, _)| !["date", "x-request-id"].contains(&name.as_str()))
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    headers.sort();
    (answer.status, answer.body.clone(), headers)
}

#[actix_web::test]
async fn sec_106_authorization_header_is_read_strictly() {
    let h = Harness::start().await;
    let mut browser = basic_account(&h).await;
    let token = h.token(&mut browser, "x").await;
    for (value, status) in [
        (format!("bearer {token}"), 200),
        (format!("BEARER  {token}"), 200),
        (format!("Bearer {token}, Bearer {token}"), 401),
        (format!("Bearer\t{token}"), 401),
        (format!("Basic {token}"), 401),
        ("Bearer".to_owned(), 401),
        ("Bearer ".to_owned(), 401),
        (token.clone(), 401),
    ] {
        let request = h.request("GET", ACCOUNT).header("Authorization", &value);
        assert_eq!(request.send().await.unwrap().status(), status, "{value}");
    }
    let twice = h
        .request("GET", ACCOUNT)
        .header("Authorization", format!("Bearer {token}"))
        .header("Authorization", format!("Bearer {token}"));
    let answer = Answer::read(twice.send().await.unwrap()).await.expect(401);
    assert_eq!(answer.header("x-gatewright-reason"), "invalid_bearer");
    let none = h.get(ACCOUNT).await.expect(401);
    assert_eq!(
        none.json(),
        json!({"code": "unauthorized", "message": "bearer required", "status": 401})
    );
    assert_eq!(none.header("www-authenticate"), r#"Bearer realm="openapi""#);
}

#[actix_web::test]
async fn sec_108_sec_109_f4_dead_bearers_of_every_kind_get_the_same_answer() {
    let h = Harness::start().await;
    let mut browser = basic_account(&h).await;
    let revoked = h.token(&mut browser, "revoked").await;
    h.with_bearer("DELETE", "/openapi/v1/account/sessions/self", &revoked)
        .await
        .expect(200);
    let expired = h.token(&mut browser, "expired").await;
    h.db.execute("UPDATE oauth_access_tokens SET expires_at = '2027-01-15 08:00:00+00' WHERE device_label = 'expired'").await;
    let wrong_kind = h.token(&mut browser, "kind").await;
    h.db.execute("UPDATE oauth_access_tokens SET account_id = NULL WHERE device_label = 'kind'")
        .await;
    let banned = {
        let mut stranger = h.add_account("stranger").await;
        let token = h.token(&mut stranger, "x").await;
        arrange::set_status(&h.db, "stranger@example.com", "banned").await;
        h.clock.advance_seconds(2);
        token
    };
    let old_format = format!("dfoa_{}", "A".repeat(43));
    let reference = visible(&h.with_bearer("GET", ACCOUNT, &old_format).await);
    assert_eq!(reference.0, 401);
    assert_eq!(
        reference.1,
        r#"{"code":"unauthorized","message":"invalid_bearer","status":401}"#
    );
    for dead in [
        &revoked,
        &expired,
        &wrong_kind,
        &banned,
        "sk-unknown-prefix",
        "dfoa_garbage",
        "dfoe_garbage",
    ] {
        assert_eq!(
            visible(&h.with_bearer("GET", ACCOUNT, dead).await),
            reference,
            "{dead}"
        );
    }
    let expiries = h
        .db
        .query("SELECT action FROM gatewright_audit_events WHERE action = 'oauth.token_expired'")
        .await;
    assert_eq!(expiries.len(), 1, "audited once");
}

#[actix_web::test]
async fn sec_108_expiry_is_checked_on_a_cache_hit_too() {
    let h = Harness::with(&[("OAUTH_TTL_DAYS", "1")]).await;
    let mut browser = basic_account(&h).await;
    let token = h.token(&mut browser, "x").await;
    h.clock.advance_seconds(86_399);
    h.with_bearer("GET", ACCOUNT, &token).await.expect(200);
    h.clock.advance_seconds(1);
    h.with_bearer("GET", ACCOUNT, &token).await.expect(401);
}

#[actix_web::test]
async fn sec_110_tokens_with_a_wrong_checksum_cost_their_sender_and_no_store() {
    let h = Harness::with(&[("GATEWRIGHT_LIMIT_BAD_BEARER", "3/1m")]).await;
    let wrong = format!("dfoa_{}", "A".repeat(49));
    for _ in 0..3 {
        h.with_bearer("GET", ACCOUNT, &wrong).await.expect(401);
    }
    h.with_bearer("GET", ACCOUNT, &wrong)
        .await
        .expect_rate_limited();
    let keys: Vec<String> = h
        .redis_dump()
        .await
        .into_iter()
        .map(|(key, ..)| key)
        .collect();
    assert_eq!(
        keys.len(),
        1,
        "one counter for the address and nothing for the token: {keys:?}"
    );
}

#[actix_web::test]
async fn sec_111_external_token_is_refused_on_account_routes() {
    let h = Harness::start().await;
    let mut browser = basic_account(&h).await;
    h.token(&mut browser, "x").await;
    let external = format!("dfoe_{}", "B".repeat(43));
    arrange::bearer("guest@partner.example")
        .external("https://idp.example")
        .text(&external)
        .add(&h.db)
        .await;
    let answer = h.with_bearer("GET", ACCOUNT, &external).await.expect(403);
    assert_eq!(
        answer.json(),
        json!({"code": "forbidden", "message": "unsupported_token_type", "status": 403})
    );
    assert_eq!(
        answer.header("x-gatewright-reason"),
        "unsupported_token_type"
    );
    let events = h.db.query("SELECT details->>'attempted_path' FROM gatewright_audit_events WHERE action = 'openapi.wrong_surface_denied'").await;
    assert_eq!(events, [ACCOUNT]);
}

#[actix_web::test]
async fn sec_114_sec_f4_revoked_token_is_limited_like_a_live_one() {
    let h = Harness::with(&[
        ("OPENAPI_RATE_LIMIT_PER_TOKEN", "5"),
        ("GATEWRIGHT_LIMIT_IDENTITY", "0"),
    ])
    .await;
    let mut browser = basic_account(&h).await;
    for revoke in [false, true] {
        let token = h.token(&mut browser, &format!("revoke {revoke}")).await;
        let mut spent = 0;
        if revoke {
            h.with_bearer("DELETE", "/openapi/v1/account/sessions/self", &token)
                .await
                .expect(200);
            spent = 1;
        }
        let expected = if revoke { 401 } else { 200 };
        for _ in spent..5 {
            h.with_bearer("GET", ACCOUNT, &token).await.expect(expected);
        }
        let refused = h
            .with_bearer("GET", ACCOUNT, &token)
            .await
            .expect_rate_limited();
        assert_eq!(refused.code(), "too_many_requests");
        assert_eq!(refused.header("retry-after"), "60");
    }
}

#[actix_web::test]
async fn sec_115_limit_holds_exactly_under_200_parallel_requests() {
    let h = Harness::with(&[("GATEWRIGHT_LIMIT_IDENTITY", "0")]).await;
    let mut browser = basic_account(&h).await;
    let token = h.token(&mut browser, "x").await;
    let answers =
        futures_util::future::join_all((0..200).map(|_| h.with_bearer("GET", ACCOUNT, &token)))
            .await;
    let admitted = answers.iter().filter(|answer| answer.status == 200).count();
    let refused = answers.iter().filter(|answer| answer.status == 429).count();
    assert_eq!((admitted, refused), (60, 140));
    h.clock.advance_seconds(60);
    h.with_bearer("GET", ACCOUNT, &token).await.expect(200);
}

#[actix_web::test]
async fn sec_116_limit_of_zero_is_no_limit() {
    let h = Harness::with(&[
        ("OPENAPI_RATE_LIMIT_PER_TOKEN", "0"),
        ("GATEWRIGHT_LIMIT_IDENTITY", "0"),
    ])
    .await;
    let mut browser = basic_account(&h).await;
    let token = h.token(&mut browser, "x").await;
    for _ in 0..100 {
        h.with_bearer("GET", ACCOUNT, &token).await.expect(200);
    }
}

#[actix_web::test]
async fn identity_limit_is_the_account_s_over_all_its_tokens() {
    let h = Harness::with(&[("GATEWRIGHT_LIMIT_IDENTITY", "2/1m")]).await;
    let mut browser = basic_account(&h).await;
    let tokens = [
        h.token(&mut browser, "a").await,
        h.token(&mut browser, "b").await,
    ];
    for token in &tokens {
        h.with_bearer("GET", ACCOUNT, token).await.expect(200);
    }
    h.with_bearer("GET", ACCOUNT, &tokens[0])
        .await
        .expect_rate_limited();
    h.with_bearer("GET", "/openapi/v1/workspaces", &tokens[0])
        .await
        .expect(200);
}

#[actix_web::test]
async fn sec_117_revoked_token_is_refused_at_once_here_and_within_a_second_elsewhere() {
    let h = Harness::start().await;
    let mut browser = basic_account(&h).await;
    let other = h.another_node().await;
    let token = h.token(&mut browser, "x").await;
    for node in [&h, &other] {
        node.with_bearer("GET", ACCOUNT, &token).await.expect(200);
    }
    h.with_bearer("DELETE", "/openapi/v1/account/sessions/self", &token)
        .await
        .expect(200);
    h.with_bearer("GET", ACCOUNT, &token).await.expect(401);
    h.clock.advance_seconds(1);
    other.with_bearer("GET", ACCOUNT, &token).await.expect(401);
}

#[actix_web::test]
async fn slow_resolver_does_not_restore_a_revoked_token() {
    use gatewright_auth::bearer::TokenHash;
    use gatewright_kv::{BearerCache, CachedBearer, Kv, RedisSettings};
    let h = Harness::start().await;
    let settings = RedisSettings {
        url: Some(h.db.redis_url.clone().into()),
        key_prefix: h.db.key_prefix.clone(),
        ..RedisSettings::default()
    };
    let cache = BearerCache::new(Kv::new(&settings).unwrap(), crate::support::seals(&h.clock));
    let hash = TokenHash::from_column("f".repeat(64));
    let token = gatewright_domain::bearer_token::BearerToken {
        id: "00000000-0000-7000-8000-000000000000".parse().unwrap(),
        prefix: "dfoa_".into(),
        account_id: None,
        subject_email: "a@b.co".into(),
        subject_issuer: None,
        client_id: "difyctl".into(),
        device_label: "x".into(),
        created_at: chrono::DateTime::UNIX_EPOCH,
        expires_at: chrono::DateTime::UNIX_EPOCH,
        last_used_at: None,
    };
    // It read the row; the token is revoked; now it writes what it read.
    cache.deny(&hash).await.unwrap();
    cache.insert_live(&hash, &token).await.unwrap();
    assert_eq!(cache.find(&hash).await.unwrap(), CachedBearer::Dead);
    cache.lift_denial(&hash).await.unwrap();
    cache.insert_live(&hash, &token).await.unwrap();
    assert_eq!(
        cache.find(&hash).await.unwrap(),
        CachedBearer::Live(Box::new(token))
    );
}

#[actix_web::test]
async fn sec_119_token_created_after_a_miss_works_within_ten_seconds() {
    let h = Harness::start().await;
    let mut browser = basic_account(&h).await;
    h.token(&mut browser, "x").await;
    let token = format!("dfoa_{}", "C".repeat(43));
    h.with_bearer("GET", ACCOUNT, &token).await.expect(401);
    let hash = gatewright_auth::digest::sha256_hex(&token);
    h.db.execute(&format!(
        "UPDATE oauth_access_tokens SET token_hash = '{hash}'"
    ))
    .await;
    h.clock.advance_seconds(10);
    h.with_bearer("GET", ACCOUNT, &token).await.expect(200);
}

#[actix_web::test]
async fn sec_123_sessions_list_only_live_ones_of_one_s_own_and_no_token() {
    let h = Harness::start().await;
    let mut browser = basic_account(&h).await;
    let mut stranger = h.add_account("stranger").await;
    h.token(&mut stranger, "foreign").await;
    let token = h.token(&mut browser, "one").await;
    h.clock.advance_seconds(1);
    h.token(&mut browser, "two").await;
    h.token(&mut browser, "expired").await;
    h.db.execute(
        "UPDATE oauth_access_tokens SET expires_at = '2020-01-01' WHERE device_label = 'expired'",
    )
    .await;
    let answer = h
        .with_bearer("GET", "/openapi/v1/account/sessions", &token)
        .await
        .expect(200);
    let body = answer.json();
    let labels: Vec<&str> = body["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["device_label"].as_str().unwrap())
        .collect();
    assert_eq!(labels, ["two", "one"], "newest first");
    assert_eq!(
        (
            body["page"].as_i64(),
            body["limit"].as_i64(),
            body["total"].as_i64()
        ),
        (Some(1), Some(100), Some(2))
    );
    assert_eq!(body["has_more"], false);
    assert!(!answer.body.contains("hash") && !answer.body.contains(&token[5..20]));
    let row = &body["data"][1];
    assert!(row["created_at"].as_str().unwrap().ends_with('Z'));
    let page = h
        .with_bearer("GET", "/openapi/v1/account/sessions?page=2&limit=1", &token)
        .await
        .expect(200)
        .json();
    assert_eq!(
        (
            page["data"][0]["device_label"].as_str(),
            page["has_more"].as_bool()
        ),
        (Some("one"), Some(false))
    );
    let beyond = h
        .with_bearer("GET", "/openapi/v1/account/sessions?page=9", &token)
        .await
        .expect(200)
        .json();
    assert_eq!(
        (
            beyond["data"].as_array().unwrap().len(),
            beyond["total"].as_i64()
        ),
        (0, Some(2))
    );
    for query in ["page=0", "limit=201", "limit=x", "unknown=1"] {
        let answer = h
            .with_bearer(
                "GET",
                &format!("/openapi/v1/account/sessions?{query}"),
                &token,
            )
            .await
            .expect(422);
        assert_eq!(answer.code(), "invalid_param");
        assert_eq!(
            answer.json()["details"][0]["loc"][0],
            query.split('=').next().unwrap()
        );
    }
    h.get("/openapi/v1/account/sessions?page=0")
        .await
        .expect(401);
}

#[actix_web::test]
async fn session_is_ended_by_its_id_and_only_by_its_owner() {
    let h = Harness::start().await;
    let mut browser = basic_account(&h).await;
    let mut stranger = h.add_account("stranger").await;
    let mine = h.token(&mut browser, "mine").await;
    let other = h.log_in_device(&mut browser, "other").await;
    let foreign = h.log_in_device(&mut stranger, "foreign").await;
    let path =
        |id: &serde_json::Value| format!("/openapi/v1/account/sessions/{}", id.as_str().unwrap());
    for _ in 0..2 {
        let answer = h
            .with_bearer("DELETE", &path(&other["token_id"]), &mine)
            .await
            .expect(200);
        assert_eq!(answer.json(), json!({"status": "revoked"}));
    }
    h.with_bearer("GET", ACCOUNT, other["token"].as_str().unwrap())
        .await
        .expect(401);
    for id in [
        &foreign["token_id"],
        &json!("00000000-0000-7000-8000-000000000000"),
        &json!("not-a-uuid"),
        &json!("%00"),
    ] {
        let answer = h.with_bearer("DELETE", &path(id), &mine).await.expect(404);
        assert_eq!(answer.json()["message"], "session not found");
    }
    h.with_bearer("GET", ACCOUNT, foreign["token"].as_str().unwrap())
        .await
        .expect(200);
}

#[actix_web::test]
async fn revocation_endpoint_follows_rfc_7009() {
    let h = Harness::start().await;
    let mut browser = basic_account(&h).await;
    let token = h.token(&mut browser, "x").await;
    for presented in [token.as_str(), token.as_str(), "unknown", "dfoa_garbage"] {
        let request = h
            .request("POST", REVOKE)
            .form(&[("token", presented), ("token_type_hint", "access_token")]);
        Answer::read(request.send().await.unwrap())
            .await
            .expect(200);
    }
    h.with_bearer("GET", ACCOUNT, &token).await.expect(401);
    let empty = h.request("POST", REVOKE).form(&[("x", "y")]);
    assert_eq!(
        Answer::read(empty.send().await.unwrap())
            .await
            .expect(400)
            .oauth_error(),
        "invalid_request"
    );
    let events = h
        .db
        .query("SELECT action FROM gatewright_audit_events WHERE action = 'oauth.token_revoked'")
        .await;
    assert_eq!(events.len(), 1);
}

#[actix_web::test]
async fn account_is_shown_as_it_is_now() {
    let h = Harness::start().await;
    let mut browser = basic_account(&h).await;
    let token = h.token(&mut browser, "x").await;
    let body = h
        .with_bearer("GET", ACCOUNT, &token)
        .await
        .expect(200)
        .json();
    assert_eq!(body["subject_type"], "account");
    assert_eq!(body["subject_issuer"], json!(null));
    assert_eq!(body["workspaces"][0]["name"], "Owner's Workspace");
    assert_eq!(body["default_workspace_id"], body["workspaces"][0]["id"]);
    h.db.execute("UPDATE accounts SET name = 'Renamed', email = 'new@example.com'")
        .await;
    h.clock.advance_seconds(1);
    let body = h
        .with_bearer("GET", ACCOUNT, &token)
        .await
        .expect(200)
        .json();
    assert_eq!(
        (
            body["subject_email"].as_str(),
            body["account"]["name"].as_str()
        ),
        (Some("new@example.com"), Some("Renamed"))
    );
    let head = h.with_bearer("HEAD", ACCOUNT, &token).await.expect(200);
    assert!(head.body.is_empty());
}

#[actix_web::test]
async fn meta_routes_need_no_credentials() {
    let h = Harness::start().await;
    assert_eq!(
        h.get("/openapi/v1/_health").await.expect(200).json(),
        json!({"ok": true})
    );
    let version = h
        .with_bearer("GET", "/openapi/v1/_version", "nonsense")
        .await
        .expect(200)
        .json();
    assert_eq!(
        version,
        json!({"version": "1.16.1", "edition": "COMMUNITY"})
    );
    let off = h.restarted_with(&[("OPENAPI_ENABLED", "false")]).await;
    off.get("/openapi/v1/_health").await.expect(404);
    let mut anybody = Browser::new();
    anybody.get(&off, "/console/api/ping").await.expect(200);
}
