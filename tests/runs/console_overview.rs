//! What the stock console asks on the overview of an app, beside its annotations, and of an app that answers one question at a time.

use serde_json::{Value, json};

use super::{
    service_conversations::{Keyed, text},
    web_app::{code_of, visitor_of},
};
use crate::support::{
    Answer, Browser, Harness,
    apps::{APPS, NOWHERE},
    files::{local, part},
    talking::echoes,
};

async fn console(keyed: &mut Keyed, path: &str) -> Answer {
    let path = format!("{APPS}/{}{path}", keyed.app);
    keyed.owner.get(&keyed.h, &path).await
}

#[actix_web::test]
async fn what_later_slices_fill_is_typed_and_empty_for_an_app_of_the_workspace_and_no_other() {
    let mut keyed = Keyed::new(&[echoes()]).await;
    let mut stranger = keyed.h.add_account("mallory").await;
    for (path, expected) in [
        (
            "/trace",
            json!({"enabled": false, "tracing_provider": null}),
        ),
        ("/triggers", json!({"data": []})),
        ("/server", json!({})),
        ("/annotation-setting", json!({"enabled": false})),
    ] {
        let found = console(&mut keyed, path).await.expect(200).json();
        assert_eq!(found, expected, "{path}");
        let foreign = format!("{APPS}/{}{path}", keyed.app);
        let refused = stranger.get(&keyed.h, &foreign).await.expect(404);
        assert_eq!(refused.code(), "app_not_found", "{path}");
    }
}

#[actix_web::test]
async fn questions_to_an_app_that_answers_one_at_a_time_are_listed_opened_and_deleted() {
    let mut keyed = Keyed::new(&[echoes()]).await;
    let mut talks = vec![];
    for query in ["one", "two 50%"] {
        let said = keyed.say(query, "").await;
        talks.push(text(&said, "conversation_id").to_owned());
        keyed.h.clock.advance(chrono::TimeDelta::seconds(2));
    }
    let list = "/completion-conversations";
    let refused = console(&mut keyed, list).await.expect(404);
    assert_eq!(refused.code(), "app_not_found");
    // As a database of Dify has them: there is no such app of ours yet.
    let as_dify = "UPDATE apps SET mode = 'completion'";
    keyed.h.db.execute(as_dify).await;
    for (query, expected) in [
        ("", vec!["two 50%", "one"]),
        ("?limit=1&page=2", vec!["one"]),
        ("?keyword=50%25", vec!["two 50%"]),
        ("?annotation_status=annotated", vec![]),
    ] {
        let page = console(&mut keyed, &format!("{list}{query}")).await;
        let page = page.expect(200).json();
        let rows = page["data"].as_array().unwrap().iter();
        let found: Vec<&str> = rows.map(|row| text(&row["message"], "query")).collect();
        assert_eq!(found, expected, "{query}");
    }
    let one = format!("{list}/{}", talks[0]);
    let opened = console(&mut keyed, &one).await.expect(200).json();
    assert_eq!(
        (
            &opened["id"],
            &opened["message"]["query"],
            &opened["message"]["annotation"]
        ),
        (&json!(talks[0]), &json!("one"), &Value::Null)
    );
    let page = console(&mut keyed, list).await.expect(200).json();
    assert!(page["data"][1]["read_at"].is_i64());
    assert_eq!(
        (&page["total"], &page["data"][1]["message"]["message"]),
        (&json!(2), &json!(""))
    );
    let missing = console(&mut keyed, &format!("{list}/{NOWHERE}")).await;
    assert_eq!(missing.expect(404).code(), "not_found");
    let gone = format!("{APPS}/{}{one}", keyed.app);
    let deleted = keyed.owner.send(&keyed.h, "DELETE", &gone, None, &[]);
    deleted.await.expect(204);
    console(&mut keyed, &one).await.expect(404);
}

#[actix_web::test]
async fn icon_of_an_app_is_a_picture_of_its_workspace_and_no_other_file() {
    let mut keyed = Keyed::new(&[echoes()]).await;
    let mut stranger = keyed.h.add_account("mallory").await;
    let logo = uploaded(&keyed.h, &mut keyed.owner, "logo.png").await;
    let notes = uploaded(&keyed.h, &mut keyed.owner, "notes.txt").await;
    let other = uploaded(&keyed.h, &mut stranger, "other.png").await;
    let code = code_of(&keyed.h, &keyed.app).await;
    let visitor = visitor_of(&keyed.h, &code, "ada").await;
    for (id, is_shown) in [(&logo, true), (&notes, false), (&other, false)] {
        let set = format!("UPDATE sites SET icon_type = 'image', icon = '{id}'");
        keyed.h.db.execute(&set).await;
        let site = keyed.h.with_bearer("GET", "/v1/site", &keyed.key).await;
        let page = visitor.get("/api/site").await.expect(200).json();
        for url in [
            &site.expect(200).json()["icon_url"],
            &page["site"]["icon_url"],
        ] {
            assert_eq!(url.is_string(), is_shown, "{url}");
            if is_shown {
                keyed.h.get(&local(url)).await.expect(200);
            }
        }
    }
}

async fn uploaded(h: &Harness, by: &mut Browser, name: &str) -> String {
    let cookies = by.cookies.iter().map(|(n, v)| format!("{n}={v}"));
    let body = [part("file", Some(name), b"x"), b"--edge--\r\n".to_vec()];
    let request = (h.request("POST", "/console/api/files/upload"))
        .header("cookie", cookies.collect::<Vec<_>>().join("; "))
        .header("x-csrf-token", by.csrf())
        .header("content-type", "multipart/form-data; boundary=edge")
        .body(body.concat());
    let sent = Answer::read(request.send().await.unwrap())
        .await
        .expect(201);
    text(&sent.json(), "id").to_owned()
}
