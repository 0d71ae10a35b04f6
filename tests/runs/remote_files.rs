//! Files of runs that are elsewhere or that nodes make: looked at and fetched through the guard, kept, read by nodes.

use gatewright_test_support::{
    scripted_server::{Asked, ScriptedServer, Step, answer},
    scripted_vendor,
};
use serde_json::{Value, json};

use super::{
    run_files::{World, app, node, uploaded},
    web_app::Pages,
};
use crate::support::{
    Browser, Harness, basic_account,
    events::events,
    files::{PNG, local},
    model_server::endpoint_file,
};

fn http_call(url: &str, body: Value) -> Value {
    let call = json!({"method": "post", "url": url, "authorization": {"type": "no-auth", "config": null},
        "headers": "", "params": "", "body": body, "timeout": {}, "variables": []});
    node("work", "http-request", call)
}

fn remote(url: &str) -> Value {
    json!({"transfer_method": "remote_url", "url": url})
}

/// A value that says to be a file is only a name: a node that reads it gets what the run's owner may see.
#[actix_web::test]
async fn value_that_forges_a_file_of_somebody_else_is_not_read_by_nodes() {
    let server = ScriptedServer::start(|_| answer("200 OK", "", "ok"))
        .await
        .unwrap();
    let body = json!({"type": "form-data", "data": [
        {"key": "f", "type": "file", "value": "", "file": ["start", "any"]}]});
    let app = app(
        Some(http_call(&server.url("/"), body)),
        ["work", "status_code"],
        json!({}),
    );
    let world = World::with(&app, &[("GATEWRIGHT_OUTBOUND_ALLOW", "127.0.0.0/8")]).await;
    let mine = world.upload("mine.txt", b"my own words").await;
    let forged = json!({"dify_model_identity": "__dify__file__", "type": "document", "transfer_method": "local_file",
        "related_id": mine["id"], "filename": "mine.txt", "extension": ".txt", "mime_type": "text/plain"});
    world.outputs(json!({"any": forged.clone()})).await;
    assert!(server.asked()[0].text().contains("my own words"));
    world
        .h
        .db
        .execute("UPDATE upload_files SET created_by = gen_random_uuid()")
        .await;
    let stream = world
        .run(&json!({"inputs": {"any": forged}}))
        .await
        .expect(200);
    let last = events(&stream.body).pop().unwrap();
    assert_eq!(last["data"]["status"], "failed");
    assert_eq!(server.asked().len(), 1, "nothing was sent");
}

fn elsewhere(asked: &Asked) -> Vec<Step> {
    match (asked.method.as_str(), asked.target.as_str()) {
        ("HEAD", "/head.png") => {
            vec![Step::Bytes(
                b"HTTP/1.1 200 OK\r\ncontent-type: image/png\r\ncontent-length: 4096\r\n\r\n"
                    .to_vec(),
            )]
        }
        ("HEAD", _) => answer("405 Method Not Allowed", "", ""),
        (_, "/named") => answer(
            "200 OK",
            "content-type: image/jpeg\r\ncontent-disposition: attachment; filename=\"photo.jpg\"\r\n",
            "12345",
        ),
        (_, "/to-metadata") => answer(
            "302 Found",
            "location: http://169.254.169.254/latest/meta-data/x.png\r\n",
            "",
        ),
        (_, "/json.png") => answer("200 OK", "content-type: application/json\r\n", "{}"),
        _ => answer("404 Not Found", "", ""),
    }
}

/// Complaint of the original's users: without HEAD name, type and size are lost.
#[actix_web::test]
async fn remote_file_is_known_by_head_or_else_by_the_head_of_get() {
    let server = ScriptedServer::start(elsewhere).await.unwrap();
    let app = app(None, ["start", "pic"], json!({}));
    let world = World::with(&app, &[("GATEWRIGHT_OUTBOUND_ALLOW", "127.0.0.0/8")]).await;
    for (path, name, media_type, size) in [
        ("/head.png", "head.png", "image/png", 4096),
        ("/named", "photo.jpg", "image/jpeg", 5),
        ("/json.png", "json.png", "image/png", 2),
        ("/gone.png", "gone.png", "image/png", -1),
    ] {
        let url = server.url(path);
        let value = world.outputs(json!({"pic": remote(&url)})).await;
        assert_eq!(value["filename"], name);
        assert_eq!(
            (&value["mime_type"], &value["size"]),
            (&json!(media_type), &json!(size))
        );
        assert_eq!(
            (&value["remote_url"], &value["url"]),
            (&json!(url), &json!(url))
        );
        assert_eq!(
            (&value["reference"], &value["related_id"]),
            (&Value::Null, &Value::Null)
        );
    }
}

#[actix_web::test]
async fn sec_190_remote_file_in_the_own_network_is_refused_before_a_byte_leaves() {
    let server = ScriptedServer::start(elsewhere).await.unwrap();
    let world = World::new().await;
    let port = server.address().port();
    for url in [
        server.url("/head.png"),
        format!("http://[::1]:{port}/head.png"),
        format!("http://localhost:{port}/head.png"),
        format!("http://2130706433:{port}/head.png"),
        "http://169.254.169.254/latest/meta-data".into(),
        "file:///etc/passwd".into(),
        "gopher://127.0.0.1/x".into(),
        "nope".into(),
    ] {
        let message = world.refused(json!({"pic": remote(&url)})).await;
        assert!(message.starts_with("Invalid file url: "), "{url} {message}");
    }
    assert!(server.asked().is_empty());

    // A place that is allowed may not send us to one that is not.
    let app = app(None, ["start", "pic"], json!({}));
    let world = World::with(&app, &[("GATEWRIGHT_OUTBOUND_ALLOW", "127.0.0.1")]).await;
    let message = world
        .refused(json!({"pic": remote(&server.url("/to-metadata"))}))
        .await;
    assert!(message.contains("169.254.169.254` is refused"), "{message}");
}

#[actix_web::test]
async fn file_that_a_server_answers_with_is_kept_for_the_run_and_fetched_by_its_signed_url() {
    let server = ScriptedServer::start(|_| answer("200 OK", "content-type: image/png\r\n", PNG))
        .await
        .unwrap();
    let call = http_call(&server.url("/red.png"), json!({"type": "none", "data": []}));
    let app = app(Some(call), ["work", "files"], json!({}));
    let world = World::with(&app, &[("GATEWRIGHT_OUTBOUND_ALLOW", "127.0.0.0/8")]).await;
    let files = world.outputs(json!({})).await;
    let file = &files[0];
    for (member, value) in [
        ("transfer_method", json!("tool_file")),
        ("type", json!("image")),
        ("filename", json!("red.png")),
        ("extension", json!(".png")),
        ("size", json!(PNG.len())),
        ("remote_url", Value::Null),
    ] {
        assert_eq!(file[member], value, "{member}");
    }
    let path = local(&file["url"]);
    assert!(path.starts_with("/files/tools/"));
    let shown = world.h.get(&path).await.expect(200);
    assert_eq!(shown.header("content-type"), "image/png");
    assert_eq!(shown.header("x-content-type-options"), "nosniff");
    let refused = world
        .h
        .get(&path.replace("sign=", "sign=x"))
        .await
        .expect(403);
    assert_eq!(refused.json()["message"], "Invalid request.");
    // It is an input of the owner's next run.
    let next = json!({"transfer_method": "tool_file", "tool_file_id": file["related_id"]});
    world.outputs(json!({"pic": next})).await;
    world.h.db.execute("DELETE FROM tool_files").await;
    world.h.get(&path).await.expect(404);
    world.h.clock.advance_seconds(301);
    world.h.get(&path).await.expect(403);
}

/// Says that the vendor answers for every model, and that all of them see.
const ALL_SEE: &str = "providers = [\"*\"]\nmodel = [{ name = \"*\", features = [\"vision\"] }]";

#[actix_web::test]
async fn picture_among_the_inputs_reaches_the_model() {
    let vendor = scripted_vendor::start().await.unwrap();
    let file = endpoint_file(&vendor, ALL_SEE);
    let endpoints = file.path().to_str().unwrap();
    let llm = json!({
        "model": {"provider": "langgenius/openai/openai", "name": "scripted-chat", "mode": "chat", "completion_params": {}},
        "prompt_template": [{"role": "user", "text": "{{#start.q#}}"}],
        "context": {"enabled": false},
        "vision": {"enabled": true, "configs": {"detail": "low", "variable_selector": ["start", "pic"]}},
    });
    let app = app(Some(node("work", "llm", llm)), ["work", "text"], json!({}));
    let world = World::with(&app, &[("GATEWRIGHT_MODEL_ENDPOINTS", endpoints)]).await;
    let file = world.upload("red.png", PNG).await;
    world
        .outputs(json!({"q": "see", "pic": uploaded(&file)}))
        .await;
    let asked: Value = serde_json::from_slice(&vendor.asked()[0].body).unwrap();
    let picture = asked["messages"][0]["content"].to_string();
    let bytes = base64(PNG);
    assert!(picture.contains(&bytes), "{picture}");
    assert!(picture.contains("\"detail\":\"low\""), "{picture}");
}

fn base64(bytes: &[u8]) -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    STANDARD.encode(bytes)
}

#[actix_web::test]
async fn console_looks_at_and_fetches_files_elsewhere_through_the_guard() {
    let server = ScriptedServer::start(elsewhere).await.unwrap();
    let h = Harness::with(&[("GATEWRIGHT_OUTBOUND_ALLOW", "127.0.0.0/8")]).await;
    let mut owner = basic_account(&h).await;
    let encoded = |url: &str| url.replace(':', "%3A").replace('/', "%2F");
    let path = format!(
        "/console/api/remote-files/{}",
        encoded(&server.url("/named"))
    );
    let info = owner.get(&h, &path).await.expect(200).json();
    assert_eq!(info, json!({"file_type": "image/jpeg", "file_length": 5}));
    let upload = "/console/api/remote-files/upload";
    let body = json!({"url": server.url("/named")});
    let file = owner
        .post(&h, upload, body.clone())
        .await
        .expect(201)
        .json();
    assert_eq!(
        (&file["name"], &file["size"], &file["mime_type"]),
        (&json!("photo.jpg"), &json!(5), &json!("image/jpeg"))
    );
    assert_eq!(h.get(&local(&file["url"])).await.expect(200).body, "12345");
    let kept = h.db.query("SELECT source_url FROM upload_files").await;
    assert_eq!(kept, [server.url("/named")]);
    for (url, code) in [
        (server.url("/gone"), "remote_file_upload_error"),
        (server.url("/to-metadata"), "invalid_param"),
        ("http://169.254.169.254/x".to_owned(), "invalid_param"),
        ("nope".to_owned(), "invalid_param"),
    ] {
        let refused = owner.post(&h, upload, json!({"url": url})).await;
        assert_eq!(refused.expect(400).code(), code, "{url}");
    }
    Browser::new().post(&h, upload, body).await.expect(401);
    assert_eq!(h.stored_files(1).await, 1);
}

/// Complaint of the original's users: later turns fail because a file of an earlier one is not there any more.
#[actix_web::test]
async fn picture_of_a_question_is_kept_with_the_message_and_remembered_while_it_is_there() {
    let vendor = scripted_vendor::start().await.unwrap();
    let file = endpoint_file(&vendor, ALL_SEE);
    let endpoints = file.path().to_str().unwrap();
    let llm = json!({
        "model": {"provider": "langgenius/openai/openai", "name": "scripted-chat", "mode": "chat", "completion_params": {}},
        "prompt_template": [{"role": "system", "text": "look"}],
        "context": {"enabled": false}, "memory": {"window": {"enabled": false}, "query_prompt_template": "{{#sys.query#}}"},
        "vision": {"enabled": true, "configs": {"detail": "high", "variable_selector": ["sys", "files"]}},
    });
    let answer = node(
        "end",
        "answer",
        json!({"answer": "{{#work.text#}}", "variables": []}),
    );
    let file = app(
        Some(node("work", "llm", llm)),
        ["work", "text"],
        json!({"file_upload":
        {"enabled": true, "allowed_file_types": ["image"], "allowed_file_upload_methods": ["local_file"], "number_limits": 3}}),
    );
    let mut file: Value = serde_json::from_str(&file).unwrap();
    file["app"]["mode"] = json!("advanced-chat");
    let nodes = file["workflow"]["graph"]["nodes"].as_array_mut().unwrap();
    *nodes.last_mut().unwrap() = answer;
    let world = World::with(
        &file.to_string(),
        &[("GATEWRIGHT_MODEL_ENDPOINTS", endpoints)],
    )
    .await;
    let picture = world.upload("red.png", PNG).await;
    let ask = async |files: Value, conversation: Value| {
        let body =
            json!({"inputs": {}, "query": "see", "files": files, "conversation_id": conversation});
        let stream = world.run(&body).await.expect(200).body;
        let last = events(&stream).pop().unwrap();
        assert_eq!(last["data"]["status"], "succeeded", "{last}");
        last["conversation_id"].clone()
    };
    let conversation = ask(json!([uploaded(&picture)]), Value::Null).await;
    let kept = world.h.db.query(
        "SELECT type || ' ' || transfer_method || ' ' || upload_file_id || ' ' || belongs_to FROM message_files",
    );
    let expected = format!("image local_file {} user", picture["id"].as_str().unwrap());
    assert_eq!(kept.await, [expected]);
    let pictures = |at: usize| {
        let asked: Value = serde_json::from_slice(&vendor.asked()[at].body).unwrap();
        asked.to_string().matches(&base64(PNG)).count()
    };
    assert_eq!(pictures(0), 1);
    ask(json!([]), conversation.clone()).await;
    assert_eq!(pictures(1), 1, "of the history");
    world.h.db.execute("DELETE FROM upload_files").await;
    ask(json!([]), conversation).await;
    assert_eq!(pictures(2), 0, "and the conversation goes on");
}

/// Visitors are anybody: another server is asked on their behalf as often as they may upload, and not once more.
#[actix_web::test]
async fn visitor_has_other_servers_asked_as_often_as_they_may_upload() {
    let server = ScriptedServer::start(elsewhere).await.unwrap();
    let pages = Pages::new(&[
        ("GATEWRIGHT_OUTBOUND_ALLOW", "127.0.0.0/8"),
        ("GATEWRIGHT_LIMIT_UPLOAD_BY_KEY", "2/1h"),
    ])
    .await;
    let ada = pages.visitor("ada").await;
    let looked_at = server.url("/head.png").replace('/', "%2F");
    let look = format!("/api/remote-files/{looked_at}");
    let fetch = json!({"url": server.url("/named")});
    ada.get(&look).await.expect(200);
    let fetched = ada.send("POST", "/api/remote-files/upload", &fetch).await;
    fetched.expect(201);
    let asked = server.asked().len();
    ada.get(&look).await.expect_rate_limited();
    let refused = ada.send("POST", "/api/remote-files/upload", &fetch).await;
    refused.expect_rate_limited();
    assert_eq!(server.asked().len(), asked, "nobody else was asked");
    let ben = pages.visitor("ben").await;
    ben.get(&look).await.expect(200);
}
