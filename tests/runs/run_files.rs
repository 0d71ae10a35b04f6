//! Files of runs: uploaded over `/openapi/v1`, given to runs; and whose they are.

use std::ops::Deref;

use serde_json::{Map, Value, json};

use crate::support::{
    Answer, PUBLIC_URL,
    apps::{Installed, NOWHERE},
    events::events,
    files::{PNG, local, part},
};

/// An installation with an app.
pub(super) struct World {
    installed: Installed,
}

impl Deref for World {
    type Target = Installed;

    fn deref(&self) -> &Installed {
        &self.installed
    }
}

pub(super) fn node(id: &str, kind: &str, data: Value) -> Value {
    let mut all = Map::from_iter([
        ("type".to_owned(), json!(kind)),
        ("title".to_owned(), json!(id)),
    ]);
    if let Value::Object(data) = data {
        all.extend(data);
    }
    json!({"id": id, "type": "custom", "data": all})
}

/// start → the node, if there is one → end, which gives one value.
pub(super) fn app(work: Option<Value>, result: [&str; 2], features: Value) -> String {
    let variables = json!([
        {"variable": "q", "label": "q", "type": "paragraph", "required": false},
        {"variable": "pic", "label": "pic", "type": "file", "required": false, "allowed_file_types": ["image", "document"],
         "allowed_file_upload_methods": ["local_file", "remote_url", "tool_file"], "allowed_file_extensions": []},
        {"variable": "more", "label": "more", "type": "file-list", "required": false, "max_length": 2,
         "allowed_file_types": ["custom"], "allowed_file_extensions": [".xyz"], "allowed_file_upload_methods": ["local_file"]},
        {"variable": "any", "label": "any", "type": "json_object", "required": false},
    ]);
    let mut nodes = vec![node("start", "start", json!({"variables": variables}))];
    let mut path = vec!["start", "end"];
    if let Some(work) = work {
        nodes.push(work);
        path.insert(1, "work");
    }
    let outputs = json!([{"variable": "result", "value_selector": result}]);
    nodes.push(node("end", "end", json!({"outputs": outputs})));
    let edges: Vec<Value> = path
        .windows(2)
        .map(|pair| {
            json!({"id": pair.concat(), "source": pair[0], "sourceHandle": "source", "target": pair[1],
                "targetHandle": "target", "type": "custom"})
        })
        .collect();
    // JSON is YAML.
    json!({
        "app": {"name": "files", "mode": "workflow", "icon": "🤖", "icon_type": "emoji", "icon_background": "#FFEAD5", "description": ""},
        "kind": "app", "version": "0.6.0", "dependencies": [],
        "workflow": {"conversation_variables": [], "environment_variables": [], "features": features,
            "graph": {"nodes": nodes, "edges": edges}},
    })
    .to_string()
}

impl World {
    pub(super) async fn with(app: &str, settings: &[(&str, &str)]) -> Self {
        let installed = Installed::of(app, settings).await;
        Self { installed }
    }

    pub(super) async fn new() -> Self {
        let app = app(None, ["start", "pic"], json!({}));
        Self::with(&app, &[]).await
    }

    async fn send(&self, token: &str, path: &str, parts: &[Vec<u8>]) -> Answer {
        let path = format!("/openapi/v1/apps/{}/{path}", self.app);
        let request = self
            .h
            .request("POST", &path)
            .bearer_auth(token)
            .header("content-type", "multipart/form-data; boundary=edge")
            .body([parts.concat(), b"--edge--\r\n".to_vec()].concat());
        Answer::read(request.send().await.unwrap()).await
    }

    pub(super) async fn upload(&self, name: &str, content: &[u8]) -> Value {
        let parts = [part("file", Some(name), content)];
        let sent = self.send(&self.token, "files/upload", &parts).await;
        sent.expect(201).json()
    }

    /// The outputs of a run that succeeds.
    pub(super) async fn outputs(&self, inputs: Value) -> Value {
        let stream = self.run(&json!({"inputs": inputs})).await.expect(200).body;
        let last = events(&stream).pop().unwrap();
        assert_eq!(last["data"]["status"], "succeeded", "{last}");
        last["data"]["outputs"]["result"].clone()
    }

    pub(super) async fn refused(&self, inputs: Value) -> String {
        let refused = self.run(&json!({"inputs": inputs})).await;
        let told = events(&refused.expect(200).body).remove(0);
        assert_eq!(told["code"], "invalid_param", "{inputs} {told}");
        told["message"].as_str().unwrap().to_owned()
    }
}

pub(super) fn uploaded(file: &Value) -> Value {
    json!({"transfer_method": "local_file", "upload_file_id": file["id"]})
}

#[actix_web::test]
async fn upload_over_the_api_is_answered_as_at_the_console_at_both_paths() {
    let world = World::new().await;
    for path in ["files/upload", "files"] {
        let parts = [
            part("user", None, b"x"),
            part("file", Some("文件.md"), b"six"),
        ];
        let sent = world.send(&world.token, path, &parts).await.expect(201);
        let file = sent.json();
        assert_eq!(
            (&file["name"], &file["size"]),
            (&json!("文件.md"), &json!(3))
        );
        assert_eq!(file["file_key"], Value::Null);
        let fetched = world.h.get(&local(&file["source_url"])).await.expect(200);
        assert_eq!(fetched.body, "six");
    }
    let hashes = world.h.db.query("SELECT DISTINCT hash FROM upload_files");
    assert_eq!(hashes.await[0].len(), 64);
}

#[actix_web::test]
async fn bad_upload_over_the_api_is_refused_by_its_codes_and_leaves_nothing() {
    let app = app(None, ["start", "pic"], json!({}));
    let world = World::with(&app, &[("UPLOAD_FILE_EXTENSION_BLACKLIST", "exe")]).await;
    let two = vec![
        part("file", Some("a.txt"), b"1"),
        part("file2", Some("b.txt"), b"2"),
    ];
    let big = vec![0; (15 << 20) + 1];
    for (parts, status, code) in [
        (vec![part("x", None, b"y")], 400, "no_file_uploaded"),
        (two, 400, "too_many_files"),
        (
            vec![part("file", Some(""), b"x")],
            400,
            "filename_not_exists",
        ),
        (
            vec![part("file", Some("a/b.txt"), b"x")],
            400,
            "invalid_param",
        ),
        (
            vec![part("file", Some("a.EXE"), b"x")],
            400,
            "file_extension_blocked",
        ),
        (
            vec![part("file", Some("a.txt"), &big)],
            413,
            "file_too_large",
        ),
    ] {
        let refused = world.send(&world.token, "files", &parts).await;
        assert_eq!(refused.expect(status).code(), code);
    }
    let parts = [part("file", Some("a.txt"), b"x")];
    world
        .send("dfoa_nonsense", "files", &parts)
        .await
        .expect(401);
    let mut stranger = world.h.add_account("stranger").await;
    let token = world.h.token(&mut stranger, "phone").await;
    world.send(&token, "files", &parts).await.expect(404);
    let rows = world.h.db.query("SELECT count(*) FROM upload_files").await;
    assert_eq!(rows, ["0"]);
    assert_eq!(world.h.stored_files(0).await, 0);
}

#[actix_web::test]
async fn uploaded_file_given_to_a_run_is_the_recorded_value_in_its_stream() {
    let world = World::new().await;
    let file = world.upload("red.png", PNG).await;
    let mut pic = uploaded(&file);
    pic["type"] = json!("image");
    let stream = world
        .run(&json!({"inputs": {"pic": pic}}))
        .await
        .expect(200);
    let events = events(&stream.body);
    let mut value = events[0]["data"]["inputs"]["pic"].clone();
    let url = local(&value["url"]);
    assert_eq!(
        world.h.get(&url).await.expect(200).header("content-length"),
        PNG.len().to_string()
    );
    value["url"] = json!("URL");
    let id = file["id"].as_str().unwrap();
    let reference = value["reference"].as_str().unwrap().to_owned();
    let expected = format!(
        r#"{{"dify_model_identity":"__dify__file__","id":null,"type":"image","transfer_method":"local_file","remote_url":"","reference":"{reference}","filename":"red.png","extension":".png","mime_type":"application/octet-stream","size":{},"related_id":"{id}","url":"URL"}}"#,
        PNG.len()
    );
    assert_eq!(value.to_string(), expected);
    let last = events.last().unwrap();
    assert_eq!(last["data"]["files"][0]["related_id"], *id);
    assert_eq!(last["data"]["outputs"]["result"]["filename"], "red.png");
}

#[actix_web::test]
async fn file_that_its_variable_does_not_allow_is_refused() {
    let world = World::new().await;
    let [png, txt, xyz, exe] = [
        world.upload("a.png", PNG).await,
        world.upload("a.txt", b"text").await,
        world.upload("a.xyz", b"x").await,
        world.upload("a.exe", b"x").await,
    ];
    let typed = |file: &Value, kind: &str| {
        let mut file = uploaded(file);
        file["type"] = json!(kind);
        file
    };
    assert_eq!(
        world.outputs(json!({"pic": uploaded(&txt)})).await["type"],
        "document"
    );
    // Complaint of the original's users: a kind that the caller only claims.
    let other = "Detected file type does not match the specified type. Please verify the file.";
    assert_eq!(
        world.refused(json!({"pic": typed(&txt, "image")})).await,
        other
    );
    assert_eq!(
        world.refused(json!({"pic": typed(&exe, "document")})).await,
        other
    );
    let not_allowed = "File validation failed for file: a.exe";
    assert_eq!(
        world.refused(json!({"pic": uploaded(&exe)})).await,
        not_allowed
    );
    assert_eq!(
        world.refused(json!({"more": [uploaded(&exe)]})).await,
        not_allowed
    );
    for (inputs, message) in [
        (json!({"pic": "a.png"}), "pic in input form must be a file"),
        (
            json!({"more": uploaded(&xyz)}),
            "more in input form must be a list of files",
        ),
        (
            json!({"more": [uploaded(&xyz), uploaded(&xyz), uploaded(&xyz)]}),
            "more in input form must be less than 2 files",
        ),
        (
            json!({"pic": {"type": "image"}}),
            "transfer_method of the file is required",
        ),
        (
            json!({"pic": typed(&png, "program")}),
            "type of the file is none",
        ),
    ] {
        assert_eq!(world.refused(inputs).await, message);
    }
    world
        .outputs(json!({"more": [uploaded(&xyz), typed(&xyz, "custom")]}))
        .await;
    let runs = world.h.db.query("SELECT count(*) FROM workflow_runs").await;
    assert_eq!(runs, ["2"], "what is refused begins nothing");
}

/// Whoever is in the same workspace is somebody else, and so is whom an app's key names.
#[actix_web::test]
async fn file_of_somebody_else_is_unknown_as_an_input() {
    let world = World::new().await;
    let mut other = world.h.add_account("other").await;
    crate::support::arrange::member("other@example.com", "admin")
        .join_workspace_of(&world.h.db, "owner@example.com")
        .await;
    let token = world.h.token(&mut other, "phone").await;
    let parts = [part("file", Some("secret.png"), PNG)];
    let secret = world.send(&token, "files", &parts).await.expect(201).json();
    let mine = world.upload("mine.png", PNG).await;
    for id in [&secret["id"], &json!(NOWHERE), &json!("nope")] {
        let pic = json!({"transfer_method": "local_file", "upload_file_id": id});
        assert_eq!(
            world.refused(json!({"pic": pic})).await,
            "Invalid upload file"
        );
        let pic = json!({"transfer_method": "tool_file", "tool_file_id": id});
        assert_eq!(
            world.refused(json!({"pic": pic})).await,
            "Invalid upload file"
        );
    }
    world.outputs(json!({"pic": uploaded(&mine)})).await;
    // An end user with the account's own id.
    let account = mine["created_by"].as_str().unwrap();
    world
        .h
        .db
        .execute("UPDATE upload_files SET created_by_role = 'end_user'")
        .await;
    let roles = format!("SELECT created_by_role FROM upload_files WHERE created_by = '{account}'");
    assert_eq!(world.h.db.query(&roles).await, ["end_user"]);
    assert_eq!(
        world.refused(json!({"pic": uploaded(&mine)})).await,
        "Invalid upload file"
    );
}

/// Complaint of the original's users: with the feature off, files vanish without a word; the run goes on all the same.
#[actix_web::test]
async fn files_beside_the_inputs_are_the_system_s_where_the_app_takes_them() {
    for (upload, count) in [
        (
            json!({"enabled": true, "allowed_file_types": ["image"], "number_limits": 1}),
            1,
        ),
        (json!({"enabled": false}), 0),
    ] {
        let app = app(None, ["sys", "files"], json!({"file_upload": upload}));
        let world = World::with(&app, &[]).await;
        let [png, txt] = [
            uploaded(&world.upload("a.png", PNG).await),
            uploaded(&world.upload("a.txt", b"x").await),
        ];
        let run = async |files: Value| {
            let body = json!({"inputs": {}, "files": files});
            world.run(&body).await
        };
        let stream = run(json!([png])).await.expect(200).body;
        let files = &events(&stream)[0]["data"]["inputs"]["sys.files"];
        assert_eq!(files.as_array().unwrap().len(), count);
        for more in [json!([txt]), json!([png, png])] {
            let stream = run(more).await.expect(200).body;
            let refused = events(&stream)[0]["code"] == "invalid_param";
            assert_eq!(refused, count == 1, "{stream}");
        }
    }
}

#[actix_web::test]
async fn console_shows_the_beginning_of_a_text_of_its_workspace() {
    let world = World::new().await;
    let mut owner = world.owner.clone();
    let types = owner.get(&world.h, "/console/api/files/support-type").await;
    let types = types.expect(200).json();
    assert_eq!(types["allowed_extensions"].as_array().unwrap().len(), 26);
    let long = "ä".repeat(4000);
    let text = world.upload("a.txt", long.as_bytes()).await;
    let picture = world.upload("a.png", PNG).await;
    let path = |file: &Value| {
        format!(
            "/console/api/files/{}/preview",
            file["id"].as_str().unwrap()
        )
    };
    let shown = owner.get(&world.h, &path(&text)).await.expect(200).json();
    assert_eq!(shown["content"], "ä".repeat(3000));
    let refused = owner.get(&world.h, &path(&picture)).await.expect(400);
    assert_eq!(refused.code(), "invalid_param");
    let mut stranger = world.h.add_account("stranger").await;
    let nope = "/console/api/files/nope/preview";
    for none in [
        stranger.get(&world.h, &path(&text)).await,
        owner.get(&world.h, nope).await,
    ] {
        assert_eq!(none.expect(404).json()["message"], "File not found.");
    }
    assert!(text["source_url"].as_str().unwrap().starts_with(PUBLIC_URL));
}

#[actix_web::test]
async fn upload_that_a_browser_could_run_is_only_ever_saved() {
    let world = World::new().await;
    for name in ["a.svg", "a.html", "a.XML"] {
        let file = world
            .upload(name, b"<svg xmlns='http://www.w3.org/2000/svg'/>")
            .await;
        let fetched = world.h.get(&local(&file["source_url"])).await.expect(200);
        assert_eq!(fetched.header("content-type"), "application/octet-stream");
        assert!(
            fetched
                .header("content-disposition")
                .starts_with("attachment"),
            "{name}"
        );
        assert_eq!(fetched.header("x-content-type-options"), "nosniff");
    }
}
