//! `/v1/files`: a file belongs to whom the holder of a key names, of that one app.

use serde_json::{Value, json};

use super::run_files::{app, uploaded};
use crate::support::{
    Answer, Browser, Harness,
    apps::{make_key, published},
    basic_account,
    files::{local, part},
};

async fn keyed_app(h: &Harness, owner: &mut Browser) -> String {
    let file = app(None, ["start", "pic"], json!({}));
    let app = published(h, owner, &file).await;
    make_key(h, owner, &app).await.1
}

async fn upload(h: &Harness, key: &str, parts: &[Vec<u8>]) -> Answer {
    let request = h
        .request("POST", "/v1/files/upload")
        .bearer_auth(key)
        .header("content-type", "multipart/form-data; boundary=edge")
        .body([parts.concat(), b"--edge--\r\n".to_vec()].concat());
    Answer::read(request.send().await.unwrap()).await
}

async fn run(h: &Harness, key: &str, user: &str, file: &Value) -> Answer {
    let body = json!({"inputs": {"pic": uploaded(file)}, "user": user});
    let request = h.request("POST", "/v1/workflows/run").bearer_auth(key);
    Answer::read(request.json(&body).send().await.unwrap()).await
}

#[actix_web::test]
async fn file_uploaded_with_a_key_is_an_input_of_the_same_user_s_runs_only() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let key = keyed_app(&h, &mut owner).await;
    let other_key = keyed_app(&h, &mut owner).await;
    let user = part("user", None, b"ada");
    let file = part("file", Some("a.txt"), b"hello");
    // Wherever the user stands.
    for parts in [[user.clone(), file.clone()], [file.clone(), user.clone()]] {
        let sent = upload(&h, &key, &parts).await.expect(201).json();
        assert_eq!(sent["size"], 5);
        h.get(&local(&sent["source_url"])).await.expect(200);
        let done = run(&h, &key, "ada", &sent).await.expect(200).json();
        assert_eq!(done["data"]["outputs"]["result"]["filename"], "a.txt");
        for (key, user) in [(&key, "bob"), (&other_key, "ada")] {
            let refused = run(&h, key, user, &sent).await.expect(400);
            assert_eq!(refused.code(), "invalid_param");
            assert_eq!(refused.json()["message"], "Invalid upload file");
        }
    }
    // Who is not named is nobody in particular, and somebody else than ada.
    let sent = upload(&h, &key, std::slice::from_ref(&file))
        .await
        .expect(201)
        .json();
    run(&h, &key, "DEFAULT-USER", &sent).await.expect(200);
    run(&h, &key, "ada", &sent).await.expect(400);
    let roles =
        h.db.query("SELECT DISTINCT created_by_role FROM upload_files");
    assert_eq!(roles.await, ["end_user"]);
}

#[actix_web::test]
async fn bad_upload_with_a_key_is_refused_and_leaves_nothing() {
    let h = Harness::with(&[("GATEWRIGHT_LIMIT_UPLOAD_BY_KEY", "1/1h")]).await;
    let mut owner = basic_account(&h).await;
    let key = keyed_app(&h, &mut owner).await;
    let file = part("file", Some("a.txt"), b"hello");
    for (parts, code) in [
        (vec![part("user", None, b"ada")], "no_file_uploaded"),
        (
            vec![part("file", Some(""), b"x")],
            "filename_not_exists_error",
        ),
        (
            vec![part("user", None, &[b'u'; 256]), file.clone()],
            "invalid_param",
        ),
    ] {
        assert_eq!(upload(&h, &key, &parts).await.expect(400).code(), code);
    }
    upload(&h, "app-nonsense", std::slice::from_ref(&file))
        .await
        .expect(401);
    assert_eq!(h.stored_files(0).await, 0);
    upload(&h, &key, std::slice::from_ref(&file))
        .await
        .expect(201);
    let refused = upload(&h, &key, &[file]).await.expect_rate_limited();
    assert_eq!(refused.code(), "too_many_requests");
    assert_eq!(h.stored_files(1).await, 1);
}

#[actix_web::test]
async fn file_that_came_with_a_message_is_given_out_to_the_key_of_its_app() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let key = keyed_app(&h, &mut owner).await;
    let other_key = keyed_app(&h, &mut owner).await;
    let file = part("file", Some("a.txt"), b"hello");
    let sent = upload(&h, &key, &[file]).await.expect(201).json();
    let id = sent["id"].as_str().unwrap();
    let path = format!("/v1/files/{id}/preview");
    let refused = h.with_bearer("GET", &path, &key).await.expect(404);
    assert_eq!(refused.code(), "file_not_found");
    let message = format!(
        "WITH m AS (INSERT INTO messages (app_id, conversation_id, inputs, query, message, message_unit_price, answer, \
           answer_unit_price, currency, from_source) \
         SELECT k.app_id, gen_random_uuid(), '{{}}', 'q', '\"\"', 0, 'a', 0, 'USD', 'api' FROM end_users k LIMIT 1 RETURNING id) \
         INSERT INTO message_files (message_id, type, transfer_method, upload_file_id, created_by_role, created_by) \
         SELECT m.id, 'document', 'local_file', '{id}', 'end_user', gen_random_uuid() FROM m"
    );
    h.db.execute(&message).await;
    let shown = h.with_bearer("GET", &path, &key).await.expect(200);
    assert_eq!(shown.body, "hello");
    assert_eq!(shown.header("x-content-type-options"), "nosniff");
    let saved = format!("{path}?as_attachment=true");
    let saved = h.with_bearer("GET", &saved, &key).await.expect(200);
    assert_eq!(
        saved.header("content-disposition"),
        "attachment; filename*=UTF-8''a.txt"
    );
    h.with_bearer("GET", &path, &other_key).await.expect(404);
}

/// Complaint of the original's users: the address of a file in what is read of a run has expired, and cannot be renewed.
#[actix_web::test]
async fn addresses_of_files_are_good_again_whenever_a_run_is_read() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let key = keyed_app(&h, &mut owner).await;
    let parts = [
        part("user", None, b"ada"),
        part("file", Some("a.txt"), b"hello"),
    ];
    let sent = upload(&h, &key, &parts).await.expect(201).json();
    let done = run(&h, &key, "ada", &sent).await.expect(200).json();
    h.clock.advance_seconds(301);
    let expired = local(&done["data"]["outputs"]["result"]["url"]);
    h.get(&expired).await.expect(404);
    let path = format!(
        "/v1/workflows/run/{}",
        done["workflow_run_id"].as_str().unwrap()
    );
    let read = async || h.with_bearer("GET", &path, &key).await.expect(200).json();
    let detail = read().await;
    let inputs: Value = serde_json::from_str(detail["inputs"].as_str().unwrap()).unwrap();
    for file in [&detail["outputs"]["result"], &inputs["pic"]] {
        assert_eq!(h.get(&local(&file["url"])).await.expect(200).body, "hello");
    }
    // What a value says of somebody else's file is no key to it.
    h.db.execute("UPDATE upload_files SET created_by = gen_random_uuid()")
        .await;
    let detail = read().await;
    assert_eq!(local(&detail["outputs"]["result"]["url"]), expired);
}
