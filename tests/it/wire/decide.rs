//! `POST approve` and `POST deny`.

use futures_util::future::join_all;
use serde_json::json;

use crate::support::{Browser, EMAIL, Harness, arrange, basic_account};

const APPROVE: &str = "/openapi/v1/oauth/device/approve";

#[actix_web::test]
async fn sec_051_device_decision_without_a_session_is_401() {
    let h = Harness::start().await;
    let answer = h
        .post(APPROVE, &json!({"user_code": "AAAA-BBBB"}))
        .await
        .expect(401);
    assert_eq!(answer.code(), "not_setup");
    h.set_up().await;
    let answer = h
        .post(APPROVE, &json!({"user_code": "AAAA-BBBB"}))
        .await
        .expect(401);
    assert_eq!(
        answer.json(),
        json!({"code": "unauthorized", "message": "Unauthorized.", "status": 401})
    );
    assert_eq!(answer.header("x-gatewright-reason"), "no_session");
    let mut browser = Browser::signed_in(&h, "owner@example.com", "Passw0rd1").await;
    let access = browser.cookies.remove("access_token").unwrap();
    let header = format!("Bearer {access}");
    let body = Some(json!({"user_code": "AAAA-BBBB"}));
    browser
        .send(&h, "POST", APPROVE, body, &[("authorization", &header)])
        .await
        .expect(401);
}

#[actix_web::test]
async fn sec_052_device_decision_with_a_csrf_token_of_another_session_is_refused() {
    let h = Harness::start().await;
    let mut browser = basic_account(&h).await;
    let mut older = browser.clone();
    browser
        .login(&h, "owner@example.com", "Passw0rd1")
        .await
        .expect(200);
    let mut stranger = h.add_account("stranger").await;
    let grant = h.start_flow("x").await;
    browser.look_up(&h, &grant).await;
    let body = json!({"user_code": grant.user_code});
    for (wrong, reason) in [
        (String::new(), "csrf_header_missing"),
        ("nonsense".to_owned(), "csrf_mismatch"),
        (stranger.csrf(), "csrf_mismatch"),
    ] {
        let answer = browser
            .send(
                &h,
                "POST",
                APPROVE,
                Some(body.clone()),
                &[("x-csrf-token", &wrong)],
            )
            .await
            .expect(403);
        assert_eq!(answer.json(), json!({"error": "csrf_mismatch"}));
        assert_eq!(answer.header("x-gatewright-reason"), reason);
    }
    for (foreign, reason) in [
        (older.csrf(), "csrf_other_session"),
        (stranger.csrf(), "csrf_other_user"),
    ] {
        let mut mixed = browser.clone();
        mixed.cookies.insert("csrf_token".into(), foreign);
        let answer = mixed.post(&h, APPROVE, body.clone()).await.expect(403);
        assert_eq!(answer.header("x-gatewright-reason"), reason);
    }
    assert_eq!(
        h.poll(&grant).await.oauth_error(),
        "authorization_pending",
        "nothing was decided"
    );
    let spelled = browser.csrf();
    browser
        .send(
            &h,
            "POST",
            APPROVE,
            Some(body),
            &[("x-csrf-token", ""), ("x-csrftoken", &spelled)],
        )
        .await
        .expect(200);
    older
        .get(&h, "/console/api/account/profile")
        .await
        .expect(200);
    stranger
        .get(&h, "/console/api/account/profile")
        .await
        .expect(200);
}

#[actix_web::test]
async fn sec_053_device_decision_from_a_foreign_origin_is_refused_though_csrf_is_valid() {
    let h = Harness::start().await;
    let mut browser = basic_account(&h).await;
    let grant = h.start_flow("x").await;
    browser.look_up(&h, &grant).await;
    for header in [
        ("sec-fetch-site", "cross-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ] {
        let body = Some(json!({"user_code": grant.user_code}));
        let answer = browser
            .send(&h, "POST", APPROVE, body, &[header])
            .await
            .expect(403);
        assert_eq!(answer.header("x-gatewright-reason"), "foreign_origin");
    }
    let form = h
        .request("POST", APPROVE)
        .header(
            "cookie",
            format!(
                "access_token={}; csrf_token={}",
                browser.cookies["access_token"],
                browser.csrf()
            ),
        )
        .header("x-csrf-token", browser.csrf())
        .form(&[("user_code", &grant.user_code)]);
    assert_eq!(
        form.send().await.unwrap().status(),
        400,
        "a form is no decision"
    );
    browser.decide(&h, "approve", &grant).await.expect(200);
}

#[actix_web::test]
async fn sec_055_sec_056_approval_is_audited_and_final() {
    let h = Harness::start().await;
    let mut browser = basic_account(&h).await;
    let grant = h.start_flow("my laptop").await;
    browser.look_up(&h, &grant).await;
    assert_eq!(
        browser
            .decide(&h, "approve", &grant)
            .await
            .expect(200)
            .json(),
        json!({"status": "approved"})
    );
    for verdict in ["approve", "deny"] {
        assert_eq!(
            browser
                .decide(&h, verdict, &grant)
                .await
                .expect(409)
                .oauth_error(),
            "already_resolved"
        );
    }
    let events =
        h.db.query(
            "SELECT concat_ws('|', actor_account_id IS NOT NULL, tenant_id IS NOT NULL, ip, \
             details->>'client_id', details->>'device_label') \
             FROM gatewright_audit_events WHERE action = 'oauth.device_flow_approved'",
        )
        .await;
    assert_eq!(events, ["t|t|127.0.0.1|difyctl|my laptop"]);
}

#[actix_web::test]
async fn sec_057_sec_058_32_parallel_decisions_of_two_users_have_one_outcome() {
    let h = Harness::with(&[("DEVICE_FLOW_APPROVE_RATE_LIMIT_PER_HOUR", "100")]).await;
    let mut alice = basic_account(&h).await;
    let mut bob = h.add_account("bob").await;
    let old = [
        h.token(&mut alice, "laptop").await,
        h.token(&mut bob, "laptop").await,
    ];
    let grant = h.start_flow("laptop").await;
    alice.look_up(&h, &grant).await;
    bob.look_up(&h, &grant).await;
    let decisions = (0..32).map(|n| {
        let (mut who, grant, h) = (
            if n % 2 == 0 {
                alice.clone()
            } else {
                bob.clone()
            },
            grant.clone(),
            &h,
        );
        async move {
            let verdict = if n % 4 < 2 { "approve" } else { "deny" };
            (n % 2, verdict, who.decide(h, verdict, &grant).await)
        }
    });
    let answers = join_all(decisions).await;
    let won: Vec<_> = answers
        .iter()
        .filter(|(_, _, answer)| answer.status == 200)
        .collect();
    assert_eq!(won.len(), 1);
    assert!(
        answers
            .iter()
            .all(|(_, _, a)| a.status == 200 || a.oauth_error() == "already_resolved")
    );
    let (winner, verdict, _) = won[0];
    let poll = h.poll(&grant).await;
    assert_eq!(poll.status, if *verdict == "approve" { 200 } else { 400 });
    for (who, token) in old.iter().enumerate() {
        let replaced = *verdict == "approve" && who == *winner;
        let expected = if replaced { 401 } else { 200 };
        h.with_bearer("GET", "/openapi/v1/account", token)
            .await
            .expect(expected);
    }
}

#[actix_web::test]
async fn sec_059_poll_does_not_overwrite_a_newer_grant_state() {
    let h = Harness::start().await;
    let mut browser = basic_account(&h).await;
    for round in 0..6 {
        let grant = h.start_flow(&format!("device {round}")).await;
        browser.look_up(&h, &grant).await;
        let mut approver = browser.clone();
        let polls = join_all((0..8).map(|_| h.poll(&grant)));
        let (answers, approval) = tokio::join!(polls, approver.decide(&h, "approve", &grant));
        approval.expect(200);
        let early = answers.iter().filter(|answer| answer.status == 200).count();
        let late = usize::from(h.poll(&grant).await.status == 200);
        assert_eq!(early + late, 1, "the approval was lost or delivered twice");
    }
}

#[actix_web::test]
async fn sec_065_receipt_follows_the_person_who_looked_up() {
    let h = Harness::start().await;
    let mut alice = basic_account(&h).await;
    let mut bob = h.add_account("bob").await;
    let grant = h.start_flow("x").await;
    alice.look_up(&h, &grant).await;
    // The same browser, somebody else signed in: Alice's receipt, Bob's session.
    for (name, value) in alice
        .cookies
        .iter()
        .filter(|(name, _)| name.starts_with("gatewright_lookup_"))
    {
        bob.cookies.insert(name.clone(), value.clone());
    }
    let answer = bob.decide(&h, "approve", &grant).await.expect(404);
    assert_eq!(answer.oauth_error(), "expired_or_unknown");
    // Looked up while signed out: good for whoever signs in next.
    let mut nobody = Browser::new();
    nobody.look_up(&h, &grant).await.expect(200);
    nobody
        .login(&h, "bob@example.com", "Passw0rd1")
        .await
        .expect(200);
    nobody.decide(&h, "approve", &grant).await.expect(200);
}

#[actix_web::test]
async fn sec_066_device_link_alone_approves_nothing() {
    let h = Harness::start().await;
    let mut browser = basic_account(&h).await;
    let grant = h.start_flow("x").await;
    let answer = browser.decide(&h, "approve", &grant).await.expect(404);
    assert_eq!(answer.oauth_error(), "expired_or_unknown");
    assert_eq!(answer.header("x-gatewright-reason"), "lookup_required");
    let events = h.db.query("SELECT details->>'reason' FROM gatewright_audit_events WHERE action = 'oauth.device_flow_rejected'").await;
    assert_eq!(events, ["lookup_required"]);
    assert_eq!(h.poll(&grant).await.oauth_error(), "authorization_pending");
    let warned = h
        .restarted_with(&[("GATEWRIGHT_LOOKUP_RECEIPT", "warn")])
        .await;
    browser.decide(&warned, "approve", &grant).await.expect(200);
    // A script is not a browser: no page could have made it send this.
    let mut script = Browser {
        cookies: browser.cookies.clone(),
        ..Browser::script()
    };
    let other = h.start_flow("y").await;
    script.decide(&h, "approve", &other).await.expect(200);
}

#[actix_web::test]
async fn sec_067_approve_limit_is_each_account_s_own() {
    let h = Harness::start().await;
    let mut alice = basic_account(&h).await;
    let mut bob = h.add_account("bob").await;
    for _ in 0..10 {
        alice
            .post(&h, APPROVE, json!({"user_code": "AAAA-BBBB"}))
            .await
            .expect(404);
    }
    let refused = alice
        .post(&h, APPROVE, json!({"user_code": "AAAA-BBBB"}))
        .await
        .expect_rate_limited();
    assert_eq!(
        (refused.code().as_str(), refused.json()["message"].as_str()),
        ("too_many_requests", Some("rate_limited"))
    );
    bob.post(&h, APPROVE, json!({"user_code": "AAAA-BBBB"}))
        .await
        .expect(404);
    h.clock.advance_seconds(3600);
    alice.get(&h, "/console/api/ping").await.expect(200);
}

#[actix_web::test]
async fn sec_068_device_approval_by_an_inactive_account_is_refused() {
    let h = Harness::start().await;
    let mut browser = basic_account(&h).await;
    let grant = h.start_flow("x").await;
    browser.look_up(&h, &grant).await;
    arrange::set_status(&h.db, EMAIL, "banned").await;
    let answer = browser.decide(&h, "approve", &grant).await.expect(401);
    assert_eq!(answer.json()["message"], "Account is banned.");
    arrange::set_status(&h.db, EMAIL, "uninitialized").await;
    assert_eq!(
        browser
            .decide(&h, "approve", &grant)
            .await
            .expect(400)
            .code(),
        "account_not_initialized"
    );
    arrange::set_status(&h.db, EMAIL, "closed").await;
    browser.decide(&h, "approve", &grant).await.expect(401);
    assert_eq!(
        h.poll(&grant).await.oauth_error(),
        "authorization_pending",
        "still nobody's"
    );
}

#[actix_web::test]
async fn sec_061_failed_token_mint_keeps_the_old_token_and_the_device_code() {
    let h = Harness::start().await;
    let mut browser = basic_account(&h).await;
    let old = h.token(&mut browser, "laptop").await;
    let grant = h.start_flow("laptop").await;
    browser.look_up(&h, &grant).await;
    browser.decide(&h, "approve", &grant).await.expect(200);
    h.db.execute("ALTER TABLE oauth_access_tokens ADD CONSTRAINT full_disk CHECK (created_at < '2000-01-01') NOT VALID").await;
    let answer = h.poll(&grant).await.expect(503);
    assert_eq!(answer.oauth_error(), "temporarily_unavailable");
    assert_eq!(
        h.db.query("SELECT count(*) FROM oauth_access_tokens WHERE revoked_at IS NULL")
            .await,
        ["1"]
    );
    h.with_bearer("GET", "/openapi/v1/account", &old)
        .await
        .expect(200);
    h.db.execute("ALTER TABLE oauth_access_tokens DROP CONSTRAINT full_disk")
        .await;
    h.poll(&grant).await.expect(200);
    h.with_bearer("GET", "/openapi/v1/account", &old)
        .await
        .expect(401);
}

#[actix_web::test]
async fn device_flow_with_bearers_switched_off_is_refused() {
    let h = Harness::start().await;
    let mut browser = basic_account(&h).await;
    let off = h.restarted_with(&[("ENABLE_OAUTH_BEARER", "false")]).await;
    let answer = browser
        .post(&off, APPROVE, json!({"user_code": "AAAA-BBBB"}))
        .await
        .expect(503);
    assert_eq!(answer.code(), "bearer_disabled");
    assert_eq!(
        off.with_bearer("GET", "/openapi/v1/account", "dfoa_x")
            .await
            .expect(503)
            .code(),
        "bearer_disabled"
    );
    off.start_flow("codes are still issued").await;
}
