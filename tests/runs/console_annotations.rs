//! Annotations in the console: made of messages, many at once, deleted, and to whom they are not shown.

use serde_json::{Value, json};

use super::{
    chatflows::{echoes, file},
    service_conversations::{Keyed, text},
};
use crate::support::{
    Answer, Browser, Harness,
    apps::{APPS, NOWHERE, published},
    files::part,
};

async fn send(keyed: &mut Keyed, method: &str, path: &str, body: Option<Value>) -> Answer {
    let path = format!("{APPS}/{}/annotations{path}", keyed.app);
    let send = keyed.owner.send(&keyed.h, method, &path, body, &[]);
    send.await
}

async fn get(keyed: &mut Keyed, path: &str) -> Value {
    send(keyed, "GET", path, None).await.expect(200).json()
}

async fn post(keyed: &mut Keyed, path: &str, body: Value) -> Answer {
    send(keyed, "POST", path, Some(body)).await
}

async fn import(h: &Harness, by: &Browser, app: &str, content: &[u8]) -> Answer {
    let cookies: Vec<String> = by.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
    let body = [
        part("file", Some("a.csv"), content),
        b"--edge--\r\n".to_vec(),
    ];
    let request = h
        .request("POST", &format!("{APPS}/{app}/annotations/batch-import"))
        .header("cookie", cookies.join("; "))
        .header("x-csrf-token", by.csrf())
        .header("content-type", "multipart/form-data; boundary=edge")
        .body(body.concat());
    Answer::read(request.send().await.unwrap()).await
}

#[actix_web::test]
async fn annotation_of_a_message_is_shown_with_it_changed_by_a_second_one_and_deleted() {
    let mut keyed = Keyed::new(&[echoes()]).await;
    let said = keyed.say("what?", "").await;
    let message = text(&said, "message_id").to_owned();
    let body = json!({"message_id": message, "answer": "forty-two"});
    let made = post(&mut keyed, "", body).await.expect(200).json();
    assert_eq!(
        (&made["question"], &made["answer"], &made["hit_count"]),
        (&json!("what?"), &json!("forty-two"), &json!(0))
    );
    let body = json!({"message_id": message, "question": "What?", "content": "43"});
    let again = post(&mut keyed, "", body).await.expect(200).json();
    assert_eq!(again["id"], made["id"]);
    let path = format!("{APPS}/{}/messages/{message}", keyed.app);
    let shown = keyed.owner.get(&keyed.h, &path).await.expect(200).json();
    assert_eq!(
        (&shown["annotation"]["id"], &shown["annotation"]["content"]),
        (&made["id"], &json!("43"))
    );
    let path = format!(
        "{APPS}/{}/chat-conversations?annotation_status=annotated",
        keyed.app
    );
    let listed = keyed.owner.get(&keyed.h, &path).await.expect(200).json();
    assert_eq!(listed["data"][0]["annotated"], true);

    let one = format!("/{}", text(&made, "id"));
    let body = json!({"question": "q", "answer": "a"});
    let changed = post(&mut keyed, &one, body).await.expect(200).json();
    assert_eq!(changed["answer"], "a");
    send(&mut keyed, "DELETE", &one, None).await.expect(204);
    send(&mut keyed, "DELETE", &one, None).await.expect(404);
    for (body, status) in [
        (json!({"question": "q"}), 400),
        (json!({"answer": "a"}), 400),
        (json!({"answer": "a", "message_id": NOWHERE}), 404),
    ] {
        post(&mut keyed, "", body).await.expect(status);
    }
}

#[actix_web::test]
async fn file_of_annotations_is_imported_whole_or_not_and_exported() {
    let mut keyed = Keyed::new(&[echoes()]).await;
    let bad = import(&keyed.h, &keyed.owner, &keyed.app, b"q,a\nx,y\nonly\n").await;
    assert_eq!(bad.expect(400).code(), "invalid_param");
    let content = "question,answer\nq1,a1\n\"q,2\",\"a\"\"2\"\n".as_bytes();
    let done = import(&keyed.h, &keyed.owner, &keyed.app, content).await;
    let done = done.expect(200).json();
    assert_eq!(
        (&done["job_status"], &done["record_count"]),
        (&json!("completed"), &json!(2))
    );
    let status = format!("/batch-import-status/{}", text(&done, "job_id"));
    assert_eq!(get(&mut keyed, &status).await["job_status"], "completed");
    assert_eq!(get(&mut keyed, "/count").await, json!({"count": 2}));
    let exported = get(&mut keyed, "/export").await;
    let rows = exported["data"].as_array().unwrap().iter();
    let mut pairs: Vec<_> = rows
        .map(|row| (text(row, "question"), text(row, "answer")))
        .collect();
    pairs.sort_unstable();
    assert_eq!(pairs, [("q,2", "a\"2"), ("q1", "a1")]);
    let found = get(&mut keyed, "?keyword=A1").await;
    assert_eq!(
        (&found["total"], &found["data"][0]["question"]),
        (&json!(1), &json!("q1"))
    );
    let id = text(&found["data"][0], "id");
    send(&mut keyed, "DELETE", "?annotation_id=all", None)
        .await
        .expect(400);
    let some = format!("?annotation_id={id}&annotation_id={NOWHERE}");
    send(&mut keyed, "DELETE", &some, None).await.expect(204);
    assert_eq!(get(&mut keyed, "/count").await, json!({"count": 1}));
    send(&mut keyed, "DELETE", "", None).await.expect(204);
    assert_eq!(get(&mut keyed, "/count").await, json!({"count": 0}));
}

#[actix_web::test]
async fn sec_182_annotations_of_another_workspace_are_neither_shown_nor_changed() {
    let mut keyed = Keyed::new(&[echoes()]).await;
    let body = json!({"question": "q", "answer": "a"});
    let made = post(&mut keyed, "", body.clone()).await.expect(200).json();
    let id = text(&made, "id");
    let hit = format!(
        "INSERT INTO app_annotation_hit_histories (app_id, annotation_id, source, question, account_id, score, message_id, \
           annotation_question, annotation_content) VALUES ('{}', '{id}', 'api', 'Q', '{NOWHERE}', 0.5, '{NOWHERE}', 'q', 'a')",
        keyed.app
    );
    keyed.h.db.execute(&hit).await;
    let hits = get(&mut keyed, &format!("/{id}/hit-histories")).await;
    let row = &hits["data"][0];
    assert_eq!(
        (
            &hits["total"],
            &row["match"],
            &row["response"],
            &row["question"],
            &row["score"]
        ),
        (
            &json!(1),
            &json!("q"),
            &json!("a"),
            &json!("Q"),
            &json!(0.5)
        )
    );
    let mut stranger = keyed.h.add_account("mallory").await;
    let own = published(&keyed.h, &mut stranger, &file(&[echoes()])).await;
    for (method, path, body) in [
        ("GET", String::new(), None),
        ("GET", "/count".to_owned(), None),
        ("GET", "/export".to_owned(), None),
        ("POST", String::new(), Some(body.clone())),
        ("DELETE", String::new(), None),
        ("POST", format!("/{id}"), Some(body.clone())),
        ("DELETE", format!("/{id}"), None),
        ("GET", format!("/{id}/hit-histories"), None),
    ] {
        let foreign = format!("{APPS}/{}/annotations{path}", keyed.app);
        let refused = stranger.send(&keyed.h, method, &foreign, body.clone(), &[]);
        assert_eq!(
            refused.await.expect(404).code(),
            "app_not_found",
            "{method} {path}"
        );
        if path.contains(id) {
            let mixed = format!("{APPS}/{own}/annotations{path}");
            let refused = stranger.send(&keyed.h, method, &mixed, body, &[]);
            assert_eq!(
                refused.await.expect(404).code(),
                "not_found",
                "{method} {path}"
            );
        }
    }
    let path = format!("{APPS}/{own}/annotations?annotation_id={id}");
    let gone = stranger.send(&keyed.h, "DELETE", &path, None, &[]);
    gone.await.expect(204);
    assert_eq!(get(&mut keyed, "/count").await, json!({"count": 1}));
}
