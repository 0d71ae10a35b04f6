//! Clients of both generations of Dify at once: versions, and the paths that the newer one calls.

use serde_json::{Value, json};

use crate::support::{Answer, Harness, basic_account};

const OLDER: &str = "difyctl/0.1.0-rc.1 (linux; x64; rc)";
const NEWER: &str = "difyctl/0.2.0-alpha (linux; x64; alpha)";
const FROM_SOURCE: &str = "difyctl/0.0.0-dev (linux; x64; dev)";

async fn version(h: &Harness, user_agent: Option<&str>) -> Value {
    let mut request = h.request("GET", "/openapi/v1/_version");
    if let Some(user_agent) = user_agent {
        request = request.header("User-Agent", user_agent);
    }
    let answer = Answer::read(request.send().await.unwrap()).await;
    answer.expect(200).json()
}

#[actix_web::test]
async fn version_answer_follows_the_generation_of_difyctl() {
    let h = Harness::start().await;
    let old = json!({"version": "1.14.2", "edition": "SELF_HOSTED"});
    let new = json!({"version": "1.16.1", "edition": "COMMUNITY"});
    assert_eq!(version(&h, Some(OLDER)).await, old);
    for user_agent in [Some(NEWER), Some(FROM_SOURCE), Some("curl/8.5.0"), None] {
        assert_eq!(version(&h, user_agent).await, new, "{user_agent:?}");
    }
}

#[actix_web::test]
async fn pinned_version_and_edition_are_answered_to_every_client() {
    let h = Harness::with(&[
        ("GATEWRIGHT_DIFY_VERSION", "1.14.2"),
        ("DEPLOYMENT_EDITION", "ENTERPRISE"),
    ])
    .await;
    let old = json!({"version": "1.14.2", "edition": "SELF_HOSTED"});
    for user_agent in [OLDER, NEWER] {
        assert_eq!(version(&h, Some(user_agent)).await, old);
    }
    let health = h.get("/health").await.expect(200);
    assert_eq!(health.json()["version"], "1.14.2");
    assert_eq!(health.header("x-version"), "1.14.2");
    let h = h
        .restarted_with(&[
            ("GATEWRIGHT_DIFY_VERSION", "1.16.1"),
            ("DEPLOYMENT_EDITION", "ENTERPRISE"),
            ("EDITION", "SELF_HOSTED"),
        ])
        .await;
    let new = json!({"version": "1.16.1", "edition": "ENTERPRISE"});
    for user_agent in [OLDER, NEWER] {
        assert_eq!(version(&h, Some(user_agent)).await, new);
    }
}

#[actix_web::test]
async fn difyctl_of_the_older_generation_gets_no_upgrade_hint() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let token = h.token(&mut owner, "x").await;
    for path in ["/openapi/v1/workspaces", "/openapi/v1/nowhere"] {
        let request = h.request("GET", path).header("User-Agent", OLDER);
        let request = request.header("Authorization", format!("Bearer {token}"));
        let answer = Answer::read(request.send().await.unwrap()).await;
        assert!([200, 404].contains(&answer.status), "{answer:?}");
    }
}

async fn call(h: &Harness, token: &str, method: &str, path: &str, body: Option<Value>) -> Answer {
    let mut request = h.request(method, path);
    request = request.header("Authorization", format!("Bearer {token}"));
    if let Some(body) = body {
        request = request.json(&body);
    }
    Answer::read(request.send().await.unwrap()).await
}

#[actix_web::test]
async fn workspace_switch_answers_at_each_spelling_of_its_path() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let token = h.token(&mut owner, "x").await;
    let list = call(&h, &token, "GET", "/openapi/v1/workspaces", None).await;
    let id = list.json()["workspaces"][0]["id"].clone();
    let id = id.as_str().unwrap();
    let switched = call(
        &h,
        &token,
        "POST",
        &format!("/openapi/v1/workspaces/{id}/switch"),
        None,
    )
    .await
    .expect(200);
    for spelt in [":switch", "%3Aswitch", "%3aswitch"] {
        let path = format!("/openapi/v1/workspaces/{id}{spelt}");
        let answer = call(&h, &token, "POST", &path, None).await.expect(200);
        assert_eq!(answer.json(), switched.json(), "{spelt}");
        let refused = call(&h, &token, "GET", &path, None).await.expect(405);
        assert_eq!(refused.header("allow"), "OPTIONS, POST");
        let stranger = Answer::read(h.request("POST", &path).send().await.unwrap()).await;
        stranger.expect(401);
    }
    let nobody = "/openapi/v1/workspaces/00000000-0000-4000-8000-000000000000:switch";
    call(&h, &token, "POST", nobody, None).await.expect(404);
    let verb = format!("/openapi/v1/workspaces/{id}:archive");
    call(&h, &token, "GET", &verb, None).await.expect(404);
}

#[actix_web::test]
async fn member_role_is_changed_by_patch_of_the_member() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let token = h.token(&mut owner, "x").await;
    let list = call(&h, &token, "GET", "/openapi/v1/workspaces", None).await;
    let id = list.json()["workspaces"][0]["id"].clone();
    let members = format!("/openapi/v1/workspaces/{}/members", id.as_str().unwrap());
    let guest = json!({"email": "guest@example.com", "role": "normal"});
    let made = call(&h, &token, "POST", &members, Some(guest)).await;
    let made = made.expect(201).json();
    let member = format!("{members}/{}", made["member_id"].as_str().unwrap());
    let role = |role: &str| Some(json!({"role": role}));
    let done = call(&h, &token, "PATCH", &member, role("admin")).await;
    assert_eq!(done.expect(200).json(), json!({"result": "success"}));
    let rows = call(&h, &token, "GET", &members, None).await.json();
    assert_eq!(rows["data"][1]["role"], "admin");
    // Every refusal is that of the other path.
    let older = format!("{member}/role");
    for (body, status) in [("admin", 400), ("owner", 422)] {
        let new = call(&h, &token, "PATCH", &member, role(body)).await;
        let old = call(&h, &token, "PUT", &older, role(body)).await;
        assert_eq!(new.expect(status).json(), old.expect(status).json());
    }
    let refused = call(&h, &token, "PUT", &member, role("admin")).await;
    assert_eq!(
        refused.expect(405).header("allow"),
        "DELETE, OPTIONS, PATCH"
    );
}
