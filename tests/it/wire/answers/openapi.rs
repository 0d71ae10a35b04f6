//! What the command line reads.

use serde_json::json;

use super::hold;
use crate::support::{Harness, basic_account};

const CODE: &str = "/openapi/v1/oauth/device/code";
const TOKEN: &str = "/openapi/v1/oauth/device/token";

#[actix_web::test]
async fn openapi_device_flow_is_as_held() {
    let h = Harness::start().await;
    let mut browser = basic_account(&h).await;
    let request = json!({"client_id": "difyctl", "device_label": "laptop"});
    let code = h.post(CODE, &request).await;
    let text = |name: &str| code.json()[name].as_str().unwrap().to_owned();
    let grant = crate::support::Grant {
        device_code: text("device_code"),
        user_code: text("user_code"),
    };
    let drawn = [
        (grant.device_code.as_str(), "device code"),
        (grant.user_code.as_str(), "user code"),
    ];
    hold("openapi_device_code", &code, &drawn);
    hold("openapi_device_token_pending", &h.poll(&grant).await, &[]);
    hold("openapi_device_token_too_early", &h.poll(&grant).await, &[]);
    let lookup = browser.look_up(&h, &grant).await;
    hold("openapi_device_lookup", &lookup, &[]);
    let approved = browser.decide(&h, "approve", &grant).await;
    hold("openapi_device_approve", &approved, &[]);
    h.clock.advance_seconds(60);
    let token = h.poll(&grant).await;
    let secret = token.json()["token"].as_str().unwrap().to_owned();
    hold("openapi_device_token", &token, &[(&secret, "token")]);
}

#[actix_web::test]
async fn openapi_device_flow_that_was_denied_or_is_over_is_as_held() {
    let h = Harness::start().await;
    let mut browser = basic_account(&h).await;
    let grant = h.start_flow("laptop").await;
    browser.look_up(&h, &grant).await;
    let denied = browser.decide(&h, "deny", &grant).await;
    hold("openapi_device_deny", &denied, &[]);
    hold("openapi_device_token_denied", &h.poll(&grant).await, &[]);
    let grant = h.start_flow("phone").await;
    h.clock.advance_seconds(900);
    hold("openapi_device_token_expired", &h.poll(&grant).await, &[]);
}

#[actix_web::test]
async fn openapi_account_and_workspaces_are_as_held() {
    let h = Harness::start().await;
    let mut browser = basic_account(&h).await;
    let token = h.token(&mut browser, "laptop").await;
    let workspaces = h.with_bearer("GET", "/openapi/v1/workspaces", &token).await;
    hold("openapi_workspaces", &workspaces, &[]);
    let id = workspaces.json()["workspaces"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    for (name, path) in [
        ("account", "account".to_owned()),
        ("sessions", "account/sessions".to_owned()),
        ("workspace", format!("workspaces/{id}")),
        ("members", format!("workspaces/{id}/members")),
    ] {
        let answer = h
            .with_bearer("GET", &format!("/openapi/v1/{path}"), &token)
            .await;
        hold(&format!("openapi_{name}"), &answer, &[]);
    }
    let ended = h
        .with_bearer("DELETE", "/openapi/v1/account/sessions/self", &token)
        .await;
    hold("openapi_session_revoked", &ended, &[]);
}

#[actix_web::test]
async fn openapi_versions_and_health_are_as_held() {
    let h = Harness::start().await;
    for (name, path) in [
        ("openapi_version", "/openapi/v1/_version"),
        ("openapi_health", "/openapi/v1/_health"),
    ] {
        hold(name, &h.get(path).await, &[]);
    }
    let older = h
        .request("GET", "/openapi/v1/_version")
        .header("User-Agent", "difyctl/0.1.0-rc.1 (linux; x64; rc)");
    let older = crate::support::Answer::read(older.send().await.unwrap()).await;
    hold("openapi_version_of_an_older_client", &older, &[]);
}

#[actix_web::test]
async fn openapi_token_endpoint_refuses_as_held() {
    let h = Harness::start().await;
    h.set_up().await;
    for (name, path, body) in [
        (
            "device_code_unknown_client",
            CODE,
            json!({"client_id": "evil", "device_label": "x"}),
        ),
        (
            "device_code_without_client",
            CODE,
            json!({"device_label": "x"}),
        ),
        (
            "device_token_unknown_code",
            TOKEN,
            json!({"client_id": "difyctl", "device_code": "dc_9wbPx2VUjNd0mD_WEz31WUvljJMAlHhH"}),
        ),
        (
            "device_token_without_code",
            TOKEN,
            json!({"client_id": "difyctl"}),
        ),
    ] {
        hold(&format!("openapi_{name}"), &h.post(path, &body).await, &[]);
    }
}
