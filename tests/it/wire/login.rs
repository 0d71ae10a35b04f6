//! Sign-in, its throttle, its cookies.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;

use crate::support::{Browser, Harness, arrange, basic_account};

const EMAIL: &str = "owner@example.com";
const PASSWORD: &str = "Passw0rd1";

#[actix_web::test]
async fn sign_in_sets_three_cookies_and_does_not_reveal_accounts() {
    let h = Harness::start().await;
    h.set_up().await;
    let mut browser = Browser::new();
    let answer = browser
        .login(&h, "Owner@Example.com", PASSWORD)
        .await
        .expect(200);
    assert_eq!(answer.json(), json!({"result": "success"}));
    let all = answer.headers.get_all("set-cookie").iter();
    let all: Vec<&str> = all.map(|c| c.to_str().unwrap()).collect();
    // First what an earlier configuration may have left; who keeps cookies by name alone has ours then.
    let first = all.iter().position(|c| !c.contains("=;")).unwrap();
    let (cleared, cookies) = all.split_at(first);
    assert!(
        cleared
            .iter()
            .all(|c| c.contains("=; ") && c.contains("Max-Age=0"))
    );
    let names: Vec<&str> = cookies
        .iter()
        .map(|c| c.split('=').next().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "access_token",
            "refresh_token",
            "csrf_token",
            "gatewright_known_browser"
        ]
    );
    assert!(
        cookies[0].contains("HttpOnly; SameSite=Lax; Path=/; Max-Age=3600")
            && !cookies[0].contains("Secure"),
        "{}",
        cookies[0]
    );
    assert!(cookies[1].contains("SameSite=Strict") && cookies[1].contains("Max-Age=2592000"));
    assert!(!cookies[2].contains("HttpOnly"), "the page copies it");
    assert_eq!(browser.cookies["refresh_token"].len(), 128);
    let wrong = browser.login(&h, EMAIL, "wrong-Passw0rd").await.expect(401);
    let unknown = browser
        .login(&h, "nobody@example.com", "wrong-Passw0rd")
        .await
        .expect(401);
    assert_eq!(wrong.body, unknown.body, "sec_150");
    assert_eq!(
        wrong.json(),
        json!({"code": "authentication_failed", "message": "Invalid email or password.", "status": 401})
    );
}

#[actix_web::test]
async fn login_body_that_cannot_be_read_is_refused_and_never_echoed() {
    let h = Harness::start().await;
    h.set_up().await;
    let not_base64 = json!({"email": EMAIL, "password": "%%%"});
    let refused = h.post("/console/api/login", &not_base64).await.expect(401);
    assert_eq!(refused.code(), "authentication_failed");
    let no_address = json!({"email": "not-an-address", "password": "eA=="});
    let refused = h.post("/console/api/login", &no_address).await.expect(400);
    assert_eq!(
        (refused.code().as_str(), refused.json()["params"].as_str()),
        ("invalid_param", Some("email"))
    );
    assert!(!refused.body.contains("not-an-address"));
}

#[actix_web::test]
async fn login_is_shown_on_the_profile_and_makes_its_own_session() {
    let h = Harness::start().await;
    let mut browser = basic_account(&h).await;
    let path = "/console/api/account/profile";
    let profile = browser.get(&h, path).await.expect(200).json();
    assert_eq!(
        (
            profile["last_login_at"].as_i64(),
            profile["last_login_ip"].as_str()
        ),
        (Some(1_800_000_000), Some("127.0.0.1"))
    );
    let mut second = Browser::signed_in(&h, EMAIL, PASSWORD).await;
    assert_ne!(
        second.cookies["access_token"],
        browser.cookies["access_token"]
    );
    second.get(&h, path).await.expect(200);
}

#[actix_web::test]
async fn sec_142_planted_session_cookie_is_replaced_by_sign_in() {
    let h = Harness::start().await;
    h.set_up().await;
    let mut attacker = Browser::signed_in(&h, EMAIL, PASSWORD).await;
    let mut victim = attacker.clone();
    victim.login(&h, EMAIL, PASSWORD).await.expect(200);
    for name in ["access_token", "refresh_token", "csrf_token"] {
        assert_ne!(victim.cookies[name], attacker.cookies[name], "{name}");
    }
    attacker
        .post(&h, "/console/api/logout", json!({}))
        .await
        .expect(200);
    victim
        .get(&h, "/console/api/account/profile")
        .await
        .expect(200);
}

#[actix_web::test]
async fn sec_146_failures_of_others_do_not_lock_out_a_known_browser() {
    let h = Harness::start().await;
    let mut known = basic_account(&h).await;
    let mut stranger = Browser::new();
    for _ in 0..6 {
        stranger
            .login(&h, EMAIL, "wrong-Passw0rd")
            .await
            .expect(401);
    }
    let refused = stranger
        .login(&h, EMAIL, PASSWORD)
        .await
        .expect_rate_limited();
    assert_eq!(refused.code(), "email_code_login_limit");
    known.login(&h, EMAIL, PASSWORD).await.expect(200);
    h.clock.advance_seconds(16);
    stranger.login(&h, EMAIL, PASSWORD).await.expect(200);
    stranger
        .login(&h, EMAIL, "wrong-Passw0rd")
        .await
        .expect(401);
    stranger.login(&h, EMAIL, PASSWORD).await.expect(200);
}

#[actix_web::test]
async fn known_browser_has_a_budget_too() {
    let h = Harness::start().await;
    let mut known = basic_account(&h).await;
    for _ in 0..6 {
        known.login(&h, EMAIL, "wrong-Passw0rd").await.expect(401);
    }
    known.login(&h, EMAIL, PASSWORD).await.expect_rate_limited();
}

#[actix_web::test]
async fn sec_151_old_hash_is_accepted_and_replaced() {
    let h = Harness::start().await;
    h.set_up().await;
    // Python: base64(hexlify(hashlib.pbkdf2_hmac("sha256", b"Passw0rd1", bytes(range(16)), 10000)))
    let old = STANDARD.encode("8c7193957643403480a849f379c761360036a071ee22ea1060cbfff45ac89e68");
    h.db.execute(&format!(
        "UPDATE accounts SET password = '{old}', password_salt = 'AAECAwQFBgcICQoLDA0ODw=='"
    ))
    .await;
    let mut browser = Browser::new();
    browser.login(&h, EMAIL, "wrong-Passw0rd").await.expect(401);
    browser.login(&h, EMAIL, PASSWORD).await.expect(200);
    let stored =
        h.db.query("SELECT password || coalesce(password_salt, '|none') FROM accounts")
            .await;
    assert!(
        stored[0].starts_with("$argon2id$") && stored[0].ends_with("|none"),
        "{stored:?}"
    );
    browser.login(&h, EMAIL, PASSWORD).await.expect(200);
}

#[actix_web::test]
async fn login_reveals_account_state_only_with_the_right_password() {
    let h = Harness::start().await;
    h.set_up().await;
    let mut browser = Browser::new();
    arrange::set_status(&h.db, EMAIL, "banned").await;
    browser.login(&h, EMAIL, "wrong-Passw0rd").await.expect(401);
    assert_eq!(
        browser.login(&h, EMAIL, PASSWORD).await.expect(400).code(),
        "account_banned"
    );
    arrange::set_status(&h.db, EMAIL, "closed").await;
    assert_eq!(
        browser.login(&h, EMAIL, PASSWORD).await.expect(401).code(),
        "authentication_failed"
    );
    h.db.execute("UPDATE accounts SET status = 'pending', initialized_at = NULL")
        .await;
    browser.login(&h, EMAIL, PASSWORD).await.expect(200);
    assert_eq!(
        h.db.query("SELECT status || (initialized_at IS NOT NULL) FROM accounts")
            .await,
        ["activetrue"]
    );
    h.db.execute("UPDATE tenants SET status = 'archive'").await;
    let answer = Browser::new().login(&h, EMAIL, PASSWORD).await.expect(200);
    assert_eq!(answer.json()["result"], "fail");
    assert!(answer.headers.get("set-cookie").is_none());
    let off = h
        .restarted_with(&[("ENABLE_EMAIL_PASSWORD_LOGIN", "false")])
        .await;
    assert_eq!(
        Browser::new()
            .login(&off, EMAIL, PASSWORD)
            .await
            .expect(403)
            .code(),
        "forbidden"
    );
}

#[actix_web::test]
async fn sec_138_sign_out_ends_this_session_only() {
    let h = Harness::start().await;
    let mut a = basic_account(&h).await;
    let mut b = Browser::signed_in(&h, EMAIL, PASSWORD).await;
    let stolen = a.clone();
    let answer = a
        .post(&h, "/console/api/logout", json!({}))
        .await
        .expect(200);
    for cookie in answer.headers.get_all("set-cookie") {
        assert!(cookie.to_str().unwrap().contains("=; "), "{cookie:?}");
    }
    assert!(
        a.cookies
            .keys()
            .all(|name| name == "gatewright_known_browser")
    );
    let mut thief = stolen;
    let refused = thief
        .get(&h, "/console/api/account/profile")
        .await
        .expect(401);
    assert_eq!(refused.header("x-gatewright-reason"), "session_ended");
    thief
        .post(&h, "/console/api/refresh-token", json!({}))
        .await
        .expect(401);
    b.get(&h, "/console/api/account/profile").await.expect(200);
    a.post(&h, "/console/api/logout", json!({}))
        .await
        .expect(401);
}

#[actix_web::test]
async fn sec_126_cookies_over_https_have_the_host_prefix() {
    let h = Harness::with(&[("CONSOLE_API_URL", "https://dify.example.com")]).await;
    h.set_up().await;
    let answer = Browser::script()
        .login(&h, EMAIL, PASSWORD)
        .await
        .expect(200);
    for cookie in answer.headers.get_all("set-cookie") {
        let text = cookie.to_str().unwrap();
        if text.contains("=;") {
            continue;
        }
        assert!(
            text.starts_with("__Host-") && text.contains("Secure") && text.contains("Path=/;"),
            "{text}"
        );
        assert!(!text.contains("Domain"), "{text}");
    }
}

#[actix_web::test]
async fn sec_143_session_ends_by_idle_and_absolute_expiry() {
    let h = Harness::with(&[
        ("REFRESH_TOKEN_EXPIRE_DAYS", "1"),
        ("GATEWRIGHT_SESSION_MAX_DAYS", "2"),
    ])
    .await;
    let mut browser = basic_account(&h).await;
    let day = 86_400;
    for _ in 0..2 {
        h.clock.advance_seconds(day - 1);
        browser
            .post(&h, "/console/api/refresh-token", json!({}))
            .await
            .expect(200);
    }
    h.clock.advance_seconds(1);
    browser
        .get(&h, "/console/api/account/profile")
        .await
        .expect(200);
    h.clock.advance_seconds(1);
    browser
        .post(&h, "/console/api/refresh-token", json!({}))
        .await
        .expect(401);
    let mut idle = Browser::signed_in(&h, EMAIL, PASSWORD).await;
    h.clock.advance_seconds(day);
    idle.post(&h, "/console/api/refresh-token", json!({}))
        .await
        .expect(401);
}

#[actix_web::test]
async fn sec_145_sessions_survive_a_secret_key_change_with_the_previous_key_set() {
    let h = Harness::start().await;
    let mut browser = basic_account(&h).await;
    let fresh = "another-secret-key-of-sufficient-length-1";
    let rotated = h
        .restarted_with(&[
            ("SECRET_KEY", fresh),
            (
                "GATEWRIGHT_PREVIOUS_SECRET_KEYS",
                crate::support::SECRET_KEY,
            ),
        ])
        .await;
    browser
        .get(&rotated, "/console/api/account/profile")
        .await
        .expect(200);
    browser
        .post(&rotated, "/console/api/refresh-token", json!({}))
        .await
        .expect(200);
    browser
        .get(&rotated, "/console/api/account/profile")
        .await
        .expect(200);
    browser
        .get(&h, "/console/api/account/profile")
        .await
        .expect(401);
    let forgotten = h
        .restarted_with(&[("SECRET_KEY", "yet-another-secret-key-of-sufficient-length")])
        .await;
    browser
        .get(&forgotten, "/console/api/account/profile")
        .await
        .expect(401);
}

#[actix_web::test]
async fn sec_153_sign_in_flood_is_queued_and_bearer_requests_go_on() {
    let h = Harness::with(&[("GATEWRIGHT_LIMIT_LOGIN", "0")]).await;
    let mut browser = basic_account(&h).await;
    let token = h.token(&mut browser, "x").await;
    let guesses = (0..30).map(|n| {
        let h = &h;
        async move {
            Browser::script()
                .login(h, &format!("u{n}@example.com"), "wrong-Passw0rd")
                .await
        }
    });
    let calls = (0..20).map(|_| h.with_bearer("GET", "/openapi/v1/workspaces", &token));
    let (guesses, calls) = tokio::join!(
        futures_util::future::join_all(guesses),
        futures_util::future::join_all(calls)
    );
    assert!(
        guesses.iter().all(|answer| answer.status == 401),
        "{guesses:?}"
    );
    assert!(calls.iter().all(|answer| answer.status == 200), "{calls:?}");
}

/// A database of Dify may hold one address in several spellings: each comes in by its own.
#[actix_web::test]
async fn login_of_two_dify_accounts_with_one_email_in_two_spellings_is_by_spelling() {
    let h = Harness::start().await;
    let mut browsers = {
        h.set_up().await;
        [h.add_account("Alice").await, h.add_account("alice").await]
    };
    for (name, browser) in ["Alice", "alice"].iter().zip(&mut browsers) {
        let mut again = Browser::new();
        let spelled = format!("{name}@example.com");
        again.login(&h, &spelled, PASSWORD).await.expect(200);
        for browser in [browser, &mut again] {
            let profile = browser.get(&h, "/console/api/account/profile").await;
            assert_eq!(profile.expect(200).json()["email"], spelled);
        }
    }
    // By any other spelling the oldest.
    h.db.execute("UPDATE accounts SET created_at = created_at - interval '1 day' WHERE email = 'alice@example.com'")
        .await;
    let mut third = Browser::signed_in(&h, "ALICE@example.com", PASSWORD).await;
    let profile = third.get(&h, "/console/api/account/profile").await;
    assert_eq!(profile.json()["email"], "alice@example.com");
    // A code goes to, and is good for, the one whose spelling asks.
    let asked = h
        .post(
            "/console/api/forgot-password",
            &json!({"email": "Alice@example.com"}),
        )
        .await
        .expect(200);
    let code = h.last_mail("alice@example.com").await.code();
    let body = json!({"email": "Alice@example.com", "token": asked.json()["data"], "code": code});
    let checked = h
        .post("/console/api/forgot-password/validity", &body)
        .await
        .expect(200);
    let body = json!({"token": checked.json()["token"], "new_password": "N3w-password", "password_confirm": "N3w-password"});
    h.post("/console/api/forgot-password/resets", &body)
        .await
        .expect(200);
    Browser::signed_in(&h, "Alice@example.com", "N3w-password").await;
    Browser::signed_in(&h, "alice@example.com", PASSWORD).await;
}
