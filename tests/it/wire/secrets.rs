//! What a stolen database, a stolen Redis and a stolen log give away: nothing that opens a door.

use serde_json::json;

use crate::support::sso;
use crate::support::{Browser, EMAIL, Harness, basic_account};

/// Every row of every table, every key of Redis.
pub(super) async fn dump(h: &Harness) -> String {
    let tables = h
        .db
        .query("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        .await;
    assert!(tables.len() >= 9, "{tables:?}");
    let mut dump = String::new();
    for table in tables {
        let rows = h.db.query(&format!("SELECT t::text FROM {table} t")).await;
        dump.push_str(&rows.join("\n"));
    }
    for (key, _, value) in h.redis_dump().await {
        dump.push_str(&format!("{key} {value}\n"));
    }
    dump
}

#[actix_web::test]
async fn sec_015_dumps_after_an_approval_hold_no_secret() {
    let h = Harness::start().await;
    let mut browser = basic_account(&h).await;
    let token = h.token(&mut browser, "first").await;
    h.with_bearer("GET", "/openapi/v1/account", &token)
        .await
        .expect(200);
    let grant = h.start_flow("second").await;
    browser.look_up(&h, &grant).await;
    browser.decide(&h, "approve", &grant).await.expect(200);
    browser
        .login(&h, "owner@example.com", "wrong-Passw0rd")
        .await
        .expect(401);
    let dump = dump(&h).await;
    assert!(
        dump.contains("oauth.device_flow_approved") && dump.contains(":dg:"),
        "the dump is a dump"
    );
    for (what, secret) in [
        ("bearer", &token[5..]),
        ("device code", &grant.device_code[3..]),
        ("user code", &grant.user_code),
        ("user code without dash", &grant.user_code.replace('-', "")),
        ("password", "Passw0rd1"),
        ("wrong password", "wrong-Passw0rd"),
        ("refresh token", &browser.cookies["refresh_token"][40..]),
        ("access token", &browser.cookies["access_token"]),
        ("csrf token", &browser.csrf()),
        ("secret key", crate::support::SECRET_KEY),
    ] {
        assert!(!dump.contains(secret), "the {what} stands in a dump");
    }
    // The user code has 39 bits: a plain digest of it would be as good as the code.
    let plain = gatewright_auth::digest::sha256_hex(&grant.user_code);
    assert!(!dump.contains(&plain));
}

/// Row F, of everything that is under way: a Redis that somebody can read names nobody.
#[actix_web::test]
async fn f_redis_keys_and_values_hold_no_personal_data() {
    let (_enterprise, h) = sso::with(&[]).await;
    let mut owner = basic_account(&h).await;
    let token = h.token(&mut owner, "first").await;
    h.with_bearer("GET", "/openapi/v1/account", &token)
        .await
        .expect(200);
    let grant = h.start_flow("second").await;
    owner.look_up(&h, &grant).await.expect(200);
    owner.decide(&h, "approve", &grant).await.expect(200);
    let grant = h.start_flow("third").await;
    let mut person = Browser::new();
    let csrf = person.sso(&h, &grant, "a").await;
    person.approve_external(&h, &grant, &csrf).await.expect(200);
    let asked = json!({"email": EMAIL});
    h.post("/console/api/forgot-password", &asked)
        .await
        .expect(200);
    let kept = h.redis_dump().await;
    for family in [":bearer:", ":dg:state:", ":one-time:"] {
        let there = kept.iter().any(|(key, ..)| key.contains(family));
        assert!(there, "{family} is looked at: {kept:?}");
    }
    for (key, _, value) in kept {
        for told in ["example", "owner", "127.0.0.1", "second", "third"] {
            assert!(!value.contains(told), "{key} tells {told}: {value}");
            assert!(!key.contains(told), "{key} tells {told}");
        }
    }
}
