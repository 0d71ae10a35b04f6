//! Identities at providers that sign somebody in to an account: connected by its owner, told by mail,
//! shown, disconnected, and gone with a reset.

use futures_util::future::join_all;
use gatewright_domain::Secret;
use serde_json::{Value, json};

use super::{endings::form_post, providers::World};
use crate::support::{Answer, Browser, EMAIL, Harness, PASSWORD, arrange};

const LIST: &str = "/console/api/account/integrates";
const ODD: &str = "/console/api/account/integrates/odd";

fn by_password() -> Value {
    json!({"password": PASSWORD})
}

impl World {
    async fn owner(&self) -> Browser {
        Browser::signed_in(&self.h, EMAIL, PASSWORD).await
    }

    /// Off to the provider; the state to come back with.
    async fn begin_to_connect(&self, browser: &mut Browser, proof: Value) -> String {
        let begun = browser.post(&self.h, ODD, proof).await.expect(200);
        self.leave(begun.json()["url"].as_str().unwrap())
    }

    async fn connect(&self, browser: &mut Browser) {
        let state = self.begin_to_connect(browser, by_password()).await;
        let back = self.come_back(browser, &state, "a-code").await.expect(302);
        assert_eq!(back.header("location"), "/account?said=connected");
    }

    async fn subjects(&self) -> Vec<String> {
        self.h
            .db
            .query("SELECT subject FROM gatewright_external_identities")
            .await
    }

    /// What somebody who is the person at the provider gets.
    async fn sign_in_as_person(&self) -> Answer {
        let mut browser = Browser::new();
        let begun = browser
            .get(&self.h, "/console/api/oauth/login/odd")
            .await
            .expect(302);
        let state = self.leave(begun.header("location"));
        self.come_back(&mut browser, &state, "a-code").await
    }
}

async fn disconnect(h: &Harness, browser: &mut Browser, path: &str, proof: Value) -> Answer {
    browser.send(h, "DELETE", path, Some(proof), &[]).await
}

#[actix_web::test]
async fn a5_connecting_an_identity_asks_for_the_password_and_sends_a_mail() {
    let world = World::with(&[]).await;
    let h = &world.h;
    let mut thief = world.owner().await;
    for proof in [json!({}), json!({"password": "Wr0ng-password"})] {
        let refused = thief.post(h, ODD, proof).await.expect(400);
        assert_eq!(refused.code(), "current_password_incorrect");
        assert_eq!(refused.set_cookie("gatewright_signin"), None, "{refused:?}");
    }
    let mut owner = world.owner().await;
    world.connect(&mut owner).await;
    assert_eq!(world.subjects().await, ["person"]);
    let mail = h.last_mail(EMAIL).await;
    assert_eq!(mail.subject, "A sign-in method was added to your account");
    // An address that somebody else wrote down is no link in a mail of ours.
    for told in [
        "odd",
        "person[at]partner[.]example",
        "127.0.0.1",
        "/account",
    ] {
        assert!(mail.text.contains(told), "{told}: {}", mail.text);
    }
    let events = h.db.audit_actions().await;
    assert!(events.contains(&"console.identity_linked".into()));
    let row = &owner.get(h, LIST).await.expect(200).json()["data"][0];
    assert_eq!(row["is_bound"], true);
    assert_eq!(row["email"], "person@partner.example");
    // It signs the owner in.
    let answer = world.sign_in_as_person().await.expect(302);
    assert!(answer.set_cookie("access_token").is_some());
    // Once more is no second mail.
    let before = h.mails().await.len();
    world.connect(&mut owner).await;
    assert_eq!(h.mails().await.len(), before);
}

#[actix_web::test]
async fn a5_mail_is_in_the_language_of_the_account() {
    let world = World::with(&[]).await;
    let mut owner = world.owner().await;
    world
        .h
        .db
        .execute("UPDATE accounts SET interface_language = 'zh-Hans'")
        .await;
    world.connect(&mut owner).await;
    let mail = world.h.last_mail(EMAIL).await;
    assert_eq!(mail.subject, "您的账户新增了一种登录方式");
}

#[actix_web::test]
async fn a5_connecting_an_identity_without_a_password_needs_a_fresh_sign_in() {
    let world = World::with(&[]).await;
    let h = &world.h;
    let mut owner = world.owner().await;
    h.db.execute("UPDATE accounts SET password = NULL, password_salt = NULL")
        .await;
    h.clock.advance_seconds(600);
    world.begin_to_connect(&mut owner, json!({})).await;
    h.clock.advance_seconds(1);
    let refused = owner.post(h, ODD, json!({})).await.expect(403);
    assert_eq!(refused.code(), "fresh_sign_in_required");
    // A renewed session is not a new sign-in.
    owner
        .post(h, "/console/api/refresh-token", json!({}))
        .await
        .expect(200);
    owner.post(h, ODD, json!({})).await.expect(403);
    disconnect(h, &mut owner, ODD, json!({})).await.expect(403);
}

/// A password is a way in like an identity: with a stolen session alone nobody makes one for themselves.
#[actix_web::test]
async fn a5_first_password_needs_a_fresh_sign_in_and_sends_a_mail() {
    let world = World::with(&[]).await;
    let h = &world.h;
    let mut thief = world.owner().await;
    h.db.execute("UPDATE accounts SET password = NULL, password_salt = NULL")
        .await;
    let path = "/console/api/account/password";
    let body = json!({"new_password": "Th1ef-password", "repeat_new_password": "Th1ef-password"});
    h.clock.advance_seconds(601);
    let refused = thief.post(h, path, body.clone()).await.expect(403);
    assert_eq!(refused.code(), "fresh_sign_in_required");
    let csrf = thief.csrf();
    let form = [
        ("csrf_token", csrf.as_str()),
        ("password", "Th1ef-password"),
        ("repeated", "Th1ef-password"),
    ];
    form_post(h, &thief, "/account/password", &form)
        .await
        .expect(403);
    let set = "SELECT count(*) FROM accounts WHERE password IS NOT NULL";
    assert_eq!(h.db.query(set).await, ["0"]);
    // As if they had signed in just now. The owner hears of it.
    h.db.execute(&format!(
        "UPDATE gatewright_console_sessions SET created_at = '{}'",
        h.now().to_rfc3339()
    ))
    .await;
    thief.post(h, path, body).await.expect(200);
    assert_eq!(h.db.query(set).await, ["1"]);
    let mail = h.last_mail(EMAIL).await;
    assert_eq!(mail.subject, "A sign-in method was added to your account");
    for told in ["Password set", "127.0.0.1", "/account"] {
        assert!(mail.text.contains(told), "{told}: {}", mail.text);
    }
}

#[actix_web::test]
async fn a5_identity_connection_is_bound_to_its_session_and_browser() {
    let world = World::with(&[]).await;
    let mut owner = world.owner().await;
    let state = world.begin_to_connect(&mut owner, by_password()).await;
    // Somebody else is signed in by then; nobody is; the session ended.
    let mut other = world.h.add_account("other").await;
    for (name, value) in &owner.cookies {
        if name.starts_with("gatewright_sign") {
            other.cookies.insert(name.clone(), value.clone());
        }
    }
    world
        .come_back(&mut other, &state, "a-code")
        .await
        .expect(400);
    let state = world.begin_to_connect(&mut owner, by_password()).await;
    world
        .h
        .db
        .execute("UPDATE gatewright_console_sessions SET revoked_at = now()")
        .await;
    world
        .come_back(&mut owner, &state, "a-code")
        .await
        .expect(400);
    assert_eq!(world.subjects().await, Vec::<String>::new());
}

#[actix_web::test]
async fn a5_disconnecting_an_identity_revokes_other_sessions_and_sends_a_mail() {
    let world = World::with(&[]).await;
    let h = &world.h;
    let mut owner = world.owner().await;
    world.connect(&mut owner).await;
    let mut by_provider = Browser::new();
    let begun = by_provider.get(h, "/console/api/oauth/login/odd").await;
    let state = world.leave(begun.expect(302).header("location"));
    world
        .come_back(&mut by_provider, &state, "a-code")
        .await
        .expect(302);
    let profile = "/console/api/account/profile";
    by_provider.get(h, profile).await.expect(200);
    let refused = disconnect(h, &mut owner, ODD, json!({})).await.expect(400);
    assert_eq!(refused.code(), "current_password_incorrect");
    disconnect(h, &mut owner, ODD, by_password())
        .await
        .expect(200);
    assert_eq!(world.subjects().await, Vec::<String>::new());
    by_provider.get(h, profile).await.expect(401);
    owner.get(h, profile).await.expect(200);
    let mail = h.last_mail(EMAIL).await;
    assert_eq!(
        mail.subject,
        "A sign-in method was removed from your account"
    );
    let events = h.db.audit_actions().await;
    assert!(events.contains(&"console.identity_unlinked".into()));
    disconnect(h, &mut owner, ODD, by_password())
        .await
        .expect(404);
    // Registration is open here: whoever the person is, they get an account of their own.
    world.sign_in_as_person().await.expect(302);
    let accounts = "SELECT count(*) FROM accounts";
    assert_eq!(h.db.query(accounts).await, ["2"]);
}

#[actix_web::test]
async fn a5_last_sign_in_method_cannot_be_removed_even_in_parallel() {
    let world = World::with(&[
        ("GATEWRIGHT_OIDC_PROVIDERS", "odd,other"),
        ("GATEWRIGHT_OIDC_OTHER_ISSUER", "http://127.0.0.1:9"),
        ("GATEWRIGHT_OIDC_OTHER_CLIENT_ID", "x"),
    ])
    .await;
    let h = &world.h;
    let mut owner = world.owner().await;
    world.connect(&mut owner).await;
    arrange::identity(&h.db, EMAIL, "http://127.0.0.1:9").await;
    h.db.execute("UPDATE accounts SET password = NULL, password_salt = NULL")
        .await;
    // Both at the same time: each sees the other one left.
    let other = "/console/api/account/integrates/other";
    let mut tabs = [owner.clone(), owner.clone()];
    let [one, two] = &mut tabs;
    let answers = join_all([
        disconnect(h, one, ODD, json!({})),
        disconnect(h, two, other, json!({})),
    ])
    .await;
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert!(statuses.contains(&200), "{statuses:?}");
    assert!(
        statuses.iter().any(|status| [401, 409].contains(status)),
        "{statuses:?}"
    );
    assert_eq!(world.subjects().await.len(), 1);
    let left = if statuses[0] == 200 { other } else { ODD };
    let refused = disconnect(h, &mut owner, left, json!({})).await.expect(409);
    assert_eq!(refused.code(), "last_way_in");
    // With codes by mail there is another way.
    let h = h
        .restarted_with(&[
            ("GATEWRIGHT_OIDC_PROVIDERS", "odd,other"),
            ("GATEWRIGHT_OIDC_ODD_ISSUER", world.provider.issuer()),
            ("GATEWRIGHT_OIDC_ODD_CLIENT_ID", "gatewright"),
            ("GATEWRIGHT_OIDC_OTHER_ISSUER", "http://127.0.0.1:9"),
            ("GATEWRIGHT_OIDC_OTHER_CLIENT_ID", "x"),
            ("ENABLE_EMAIL_CODE_LOGIN", "true"),
        ])
        .await;
    disconnect(&h, &mut owner, left, json!({}))
        .await
        .expect(200);
}

#[actix_web::test]
async fn a5_identity_of_a_provider_that_is_no_longer_configured_is_shown_and_can_be_disconnected() {
    let world = World::with(&[]).await;
    let h = &world.h;
    let mut owner = world.owner().await;
    arrange::identity(&h.db, EMAIL, "https://old.example").await;
    let list = owner.get(h, LIST).await.expect(200).json();
    let row = &list["data"][1];
    assert_eq!(row["provider"], "https://old.example");
    assert_eq!(
        (&row["is_bound"], &row["link"]),
        (&json!(true), &Value::Null)
    );
    let page = owner.get(h, "/account").await.expect(200);
    assert!(page.body.contains("https://old.example"), "{}", page.body);
    let path = format!("{LIST}/{}", row["id"].as_str().unwrap());
    disconnect(h, &mut owner, &path, by_password())
        .await
        .expect(200);
    assert_eq!(world.subjects().await, Vec::<String>::new());
}

#[actix_web::test]
async fn a5_password_reset_disconnects_all_identities_and_says_so() {
    for how in [
        "by mail",
        "by an administrator",
        "a new address by an administrator",
    ] {
        let world = World::with(&[]).await;
        let h = &world.h;
        let mut owner = world.owner().await;
        world.connect(&mut owner).await;
        let admin = h.services().admin;
        let email = EMAIL.parse().unwrap();
        match how {
            "by mail" => {
                let path = "/console/api/forgot-password";
                let sent = h.post(path, &json!({"email": EMAIL})).await.expect(200);
                let code = h.last_mail(EMAIL).await.code();
                let body = json!({"email": EMAIL, "token": sent.json()["data"], "code": code});
                let checked = h.post(&format!("{path}/validity"), &body).await.expect(200);
                let body = json!({"token": checked.json()["token"], "new_password": "N3w-password",
                    "password_confirm": "N3w-password"});
                h.post(&format!("{path}/resets"), &body).await.expect(200);
                let mails = h.mails().await;
                let removed = mails
                    .iter()
                    .find(|one| one.subject == "A sign-in method was removed from your account")
                    .expect("the owner is told");
                assert!(removed.text.contains("odd"), "{}", removed.text);
            }
            "by an administrator" => {
                let password = Secret::new("N3w-password");
                admin.reset_password(&email, &password).await.unwrap();
            }
            _ => {
                let to = "moved@example.com".parse().unwrap();
                admin.reset_email(&email, &to).await.unwrap();
            }
        }
        assert_eq!(world.subjects().await, Vec::<String>::new(), "{how}");
        let events = h.db.audit_actions().await;
        assert!(
            events.contains(&"console.identity_unlinked".into()),
            "{how}"
        );
    }
}

#[actix_web::test]
async fn a5_account_page_connects_and_disconnects_without_javascript() {
    let world = World::with(&[]).await;
    let h = &world.h;
    let mut owner = world.owner().await;
    let page = owner.get(h, "/account").await.expect(200);
    assert!(page.body.contains("Not connected"), "{}", page.body);
    assert!(page.body.contains("name=\"password\""), "{}", page.body);
    let send = async |owner: &mut Browser, act: &str, password: &str| {
        let csrf = owner.csrf();
        let form = [
            ("csrf_token", csrf.as_str()),
            ("act", act),
            ("id", "odd"),
            ("password", password),
        ];
        let answer = super::endings::form_post(h, owner, "/account/provider", &form).await;
        if let Some(cookie) = answer.set_cookie("gatewright_signin") {
            let (name, value) = cookie.split_once('=').unwrap();
            let value = value.split(';').next().unwrap();
            owner.cookies.insert(name.into(), value.into());
        }
        answer
    };
    let wrong = send(&mut owner, "connect", "Wr0ng-password")
        .await
        .expect(303);
    assert_eq!(wrong.header("location"), "/account?said=wrong_password");
    let onward = send(&mut owner, "connect", PASSWORD).await.expect(200);
    let link = onward.body.split("href=\"http://127").nth(1).unwrap();
    let link = format!("http://127{}", link.split('"').next().unwrap());
    let state = world.leave(&link.replace("&#38;", "&").replace("&amp;", "&"));
    world
        .come_back(&mut owner, &state, "a-code")
        .await
        .expect(302);
    let page = owner.get(h, "/account?said=connected").await.expect(200);
    assert!(
        page.body.contains("person@partner.example"),
        "{}",
        page.body
    );
    let done = send(&mut owner, "disconnect", PASSWORD).await.expect(303);
    assert_eq!(done.header("location"), "/account?said=disconnected");
    assert_eq!(world.subjects().await, Vec::<String>::new());
}
