//! Apps on `/openapi/v1`, as both generations of the command line ask for them.

use serde_json::{Value, json};

use crate::support::apps::{file, imported, publish};
use crate::support::{Answer, Browser, Harness, basic_account};

async fn workspace(h: &Harness, by: &mut Browser) -> String {
    let current = by
        .post(h, "/console/api/workspaces/current", json!({}))
        .await;
    current.json()["id"].as_str().unwrap().to_owned()
}

async fn send(h: &Harness, path: &str, token: &str, body: &Value) -> Answer {
    let request = h.request("POST", path).bearer_auth(token).json(body);
    Answer::read(request.send().await.unwrap()).await
}

#[actix_web::test]
async fn apps_of_a_workspace_are_listed_for_its_members() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let token = h.token(&mut owner, "laptop").await;
    let id = workspace(&h, &mut owner).await;
    let shown = imported(&h, &mut owner, "shown").await;
    let closed = imported(&h, &mut owner, "closed").await;
    let path = format!("/console/api/apps/{closed}/api-enable");
    owner
        .post(&h, &path, json!({"enable_api": false}))
        .await
        .expect(200);
    let list = async |query: &str| {
        h.with_bearer("GET", &format!("/openapi/v1/apps{query}"), &token)
            .await
    };
    let page = list(&format!("?workspace_id={id}"))
        .await
        .expect(200)
        .json();
    assert_eq!((&page["total"], &page["limit"]), (&json!(1), &json!(20)));
    let row = &page["data"][0];
    assert_eq!(row["id"], shown);
    assert_eq!(row["created_by_name"], "Owner");
    assert_eq!(row["workspace_name"], "Owner's Workspace");
    assert!(!row["updated_at"].as_str().unwrap().contains('Z'));
    let named = list(&format!("?workspace_id={id}&name={shown}&limit=5"))
        .await
        .expect(200)
        .json();
    assert_eq!((&named["limit"], &named["total"]), (&json!(1), &json!(1)));
    let hidden = list(&format!("?workspace_id={id}&name={closed}"))
        .await
        .expect(200)
        .json();
    assert_eq!((&hidden["total"], &hidden["data"]), (&json!(0), &json!([])));
    for (query, status) in [
        ("", 404),
        ("?workspace_id=nope&limit=0", 404),
        (&format!("?workspace_id={id}&limit=0"), 422),
        (&format!("?workspace_id={id}&limit=201"), 422),
        (&format!("?workspace_id={id}&mode=agent"), 422),
        (&format!("?workspace_id={id}&mode=workflow&tag=none"), 200),
    ] {
        list(query).await.expect(status);
    }
    h.get(&format!("/openapi/v1/apps?workspace_id={id}"))
        .await
        .expect(401);
    let mut other = h.add_account("other").await;
    let stranger = h.token(&mut other, "theirs").await;
    let path = format!("/openapi/v1/apps?workspace_id={id}");
    let foreign = h
        .with_bearer("GET", &path, &stranger)
        .await
        .expect(404)
        .json();
    assert_eq!(foreign["message"], "workspace not found");
}

#[actix_web::test]
async fn app_is_described_at_the_paths_of_both_generations() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let token = h.token(&mut owner, "laptop").await;
    let app = imported(&h, &mut owner, "described").await;
    let describe = async |path: &str| {
        h.with_bearer("GET", &format!("/openapi/v1/apps/{path}"), &token)
            .await
    };
    let before = describe(&app).await.expect(200).json();
    assert_eq!(before["parameters"]["user_input_form"], json!([]));
    assert_eq!(before["input_schema"]["properties"], json!({}));
    publish(&h, &mut owner, &app).await.expect(200);
    let newer = describe(&app).await.expect(200).json();
    let older = describe(&format!("{app}/describe"))
        .await
        .expect(200)
        .json();
    assert_eq!(newer, older);
    assert_eq!(older["info"]["name"], "described");
    let name = json!({"type": "string", "title": "name", "maxLength": 48});
    assert_eq!(
        older.pointer("/input_schema/properties/inputs/properties/name"),
        Some(&name)
    );
    let field = &older["parameters"]["user_input_form"][0]["text-input"];
    assert_eq!(field["variable"], "name");
    let some = describe(&format!("{app}?fields=info"))
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&some["parameters"], &some["input_schema"]),
        (&Value::Null, &Value::Null)
    );
    for (path, status) in [
        (format!("{app}?fields=nope"), 422),
        (format!("{app}?workspace_id=x"), 422),
        ("5b1e3f1c-6f0e-4c55-9b2a-0d0c6f3f0aff".to_owned(), 404),
        ("nope/describe".to_owned(), 404),
    ] {
        describe(&path).await.expect(status);
    }
    let mut other = h.add_account("other").await;
    let stranger = h.token(&mut other, "theirs").await;
    let path = format!("/openapi/v1/apps/{app}");
    let foreign = h
        .with_bearer("GET", &path, &stranger)
        .await
        .expect(404)
        .json();
    let unknown = describe("5b1e3f1c-6f0e-4c55-9b2a-0d0c6f3f0aff")
        .await
        .json();
    assert_eq!(foreign, unknown, "nobody learns that it exists");
    let closed = format!("/console/api/apps/{app}/api-enable");
    owner
        .post(&h, &closed, json!({"enable_api": false}))
        .await
        .expect(200);
    let closed = describe(&app).await.expect(403);
    assert_eq!(closed.header("x-gatewright-reason"), "service_api_disabled");
}

#[actix_web::test]
async fn app_is_imported_confirmed_and_exported_by_a_bearer() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let token = h.token(&mut owner, "laptop").await;
    let id = workspace(&h, &mut owner).await;
    let imports = format!("/openapi/v1/workspaces/{id}/apps/imports");
    let body = |version: &str| json!({"mode": "yaml-content", "yaml_content": file(version, "cli"), "name": "named"});
    let done = send(&h, &imports, &token, &body("0.6.0"))
        .await
        .expect(200)
        .json();
    assert_eq!(done["current_dsl_version"], "0.7.0");
    let app = done["app_id"].as_str().unwrap().to_owned();
    for path in ["export", "dsl"] {
        let path = format!("/openapi/v1/apps/{app}/{path}");
        let text = h.with_bearer("GET", &path, &token).await.expect(200).json();
        let text = text["data"].as_str().unwrap().to_owned();
        assert!(text.contains("name: named") && !text.contains("s3cret"));
    }
    for path in ["check-dependencies", "dependencies:check"] {
        let path = format!("/openapi/v1/apps/{app}/{path}");
        let missing = h.with_bearer("GET", &path, &token).await.expect(200).json();
        assert_eq!(missing, json!({"leaked_dependencies": []}));
    }
    let unknown =
        format!("/openapi/v1/apps/{app}/dsl?workflow_id=5b1e3f1c-6f0e-4c55-9b2a-0d0c6f3f0aff");
    assert_eq!(
        h.with_bearer("GET", &unknown, &token)
            .await
            .expect(404)
            .code(),
        "not_found"
    );
    for confirm in [":confirm", "/confirm"] {
        let begun = send(&h, &imports, &token, &body("9.9.9"))
            .await
            .expect(202)
            .json();
        let path = format!("{imports}/{}{confirm}", begun["id"].as_str().unwrap());
        let done = send(&h, &path, &token, &json!({})).await.expect(200).json();
        assert_eq!(done["status"], "completed");
        send(&h, &path, &token, &json!({})).await.expect(400);
    }
    for (body, status) in [
        (json!({"mode": "nope"}), 422),
        (json!({"mode": "yaml-content"}), 422),
        (
            json!({"mode": "yaml-content", "yaml_content": "a: b", "more": 1}),
            422,
        ),
        (json!({"mode": "yaml-content", "yaml_content": "a: b"}), 400),
    ] {
        send(&h, &imports, &token, &body).await.expect(status);
    }
    let older = h
        .request("POST", &imports)
        .bearer_auth(&token)
        .header("user-agent", "difyctl/0.1.0 (linux; x64; rc)");
    let older = Answer::read(older.json(&body("0.6.0")).send().await.unwrap()).await;
    assert_eq!(older.expect(200).json()["current_dsl_version"], "0.6.0");
}

#[actix_web::test]
async fn role_that_may_not_edit_imports_and_exports_nothing() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let token = h.token(&mut owner, "laptop").await;
    let id = workspace(&h, &mut owner).await;
    let app = imported(&h, &mut owner, "guarded").await;
    h.db.execute("UPDATE tenant_account_joins SET role = 'normal'")
        .await;
    h.clock.advance(chrono::TimeDelta::seconds(2));
    let imports = format!("/openapi/v1/workspaces/{id}/apps/imports");
    // The role comes before the body.
    let refused = send(&h, &imports, &token, &json!({})).await.expect(403);
    assert_eq!(refused.header("x-gatewright-reason"), "role_insufficient");
    for path in ["export", "dsl", "check-dependencies"] {
        let path = format!("/openapi/v1/apps/{app}/{path}");
        h.with_bearer("GET", &path, &token).await.expect(403);
    }
    h.with_bearer("GET", &format!("/openapi/v1/apps/{app}"), &token)
        .await
        .expect(200);
}

#[actix_web::test]
async fn external_subject_sees_the_apps_that_the_operator_names() {
    let (enterprise, h) = crate::support::sso::with(&[]).await;
    let mut owner = basic_account(&h).await;
    let account = h.token(&mut owner, "laptop").await;
    let named = imported(&h, &mut owner, "named").await;
    let other = imported(&h, &mut owner, "other").await;
    let payload =
        crate::support::sso::log_in(&h, "a", "one@x.example", "https://idp.example").await;
    let token = payload["token"].as_str().unwrap();
    let list = "/openapi/v1/permitted-external-apps";
    let nothing = h.with_bearer("GET", list, token).await.expect(200).json();
    assert_eq!(
        (&nothing["total"], &nothing["data"]),
        (&json!(0), &json!([]))
    );
    let refused = h.with_bearer("GET", list, &account).await.expect(403);
    assert_eq!(refused.json()["message"], "unsupported_token_type");

    let mut settings = enterprise.settings().to_vec();
    settings.push(("GATEWRIGHT_EXTERNAL_APPS", &named));
    let h = h.restarted_with(&settings).await;
    let page = h.with_bearer("GET", list, token).await.expect(200).json();
    let row = &page["data"][0];
    assert_eq!((&page["total"], &row["id"]), (&json!(1), &json!(named)));
    assert_eq!(
        (&row["created_by_name"], &row["tags"]),
        (&Value::Null, &json!([]))
    );
    for (path, status) in [
        (format!("{list}?name=NAM&mode=workflow"), 200),
        (format!("{list}?workspace_id=x"), 422),
        (format!("{list}/{named}"), 200),
        (format!("{list}/{other}"), 404),
        (format!("/openapi/v1/apps/{named}"), 403),
    ] {
        h.with_bearer("GET", &path, token).await.expect(status);
    }
    h.db.execute("UPDATE apps SET enable_api = false").await;
    h.with_bearer("GET", &format!("{list}/{named}"), token)
        .await
        .expect(404);
    let page = h.with_bearer("GET", list, token).await.expect(200).json();
    assert_eq!(page["total"], 0);
}
