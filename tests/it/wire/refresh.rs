//! Renewing sessions.

use futures_util::future::join_all;
use serde_json::json;

use crate::support::{Browser, EMAIL, Harness, PASSWORD, arrange, basic_account};

const REFRESH: &str = "/console/api/refresh-token";

#[actix_web::test]
async fn sec_135_refresh_token_spent_gets_the_same_successor_for_ten_seconds() {
    let h = Harness::start().await;
    let mut browser = basic_account(&h).await;
    let mut tab = browser.clone();
    browser.post(&h, REFRESH, json!({})).await.expect(200);
    h.clock.advance_seconds(10);
    tab.post(&h, REFRESH, json!({})).await.expect(200);
    assert_eq!(
        tab.cookies["refresh_token"],
        browser.cookies["refresh_token"]
    );
    browser
        .get(&h, "/console/api/account/profile")
        .await
        .expect(200);
}

#[actix_web::test]
async fn sec_136_refresh_token_reuse_after_the_grace_revokes_the_session() {
    let h = Harness::start().await;
    let mut browser = basic_account(&h).await;
    let mut thief = browser.clone();
    browser.post(&h, REFRESH, json!({})).await.expect(200);
    h.clock.advance_seconds(11);
    let answer = thief.post(&h, REFRESH, json!({})).await.expect(401);
    assert_eq!(
        answer.json(),
        json!({"code": "unauthorized", "message": "Invalid refresh token", "status": 401, "result": "fail"})
    );
    assert_eq!(answer.header("x-gatewright-reason"), "refresh_reused");
    browser
        .get(&h, "/console/api/account/profile")
        .await
        .expect(401);
    browser.post(&h, REFRESH, json!({})).await.expect(401);
    let events = h
        .db
        .query("SELECT action FROM gatewright_audit_events WHERE action = 'console.refresh_reused'")
        .await;
    assert_eq!(events.len(), 1);
}

#[actix_web::test]
async fn sec_137_refresh_of_twenty_tabs_at_once_keeps_the_session() {
    let h = Harness::start().await;
    let browser = basic_account(&h).await;
    let tabs = join_all((0..20).map(|_| {
        let mut tab = browser.clone();
        let h = &h;
        async move {
            tab.post(h, REFRESH, json!({})).await.expect(200);
            tab
        }
    }))
    .await;
    let successor = &tabs[0].cookies["refresh_token"];
    for mut tab in tabs.clone() {
        assert_eq!(&tab.cookies["refresh_token"], successor);
        tab.get(&h, "/console/api/account/profile")
            .await
            .expect(200);
    }
}

#[actix_web::test]
async fn refresh_token_that_is_malformed_or_foreign_is_refused() {
    let h = Harness::start().await;
    let browser = basic_account(&h).await;
    let none = Browser::new()
        .post(&h, REFRESH, json!({}))
        .await
        .expect(401);
    assert_eq!(
        none.json(),
        json!({"code": "unauthorized", "message": "No refresh token provided", "status": 401, "result": "fail"})
    );
    let real = browser.cookies["refresh_token"].clone();
    let flipped = format!(
        "{}{}",
        &real[..127],
        if real.ends_with('0') { '1' } else { '0' }
    );
    for token in ["x", &"0".repeat(128), &flipped, &real.to_uppercase()] {
        let mut forged = Browser::new();
        forged
            .cookies
            .insert("refresh_token".into(), token.to_owned());
        let answer = forged.post(&h, REFRESH, json!({})).await.expect(401);
        assert_eq!(answer.json()["message"], "Invalid refresh token");
    }
    // Of two the one that verifies counts; two that do are refused.
    let other = Browser::signed_in(&h, EMAIL, PASSWORD).await;
    let other = &other.cookies["refresh_token"];
    for (second, status) in [("x", 200), (flipped.as_str(), 200), (other, 401)] {
        let mut browser = Browser::signed_in(&h, EMAIL, PASSWORD).await;
        let first = &browser.cookies["refresh_token"];
        let cookies = format!("refresh_token={second}; refresh_token={first}");
        let headers = [("cookie", cookies.as_str())];
        let answer = browser.send(&h, "POST", REFRESH, Some(json!({})), &headers);
        answer.await.expect(status);
    }
    arrange::set_status(&h.db, EMAIL, "banned").await;
    browser
        .clone()
        .post(&h, REFRESH, json!({}))
        .await
        .expect(401);
}

#[actix_web::test]
async fn refresh_of_one_session_leaves_others_alone() {
    let h = Harness::start().await;
    let mut a = basic_account(&h).await;
    let mut b = Browser::signed_in(&h, "owner@example.com", "Passw0rd1").await;
    for _ in 0..3 {
        a.post(&h, REFRESH, json!({})).await.expect(200);
        b.post(&h, REFRESH, json!({})).await.expect(200);
    }
    a.get(&h, "/console/api/account/profile").await.expect(200);
    b.get(&h, "/console/api/account/profile").await.expect(200);
    let mut refused = a.clone();
    h.db.execute("UPDATE gatewright_console_sessions SET revoked_at = now()")
        .await;
    refused
        .get(&h, "/console/api/account/profile")
        .await
        .expect(401);
}
