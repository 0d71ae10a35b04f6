//! Apps on the console: made by hand and from files, listed, changed, published, deleted; roles and envelopes.

use serde_json::{Value, json};

use crate::support::{
    Harness,
    apps::{APPS, file, import, imported, publish},
    basic_account,
};

/// The only account's role in its workspace, from now on.
async fn become_role(h: &Harness, role: &str) {
    h.db.execute(&format!("UPDATE tenant_account_joins SET role = '{role}'"))
        .await;
    h.clock.advance(chrono::TimeDelta::seconds(2));
}

#[actix_web::test]
async fn imported_app_is_listed_published_and_deleted() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let done = import(&h, &mut owner, &file("0.6.0", "greeter"))
        .await
        .expect(200)
        .json();
    assert_eq!(done["status"], "completed");
    assert_eq!(done["app_mode"], "workflow");
    assert_eq!(done["imported_dsl_version"], "0.6.0");
    let app = done["app_id"].as_str().unwrap().to_owned();

    let page = owner.get(&h, APPS).await.expect(200).json();
    assert_eq!(page["total"], 1);
    let row = &page["data"][0];
    assert_eq!(
        (&row["id"], &row["author_name"]),
        (&json!(app), &json!("Owner"))
    );
    assert_eq!(row["workflow"], Value::Null, "nothing is published yet");

    let path = format!("{APPS}/{app}");
    let detail = owner.get(&h, &path).await.expect(200).json();
    assert_eq!(detail["site"]["title"], "greeter");
    assert_eq!(detail["site"]["code"].as_str().unwrap().len(), 16);
    assert_eq!(detail["enable_api"], true);

    let versions = format!("{path}/workflows");
    let publication = format!("{versions}/publish");
    assert_eq!(
        owner.get(&h, &publication).await.expect(200).json(),
        Value::Null
    );
    assert_eq!(
        owner.get(&h, &versions).await.expect(200).json()["items"],
        json!([])
    );
    publish(&h, &mut owner, &app).await.expect(200);
    let published = owner.get(&h, &publication).await.expect(200).json();
    assert_eq!(published["marked_name"], "v1");
    assert_eq!(
        published["environment_variables"][0]["value"],
        "*".repeat(20)
    );
    let listed = owner.get(&h, &versions).await.expect(200).json();
    let names: Vec<&str> = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["version"].as_str().unwrap())
        .collect();
    assert_eq!(names[0], "draft");
    assert_eq!(names.len(), 2);
    let detail = owner.get(&h, &path).await.expect(200).json();
    assert_eq!(detail["workflow"]["id"], published["id"]);

    owner.send(&h, "DELETE", &path, None, &[]).await.expect(204);
    let gone = owner.get(&h, &path).await.expect(404);
    assert_eq!(gone.code(), "app_not_found");
    h.work().await;
    for table in ["apps", "workflows", "sites", "installed_apps"] {
        let left = h.db.query(&format!("SELECT id::text FROM {table}")).await;
        assert_eq!(left, Vec::<String>::new(), "{table}");
    }
    let actions = h.db.audit_actions().await;
    for action in ["app.created", "app.published", "app.deleted"] {
        assert!(actions.iter().any(|one| one == action), "{action}");
    }
}

#[actix_web::test]
async fn import_ends_as_its_file_says_and_leaves_nothing_when_it_fails() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    for (text, http, status, error) in [
        (file("0.7.0", "a"), 200, "completed", ""),
        (file("0.5.0", "b"), 200, "completed-with-warnings", ""),
        (file("9.9.9", "c"), 202, "pending", ""),
        (file("abc", "d"), 400, "failed", "Invalid version: 'abc'"),
        (
            "app:\n  mode: workflow\n  name: x\nversion: 0.6.0\n".to_owned(),
            400,
            "failed",
            "Missing workflow data for workflow/advanced chat app",
        ),
        (
            "- a\n".to_owned(),
            400,
            "failed",
            "Invalid YAML format: content must be a mapping",
        ),
        (
            String::new(),
            400,
            "failed",
            "yaml_content is required when import_mode is yaml-content",
        ),
    ] {
        let outcome = import(&h, &mut owner, &text).await.expect(http).json();
        assert_eq!(outcome["status"], status, "{error}");
        assert_eq!(outcome["error"], error);
        assert_eq!(outcome["app_id"].is_string(), http == 200);
    }
    let apps =
        h.db.query("SELECT name FROM apps ORDER BY created_at")
            .await;
    assert_eq!(apps, ["a", "b"]);
}

#[actix_web::test]
async fn pending_import_is_confirmed_once_in_time_and_by_who_began_it() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let mut other = h.add_account("other").await;
    let begun = import(&h, &mut owner, &file("9.9.9", "new"))
        .await
        .expect(202)
        .json();
    let path = format!("{APPS}/imports/{}/confirm", begun["id"].as_str().unwrap());
    let expired = "Import information expired or does not exist";
    let foreign = other.post(&h, &path, json!({})).await.expect(400).json();
    assert_eq!(foreign["error"], expired);
    let done = owner.post(&h, &path, json!({})).await.expect(200).json();
    assert_eq!(
        (&done["status"], &done["id"]),
        (&json!("completed"), &begun["id"])
    );
    let again = owner.post(&h, &path, json!({})).await.expect(400).json();
    assert_eq!(
        (&again["status"], &again["error"]),
        (&json!("failed"), &json!(expired))
    );
    let late = import(&h, &mut owner, &file("9.9.9", "late"))
        .await
        .expect(202)
        .json();
    h.clock.advance(chrono::TimeDelta::minutes(11));
    let path = format!("{APPS}/imports/{}/confirm", late["id"].as_str().unwrap());
    owner.post(&h, &path, json!({})).await.expect(400);
    let unknown = owner
        .post(&h, &format!("{APPS}/imports/nope/confirm"), json!({}))
        .await;
    assert_eq!(unknown.expect(400).json()["id"], "nope");
}

#[actix_web::test]
async fn import_overwrites_a_graph_app_of_the_workspace_and_nothing_else() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let mut other = h.add_account("other").await;
    let app = imported(&h, &mut owner, "first").await;
    let foreign = imported(&h, &mut other, "foreign").await;
    let chat = json!({"name": "chat", "mode": "chat"});
    let chat = owner.post(&h, APPS, chat).await.expect(201).json();
    let mut over = async |id: &str| {
        let text = file("0.6.0", "second").replace("value: s3cret", "value: other");
        let body = json!({"mode": "yaml-content", "yaml_content": text, "app_id": id});
        owner.post(&h, &format!("{APPS}/imports"), body).await
    };
    let classic = chat["id"].as_str().unwrap();
    for (id, error) in [
        (foreign.as_str(), "App not found"),
        ("nope", "App not found"),
        (
            classic,
            "Only workflow or advanced chat apps can be overwritten",
        ),
    ] {
        assert_eq!(over(id).await.expect(400).json()["error"], error, "{id}");
    }
    let chatflow = json!({"name": "chatflow", "mode": "advanced-chat"});
    let chatflow = owner.post(&h, APPS, chatflow).await.expect(201).json();
    let body = json!({"mode": "yaml-content", "yaml_content": file("0.6.0", "x"), "app_id": chatflow["id"]});
    let mixed = owner
        .post(&h, &format!("{APPS}/imports"), body)
        .await
        .expect(400)
        .json();
    assert!(
        mixed["error"].as_str().unwrap().contains("workflow"),
        "{mixed}"
    );
    let mut over = async |id: &str| {
        let text = file("0.6.0", "second").replace("value: s3cret", "value: other");
        let body = json!({"mode": "yaml-content", "yaml_content": text, "app_id": id});
        owner.post(&h, &format!("{APPS}/imports"), body).await
    };
    let done = over(&app).await.expect(200).json();
    assert_eq!(done["app_id"], app);
    let names = h.db.query("SELECT name FROM apps ORDER BY name").await;
    assert_eq!(names, ["chat", "chatflow", "foreign", "second"]);
    let drafts = h.db.query("SELECT id::text FROM workflows").await;
    assert_eq!(drafts.len(), 2, "the draft is the same row");
    let export = format!("{APPS}/{app}/export?include_secret=true");
    let text = owner.get(&h, &export).await.expect(200).json();
    assert!(text["data"].as_str().unwrap().contains("value: other"));
}

#[actix_web::test]
async fn export_reads_back_equal_has_no_secret_and_a_copy_has_it() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let app = imported(&h, &mut owner, "original").await;
    let stored =
        h.db.query("SELECT environment_variables FROM workflows")
            .await;
    assert!(!stored[0].contains("s3cret"), "{stored:?}");
    let path = format!("{APPS}/{app}");
    let text = owner
        .get(&h, &format!("{path}/export"))
        .await
        .expect(200)
        .json();
    let text = text["data"].as_str().unwrap().to_owned();
    assert!(!text.contains("s3cret") && text.contains("version: 0.6.0"));
    let again = import(&h, &mut owner, &text).await.expect(200).json();
    let again = format!("{APPS}/{}/export", again["app_id"].as_str().unwrap());
    assert_eq!(owner.get(&h, &again).await.json()["data"], text);

    let copy = json!({"name": "copy"});
    let copy = owner
        .post(&h, &format!("{path}/copy"), copy)
        .await
        .expect(201)
        .json();
    assert_eq!(copy["name"], "copy");
    let copy = format!(
        "{APPS}/{}/export?include_secret=yes",
        copy["id"].as_str().unwrap()
    );
    let copied = owner.get(&h, &copy).await.expect(200).json();
    assert!(copied["data"].as_str().unwrap().contains("s3cret"));
    let actions = h.db.audit_actions().await;
    assert_eq!(
        actions
            .iter()
            .filter(|one| *one == "app.secrets_exported")
            .count(),
        1
    );
}

#[actix_web::test]
async fn draft_is_saved_only_over_what_its_editor_saw() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let made = json!({"name": "empty", "mode": "workflow"});
    let made = owner.post(&h, APPS, made).await.expect(201).json();
    let path = format!("{APPS}/{}/workflows/draft", made["id"].as_str().unwrap());
    assert_eq!(
        owner.get(&h, &path).await.expect(404).code(),
        "draft_workflow_not_exist"
    );
    let graph = json!({"nodes": [], "edges": []});
    let save = |hash: Value| {
        json!({"graph": graph, "features": {}, "hash": hash,
        "environment_variables": [{"id": "e", "name": "T", "value_type": "secret", "value": "x"}]})
    };
    let first = owner
        .post(&h, &path, save(Value::Null))
        .await
        .expect(200)
        .json();
    assert_eq!(
        first["hash"],
        "27f5dd8b97a0933012c8e79d95d121949ca5f7c72ebd7f56d7d37767307d995e"
    );
    assert_eq!(
        owner
            .post(&h, &path, save(Value::Null))
            .await
            .expect(409)
            .code(),
        "draft_workflow_not_sync"
    );
    owner
        .post(&h, &path, save(json!("wrong")))
        .await
        .expect(409);
    owner
        .post(&h, &path, save(first["hash"].clone()))
        .await
        .expect(200);
    // As a closing page sends it.
    let text = [("content-type", "text/plain;charset=UTF-8")];
    let closing = owner
        .send(&h, "POST", &path, Some(save(first["hash"].clone())), &text)
        .await;
    closing.expect(200);
    for (body, message) in [
        (
            json!({"graph": graph, "hash": first["hash"]}),
            "features: Field required",
        ),
        (
            json!({"graph": "x", "features": {}, "hash": first["hash"]}),
            "graph: Input should be a valid dictionary",
        ),
        (
            json!({"graph": graph, "features": {}, "hash": first["hash"],
            "environment_variables": [{"name": "a", "value": "b"}]}),
            "missing value type",
        ),
    ] {
        let answer = owner.post(&h, &path, body).await.expect(400).json();
        assert_eq!(
            (&answer["code"], &answer["message"]),
            (&json!("invalid_param"), &json!(message))
        );
    }
    let patch = json!({"graph": graph, "features": {}, "hash": first["hash"],
        "environment_variable_patch": {"environment_variables": [{"id": "f", "name": "N", "value_type": "number", "value": 7}],
            "deleted_environment_variable_ids": []}});
    owner.post(&h, &path, patch).await.expect(200);
    let draft = owner.get(&h, &path).await.expect(200).json();
    let names: Vec<&Value> = draft["environment_variables"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["name"])
        .collect();
    assert_eq!(names, [&json!("T"), &json!("N")]);
}

#[actix_web::test]
async fn graph_that_cannot_run_is_not_published() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let made = json!({"name": "bare", "mode": "workflow"});
    let made = owner.post(&h, APPS, made).await.expect(201).json();
    let app = made["id"].as_str().unwrap();
    let answer = publish(&h, &mut owner, app).await.expect(400).json();
    assert_eq!(answer["message"], "No valid workflow found.");
    let path = format!("{APPS}/{app}/workflows/draft");
    let node = json!({"id": "t", "data": {"type": "tool", "title": "T"}});
    let start = json!({"id": "s", "data": {"type": "start", "title": "S", "variables": []}});
    let edge = json!({"source": "s", "sourceHandle": "source", "target": "t"});
    let body = json!({"graph": {"nodes": [start, node], "edges": [edge]}, "features": {}});
    owner.post(&h, &path, body).await.expect(200);
    let answer = publish(&h, &mut owner, app).await.expect(400).json();
    let message = answer["message"].as_str().unwrap();
    assert!(message.contains("node t (tool)"), "{message}");
}

#[actix_web::test]
async fn versions_are_marked_restored_and_deleted_but_not_the_one_that_runs() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let app = imported(&h, &mut owner, "versions").await;
    publish(&h, &mut owner, &app).await.expect(200);
    let base = format!("{APPS}/{app}/workflows");
    let first = owner.get(&h, &format!("{base}/publish")).await.json();
    let first = format!("{base}/{}", first["id"].as_str().unwrap());
    let delete = owner
        .send(&h, "DELETE", &first, None, &[])
        .await
        .expect(400);
    assert_eq!(delete.code(), "bad_request");
    h.clock.advance(chrono::TimeDelta::seconds(1));
    publish(&h, &mut owner, &app).await.expect(200);
    let marked = json!({"marked_name": "renamed"});
    let marked = owner
        .send(&h, "PATCH", &first, Some(marked), &[])
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&marked["marked_name"], &marked["marked_comment"]),
        (&json!("renamed"), &json!("first"))
    );
    owner
        .send(&h, "PATCH", &first, Some(json!({})), &[])
        .await
        .expect(400);
    let long = json!({"marked_name": "n".repeat(21)});
    owner
        .send(&h, "PATCH", &first, Some(long), &[])
        .await
        .expect(400);
    let restored = owner
        .post(&h, &format!("{first}/restore"), json!({}))
        .await
        .expect(200)
        .json();
    assert_eq!(restored["result"], "success");
    owner
        .send(&h, "DELETE", &first, None, &[])
        .await
        .expect(204);
    owner
        .send(&h, "DELETE", &first, None, &[])
        .await
        .expect(404);
    let others = format!("{base}?user_id=5b1e3f1c-6f0e-4c55-9b2a-0d0c6f3f0aff");
    owner.get(&h, &others).await.expect(403);
}

#[actix_web::test]
async fn list_finds_by_name_mode_tag_and_maker() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    for (name, mode) in [
        ("Alpha", "workflow"),
        ("beta 100%", "advanced-chat"),
        ("gamma", "chat"),
    ] {
        h.clock.advance(chrono::TimeDelta::seconds(1));
        owner
            .post(&h, APPS, json!({"name": name, "mode": mode}))
            .await
            .expect(201);
    }
    let alpha =
        h.db.query("SELECT id::text FROM apps WHERE name = 'Alpha'")
            .await
            .remove(0);
    let tag = json!({"name": "red", "type": "app"});
    let tag = owner
        .post(&h, "/console/api/tags", tag)
        .await
        .expect(200)
        .json();
    let tag = tag["id"].as_str().unwrap().to_owned();
    let bind = json!({"tag_ids": [tag], "target_id": alpha, "type": "app"});
    owner
        .post(&h, "/console/api/tag-bindings", bind)
        .await
        .expect(200);
    for (query, names) in [
        (String::new(), vec!["gamma", "beta 100%", "Alpha"]),
        ("?mode=workflow".to_owned(), vec!["Alpha"]),
        ("?mode=all&name=A&limit=1".to_owned(), vec!["gamma"]),
        ("?mode=all&name=A&limit=1&page=3".to_owned(), vec!["Alpha"]),
        ("?name=%25".to_owned(), vec!["beta 100%"]),
        ("?name=_".to_owned(), vec![]),
        (format!("?tag_ids[0]={tag}"), vec!["Alpha"]),
        (format!("?tag_ids[0]={tag}&tag_ids[1]={alpha}"), vec![]),
        (
            "?is_created_by_me=true".to_owned(),
            vec!["gamma", "beta 100%", "Alpha"],
        ),
        (
            "?creator_ids[0]=5b1e3f1c-6f0e-4c55-9b2a-0d0c6f3f0aff".to_owned(),
            vec![],
        ),
        (
            "?sort_by=earliest_created".to_owned(),
            vec!["Alpha", "beta 100%", "gamma"],
        ),
    ] {
        let page = owner
            .get(&h, &format!("{APPS}{query}"))
            .await
            .expect(200)
            .json();
        let found: Vec<&str> = page["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["name"].as_str().unwrap())
            .collect();
        assert_eq!(found, names, "{query}");
    }
    for query in [
        "?page=0",
        "?limit=101",
        "?mode=nope",
        "?is_created_by_me=x",
        "?tag_ids=nope",
    ] {
        let answer = owner.get(&h, &format!("{APPS}{query}")).await.expect(400);
        assert_eq!(answer.code(), "invalid_param", "{query}");
    }
}

#[actix_web::test]
async fn change_of_some_fields_leaves_the_others() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let made = json!({"name": "app", "mode": "workflow", "description": "d", "icon": "🤖", "icon_background": "#FFF"});
    let made = owner.post(&h, APPS, made).await.expect(201).json();
    let path = format!("{APPS}/{}", made["id"].as_str().unwrap());
    let body = Some(json!({"name": "renamed", "max_active_requests": 3}));
    let changed = owner
        .send(&h, "PUT", &path, body, &[])
        .await
        .expect(200)
        .json();
    for (field, value) in [
        ("name", json!("renamed")),
        ("description", json!("d")),
        ("icon", json!("🤖")),
        ("max_active_requests", json!(3)),
    ] {
        assert_eq!(changed[field], value, "{field}");
    }
    let off = owner
        .post(
            &h,
            &format!("{path}/site-enable"),
            json!({"enable_site": "no"}),
        )
        .await;
    assert_eq!(off.expect(200).json()["enable_site"], false);
    let off = owner
        .post(
            &h,
            &format!("{path}/api-enable"),
            json!({"enable_api": false}),
        )
        .await;
    assert_eq!(off.expect(200).json()["enable_api"], false);
    let site = json!({"title": "T", "custom_disclaimer": "x".repeat(513)});
    owner
        .post(&h, &format!("{path}/site"), site)
        .await
        .expect(400);
    owner
        .post(
            &h,
            &format!("{path}/site"),
            json!({"default_language": "xx-XX"}),
        )
        .await
        .expect(400);
    let site = owner
        .post(&h, &format!("{path}/site"), json!({"title": "T"}))
        .await
        .expect(200)
        .json();
    let reset = owner
        .post(&h, &format!("{path}/site/access-token-reset"), json!({}))
        .await
        .expect(200)
        .json();
    assert_eq!(reset["title"], "T");
    assert_ne!(reset["code"], site["code"]);
}

#[actix_web::test]
async fn roles_decide_who_sees_edits_and_opens_apps() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let app = imported(&h, &mut owner, "roles").await;
    let path = format!("{APPS}/{app}");
    let graph = json!({"graph": {"nodes": [], "edges": []}, "features": {}});
    for (role, edits, opens) in [
        ("normal", 403, 403),
        ("dataset_operator", 403, 403),
        ("editor", 200, 403),
        ("admin", 200, 200),
        ("owner", 200, 200),
    ] {
        become_role(&h, role).await;
        owner.get(&h, APPS).await.expect(200);
        owner.get(&h, &path).await.expect(200);
        owner.get(&h, &format!("{path}/export")).await.expect(edits);
        owner
            .get(&h, &format!("{path}/workflows/draft"))
            .await
            .expect(edits);
        import(&h, &mut owner, &file("0.6.0", role))
            .await
            .expect(edits);
        publish(&h, &mut owner, &app).await.expect(edits);
        owner
            .post(&h, &format!("{path}/name"), json!({"name": role}))
            .await
            .expect(edits);
        owner
            .post(
                &h,
                &format!("{path}/api-enable"),
                json!({"enable_api": true}),
            )
            .await
            .expect(opens);
        if edits == 403 {
            owner
                .post(&h, &format!("{path}/workflows/draft"), graph.clone())
                .await
                .expect(403);
            owner.send(&h, "DELETE", &path, None, &[]).await.expect(403);
        }
    }
}

#[actix_web::test]
async fn apps_of_another_workspace_do_not_exist() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let mut other = h.add_account("other").await;
    let app = imported(&h, &mut owner, "mine").await;
    assert_eq!(other.get(&h, APPS).await.expect(200).json()["total"], 0);
    for id in [app.as_str(), "5b1e3f1c-6f0e-4c55-9b2a-0d0c6f3f0aff", "nope"] {
        let path = format!("{APPS}/{id}");
        assert_eq!(
            other.get(&h, &path).await.expect(404).code(),
            "app_not_found"
        );
        let put = Some(json!({"name": "x"}));
        other.send(&h, "PUT", &path, put, &[]).await.expect(404);
        other.send(&h, "DELETE", &path, None, &[]).await.expect(404);
        for get in [
            "export",
            "workflows",
            "workflows/draft",
            "workflows/publish",
        ] {
            other.get(&h, &format!("{path}/{get}")).await.expect(404);
        }
        let dependencies = format!("{APPS}/imports/{id}/check-dependencies");
        other.get(&h, &dependencies).await.expect(404);
        publish(&h, &mut other, id).await.expect(404);
        other
            .post(&h, &format!("{path}/copy"), json!({}))
            .await
            .expect(404);
    }
    h.get(APPS).await.expect(401);
    owner.get(&h, &format!("{APPS}/{app}")).await.expect(200);
}

#[actix_web::test]
async fn missing_plugins_are_told_after_an_import_for_a_while() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let needs = "dependencies:\n- current_identifier: null\n  type: marketplace\n  value:\n    marketplace_plugin_unique_identifier: langgenius/openai:0.0.1@abc\n";
    let text = file("0.6.0", "needs").replace("dependencies: []\n", needs);
    let done = import(&h, &mut owner, &text).await.expect(200).json();
    let path = format!(
        "{APPS}/imports/{}/check-dependencies",
        done["app_id"].as_str().unwrap()
    );
    let missing = owner.get(&h, &path).await.expect(200).json();
    assert_eq!(missing["leaked_dependencies"][0]["type"], "marketplace");
    h.clock.advance(chrono::TimeDelta::minutes(11));
    assert_eq!(
        owner.get(&h, &path).await.json(),
        json!({"leaked_dependencies": []})
    );
}

#[actix_web::test]
async fn file_of_an_address_in_the_own_network_is_not_fetched() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    for url in [
        "http://127.0.0.1:1/x.yml",
        "http://169.254.169.254/x",
        "file:///etc/passwd",
    ] {
        let body = json!({"mode": "yaml-url", "yaml_url": url});
        let outcome = owner
            .post(&h, &format!("{APPS}/imports"), body)
            .await
            .expect(400)
            .json();
        assert_eq!(outcome["status"], "failed");
        let error = outcome["error"].as_str().unwrap();
        assert!(
            error.starts_with("Error fetching YAML from URL: "),
            "{error}"
        );
    }
    let body = json!({"mode": "yaml-url"});
    let outcome = owner
        .post(&h, &format!("{APPS}/imports"), body)
        .await
        .expect(400)
        .json();
    assert_eq!(
        outcome["error"],
        "yaml_url is required when import_mode is yaml-url"
    );
}

#[actix_web::test]
async fn name_of_an_app_has_at_most_255_characters() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    for (name, status) in [
        ("名".repeat(255), 201),
        ("n".repeat(256), 400),
        (String::new(), 400),
    ] {
        let body = json!({"name": name, "mode": "workflow"});
        owner.post(&h, APPS, body).await.expect(status);
    }
    let long = import(&h, &mut owner, &file("0.6.0", &"n".repeat(256))).await;
    assert_eq!(long.expect(400).json()["status"], "failed");
}
