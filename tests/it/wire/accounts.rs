//! The flows of accounts: each by reading the mail and following it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{Answer, Browser, EMAIL, Harness, PASSWORD, arrange, basic_account};

const NEW: &str = "N3w-password";

async fn forgot(h: &Harness, email: &str) -> Answer {
    h.post("/console/api/forgot-password", &json!({"email": email}))
        .await
}

async fn check(h: &Harness, email: &str, token: &str, code: &str) -> Answer {
    let body = json!({"email": email, "token": token, "code": code});
    h.post("/console/api/forgot-password/validity", &body).await
}

async fn reset(h: &Harness, token: &str, password: &str) -> Answer {
    let body = json!({"token": token, "new_password": password, "password_confirm": password});
    h.post("/console/api/forgot-password/resets", &body).await
}

fn data(answer: Answer) -> String {
    answer.expect(200).json()["data"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn token(answer: Answer) -> String {
    answer.expect(200).json()["token"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// Another six digits.
pub(super) fn wrong(code: &str) -> String {
    let first = if code.starts_with('0') { '1' } else { '0' };
    format!("{first}{}", &code[1..])
}

#[actix_web::test]
async fn sec_139_password_reset_sets_the_password_and_revokes_all_sessions() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let bearer = h.token(&mut owner, "laptop").await;
    let first = data(forgot(&h, "OWNER@example.com").await);
    let mail = h.last_mail(EMAIL).await;
    assert_eq!(mail.subject, "Set your Dify password");
    assert!(mail.html.contains(&mail.code()), "both parts say the same");
    let second = token(check(&h, EMAIL, &first, &mail.code()).await);
    reset(&h, &second, NEW).await.expect(200);
    owner
        .get(&h, "/console/api/account/profile")
        .await
        .expect(401);
    h.with_bearer("GET", "/openapi/v1/account", &bearer)
        .await
        .expect(401);
    owner
        .send(&h, "POST", "/console/api/refresh-token", None, &[])
        .await
        .expect(401);
    Browser::new().login(&h, EMAIL, PASSWORD).await.expect(401);
    Browser::new().login(&h, EMAIL, NEW).await.expect(200);
    assert!(
        h.db.audit_actions()
            .await
            .contains(&"account.password_reset".to_owned())
    );
}

#[actix_web::test]
async fn sec_156_reset_token_is_valid_once_for_one_email_and_five_minutes() {
    let h = Harness::start().await;
    h.set_up().await;
    let first = data(forgot(&h, EMAIL).await);
    let code = h.last_mail(EMAIL).await.code();
    let other = check(&h, "other@example.com", &first, &code)
        .await
        .expect(400);
    assert_eq!(other.code(), "invalid_email");
    // The first token sets no password: only the one that the code was exchanged for does.
    assert_eq!(
        reset(&h, &first, NEW).await.expect(400).code(),
        "invalid_or_expired_token"
    );
    let second = token(check(&h, EMAIL, &first, &code).await);
    assert_eq!(
        check(&h, EMAIL, &first, &code).await.code(),
        "invalid_or_expired_token"
    );
    let parallel = futures_util::future::join_all((0..8).map(|_| reset(&h, &second, NEW))).await;
    let won = parallel
        .iter()
        .filter(|answer| answer.status == 200)
        .count();
    assert_eq!(won, 1, "{parallel:?}");
    h.clock.advance(TimeDelta::seconds(61));
    let late = data(forgot(&h, EMAIL).await);
    let code = h.last_mail(EMAIL).await.code();
    h.clock.advance(TimeDelta::minutes(5));
    assert_eq!(
        check(&h, EMAIL, &late, &code).await.code(),
        "invalid_or_expired_token"
    );
}

#[actix_web::test]
async fn sec_158_mail_code_has_five_tries_and_is_replaced_by_a_new_one() {
    let h = Harness::start().await;
    h.set_up().await;
    let first = data(forgot(&h, EMAIL).await);
    let code = h.last_mail(EMAIL).await.code();
    for _ in 0..5 {
        let refused = check(&h, EMAIL, &first, &wrong(&code)).await.expect(400);
        assert_eq!(refused.code(), "email_code_error");
    }
    assert_eq!(
        check(&h, EMAIL, &first, &code).await.code(),
        "invalid_or_expired_token"
    );
    let refused = forgot(&h, EMAIL).await.expect_rate_limited();
    assert_eq!(refused.code(), "password_reset_rate_limit_exceeded");
    h.clock.advance(TimeDelta::seconds(61));
    let second = data(forgot(&h, EMAIL).await);
    let second_code = h.last_mail(EMAIL).await.code();
    h.clock.advance(TimeDelta::seconds(61));
    let third = data(forgot(&h, EMAIL).await);
    let third_code = h.last_mail(EMAIL).await.code();
    assert_eq!(
        check(&h, EMAIL, &second, &second_code).await.code(),
        "invalid_or_expired_token"
    );
    check(&h, EMAIL, &third, &third_code).await.expect(200);
    // In parallel too, no more than five looks are given.
    h.clock.advance(TimeDelta::seconds(61));
    let fourth = data(forgot(&h, EMAIL).await);
    let bad = wrong(&h.last_mail(EMAIL).await.code());
    let looks = futures_util::future::join_all((0..20).map(|_| check(&h, EMAIL, &fourth, &bad)));
    let looked = looks
        .await
        .into_iter()
        .filter(|a| a.code() == "email_code_error")
        .count();
    assert_eq!(looked, 5);
}

/// b1: wrong codes make the next code wait. They close none that was sent.
#[actix_web::test]
async fn wrong_mail_codes_throttle_the_next_code_whatever_the_token() {
    let h = Harness::with(&[
        ("GATEWRIGHT_LIMIT_CODE_GUESS", "7/1d"),
        ("GATEWRIGHT_LIMIT_MAIL_CODE", "100/1m"),
    ])
    .await;
    h.set_up().await;
    for _ in 0..2 {
        let first = data(forgot(&h, EMAIL).await);
        let bad = wrong(&h.last_mail(EMAIL).await.code());
        for _ in 0..5 {
            let refused = check(&h, EMAIL, &first, &bad).await.expect(400);
            assert_eq!(refused.code(), "email_code_error");
        }
    }
    let slowed = forgot(&h, EMAIL).await.expect_rate_limited();
    assert_eq!(slowed.code(), "password_reset_rate_limit_exceeded");
    h.clock.advance(TimeDelta::minutes(15));
    forgot(&h, EMAIL).await.expect(200);
}

#[actix_web::test]
async fn sec_150_answers_do_not_reveal_which_emails_have_accounts() {
    let h = Harness::with(&[("ENABLE_EMAIL_CODE_LOGIN", "true")]).await;
    h.set_up().await;
    for path in [
        "/console/api/forgot-password",
        "/console/api/email-code-login",
    ] {
        let known = h.post(path, &json!({"email": EMAIL})).await.expect(200);
        let unknown = h
            .post(path, &json!({"email": "nobody@example.com"}))
            .await
            .expect(200);
        let shape = |answer: &Answer| {
            let token = answer.json()["data"].as_str().unwrap().to_owned();
            (answer.body.replace(&token, "T"), token.len())
        };
        assert_eq!(shape(&known), shape(&unknown));
        // The same work, down to the mail: only its words differ.
        assert_eq!(
            h.db.query("SELECT count(*) FROM gatewright_jobs").await,
            ["2"]
        );
        let mails = h.mails().await;
        let [.., to_known, to_nobody] = mails.as_slice() else {
            panic!()
        };
        assert_eq!(to_nobody.to, "nobody@example.com");
        assert!(to_nobody.text.contains("no account"), "{to_nobody:?}");
        // No code is right for somebody who was sent none: not another's, not the very digits that
        // would have been theirs.
        let path = format!("{path}/validity");
        let token = unknown.json()["data"].as_str().unwrap().to_owned();
        for code in [to_known.code(), h.digits_behind(&token).await] {
            let body = json!({"email": "nobody@example.com", "token": token,
                "code": if path.contains("login") { STANDARD.encode(&code) } else { code }});
            let refused = h.post(&path, &body).await.expect(400);
            assert_eq!(refused.code(), "email_code_error");
        }
    }
}

#[actix_web::test]
async fn sec_147_password_reset_unlocks_a_locked_account() {
    let h = Harness::start().await;
    h.set_up().await;
    for _ in 0..12 {
        Browser::new().login(&h, EMAIL, "wr0ng-password").await;
    }
    let locked = Browser::new().login(&h, EMAIL, PASSWORD).await.expect(429);
    assert_eq!(locked.code(), "email_code_login_limit");
    let first = data(forgot(&h, EMAIL).await);
    let code = h.last_mail(EMAIL).await.code();
    let second = token(check(&h, EMAIL, &first, &code).await);
    reset(&h, &second, NEW).await.expect(200);
    Browser::new().login(&h, EMAIL, NEW).await.expect(200);
}

#[actix_web::test]
async fn mail_codes_and_tokens_are_not_stored_in_clear() {
    let h = Harness::start().await;
    h.set_up().await;
    let first = data(forgot(&h, EMAIL).await);
    let jobs =
        h.db.query("SELECT payload::text FROM gatewright_jobs")
            .await
            .join("\n");
    let redis = format!("{:?}", h.redis_dump().await);
    let code = h.last_mail(EMAIL).await.code();
    for (place, text) in [("the queue", jobs), ("Redis", redis)] {
        assert!(!text.contains(&code), "{place} holds the code");
        assert!(!text.contains(&first), "{place} holds the token");
        assert!(!text.is_empty());
    }
    assert!(h.redis_dump().await.iter().all(|(_, ttl, _)| *ttl > 0));
    // Whose code it is can be read by whoever has the token alone, and not be tried either.
    let dump = format!("{:?}", h.redis_dump().await);
    let digest = gatewright_auth::digest::sha256_hex(EMAIL);
    for text in [EMAIL, "example.com", &digest] {
        assert!(!dump.contains(text), "{text}: {dump}");
    }
}

#[actix_web::test]
async fn mails_are_limited_per_network() {
    let h = Harness::with(&[("GATEWRIGHT_LIMIT_MAIL_ADDRESS", "3/1h")]).await;
    h.set_up().await;
    for n in 0..3 {
        forgot(&h, &format!("p{n}@example.com")).await.expect(200);
    }
    let refused = forgot(&h, EMAIL).await.expect_rate_limited();
    assert_eq!(refused.code(), "email_send_ip_limit");
    let alias = json!({"email": EMAIL});
    h.post("/console/api/reset-password", &alias)
        .await
        .expect(429);
    assert_eq!(
        h.db.query("SELECT count(*) FROM gatewright_jobs").await,
        ["3"]
    );
}

async fn code_login(h: &Harness, browser: &mut Browser, email: &str) -> Answer {
    let sent = h
        .post("/console/api/email-code-login", &json!({"email": email}))
        .await;
    let token = data(sent);
    let code = h.last_mail(email).await.code();
    let body = json!({"email": email, "token": token, "code": STANDARD.encode(code)});
    browser
        .post(h, "/console/api/email-code-login/validity", body)
        .await
}

#[actix_web::test]
async fn sign_in_by_mail_code_works_only_where_enabled() {
    let off = Harness::start().await;
    off.set_up().await;
    let body = json!({"email": EMAIL});
    off.post("/console/api/email-code-login", &body)
        .await
        .expect(403);
    let body = json!({"email": EMAIL, "token": "x", "code": STANDARD.encode("000000")});
    off.post("/console/api/email-code-login/validity", &body)
        .await
        .expect(403);

    let h = Harness::with(&[("ENABLE_EMAIL_CODE_LOGIN", "true")]).await;
    h.set_up().await;
    let mut browser = Browser::new();
    code_login(&h, &mut browser, EMAIL).await.expect(200);
    browser
        .get(&h, "/console/api/account/profile")
        .await
        .expect(200);
    arrange::set_status(&h.db, EMAIL, "banned").await;
    let sent = data(
        h.post("/console/api/email-code-login", &json!({"email": EMAIL}))
            .await,
    );
    assert!(!sent.is_empty());
    assert!(
        h.last_mail(EMAIL).await.text.contains("no account"),
        "a banned one gets no code"
    );
}

#[actix_web::test]
async fn registration_by_mail_works_where_it_is_open() {
    let closed = Harness::start().await;
    closed.set_up().await;
    let body = json!({"email": "new@example.com"});
    closed
        .post("/console/api/email-register/send-email", &body)
        .await
        .expect(403);

    let h = Harness::with(&[
        ("ALLOW_REGISTER", "true"),
        ("ALLOW_CREATE_WORKSPACE", "true"),
    ])
    .await;
    h.set_up().await;
    let sent = data(
        h.post(
            "/console/api/email-register/send-email",
            &json!({"email": "New@example.com", "language": "zh-Hans"}),
        )
        .await,
    );
    let mail = h.last_mail("new@example.com").await;
    assert_eq!(mail.subject, "注册您的 Dify 账户");
    let body = json!({"email": "new@example.com", "token": sent, "code": mail.code()});
    let second = token(h.post("/console/api/email-register/validity", &body).await);
    let body = json!({"token": second, "new_password": NEW, "password_confirm": NEW,
        "language": "zh-Hans", "timezone": "Asia/Shanghai"});
    let mut browser = Browser::new();
    let answer = browser
        .post(&h, "/console/api/email-register", body.clone())
        .await
        .expect(200);
    assert!(answer.json()["data"]["access_token"].is_string());
    let profile = browser
        .get(&h, "/console/api/account/profile")
        .await
        .expect(200)
        .json();
    assert_eq!(profile["timezone"], "Asia/Shanghai");
    let spaces = browser.get(&h, "/console/api/workspaces").await.json();
    assert_eq!(spaces["workspaces"][0]["name"], "new's Workspace");
    assert_eq!(
        h.post("/console/api/email-register", &body)
            .await
            .expect(400)
            .code(),
        "invalid_or_expired_token"
    );
    // Whoever has an account is told so by mail, and nobody else is.
    let again = h
        .post(
            "/console/api/email-register/send-email",
            &json!({"email": EMAIL}),
        )
        .await;
    assert!(!data(again).is_empty());
    let told = h.last_mail(EMAIL).await;
    assert!(
        told.text.contains("http://gatewright.test/signin"),
        "{told:?}"
    );
}

#[actix_web::test]
async fn email_change_needs_codes_from_both_addresses() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let mut elsewhere = Browser::signed_in(&h, EMAIL, PASSWORD).await;
    let path = "/console/api/account/change-email";
    let new = "moved@example.com";
    let wrong_old = owner
        .post(&h, path, json!({"email": new}))
        .await
        .expect(400);
    assert_eq!(wrong_old.code(), "invalid_email");
    let first = data(
        owner
            .post(&h, path, json!({"email": EMAIL, "phase": "old_email"}))
            .await,
    );
    // Nobody gets to the second step without the first code.
    let body = json!({"email": new, "phase": "new_email", "token": first});
    assert_eq!(
        owner.post(&h, path, body).await.expect(400).code(),
        "invalid_or_expired_token"
    );
    let code = h.last_mail(EMAIL).await.code();
    let check = format!("{path}/validity");
    let body = json!({"email": EMAIL, "token": first, "code": code});
    let second = token(owner.post(&h, &check, body).await);
    // A token of the old address changes nothing.
    let reset = format!("{path}/reset");
    let early = owner
        .post(&h, &reset, json!({"new_email": new, "token": second}))
        .await;
    assert_eq!(early.expect(400).code(), "invalid_or_expired_token");
    let body = json!({"email": new, "phase": "new_email", "token": second});
    let third = data(owner.post(&h, path, body).await);
    let code = h.last_mail(new).await.code();
    let body = json!({"email": new, "token": third, "code": code});
    let fourth = token(owner.post(&h, &check, body).await);
    let other = json!({"new_email": "other@example.com", "token": fourth});
    owner.post(&h, &reset, other).await.expect(400);
    // Somebody else's session can do nothing with it.
    let mut stranger = h.add_account("stranger").await;
    let body = json!({"new_email": new, "token": fourth});
    stranger.post(&h, &reset, body.clone()).await.expect(400);
    let profile = owner.post(&h, &reset, body).await.expect(200).json();
    assert_eq!(profile["email"], new);
    owner
        .get(&h, "/console/api/account/profile")
        .await
        .expect(200);
    elsewhere
        .get(&h, "/console/api/account/profile")
        .await
        .expect(401);
    let mails = h.mails().await;
    let last: Vec<&str> = mails.iter().rev().take(2).map(|l| l.to.as_str()).collect();
    assert_eq!(last, [EMAIL, new], "both are told");
    Browser::new().login(&h, new, PASSWORD).await.expect(200);
}

#[actix_web::test]
async fn email_change_to_a_taken_address_is_refused_and_its_check_needs_a_session() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    h.add_account("taken").await;
    let path = "/console/api/account/change-email/check-email-unique";
    h.post(path, &json!({"email": EMAIL})).await.expect(401);
    let taken = owner
        .post(&h, path, json!({"email": "Taken@example.com"}))
        .await
        .expect(400);
    assert_eq!(taken.code(), "email_already_in_use");
    owner
        .post(&h, path, json!({"email": "free@example.com"}))
        .await
        .expect(200);
}

#[actix_web::test]
async fn sec_139_password_change_needs_the_old_password_and_ends_other_sessions() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let mut elsewhere = Browser::signed_in(&h, EMAIL, PASSWORD).await;
    let bearer = h.token(&mut elsewhere, "laptop").await;
    let path = "/console/api/account/password";
    let body = |old: Value, new: &str, again: &str| json!({"password": old, "new_password": new, "repeat_new_password": again});
    for (sent, code) in [
        (
            body(json!(PASSWORD), NEW, "other-1234"),
            "repeat_password_not_match",
        ),
        (
            body(json!("wr0ng-one"), NEW, NEW),
            "current_password_incorrect",
        ),
        (body(Value::Null, NEW, NEW), "current_password_incorrect"),
        (body(json!(PASSWORD), "short", "short"), "invalid_param"),
    ] {
        assert_eq!(owner.post(&h, path, sent).await.expect(400).code(), code);
    }
    owner
        .post(&h, path, body(json!(PASSWORD), NEW, NEW))
        .await
        .expect(200);
    owner
        .get(&h, "/console/api/account/profile")
        .await
        .expect(200);
    elsewhere
        .get(&h, "/console/api/account/profile")
        .await
        .expect(401);
    h.with_bearer("GET", "/openapi/v1/account", &bearer)
        .await
        .expect(401);
    Browser::new().login(&h, EMAIL, NEW).await.expect(200);
}

#[actix_web::test]
async fn profile_fields_are_validated() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    for (field, path, good, bad) in [
        (
            "name",
            "name",
            json!("Ada Lovelace"),
            vec![
                json!("ab"),
                json!("x".repeat(31)),
                json!("a\u{7}bc"),
                json!(7),
            ],
        ),
        (
            "interface_language",
            "interface-language",
            json!("zh-Hans"),
            vec![json!("tlh"), json!(null)],
        ),
        (
            "interface_theme",
            "interface-theme",
            json!("dark"),
            vec![json!("blue")],
        ),
        (
            "timezone",
            "timezone",
            json!("Europe/Zurich"),
            vec![json!("Mars/Olympus"), json!("")],
        ),
        (
            "avatar",
            "avatar",
            json!("https://example.com/a.png"),
            vec![
                json!("javascript:alert(1)"),
                json!("0198c0de-0000-7000-8000-000000000000"),
            ],
        ),
    ] {
        let path = format!("/console/api/account/{path}");
        for value in bad {
            let refused = owner
                .post(&h, &path, json!({field: value}))
                .await
                .expect(400);
            assert_eq!(refused.code(), "invalid_param", "{field} {value}");
        }
        let profile = owner
            .post(&h, &path, json!({field: good}))
            .await
            .expect(200)
            .json();
        assert_eq!(profile[field], good);
    }
    let profile = owner.get(&h, "/console/api/account/profile").await.json();
    assert_eq!(profile["avatar_url"], "https://example.com/a.png");
    owner
        .get(
            &h,
            "/console/api/account/avatar?avatar=https%3A%2F%2Fexample.com%2Fa.png",
        )
        .await
        .expect(200);
    owner
        .get(&h, "/console/api/account/avatar?avatar=nonsense")
        .await
        .expect(404);
    let again = json!({"interface_language": "en-US", "timezone": "UTC"});
    let inited = owner
        .post(&h, "/console/api/account/init", again)
        .await
        .expect(400);
    assert_eq!(inited.code(), "account_already_inited");
}

#[actix_web::test]
async fn account_initialisation_of_the_cloud_edition_happens_once() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    arrange::set_status(&h.db, EMAIL, "uninitialized").await;
    let gate = owner
        .get(&h, "/console/api/account/profile")
        .await
        .expect(400);
    assert_eq!(gate.code(), "account_not_initialized");
    let body = json!({"interface_language": "zh-Hans", "timezone": "Asia/Shanghai"});
    owner
        .post(&h, "/console/api/account/init", body)
        .await
        .expect(200);
    let profile = owner
        .get(&h, "/console/api/account/profile")
        .await
        .expect(200)
        .json();
    assert_eq!(profile["interface_language"], "zh-Hans");
}

#[actix_web::test]
async fn account_deletion_erases_what_belongs_to_it_alone() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let mut leaver = h.add_account("leaver").await;
    let bearer = h.token(&mut leaver, "laptop").await;
    let path = "/console/api/account/delete/verify";
    let first = data(leaver.get(&h, path).await);
    leaver.get(&h, path).await.expect_rate_limited();
    let code = h.last_mail("leaver@example.com").await.code();
    let delete = "/console/api/account/delete";
    let refused = leaver
        .post(&h, delete, json!({"token": first, "code": wrong(&code)}))
        .await;
    assert_eq!(refused.expect(400).code(), "invalid_account_deletion_code");
    // A limited call did not end the token, and another account's session cannot use it.
    let body = json!({"token": first, "code": code});
    owner.post(&h, delete, body.clone()).await.expect(400);
    leaver.post(&h, delete, body).await.expect(200);
    leaver
        .get(&h, "/console/api/account/profile")
        .await
        .expect(401);
    h.with_bearer("GET", "/openapi/v1/account", &bearer)
        .await
        .expect(401);
    for (what, sql) in [
        ("accounts", "SELECT email FROM accounts"),
        ("workspaces", "SELECT name FROM tenants"),
        ("tokens", "SELECT subject_email FROM oauth_access_tokens"),
    ] {
        let rows = h.db.query(sql).await;
        assert!(
            !rows.iter().any(|row| row.contains("leaver")),
            "{what}: {rows:?}"
        );
    }
    assert!(
        h.last_mail("leaver@example.com")
            .await
            .subject
            .contains("deleted")
    );
    owner
        .get(&h, "/console/api/account/profile")
        .await
        .expect(200);
}

#[actix_web::test]
async fn sec_164_account_deletion_of_an_owner_with_members_is_refused_before_transfer() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let mut friend = h.add_account("friend").await;
    let invite = json!({"emails": ["friend@example.com"], "role": "normal"});
    let path = "/console/api/workspaces/current/members/invite-email";
    owner.post(&h, path, invite).await.expect(201);
    let token = h.last_mail("friend@example.com").await.parameter("token");
    let joined = super::members::accept(&h, &mut friend, &token, "friend").await;
    joined.expect(200);
    let first = data(owner.get(&h, "/console/api/account/delete/verify").await);
    let code = h.last_mail(EMAIL).await.code();
    let body = json!({"token": first, "code": code});
    let refused = owner
        .post(&h, "/console/api/account/delete", body)
        .await
        .expect(400);
    assert_eq!(refused.code(), "owns_shared_workspace");
    owner
        .get(&h, "/console/api/account/profile")
        .await
        .expect(200);
}

#[actix_web::test]
async fn account_integrates_are_the_configured_providers() {
    let h = Harness::with(&[
        ("GATEWRIGHT_OIDC_PROVIDERS", "corp"),
        ("GATEWRIGHT_OIDC_CORP_ISSUER", "http://127.0.0.1:9"),
        ("GATEWRIGHT_OIDC_CORP_CLIENT_ID", "x"),
    ])
    .await;
    let mut owner = basic_account(&h).await;
    let path = "/console/api/account/integrates";
    let free = owner.get(&h, path).await.expect(200).json();
    assert_eq!(
        free["data"],
        json!([{"id": "corp", "provider": "corp", "label": "corp", "email": null,
        "created_at": null, "is_bound": false,
        "link": "http://gatewright.test/console/api/oauth/login/corp"}])
    );
    arrange::identity(&h.db, EMAIL, "http://127.0.0.1:9").await;
    let bound = owner.get(&h, path).await.json();
    assert_eq!(bound["data"][0]["is_bound"], true);
    assert_eq!(bound["data"][0]["link"], Value::Null);
}

#[actix_web::test]
async fn mail_flows_without_mail_settings_answer_the_same_and_queue_nothing() {
    let h = Harness::with(&[("MAIL_TYPE", "<unset>")]).await;
    h.set_up().await;
    forgot(&h, EMAIL).await.expect(200);
    assert_eq!(
        h.db.query("SELECT count(*) FROM gatewright_jobs").await,
        ["0"]
    );
    let features = h.get("/console/api/system-features").await.json();
    assert_eq!(features["is_email_setup"], false);
}

/// Whoever changed it, and by which way: the owner hears of it, whatever else the mailbox got.
#[actix_web::test]
async fn password_change_mail_is_sent_though_the_mail_budget_is_spent() {
    let h = Harness::with(&[("GATEWRIGHT_LIMIT_MAIL_RECIPIENT", "1/1h")]).await;
    let mut thief = basic_account(&h).await;
    let mut asked = vec![];
    for _ in 0..8 {
        h.clock.advance(TimeDelta::seconds(61));
        asked.push(forgot(&h, EMAIL).await.status);
    }
    assert!(asked.contains(&429), "{asked:?}");
    let body = json!({"password": PASSWORD, "new_password": NEW, "repeat_new_password": NEW});
    let changed = thief.post(&h, "/console/api/account/password", body).await;
    changed.expect(200);
    let mail = h.last_mail(EMAIL).await;
    assert_eq!(mail.subject, "The password of your account was changed");
    for told in ["127.0.0.1", "2027-01-15", "Forgot password?"] {
        assert!(mail.text.contains(told), "{told}: {}", mail.text);
    }

    h.db.execute("UPDATE accounts SET interface_language = 'zh-Hans'")
        .await;
    h.clock.advance(TimeDelta::hours(2));
    let first = data(forgot(&h, EMAIL).await);
    let code = h.last_mail(EMAIL).await.code();
    let second = token(check(&h, EMAIL, &first, &code).await);
    reset(&h, &second, "An0ther-password").await.expect(200);
    assert_eq!(h.last_mail(EMAIL).await.subject, "您的账户密码已更改");
}
