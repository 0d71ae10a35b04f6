//! What the web console of Dify 1.16 asks for, and how its web server asks.

use serde_json::{Value, json};

use super::members::{accept, invite};
use crate::support::{Answer, Browser, EMAIL, Harness, arrange, basic_account};

const CURRENT: &str = "/console/api/workspaces/current";

/// The calls of a web server that renders pages: the browser's cookies and CSRF token, and nothing else of
/// a browser.
async fn from_web_server(h: &Harness, browser: &Browser, path: &str) -> Answer {
    let mut server = Browser::script();
    server.cookies.clone_from(&browser.cookies);
    let accept = [("accept", "application/json"), ("user-agent", "node")];
    server.send(h, "GET", path, None, &accept).await
}

#[actix_web::test]
async fn system_features_are_a_superset_for_both_consoles() {
    let h = Harness::with(&[("DEPLOYMENT_EDITION", "ENTERPRISE")]).await;
    let features = h
        .get("/console/api/system-features")
        .await
        .expect(200)
        .json();
    assert_eq!(features.as_object().unwrap().len(), 27);
    for (path, value) in [
        ("/deployment_edition", json!("ENTERPRISE")),
        ("/enable_app_deploy", json!(false)),
        ("/enable_learn_app", json!(false)),
        ("/enable_step_by_step_tour", json!(false)),
        ("/rbac_enabled", json!(false)),
        ("/knowledge_fs_enabled", json!(false)),
        ("/sso_enforced_for_signin_protocol", Value::Null),
        ("/webapp_auth/sso_config/protocol", Value::Null),
        ("/webapp_auth/allow_public_access", json!(true)),
        // What only the older one reads.
        ("/is_allow_create_workspace", json!(false)),
        ("/plugin_manager/enabled", json!(false)),
    ] {
        assert_eq!(features.pointer(path), Some(&value), "{path}");
    }
}

#[actix_web::test]
async fn license_is_answered_to_signed_in_accounts() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let path = "/console/api/system-features/license";
    h.get(path).await.expect(401);
    let quota = json!({"enabled": false, "size": 0, "limit": 0});
    assert_eq!(
        owner.get(&h, path).await.expect(200).json(),
        json!({"status": "none", "expired_at": "", "workspaces": quota, "seats": quota,
            "license_expiry_notice_enabled": false})
    );
}

#[actix_web::test]
async fn current_workspace_is_summarised() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let current = owner.post(&h, CURRENT, json!({})).await.expect(200).json();
    let path = format!("{CURRENT}/summary");
    assert_eq!(
        owner.get(&h, &path).await.expect(200).json(),
        json!({"id": current["id"], "name": "Owner's Workspace", "role": "owner",
            "plan": null, "credits": null})
    );
    h.get(&path).await.expect(401);
    let rows = owner.get(&h, "/console/api/workspaces").await.json();
    assert_eq!(rows["workspaces"][0]["last_opened_at"], Value::Null);
    let members = owner.get(&h, &format!("{CURRENT}/members")).await.json();
    assert_eq!(
        members["accounts"][0]["roles"],
        json!([{"id": "owner", "name": "owner"}])
    );
}

#[actix_web::test]
async fn permissions_follow_from_the_role() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let path = format!("{CURRENT}/rbac/my-permissions");
    h.get(&path).await.expect(401);
    for (role, workspace, app, dataset) in [
        ("owner", 27, 11, 13),
        ("admin", 25, 11, 13),
        ("editor", 12, 10, 10),
        ("normal", 4, 1, 0),
        ("dataset_operator", 3, 0, 9),
    ] {
        arrange::set_role(&h.db, EMAIL, role).await;
        h.clock.advance(chrono::TimeDelta::seconds(2));
        let mine = owner.get(&h, &path).await.expect(200).json();
        let count = |path: &str| mine.pointer(path).unwrap().as_array().unwrap().len();
        assert_eq!(count("/workspace/permission_keys"), workspace, "{role}");
        assert_eq!(count("/app/default_permission_keys"), app, "{role}");
        assert_eq!(count("/dataset/default_permission_keys"), dataset, "{role}");
        assert_eq!(count("/app/overrides") + count("/dataset/overrides"), 0);
    }
}

#[actix_web::test]
async fn routes_of_later_slices_answer_typed_and_empty() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let page = json!({"data": [], "has_more": false, "limit": 8, "page": 1, "total": 0});
    let list = json!({"data": []});
    let upgrade = json!({"strategy_setting": "disabled", "upgrade_time_of_day": 0,
        "upgrade_mode": "all", "exclude_plugins": [], "include_plugins": []});
    let plugins = json!({"plugins": [], "builtin_tools": [], "has_more": false});
    for (path, empty) in [
        ("apps/recent?limit=8", list.clone()),
        ("apps/starred?limit=8", page),
        ("explore/banners", json!([])),
        ("onboarding/step-by-step-tour/state", json!({})),
        ("workspaces/current/model-providers/summary", list.clone()),
        ("workspaces/current/model-providers/credits", list.clone()),
        (
            "workspaces/current/plugin/installed-ids?category=tool",
            json!({"plugin_ids": []}),
        ),
        ("workspaces/current/plugin/model/list?page=1", plugins),
        (
            "workspaces/current/plugin/permission/fetch",
            json!({"install_permission": "everyone", "debug_permission": "everyone"}),
        ),
        (
            "workspaces/current/plugin/auto-upgrade/fetch?category=model",
            json!({"category": "model", "auto_upgrade": upgrade}),
        ),
    ] {
        let path = format!("/console/api/{path}");
        h.get(&path).await.expect(401);
        assert_eq!(
            owner.get(&h, &path).await.expect(200).json(),
            empty,
            "{path}"
        );
    }
    let online = "/console/api/apps/workflows/online-users";
    let asked = json!({"app_ids": []});
    assert_eq!(owner.post(&h, online, asked).await.expect(200).json(), list);
    for path in [
        "workspaces/current/plugin/nonsense/list",
        "workspaces/current/plugin/installed-ids?category=nonsense",
        "workspaces/current/plugin/auto-upgrade/fetch",
    ] {
        let refused = owner.get(&h, &format!("/console/api/{path}")).await;
        assert_eq!(refused.expect(400).code(), "invalid_param", "{path}");
    }
}

#[actix_web::test]
async fn web_server_with_a_browser_s_cookies_is_treated_as_that_browser() {
    let h = Harness::start().await;
    let browser = basic_account(&h).await;
    for path in [
        "/console/api/system-features",
        "/console/api/account/profile",
        "/console/api/workspaces/current/summary",
        "/console/api/workspaces/current/rbac/my-permissions",
        "/console/api/workspaces",
        "/console/api/features",
    ] {
        from_web_server(&h, &browser, path).await.expect(200);
    }
    // It carries the token, as every call does: cookies alone are not enough.
    let mut bare = Browser::script();
    bare.cookies.clone_from(&browser.cookies);
    let path = "/console/api/account/profile";
    let refused = bare
        .send(&h, "GET", path, None, &[("x-csrf-token", "")])
        .await;
    assert_eq!(
        refused.expect(401).header("x-gatewright-reason"),
        "csrf_header_missing"
    );
    // A session that only has to be renewed is renewed by it too.
    h.clock.advance(chrono::TimeDelta::minutes(61));
    from_web_server(&h, &browser, path).await.expect(401);
    let mut server = Browser::script();
    server.cookies.clone_from(&browser.cookies);
    let renew = "/console/api/refresh-token";
    server.send(&h, "POST", renew, None, &[]).await.expect(200);
    server.get(&h, path).await.expect(200);
}

/// One address renews for everybody behind a web server: only what is worth nothing is counted.
#[actix_web::test]
async fn refresh_from_one_address_is_charged_only_on_failure() {
    let h = Harness::with(&[("GATEWRIGHT_LIMIT_REFRESH", "2/5m")]).await;
    let mut people = vec![basic_account(&h).await];
    for name in ["a", "b", "c"] {
        people.push(h.add_account(name).await);
    }
    let path = "/console/api/refresh-token";
    for browser in &mut people {
        browser.sends_origin = false;
        browser.send(&h, "POST", path, None, &[]).await.expect(200);
    }
    let mut stranger = Browser::script();
    let made_up = "0".repeat(128);
    for status in [401, 401, 429] {
        stranger
            .cookies
            .insert("refresh_token".into(), made_up.clone());
        let refused = stranger.send(&h, "POST", path, None, &[]).await;
        refused.expect(status);
    }
}

#[actix_web::test]
async fn invitation_check_tells_whether_account_setup_is_needed() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let mut friend = h.add_account("friend").await;
    let invited = async |owner: &mut Browser, email: &str| {
        invite(&h, owner, email, "normal").await.expect(201);
        let token = h.last_mail(email).await.parameter("token");
        let path = format!("/console/api/activate/check?token={token}");
        let view = h.get(&path).await.expect(200).json();
        let data = view["data"].clone();
        (
            token,
            data["account_status"].clone(),
            data["requires_setup"].clone(),
        )
    };
    let (new, status, setup) = invited(&mut owner, "new@example.com").await;
    assert_eq!((status, setup), (json!("pending"), json!(true)));
    let (token, status, setup) = invited(&mut owner, "friend@example.com").await;
    assert_eq!((status, setup), (json!("active"), json!(false)));
    // Who is ready says nothing, and whatever they say changes nothing of them.
    let path = "/console/api/activate";
    friend
        .post(&h, path, json!({"token": token}))
        .await
        .expect(200);
    let profile = friend.get(&h, "/console/api/account/profile").await.json();
    assert_eq!(profile["name"], "friend");
    for missing in ["name", "interface_language", "timezone"] {
        let mut body = json!({"token": new, "name": "New", "interface_language": "en-US",
            "timezone": "UTC"});
        body.as_object_mut().unwrap().remove(missing);
        let refused = h.post(path, &body).await.expect(400);
        assert_eq!(refused.code(), "invalid_param");
        assert!(refused.body.contains(missing), "{refused:?}");
    }
    accept(&h, &mut Browser::new(), &new, "New")
        .await
        .expect(200);
}

#[actix_web::test]
async fn invitation_accepted_leaves_an_active_account_unchanged() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let mut friend = h.add_account("friend").await;
    invite(&h, &mut owner, "friend@example.com", "normal")
        .await
        .expect(201);
    let token = h.last_mail("friend@example.com").await.parameter("token");
    accept(&h, &mut friend, &token, "Another name")
        .await
        .expect(200);
    let profile = friend.get(&h, "/console/api/account/profile").await.json();
    assert_eq!(profile["name"], "friend");
}

#[actix_web::test]
async fn invite_link_without_mail_does_not_reveal_whether_the_email_has_an_account() {
    let h = Harness::with(&[("MAIL_TYPE", "<unset>")]).await;
    let mut owner = basic_account(&h).await;
    h.add_account("friend").await;
    let mut told = vec![];
    for email in ["friend@example.com", "nobody@example.com"] {
        let answer = invite(&h, &mut owner, email, "normal").await.expect(201);
        let url = answer.json()["invitation_results"][0]["url"].clone();
        let token = url
            .as_str()
            .unwrap()
            .split("token=")
            .nth(1)
            .unwrap()
            .to_owned();
        let path = format!("/console/api/activate/check?token={token}");
        let data = h.get(&path).await.expect(200).json()["data"].clone();
        told.push((
            data["account_status"].clone(),
            data["requires_setup"].clone(),
        ));
    }
    assert_eq!(told[0], told[1]);
}

#[actix_web::test]
async fn invite_reports_existing_members_and_refuses_an_empty_list() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let mut friend = h.add_account("friend").await;
    invite(&h, &mut owner, "friend@example.com", "normal")
        .await
        .expect(201);
    let token = h.last_mail("friend@example.com").await.parameter("token");
    accept(&h, &mut friend, &token, "friend").await.expect(200);
    let again = invite(&h, &mut owner, "Friend@example.com", "admin").await;
    assert_eq!(
        again.expect(201).json()["invitation_results"],
        json!([{"status": "already_member", "email": "friend@example.com",
            "message": "Account already in workspace."}])
    );
    let nobody = json!({"emails": [], "role": "normal"});
    let path = format!("{CURRENT}/members/invite-email");
    let refused = owner.post(&h, &path, nobody).await.expect(400);
    assert_eq!(refused.code(), "invalid_param");
}
