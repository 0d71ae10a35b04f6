//! Uploads at the console and signed addresses, against the recorded original.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{
    Answer, Browser, EMAIL, Harness, PUBLIC_URL, arrange, basic_account,
    files::{PNG, local, part},
};

const UPLOAD: &str = "/console/api/files/upload";

async fn send(h: &Harness, browser: &Browser, parts: &[Vec<u8>]) -> Answer {
    let cookies: Vec<String> = browser
        .cookies
        .iter()
        .map(|(n, v)| format!("{n}={v}"))
        .collect();
    let request = h
        .request("POST", UPLOAD)
        .header("cookie", cookies.join("; "))
        .header("x-csrf-token", browser.csrf())
        .header("content-type", "multipart/form-data; boundary=edge")
        .body([parts.concat(), b"--edge--\r\n".to_vec()].concat());
    Answer::read(request.send().await.unwrap()).await
}

pub(super) async fn upload(h: &Harness, browser: &Browser, name: &str, content: &[u8]) -> Value {
    let parts = [part("file", Some(name), content)];
    send(h, browser, &parts).await.expect(201).json()
}

async fn files(h: &Harness) -> String {
    h.db.query("SELECT count(*)::text FROM upload_files")
        .await
        .remove(0)
}

#[actix_web::test]
async fn d11_file_is_uploaded_and_fetched_by_its_signed_url() {
    let h = Harness::start().await;
    let owner = basic_account(&h).await;
    let file = upload(&h, &owner, "A.TXT", b"hello file").await;
    assert_eq!(file["name"], "A.TXT");
    assert_eq!(file["size"], 10);
    assert_eq!(file["extension"], "txt");
    assert_eq!(file["created_at"], h.now().timestamp());
    let keys: Vec<&String> = file.as_object().unwrap().keys().collect();
    let recorded = [
        "id",
        "reference",
        "name",
        "size",
        "extension",
        "mime_type",
        "created_by",
        "created_at",
        "preview_url",
        "source_url",
        "original_url",
        "user_id",
        "tenant_id",
        "conversation_id",
        "file_key",
    ];
    for key in recorded {
        assert!(keys.iter().any(|known| *known == key), "{key}");
    }
    let path = local(&file["source_url"]);
    let fetched = h.get(&path).await.expect(200);
    assert_eq!(fetched.body, "hello file");
    assert_eq!(fetched.header("content-type"), "application/octet-stream");
    assert_eq!(fetched.header("content-length"), "10");
    assert_eq!(fetched.header("x-content-type-options"), "nosniff");
    assert!(
        fetched
            .header("content-security-policy")
            .contains("sandbox")
    );
    let saved = h
        .get(&format!("{path}&as_attachment=true"))
        .await
        .expect(200);
    assert_eq!(
        saved.header("content-disposition"),
        "attachment; filename*=UTF-8''A.TXT"
    );
}

/// Nothing that is uploaded ever goes by itself: whoever has an account does not fill the disk.
#[actix_web::test]
async fn d11_uploads_are_limited_per_account() {
    let h = Harness::with(&[("GATEWRIGHT_LIMIT_UPLOAD", "2/1h")]).await;
    let owner = basic_account(&h).await;
    let other = h.add_account("other").await;
    for _ in 0..2 {
        upload(&h, &owner, "a.txt", b"x").await;
    }
    let parts = [part("file", Some("a.txt"), b"x")];
    let refused = send(&h, &owner, &parts).await.expect_rate_limited();
    assert_eq!(refused.code(), "too_many_requests");
    assert_eq!(files(&h).await, "2");
    upload(&h, &other, "a.txt", b"x").await;
    h.clock.advance(TimeDelta::hours(1));
    upload(&h, &owner, "a.txt", b"x").await;
}

#[actix_web::test]
async fn d11_file_url_changed_expired_or_of_another_view_is_refused() {
    let h = Harness::start().await;
    let owner = basic_account(&h).await;
    let file = upload(&h, &owner, "a.png", PNG).await;
    let other = upload(&h, &owner, "b.txt", b"b").await;
    let path = local(&file["source_url"]);
    let id = |file: &Value| file["id"].as_str().unwrap().to_owned();
    for wrong in [
        path.replace("file-preview", "image-preview"),
        path.replace(&id(&file), &id(&other)),
        path.replace("nonce=", "nonce=0"),
        path.replace(&id(&file), "nope"),
        path.replace(&id(&file), "0198c0de-0000-7000-8000-000000000000"),
    ] {
        let refused = h.get(&wrong).await.expect(404);
        assert_eq!(
            refused.json()["message"],
            "File not found or signature is invalid"
        );
    }
    let unsigned = h
        .get(&format!("/files/{}/file-preview", id(&file)))
        .await
        .expect(400);
    assert_eq!(unsigned.code(), "invalid_param");
    h.get(&path).await.expect(200);
    h.clock.advance(TimeDelta::seconds(301));
    h.get(&path).await.expect(404);
}

#[actix_web::test]
async fn d11_bad_uploads_are_refused_as_recorded_and_leave_nothing() {
    let h = Harness::start().await;
    let owner = basic_account(&h).await;
    let big = vec![0; (10 << 20) + 1];
    for (parts, status, code) in [
        (vec![part("x", None, b"y")], 400, "no_file_uploaded"),
        (
            vec![part("other", Some("a.txt"), b"x")],
            400,
            "no_file_uploaded",
        ),
        (
            vec![
                part("file", Some("a.txt"), b"1"),
                part("file2", Some("b.txt"), b"2"),
            ],
            400,
            "too_many_files",
        ),
        (
            vec![part("file", Some("a/b.txt"), b"x")],
            400,
            "invalid_param",
        ),
        (
            vec![part("file", Some("a\\b.txt"), b"x")],
            400,
            "invalid_param",
        ),
        (
            vec![part("file", Some(""), b"x")],
            400,
            "filename_not_exists_error",
        ),
        (
            vec![part("file", Some("a.png"), &big)],
            413,
            "file_too_large",
        ),
        (vec![part("x", None, &[b'y'; 5000])], 400, "bad_request"),
    ] {
        let refused = send(&h, &owner, &parts).await.expect(status);
        assert_eq!(refused.code(), code);
        assert!(!refused.body.contains("b.txt"), "{}", refused.body);
    }
    // Cut off in the middle of the file.
    let mut broken = part("file", Some("a.txt"), b"half");
    broken.truncate(broken.len() - 2);
    let answer = send(&h, &owner, &[broken]).await;
    assert_eq!(answer.status, 400, "{answer:?}");
    let mut browser = owner.clone();
    let json = browser
        .post(&h, UPLOAD, json!({"file": "x"}))
        .await
        .expect(400);
    assert_eq!(json.code(), "no_file_uploaded");
    let stranger = Browser::new();
    send(&h, &stranger, &[part("file", Some("a.txt"), b"x")])
        .await
        .expect(401);
    assert_eq!(files(&h).await, "0");
    assert_eq!(h.stored_files(0).await, 0);
}

#[actix_web::test]
async fn d11_avatar_is_a_picture_that_its_owner_uploaded() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let picture = upload(&h, &owner, "me.png", PNG).await;
    let avatar = "/console/api/account/avatar";
    let set = owner
        .post(&h, avatar, json!({"avatar": picture["id"]}))
        .await;
    let profile = set.expect(200).json();
    assert_eq!(profile["avatar"], picture["id"]);
    let shown = h.get(&local(&profile["avatar_url"])).await.expect(200);
    assert_eq!(shown.header("content-type"), "image/png");
    let members = owner
        .get(&h, "/console/api/workspaces/current/members")
        .await;
    let url = members.expect(200).json()["accounts"][0]["avatar_url"].clone();
    h.get(&local(&url)).await.expect(200);
    let asked = format!("{avatar}?avatar={}", picture["id"].as_str().unwrap());
    let url = owner.get(&h, &asked).await.expect(200).json()["avatar_url"].clone();
    h.get(&local(&url)).await.expect(200);

    // What can hold scripts is no avatar, nor is what somebody else uploaded.
    let svg = upload(
        &h,
        &owner,
        "me.svg",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    )
    .await;
    let refused = owner.post(&h, avatar, json!({"avatar": svg["id"]})).await;
    assert_eq!(refused.expect(400).code(), "invalid_param");
    let mut stranger = h.add_account("stranger").await;
    let refused = stranger
        .post(&h, avatar, json!({"avatar": picture["id"]}))
        .await;
    assert_eq!(refused.expect(400).code(), "invalid_param");
    stranger.get(&h, &asked).await.expect(404);
}

#[actix_web::test]
async fn d11_upload_to_a_failing_storage_is_503_and_leaves_no_row() {
    let h = Harness::with(&[("OPENDAL_FS_ROOT", "/proc/no-folder-can-be-made-here")]).await;
    let owner = basic_account(&h).await;
    let parts = [part("file", Some("a.txt"), b"x")];
    let refused = send(&h, &owner, &parts).await.expect(503);
    assert!(!refused.header("retry-after").is_empty());
    assert_eq!(files(&h).await, "0");
}

#[actix_web::test]
async fn d11_routes_of_every_console_page_answer_typed_and_empty() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let page = json!({"page": 1, "limit": 30, "total": 0, "has_more": false, "data": []});
    let none = json!({"data": []});
    for (path, body) in [
        ("apps?page=1&limit=30&name=", page.clone()),
        (
            "datasets?page=1&limit=30&include_all=false&keyword=",
            page.clone(),
        ),
        ("datasets/external-knowledge-api?page=1&limit=30", page),
        (
            "datasets/api-base-info",
            json!({"api_base_url": format!("{PUBLIC_URL}/v1")}),
        ),
        (
            "datasets/retrieval-setting",
            json!({"retrieval_method": ["semantic_search"]}),
        ),
        ("workspaces/current/model-providers", none.clone()),
        ("workspaces/current/models/model-types/llm", none.clone()),
        (
            "workspaces/current/models/model-types/text-embedding",
            none.clone(),
        ),
        ("workspaces/current/models/model-types/rerank", none),
        (
            "workspaces/current/plugin/tasks?page=1&page_size=100",
            json!({"tasks": []}),
        ),
    ] {
        let answer = owner
            .get(&h, &format!("/console/api/{path}"))
            .await
            .expect(200);
        assert_eq!(answer.json(), body, "{path}");
    }
    let preferences = "/console/api/workspaces/current/plugin/preferences/fetch";
    let preferences = owner.get(&h, preferences).await.expect(200).json();
    assert_eq!(preferences["permission"]["install_permission"], "everyone");
    let features = h
        .get("/console/api/system-features")
        .await
        .expect(200)
        .json();
    for off in ["enable_marketplace", "enable_collaboration_mode"] {
        assert_eq!(features[off], false, "{off}");
    }
    for bad in [
        "apps?page=0",
        "apps?limit=101",
        "apps?page=x",
        "workspaces/current/model-providers?model_type=nope",
        "workspaces/current/models/model-types/nope",
    ] {
        let refused = owner
            .get(&h, &format!("/console/api/{bad}"))
            .await
            .expect(400);
        assert_eq!(refused.code(), "invalid_param", "{bad}");
        assert!(!refused.body.contains("nope"));
    }
}

#[actix_web::test]
async fn upload_for_knowledge_takes_documents_of_editors_only() {
    let h = Harness::start().await;
    let owner = basic_account(&h).await;
    let source = part("source", None, b"datasets");
    let text = part("file", Some("d.TXT"), b"for datasets");
    let program = part("file", Some("d.exe"), b"x");
    send(&h, &owner, &[source.clone(), text.clone()])
        .await
        .expect(201);
    // Wherever the source stands.
    for parts in [
        [source.clone(), program.clone()],
        [program.clone(), source.clone()],
    ] {
        let refused = send(&h, &owner, &parts).await.expect(415);
        assert_eq!(
            refused.json(),
            json!({"code": "unsupported_file_type", "message": "File type not allowed.", "status": 415})
        );
    }
    let other = part("source", None, b"nope");
    send(&h, &owner, &[other, program]).await.expect(201);
    assert_eq!(files(&h).await, "2");
    h.stored_files(2).await;
    for (role, status) in [("dataset_operator", 201), ("normal", 403)] {
        arrange::set_role(&h.db, EMAIL, role).await;
        h.clock.advance(TimeDelta::seconds(2));
        let answer = send(&h, &owner, &[source.clone(), text.clone()]).await;
        let answer = answer.expect(status);
        assert!(status == 201 || answer.code() == "forbidden", "{answer:?}");
    }
    // What is no knowledge is every member's.
    upload(&h, &owner, "a.txt", b"x").await;
}
