//! The envelope of each surface for each kind of error.

use serde_json::json;

use super::hold;
use crate::support::{Answer, Browser, EMAIL, Harness, basic_account};

#[actix_web::test]
async fn console_error_envelopes_are_as_held() {
    let h = Harness::start().await;
    let mut browser = basic_account(&h).await;
    let mut stranger = Browser::new();
    let profile = "/console/api/account/profile";
    hold(
        "console_error_unauthorized",
        &stranger.get(&h, profile).await,
        &[],
    );
    let wrong = stranger.login(&h, EMAIL, "Wr0ngPassword").await;
    hold("console_error_wrong_password", &wrong, &[]);
    for (name, method, path, body) in [
        ("not_found", "GET", "/console/api/nothing", None),
        ("method", "DELETE", profile, None),
        (
            "missing_member",
            "POST",
            "/console/api/account/name",
            Some(json!({})),
        ),
        (
            "wrong_type",
            "POST",
            "/console/api/account/name",
            Some(json!({"name": 7})),
        ),
        (
            "invalid_value",
            "POST",
            "/console/api/account/timezone",
            Some(json!({"timezone": "Mars/Base"})),
        ),
        (
            "weak_password",
            "POST",
            "/console/api/account/password",
            Some(
                json!({"password": "Passw0rd1", "new_password": "short", "repeat_new_password": "short"}),
            ),
        ),
        (
            "no_such_member",
            "DELETE",
            "/console/api/workspaces/current/members/00000000-0000-7000-8000-000000000000",
            None,
        ),
    ] {
        let answer = browser.send(&h, method, path, body, &[]).await;
        hold(&format!("console_error_{name}"), &answer, &[]);
    }
    let forged = [("x-csrf-token", "forged")];
    let answer = browser
        .send(
            &h,
            "POST",
            "/console/api/account/name",
            Some(json!({"name": "X"})),
            &forged,
        )
        .await;
    hold("console_error_csrf", &answer, &[]);
}

#[actix_web::test]
async fn openapi_error_envelopes_are_as_held() {
    let h = Harness::start().await;
    let mut browser = basic_account(&h).await;
    let token = h.token(&mut browser, "laptop").await;
    let account = "/openapi/v1/account";
    hold("openapi_error_without_bearer", &h.get(account).await, &[]);
    let invented = format!("dfoa_{}", "A".repeat(43));
    let answer = h.with_bearer("GET", account, &invented).await;
    hold("openapi_error_invented_bearer", &answer, &[]);
    for (name, method, path) in [
        ("not_found", "GET", "/openapi/v1/nothing"),
        ("method", "DELETE", account),
        (
            "no_such_workspace",
            "GET",
            "/openapi/v1/workspaces/00000000-0000-7000-8000-000000000000",
        ),
        (
            "page_out_of_range",
            "GET",
            "/openapi/v1/account/sessions?limit=100000",
        ),
    ] {
        let answer = h.with_bearer(method, path, &token).await;
        hold(&format!("openapi_error_{name}"), &answer, &[]);
    }
}

#[actix_web::test]
async fn unreadable_body_is_refused_by_each_surface_as_held() {
    let h = Harness::start().await;
    h.set_up().await;
    for (name, path) in [
        ("console_error_unreadable", "/console/api/login"),
        ("openapi_error_unreadable", "/openapi/v1/oauth/device/code"),
    ] {
        let request = h
            .request("POST", path)
            .header("content-type", "application/json");
        let answer = Answer::read(request.body("{\"a\": ").send().await.unwrap()).await;
        hold(name, &answer, &[]);
    }
}

#[actix_web::test]
async fn limited_request_is_refused_by_each_surface_as_held() {
    let h = Harness::with(&[
        ("GATEWRIGHT_LIMIT_DEVICE_CODE", "1/1m"),
        ("GATEWRIGHT_LIMIT_MAIL_CODE", "1/1m"),
    ])
    .await;
    h.set_up().await;
    for (name, path, body) in [
        (
            "openapi_error_limited",
            "/openapi/v1/oauth/device/code",
            json!({"client_id": "difyctl", "device_label": "x"}),
        ),
        (
            "console_error_limited",
            "/console/api/forgot-password",
            json!({"email": EMAIL}),
        ),
    ] {
        let mut last = h.post(path, &body).await;
        for _ in 0..10 {
            if last.status == 429 {
                break;
            }
            last = h.post(path, &body).await;
        }
        hold(name, &last, &[]);
    }
}
