//! What the web console reads.

use serde_json::{Value, json};

use super::hold;
use crate::support::{Browser, EMAIL, Harness, PASSWORD, basic_account};

const BEFORE_SETUP: [(&str, &str); 2] = [
    ("setup", "/console/api/setup"),
    ("init", "/console/api/init"),
];
const OF_EVERYBODY: [(&str, &str); 5] = [
    ("setup", "/console/api/setup"),
    ("init", "/console/api/init"),
    ("system_features", "/console/api/system-features"),
    ("version", "/console/api/version?current_version=1.14.2"),
    ("ping", "/console/api/ping"),
];

#[actix_web::test]
async fn console_bootstrap_before_the_set_up_is_as_held() {
    let h = Harness::start().await;
    for (name, path) in BEFORE_SETUP {
        hold(
            &format!("console_{name}_before_setup"),
            &h.get(path).await,
            &[],
        );
    }
    let body = json!({"email": EMAIL, "name": "Owner", "password": PASSWORD});
    let made = h.post("/console/api/setup", &body).await;
    hold("console_setup_done", &made, &[]);
}

#[actix_web::test]
async fn console_bootstrap_after_the_set_up_is_as_held() {
    let h = Harness::start().await;
    h.set_up().await;
    for (name, path) in OF_EVERYBODY {
        hold(&format!("console_{name}"), &h.get(path).await, &[]);
    }
}

#[actix_web::test]
async fn console_sign_in_and_out_are_as_held() {
    let h = Harness::start().await;
    h.set_up().await;
    let mut browser = Browser::new();
    let login = browser.login(&h, EMAIL, PASSWORD).await;
    hold("console_login", &login, &[]);
    for (name, path) in [
        ("console_refresh_token", "/console/api/refresh-token"),
        ("console_logout", "/console/api/logout"),
    ] {
        let answer = browser.post(&h, path, json!({})).await;
        hold(name, &answer, &[]);
    }
}

#[actix_web::test]
async fn console_account_is_as_held() {
    let h = Harness::start().await;
    let mut browser = basic_account(&h).await;
    for (name, path) in [
        ("profile", "account/profile"),
        ("integrates", "account/integrates"),
        ("features", "features"),
    ] {
        let answer = browser.get(&h, &format!("/console/api/{path}")).await;
        hold(&format!("console_{name}"), &answer, &[]);
    }
    let renamed = browser
        .post(&h, "/console/api/account/name", json!({"name": "Renamed"}))
        .await;
    hold("console_account_name", &renamed, &[]);
}

#[actix_web::test]
async fn console_workspaces_and_members_are_as_held() {
    let h = Harness::start().await;
    let mut browser = basic_account(&h).await;
    for (name, method, path) in [
        ("workspaces", "GET", "workspaces"),
        ("workspace_current", "POST", "workspaces/current"),
        ("workspace_summary", "GET", "workspaces/current/summary"),
        ("members", "GET", "workspaces/current/members"),
        (
            "my_permissions",
            "GET",
            "workspaces/current/rbac/my-permissions",
        ),
        ("tags", "GET", "tags?type=app"),
        ("knowledge_api_keys", "GET", "datasets/api-keys"),
    ] {
        let (path, body) = (
            format!("/console/api/{path}"),
            (method == "POST").then(|| json!({})),
        );
        let answer = browser.send(&h, method, &path, body, &[]).await;
        hold(&format!("console_{name}"), &answer, &[]);
    }
}

#[actix_web::test]
async fn console_things_that_are_made_are_as_held() {
    let h = Harness::start().await;
    let mut browser = basic_account(&h).await;
    let tag = json!({"name": "Sales", "type": "app"});
    let tag = browser.post(&h, "/console/api/tags", tag).await;
    hold("console_tag_made", &tag, &[]);
    let key = browser
        .post(&h, "/console/api/datasets/api-keys", Value::Null)
        .await;
    let token = key.json()["token"].as_str().unwrap().to_owned();
    hold("console_api_key_made", &key, &[(&token, "key")]);
    let keys = browser.get(&h, "/console/api/datasets/api-keys").await;
    let masked = keys.json()["data"][0]["token"].as_str().unwrap().to_owned();
    hold("console_api_keys_one", &keys, &[(&masked, "masked key")]);
}
