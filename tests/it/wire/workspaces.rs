//! Workspaces over both surfaces.

use serde_json::json;

use crate::support::{EMAIL, Harness, arrange, basic_account};

/// Gives the first account a second and an archived workspace.
async fn with_more(h: &Harness) -> (String, String) {
    let editor = || arrange::member(EMAIL, "editor");
    let second = arrange::workspace("Second").made_at("2030-01-01");
    let attic = arrange::workspace("Attic").made_at("2030-01-02").archived();
    (
        second.with(editor()).add(&h.db).await,
        attic.with(editor()).add(&h.db).await,
    )
}

#[actix_web::test]
async fn openapi_workspaces_are_listed_read_and_switched() {
    let h = Harness::start().await;
    let mut browser = basic_account(&h).await;
    let (second, attic) = with_more(&h).await;
    let token = h.token(&mut browser, "x").await;
    let list = h
        .with_bearer("GET", "/openapi/v1/workspaces", &token)
        .await
        .expect(200)
        .json();
    let names: Vec<&str> = list["workspaces"]
        .as_array()
        .unwrap()
        .iter()
        .map(|w| w["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["Owner's Workspace", "Second", "Attic"]);
    assert_eq!(list["workspaces"][0]["current"], true);
    let one = h
        .with_bearer("GET", &format!("/openapi/v1/workspaces/{second}"), &token)
        .await
        .expect(200)
        .json();
    assert_eq!(one["created_at"], "2030-01-01T00:00:00");
    assert_eq!(
        (
            one["role"].as_str(),
            one["status"].as_str(),
            one["current"].as_bool()
        ),
        (Some("editor"), Some("normal"), Some(false))
    );
    let switched = h
        .with_bearer(
            "POST",
            &format!("/openapi/v1/workspaces/{second}/switch"),
            &token,
        )
        .await
        .expect(200)
        .json();
    assert_eq!(switched["current"], true);
    let list = h
        .with_bearer("GET", "/openapi/v1/workspaces", &token)
        .await
        .expect(200)
        .json();
    assert_eq!(
        (
            list["workspaces"][0]["current"].as_bool(),
            list["workspaces"][1]["current"].as_bool()
        ),
        (Some(false), Some(true))
    );
    let console = browser
        .post(&h, "/console/api/workspaces/current", json!({}))
        .await
        .expect(200)
        .json();
    assert_eq!(console["name"], "Second", "the console sees it too");
    h.with_bearer(
        "POST",
        &format!("/openapi/v1/workspaces/{attic}/switch"),
        &token,
    )
    .await
    .expect(404);
}

#[actix_web::test]
async fn sec_118_sec_165_foreign_workspace_is_not_found() {
    let h = Harness::start().await;
    let mut browser = basic_account(&h).await;
    let mut stranger = h.add_account("stranger").await;
    let token = h.token(&mut stranger, "x").await;
    let mine = browser
        .post(&h, "/console/api/workspaces/current", json!({}))
        .await
        .json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    for id in [
        mine.as_str(),
        "00000000-0000-4000-8000-000000000000",
        "not-a-uuid",
    ] {
        for (method, path) in [
            ("GET", format!("/openapi/v1/workspaces/{id}")),
            ("POST", format!("/openapi/v1/workspaces/{id}/switch")),
        ] {
            let answer = h.with_bearer(method, &path, &token).await.expect(404);
            assert_eq!(
                answer.json(),
                json!({"code": "not_found", "message": "workspace not found", "status": 404})
            );
        }
        let answer = stranger
            .post(
                &h,
                "/console/api/workspaces/switch",
                json!({"tenant_id": id}),
            )
            .await
            .expect(403);
        assert_eq!(answer.code(), "account_not_link_tenant");
    }
    let own = stranger
        .post(&h, "/console/api/workspaces/current", json!({}))
        .await
        .json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    h.with_bearer("GET", &format!("/openapi/v1/workspaces/{own}"), &token)
        .await
        .expect(200);
    h.db.execute(&format!(
        "DELETE FROM tenant_account_joins WHERE tenant_id = '{own}'"
    ))
    .await;
    h.clock.advance_seconds(1);
    h.with_bearer("GET", &format!("/openapi/v1/workspaces/{own}"), &token)
        .await
        .expect(404);
}

#[actix_web::test]
async fn console_workspaces_are_listed_and_switched() {
    let h = Harness::start().await;
    let mut browser = basic_account(&h).await;
    let (second, attic) = with_more(&h).await;
    let list = browser
        .get(&h, "/console/api/workspaces")
        .await
        .expect(200)
        .json();
    let rows = list["workspaces"].as_array().unwrap();
    assert_eq!(rows.len(), 2, "archived ones are not shown");
    assert_eq!(
        (rows[0]["plan"].as_str(), rows[0]["current"].as_bool()),
        (Some("sandbox"), Some(true))
    );
    assert!(rows[0]["created_at"].is_i64());
    let answer = browser
        .post(
            &h,
            "/console/api/workspaces/switch",
            json!({"tenant_id": second}),
        )
        .await
        .expect(200)
        .json();
    assert_eq!(
        (
            answer["result"].as_str(),
            answer["new_tenant"]["name"].as_str()
        ),
        (Some("success"), Some("Second"))
    );
    browser
        .post(
            &h,
            "/console/api/workspaces/switch",
            json!({"tenant_id": attic}),
        )
        .await
        .expect(403);
    h.db.execute("UPDATE tenants SET status = 'archive' WHERE name = 'Second'")
        .await;
    let current = browser
        .post(&h, "/console/api/info", json!({}))
        .await
        .expect(200)
        .json();
    assert_eq!(
        (
            current["name"].as_str(),
            current["plan"].as_str(),
            current["role"].as_str()
        ),
        (Some("Owner's Workspace"), Some("basic"), Some("owner"))
    );
    browser
        .get(&h, "/console/api/workspaces/current")
        .await
        .expect(405);
}
