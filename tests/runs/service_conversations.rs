//! `/v1/conversations` and `/v1/messages`: what became of what a user said to a chatflow.

use serde_json::{Value, json};

use super::chatflows::{World, echoes, file, model, says};
use crate::support::{
    Answer, Browser, Harness,
    apps::{NOWHERE, make_key, published},
    basic_account,
    files::{local, part},
    model_server::ModelServer,
    process::wait_until,
    talking::NOTES,
};

/// A key of an app, and where it is used.
pub(super) struct Keyed {
    pub(super) h: Harness,
    pub(super) key: String,
    pub(super) app: String,
    pub(super) owner: Browser,
    _model: ModelServer,
}

impl Keyed {
    pub(super) async fn new(nodes: &[Value]) -> Self {
        Self::of(&file(nodes)).await
    }

    pub(super) async fn of(text: &str) -> Self {
        let model = ModelServer::start().await;
        let h = Harness::with(&[
            ("GATEWRIGHT_MODEL_ENDPOINTS", model.endpoints()),
            ("GATEWRIGHT_OUTBOUND_ALLOW", "127.0.0.0/8"),
        ])
        .await;
        let mut owner = basic_account(&h).await;
        let (app, key) = another_app(&h, &mut owner, text).await;
        Self {
            h,
            key,
            app,
            owner,
            _model: model,
        }
    }

    async fn get(&self, path: &str) -> Answer {
        self.h.with_bearer("GET", path, &self.key).await
    }

    async fn send(&self, method: &str, path: &str, body: &Value) -> Answer {
        let request = self.h.request(method, path).bearer_auth(&self.key);
        Answer::read(request.json(body).send().await.unwrap()).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, body).await
    }

    /// Says something for ada, and waits for the answer.
    pub(super) async fn say(&self, query: &str, conversation: &str) -> Value {
        let body = json!({"inputs": {}, "query": query, "user": "ada", "conversation_id": conversation, "auto_generate_name": false});
        self.post("/v1/chat-messages", &body)
            .await
            .expect(200)
            .json()
    }

    /// A page of ada's conversations: their names.
    async fn names(&self, query: &str) -> (Vec<String>, bool) {
        let page = self
            .get(&format!("/v1/conversations?user=ada{query}"))
            .await;
        let page = page.expect(200).json();
        let rows = page["data"].as_array().unwrap().iter();
        let names = rows.map(|row| row["name"].as_str().unwrap().to_owned());
        (names.collect(), page["has_more"].as_bool().unwrap())
    }

    async fn messages(&self, conversation: &str, query: &str) -> Value {
        let path = format!("/v1/messages?user=ada&conversation_id={conversation}{query}");
        self.get(&path).await.expect(200).json()
    }
}

async fn another_app(h: &Harness, owner: &mut Browser, text: &str) -> (String, String) {
    let app = published(h, owner, text).await;
    let key = make_key(h, owner, &app).await.1;
    (app, key)
}

pub(super) fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap()
}

fn not_found(message: &str) -> Value {
    json!({"code": "not_found", "message": message, "status": 404})
}

#[actix_web::test]
async fn conversations_of_a_user_are_listed_in_each_order_a_part_at_a_time() {
    let keyed = Keyed::new(&[echoes()]).await;
    let mut ids = vec![];
    for query in ["a", "b", "c"] {
        let said = keyed.say(query, "").await;
        ids.push(text(&said, "conversation_id").to_owned());
        keyed.h.clock.advance(chrono::TimeDelta::seconds(2));
    }
    keyed.say("a again", &ids[0]).await;
    for (order, expected) in [
        ("", ["a", "c", "b"]),
        ("&sort_by=-updated_at", ["a", "c", "b"]),
        ("&sort_by=updated_at", ["b", "c", "a"]),
        ("&sort_by=created_at", ["a", "b", "c"]),
        ("&sort_by=-created_at", ["c", "b", "a"]),
    ] {
        let (names, has_more) = keyed.names(order).await;
        assert_eq!(
            (names.as_slice(), has_more),
            (&expected.map(str::to_owned)[..], false)
        );
        let first = keyed
            .get(&format!("/v1/conversations?user=ada&limit=2{order}"))
            .await;
        let first = first.expect(200).json();
        assert_eq!(
            (&first["limit"], &first["has_more"]),
            (&json!(2), &json!(true))
        );
        let last = text(&first["data"][1], "id");
        let (rest, has_more) = keyed
            .names(&format!("{order}&limit=2&last_id={last}"))
            .await;
        assert_eq!(
            (rest, has_more),
            (vec![expected[2].to_owned()], false),
            "{order}"
        );
    }
    let row = &keyed
        .get("/v1/conversations?user=ada&last_id=")
        .await
        .expect(200)
        .json()["data"][0];
    let members: Vec<&String> = row.as_object().unwrap().keys().collect();
    let expected = [
        "id",
        "name",
        "inputs",
        "status",
        "introduction",
        "created_at",
        "updated_at",
    ];
    assert_eq!(members, expected);
    assert_eq!(
        (&row["inputs"], text(row, "introduction")),
        (&json!({"who": null}), "Welcome, ")
    );
    // Nobody in particular, whom the app has never heard of, and workflows.
    for user in ["", "?user=bob"] {
        let none = keyed
            .get(&format!("/v1/conversations{user}"))
            .await
            .expect(200)
            .json();
        assert_eq!(none, json!({"limit": 20, "has_more": false, "data": []}));
    }
    assert_eq!(
        keyed.h.db.query("SELECT session_id FROM end_users").await,
        ["ada"]
    );
    let path = format!("/v1/conversations?user=ada&last_id={NOWHERE}");
    let unknown = keyed.get(&path).await.expect(404).json();
    assert_eq!(unknown, not_found("Last Conversation Not Exists."));
    for bad in ["limit=0", "limit=101", "sort_by=name", "last_id=x"] {
        let refused = keyed
            .get(&format!("/v1/conversations?user=ada&{bad}"))
            .await;
        assert_eq!(refused.expect(400).code(), "invalid_param", "{bad}");
    }
    keyed
        .h
        .db
        .execute("UPDATE apps SET mode = 'workflow'")
        .await;
    let refused = keyed.get("/v1/conversations?user=ada").await.expect(400);
    assert_eq!(refused.code(), "not_chat_app");
}

#[actix_web::test]
async fn conversation_is_named_by_hand_by_a_model_and_by_its_question_without_one() {
    let keyed = Keyed::new(&[echoes()]).await;
    let said = keyed.say("{\"title\": \"Found\"}", "").await;
    let path = format!("/v1/conversations/{}/name", text(&said, "conversation_id"));
    let named = keyed
        .post(
            &path,
            &json!({"name": "\u{200b}By\u{202e} hand ", "user": "ada"}),
        )
        .await;
    assert_eq!(named.expect(200).json()["name"], "By hand");
    for body in [
        json!({"user": "ada"}),
        json!({"user": "ada", "name": " ", "auto_generate": false}),
    ] {
        let refused = keyed.post(&path, &body).await.expect(400).json();
        let message = "name is required when auto_generate is false";
        assert_eq!(
            refused,
            json!({"code": "invalid_param", "message": message, "status": 400})
        );
    }
    let long = json!({"user": "ada", "name": "n".repeat(256)});
    assert_eq!(
        keyed.post(&path, &long).await.expect(400).code(),
        "invalid_param"
    );
    let found = keyed
        .post(&path, &json!({"auto_generate": true, "user": "ada"}))
        .await;
    assert_eq!(found.expect(200).json()["name"], "Found");
    assert_eq!(keyed.names("").await.0, ["Found"]);
    // A model that says no title: the question, shortened.
    let question = "w ".repeat(40);
    let said = keyed.say(&question, "").await;
    let path = format!("/v1/conversations/{}/name", text(&said, "conversation_id"));
    let found = keyed
        .post(&path, &json!({"auto_generate": true, "user": "ada"}))
        .await;
    let expected = format!("{}...", &question[..47]);
    assert_eq!(found.expect(200).json()["name"], expected);
}

#[actix_web::test]
async fn conversation_that_begins_is_named_by_a_model_unless_its_caller_does_not_want_it() {
    let keyed = Keyed::new(&[echoes()]).await;
    let title = "{\"title\": \"Found in the background\"}";
    keyed.say(title, "").await;
    let body = json!({"inputs": {}, "query": title, "user": "ada"});
    keyed.post("/v1/chat-messages", &body).await.expect(200);
    wait_until("the conversation is named", async || {
        let (names, _) = keyed.names("").await;
        names == ["Found in the background", "{\"title\": \"Found in …"]
    })
    .await;
}

#[actix_web::test]
async fn deleted_conversation_is_gone_at_once_and_what_is_in_it_with_the_job() {
    let keyed = Keyed::new(&[echoes()]).await;
    let said = keyed.say("forget this", "").await;
    let kept = keyed.say("keep this", "").await;
    let (id, message) = (text(&said, "conversation_id"), text(&said, "id"));
    let rating = json!({"rating": "like", "user": "ada"});
    let feedbacks = format!("/v1/messages/{message}/feedbacks");
    keyed.post(&feedbacks, &rating).await.expect(200);
    let path = format!("/v1/conversations/{id}");
    let gone = keyed
        .send("DELETE", &path, &json!({"user": "ada"}))
        .await
        .expect(204);
    assert_eq!(gone.body, "");
    let again = keyed.send("DELETE", &path, &json!({"user": "ada"})).await;
    assert_eq!(
        again.expect(404).json(),
        not_found("Conversation Not Exists.")
    );
    assert_eq!(keyed.names("").await.0, ["keep this"]);
    let list = format!("/v1/messages?user=ada&conversation_id={id}");
    assert_eq!(
        keyed.get(&list).await.expect(404).json(),
        not_found("Conversation Not Exists.")
    );
    let refused = keyed.post(&feedbacks, &rating).await.expect(404).json();
    assert_eq!(refused, not_found("Message Not Exists."));
    // Whoever goes on with it begins another one.
    let next = keyed.say("hello?", id).await;
    assert_ne!(text(&next, "conversation_id"), id);

    let jobs =
        "SELECT payload ->> 'conversation' FROM gatewright_jobs WHERE kind = 'delete_conversation'";
    assert_eq!(keyed.h.db.query(jobs).await, [id]);
    keyed.h.work().await;
    assert_eq!(keyed.h.db.query(jobs).await, [""; 0]);
    for (table, column) in [
        ("conversations", "id"),
        ("messages", "conversation_id"),
        ("message_feedbacks", "conversation_id"),
        ("workflow_conversation_variables", "conversation_id"),
    ] {
        let query = format!("SELECT {column}::text FROM {table} WHERE {column} = '{id}'");
        assert_eq!(keyed.h.db.query(&query).await, [""; 0], "{table}");
    }
    let left = keyed.messages(text(&kept, "conversation_id"), "").await;
    assert_eq!(left["data"][0]["query"], "keep this");
}

#[actix_web::test]
async fn pages_of_messages_cover_a_conversation_once_however_many_were_said_at_one_time() {
    let keyed = Keyed::new(&[echoes()]).await;
    let said = keyed.say("0", "").await;
    let id = text(&said, "conversation_id");
    let more = format!(
        "INSERT INTO messages (app_id, conversation_id, inputs, query, message, message_unit_price, answer, answer_unit_price, currency, \
           from_source, from_end_user_id, created_at) \
         SELECT m.app_id, m.conversation_id, '{{}}', n::text, '\"\"', 0, '', 0, 'USD', 'api', m.from_end_user_id, \
           m.created_at + interval '1 second' * (1 + n / 5) FROM messages m, generate_series(1, 44) n WHERE m.id = '{}'",
        text(&said, "id")
    );
    keyed.h.db.execute(&more).await;
    let mut orders = vec![];
    for limit in [10, 20, 45] {
        let (mut all, mut first) = (vec![], String::new());
        loop {
            let page = keyed
                .messages(id, &format!("&limit={limit}&first_id={first}"))
                .await;
            let rows = page["data"].as_array().unwrap();
            let queries = rows.iter().map(|row| text(row, "query").to_owned());
            all.splice(0..0, queries);
            first = text(&rows[0], "id").to_owned();
            if page["has_more"] == false {
                break;
            }
            assert_eq!(rows.len(), limit);
        }
        let mut numbers: Vec<u32> = all.iter().map(|query| query.parse().unwrap()).collect();
        orders.push(all);
        numbers.sort_unstable();
        assert_eq!(numbers, (0..45).collect::<Vec<u32>>(), "{limit}");
        let before = keyed.messages(id, &format!("&first_id={first}")).await;
        assert_eq!(before, json!({"limit": 20, "has_more": false, "data": []}));
    }
    assert!(orders.iter().all(|order| *order == orders[0]), "{orders:?}");
    let unknown = format!("/v1/messages?user=ada&conversation_id={id}&first_id={NOWHERE}");
    let unknown = keyed.get(&unknown).await.expect(404).json();
    assert_eq!(unknown, not_found("First Message Not Exists."));
    let empty = keyed
        .get("/v1/messages?user=ada&conversation_id=")
        .await
        .expect(200)
        .json();
    assert_eq!(empty["data"], json!([]));
    let missing = keyed.get("/v1/messages?user=ada").await.expect(400);
    assert_eq!(missing.code(), "invalid_param");
}

#[actix_web::test]
async fn message_shows_its_files_and_addresses_that_are_good_now() {
    let keyed = Keyed::new(&[echoes()]).await;
    let parts = [
        part("user", None, b"ada"),
        part("file", Some("a.txt"), b"hello"),
    ];
    let request = keyed
        .h
        .request("POST", "/v1/files/upload")
        .bearer_auth(&keyed.key);
    let request = request
        .header("content-type", "multipart/form-data; boundary=edge")
        .body([parts.concat(), b"--edge--\r\n".to_vec()].concat());
    let sent = Answer::read(request.send().await.unwrap())
        .await
        .expect(201)
        .json();
    let old = text(&sent, "source_url");
    let said = keyed
        .say(
            &format!("see {old} and /files/{NOWHERE}/file-preview?timestamp=1&sign=x"),
            "",
        )
        .await;
    let file = text(&sent, "id");
    let attach = format!(
        "INSERT INTO message_files (message_id, type, transfer_method, created_by_role, created_by, belongs_to, upload_file_id, url) \
         SELECT m.id, t.type, t.method, 'end_user', m.from_end_user_id, 'user', t.file::uuid, t.url FROM messages m, \
           (VALUES ('document', 'local_file', '{file}', NULL), ('image', 'remote_url', NULL, 'https://x.example/b.png')) t (type, method, file, url)"
    );
    keyed.h.db.execute(&attach).await;
    keyed.h.clock.advance(chrono::TimeDelta::seconds(400));
    keyed.h.get(&local(&sent["source_url"])).await.expect(404);
    let page = keyed.messages(text(&said, "conversation_id"), "").await;
    let message = &page["data"][0];
    let files = message["message_files"].as_array().unwrap();
    assert_eq!(files.len(), 2);
    let of = |name: &str| files.iter().find(|file| file["filename"] == name).unwrap();
    let upload = of("a.txt");
    assert_eq!(
        (
            text(upload, "type"),
            text(upload, "mime_type"),
            &upload["size"],
            text(upload, "belongs_to")
        ),
        ("document", "application/octet-stream", &json!(5), "user")
    );
    assert_eq!(
        (
            text(upload, "upload_file_id"),
            text(upload, "transfer_method")
        ),
        (file, "local_file")
    );
    keyed.h.get(&local(&upload["url"])).await.expect(200);
    let elsewhere = of("b.png");
    assert_eq!(
        (text(elsewhere, "url"), &elsewhere["size"]),
        ("https://x.example/b.png", &json!(null))
    );
    let answer = text(message, "answer");
    assert!(!answer.contains(old), "{answer}");
    assert!(
        answer.contains(&format!("/files/{NOWHERE}/file-preview?timestamp=1&sign=x")),
        "{answer}"
    );
    let address = answer.split_whitespace().nth(1).unwrap();
    keyed.h.get(&local(&json!(address))).await.expect(200);
}

#[actix_web::test]
async fn message_shows_the_form_that_its_run_asks_and_then_what_was_answered() {
    let ask = json!({"id": "ask", "data": {"type": "human-input", "title": "Ask", "form_content": "Well, {{#$output.comment#}}",
        "delivery_methods": [{"id": "3f5b1d0e-7a31-4a7e-8d2e-6a4f2f7c1b01", "type": "webapp", "enabled": true, "config": {}}],
        "inputs": [{"type": "paragraph", "output_variable_name": "comment", "default": {"type": "constant", "selector": [], "value": "none"}}],
        "timeout": 1, "timeout_unit": "hour", "user_actions": [{"id": "source", "title": "Yes", "button_style": "primary"}]}});
    let keyed = Keyed::new(&[ask, says("{{#ask.comment#}}")]).await;
    let paused = keyed.say("ask me", "").await;
    let conversation = text(&paused, "conversation_id");
    let message = &keyed.messages(conversation, "").await["data"][0];
    assert_eq!(text(message, "status"), "paused");
    let asked = &message["extra_contents"][0];
    assert_eq!(
        (
            text(asked, "type"),
            &asked["submitted"],
            &asked["form_submission_data"]
        ),
        ("human_input", &json!(false), &json!(null))
    );
    let form = &asked["form_definition"];
    assert_eq!(
        (
            text(form, "node_id"),
            text(form, "node_title"),
            &form["display_in_ui"]
        ),
        ("ask", "Ask", &json!(true))
    );
    assert_eq!(
        (
            text(&form["inputs"][0], "output_variable_name"),
            text(&form["actions"][0], "id")
        ),
        ("comment", "source")
    );
    let path = format!("/v1/form/human_input/{}", text(form, "form_token"));
    let answer = json!({"action": "source", "inputs": {"comment": "fine"}, "user": "ada"});
    keyed.post(&path, &answer).await.expect(200);
    wait_until("the run ends", async || {
        let page = keyed.messages(conversation, "").await;
        page["data"][0]["status"] == "normal" && page["data"][0]["answer"] == "fine"
    })
    .await;
    let page = keyed.messages(conversation, "").await;
    let told = &page["data"][0]["extra_contents"][0];
    assert_eq!(
        (&told["submitted"], &told["form_definition"]),
        (&json!(true), &json!(null))
    );
    let expected = json!({"node_id": "ask", "node_title": "Ask", "rendered_content": "Well, fine", "action_id": "source", "action_text": "Yes",
        "submitted_data": {"comment": "fine"}});
    assert_eq!(told["form_submission_data"], expected);
}

#[actix_web::test]
async fn rating_is_shown_as_it_was_set_last_and_listed_for_the_app() {
    let keyed = Keyed::new(&[echoes()]).await;
    let said = keyed.say("rate this", "").await;
    let (conversation, message) = (text(&said, "conversation_id"), text(&said, "id"));
    let path = format!("/v1/messages/{message}/feedbacks");
    for (rating, content, shown) in [
        (json!("like"), json!("good"), json!({"rating": "like"})),
        (json!("dislike"), json!(null), json!({"rating": "dislike"})),
        (json!(null), json!(null), json!(null)),
        (json!("like"), json!("after all"), json!({"rating": "like"})),
    ] {
        let body = json!({"rating": rating, "content": content, "user": "ada"});
        let done = keyed.post(&path, &body).await.expect(200).json();
        assert_eq!(done, json!({"result": "success"}));
        let page = keyed.messages(conversation, "").await;
        assert_eq!(page["data"][0]["feedback"], shown);
    }
    let listed = keyed
        .get("/v1/app/feedbacks?page=1&limit=101")
        .await
        .expect(200)
        .json();
    let rows = listed["data"].as_array().unwrap();
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(
        (
            text(&rows[0], "rating"),
            text(&rows[0], "content"),
            text(&rows[0], "from_source")
        ),
        ("like", "after all", "user")
    );
    assert_eq!(
        (text(&rows[0], "app_id"), text(&rows[0], "message_id")),
        (keyed.app.as_str(), message)
    );
    let next = keyed
        .get("/v1/app/feedbacks?page=2")
        .await
        .expect(200)
        .json();
    assert_eq!(next, json!({"data": []}));
    keyed.post(&path, &json!({"user": "ada"})).await.expect(200);
    let refused = keyed
        .post(&path, &json!({"rating": null, "user": "ada"}))
        .await;
    let expected = json!({"code": "invalid_param", "message": "rating cannot be None when feedback not exists", "status": 400});
    assert_eq!(refused.expect(400).json(), expected);
    for body in [
        json!({"rating": "like"}),
        json!({"rating": "love", "user": "ada"}),
    ] {
        assert_eq!(
            keyed.post(&path, &body).await.expect(400).code(),
            "invalid_param"
        );
    }
}

#[actix_web::test]
async fn ratings_of_one_message_at_once_leave_one_row() {
    let keyed = Keyed::new(&[echoes()]).await;
    let said = keyed.say("rate this", "").await;
    let path = format!("/v1/messages/{}/feedbacks", text(&said, "id"));
    let body = json!({"rating": "like", "user": "ada"});
    let all = (0..16).map(|_| keyed.post(&path, &body));
    for answer in futures_util::future::join_all(all).await {
        answer.expect(200);
    }
    assert_eq!(
        keyed
            .h
            .db
            .query("SELECT rating FROM message_feedbacks")
            .await,
        ["like"]
    );
}

#[actix_web::test]
async fn variable_of_a_conversation_is_read_and_set_by_its_type_and_the_next_round_sees_it() {
    let keyed = Keyed::new(&[says("{{#conversation.notes#}}")]).await;
    let said = keyed.say("x", "").await;
    let id = text(&said, "conversation_id");
    let path = format!("/v1/conversations/{id}/variables");
    let page = keyed
        .get(&format!("{path}?user=ada&variable_name=notes"))
        .await
        .expect(200)
        .json();
    let row = &page["data"][0];
    assert_eq!(
        (
            text(row, "id"),
            text(row, "name"),
            text(row, "value_type"),
            text(row, "value"),
            text(row, "description")
        ),
        (NOTES, "notes", "array[string]", "[\"begun\"]", "said")
    );
    let none = keyed
        .get(&format!("{path}?user=ada&variable_name=other"))
        .await
        .expect(200)
        .json();
    assert_eq!(none, json!({"limit": 20, "has_more": false, "data": []}));
    let behind = keyed
        .get(&format!("{path}?user=ada&last_id={NOTES}"))
        .await
        .expect(200)
        .json();
    assert_eq!(behind["data"], json!([]));
    let unknown = keyed
        .get(&format!("{path}?user=ada&last_id={NOWHERE}"))
        .await
        .expect(404)
        .json();
    assert_eq!(unknown, not_found("Conversation Variable Not Exists."));

    let one = format!("{path}/{NOTES}");
    for value in [json!("text"), json!(null), json!(["a", 1]), json!({})] {
        let refused = keyed
            .send("PUT", &one, &json!({"value": value, "user": "ada"}))
            .await;
        assert_eq!(refused.status, 400, "{value} {refused:?}");
    }
    // A text that no column of JSON takes does not keep the others from being found.
    let odd = json!({"value": ["a\0b"], "user": "ada"});
    keyed.send("PUT", &one, &odd).await.expect(200);
    let named = keyed
        .get(&format!("{path}?user=ada&variable_name=notes"))
        .await
        .expect(200);
    assert_eq!(text(&named.json()["data"][0], "value"), "[\"a\\u0000b\"]");
    let set = keyed
        .send("PUT", &one, &json!({"value": ["new"], "user": "ada"}))
        .await;
    assert_eq!(text(&set.expect(200).json(), "value"), "[\"new\"]");
    assert_eq!(text(&keyed.say("y", id).await, "answer"), "- new");
}

#[actix_web::test]
async fn suggested_questions_come_from_a_model_where_the_app_has_them() {
    let off = Keyed::new(&[echoes()]).await;
    let said = off.say("x", "").await;
    let path = format!("/v1/messages/{}/suggested", text(&said, "id"));
    let refused = off
        .get(&format!("{path}?user=ada"))
        .await
        .expect(400)
        .json();
    let message = "Suggested Questions Is Disabled.";
    assert_eq!(
        refused,
        json!({"code": "bad_request", "message": message, "status": 400})
    );
    assert_eq!(off.get(&path).await.expect(400).code(), "invalid_param");

    let mut app: Value = serde_json::from_str(&file(&[echoes()])).unwrap();
    app["workflow"]["features"]["suggested_questions_after_answer"] = json!({"enabled": true});
    let on = Keyed::of(&app.to_string()).await;
    for (query, expected) in [
        ("Say [\"Why?\", \"How?\"]", json!(["Why?", "How?"])),
        ("Say nothing", json!([])),
    ] {
        let said = on.say(query, "").await;
        let path = format!("/v1/messages/{}/suggested?user=ada", text(&said, "id"));
        let found = on.get(&path).await.expect(200).json();
        assert_eq!(
            found,
            json!({"result": "success", "data": expected}),
            "{query}"
        );
    }
}

/// Whoever is not the conversation's user, and whoever has another app's key, is told of nothing.
#[actix_web::test]
async fn conversation_message_variable_and_end_user_of_others_are_not_found_by_any_route() {
    let mut app: Value = serde_json::from_str(&file(&[model(&Value::Null), echoes()])).unwrap();
    app["workflow"]["features"]["suggested_questions_after_answer"] = json!({"enabled": true});
    let mut keyed = Keyed::of(&app.to_string()).await;
    let said = keyed.say("mine", "").await;
    let (conversation, message) = (text(&said, "conversation_id"), text(&said, "id"));
    let user = keyed
        .h
        .db
        .query("SELECT id::text FROM end_users")
        .await
        .remove(0);
    let (other_app, other_key) = another_app(&keyed.h, &mut keyed.owner, &app.to_string()).await;
    assert_ne!(other_app, keyed.app);
    // The others have conversations of their own, so that they are known.
    let body = json!({"inputs": {}, "query": "theirs", "user": "bob"});
    keyed.post("/v1/chat-messages", &body).await.expect(200);
    let bob = keyed
        .h
        .db
        .query("SELECT conversation_id::text FROM messages WHERE query = 'theirs'")
        .await
        .remove(0);
    let cases = |user: &str, conversation: &str, message: &str| {
        let in_query = format!("user={user}");
        let body = json!({"user": user});
        let named = json!({"user": user, "name": "stolen", "rating": "like", "value": ["stolen"]});
        let found = json!({"user": user, "auto_generate": true});
        vec![
            (
                "GET",
                format!("/v1/messages?{in_query}&conversation_id={conversation}"),
                Value::Null,
            ),
            (
                "GET",
                format!("/v1/conversations?{in_query}&last_id={conversation}"),
                Value::Null,
            ),
            (
                "GET",
                format!("/v1/conversations/{conversation}/variables?{in_query}"),
                Value::Null,
            ),
            (
                "PUT",
                format!("/v1/conversations/{conversation}/variables/{NOTES}"),
                named.clone(),
            ),
            (
                "POST",
                format!("/v1/conversations/{conversation}/name"),
                named.clone(),
            ),
            (
                "POST",
                format!("/v1/conversations/{conversation}/name"),
                found,
            ),
            ("DELETE", format!("/v1/conversations/{conversation}"), body),
            ("POST", format!("/v1/messages/{message}/feedbacks"), named),
            (
                "GET",
                format!("/v1/messages/{message}/suggested?{in_query}"),
                Value::Null,
            ),
        ]
    };
    let own_key = keyed.key.clone();
    for (key, user, conversation, message) in [
        (&own_key, "bob", conversation, message),
        (&own_key, "", conversation, message),
        (&other_key, "ada", conversation, message),
        (&other_key, "bob", conversation, message),
        (&own_key, "ada", NOWHERE, NOWHERE),
        (&own_key, "ada", "nonsense", "nonsense"),
    ] {
        for (method, path, body) in cases(user, conversation, message) {
            let request = keyed.h.request(method, &path).bearer_auth(key);
            let request = if body.is_null() {
                request
            } else {
                request.json(&body)
            };
            let answer = Answer::read(request.send().await.unwrap()).await;
            let is_no_id = conversation == "nonsense" && path.contains("id=nonsense");
            let is_nobody = user.is_empty() && path.contains("/v1/messages/");
            let expected = if is_no_id || is_nobody { 400 } else { 404 };
            assert_eq!(
                answer.status, expected,
                "{method} {path} {user}: {answer:?}"
            );
        }
    }
    // The page of one conversation does not go on before a message of another one.
    let first = format!("/v1/messages?user=bob&conversation_id={bob}&first_id={message}");
    assert_eq!(
        keyed.get(&first).await.expect(404).json(),
        not_found("First Message Not Exists.")
    );
    for (key, id, status) in [
        (&own_key, user.as_str(), 200),
        (&other_key, user.as_str(), 404),
        (&own_key, NOWHERE, 404),
        (&own_key, "nonsense", 404),
    ] {
        let answer = keyed
            .h
            .with_bearer("GET", &format!("/v1/end-users/{id}"), key)
            .await;
        assert_eq!(answer.status, status, "{id}");
    }
    // Nothing happened to any of it.
    assert_eq!(keyed.names("").await.0, ["mine"]);
    let page = keyed.messages(conversation, "").await;
    assert_eq!(
        (
            &page["data"][0]["feedback"],
            text(&page["data"][0], "query")
        ),
        (&json!(null), "mine")
    );
}

#[actix_web::test]
async fn annotations_of_an_app_are_made_found_changed_and_deleted_with_its_key_alone() {
    const PATH: &str = "/v1/apps/annotations";

    let mut keyed = Keyed::new(&[echoes()]).await;
    let (_, other_key) = another_app(&keyed.h, &mut keyed.owner, &file(&[echoes()])).await;
    let mut ids = vec![];
    for (question, answer) in [("How are you?", "Well."), ("What is 50%?", "A half.")] {
        let body = json!({"question": question, "answer": answer});
        let made = keyed.post(PATH, &body).await.expect(201).json();
        assert_eq!(
            (
                text(&made, "question"),
                text(&made, "answer"),
                &made["hit_count"]
            ),
            (question, answer, &json!(0))
        );
        ids.push(text(&made, "id").to_owned());
        keyed.h.clock.advance(chrono::TimeDelta::seconds(1));
    }
    let page = keyed
        .get(&format!("{PATH}?page=1&limit=1"))
        .await
        .expect(200)
        .json();
    assert_eq!(
        (
            &page["has_more"],
            &page["limit"],
            &page["total"],
            &page["page"]
        ),
        (&json!(true), &json!(1), &json!(2), &json!(1))
    );
    assert_eq!(page["data"][0]["id"], ids[1]);
    for (keyword, found) in [
        ("50%25", vec![&ids[1]]),
        ("WELL", vec![&ids[0]]),
        ("%25", vec![&ids[1]]),
        ("none", vec![]),
    ] {
        let page = keyed
            .get(&format!("{PATH}?keyword={keyword}"))
            .await
            .expect(200)
            .json();
        let rows: Vec<&str> = page["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| text(row, "id"))
            .collect();
        assert_eq!(rows, found, "{keyword}");
    }
    let (one, body) = (
        format!("{PATH}/{}", ids[0]),
        json!({"question": "How?", "answer": "So."}),
    );
    let changed = keyed.send("PUT", &one, &body).await.expect(200).json();
    assert_eq!(
        (
            text(&changed, "id"),
            text(&changed, "question"),
            text(&changed, "answer")
        ),
        (ids[0].as_str(), "How?", "So.")
    );
    for body in [
        json!({"question": "q"}),
        json!({"question": " ", "answer": "a"}),
        json!({"question": "q", "answer": "a".repeat(20_001)}),
    ] {
        assert_eq!(
            keyed.post(PATH, &body).await.expect(400).code(),
            "invalid_param"
        );
    }
    for (key, path) in [
        (&other_key, one.clone()),
        (&keyed.key, format!("{PATH}/{NOWHERE}")),
        (&keyed.key, format!("{PATH}/nonsense")),
    ] {
        for method in ["PUT", "DELETE"] {
            let request = keyed.h.request(method, &path).bearer_auth(key).json(&body);
            let answer = Answer::read(request.send().await.unwrap()).await;
            assert_eq!(
                answer.expect(404).json(),
                not_found("Annotation not found"),
                "{method} {path}"
            );
        }
    }
    let others = keyed
        .h
        .with_bearer("GET", PATH, &other_key)
        .await
        .expect(200)
        .json();
    assert_eq!((&others["data"], &others["total"]), (&json!([]), &json!(0)));
    keyed.send("DELETE", &one, &json!({})).await.expect(204);
    keyed.send("DELETE", &one, &json!({})).await.expect(404);
    let left = keyed.get(PATH).await.expect(200).json();
    assert_eq!(
        (&left["total"], &left["data"][0]["id"]),
        (&json!(1), &json!(ids[1]))
    );
}

#[actix_web::test]
async fn user_of_a_database_of_before_goes_on_under_the_present_name_of_the_type() {
    let keyed = Keyed::new(&[echoes()]).await;
    let said = keyed.say("hello", "").await;
    let id = text(&said, "conversation_id");
    keyed
        .h
        .db
        .execute("UPDATE end_users SET type = 'service_api'")
        .await;
    let next = keyed.say("again", id).await;
    assert_eq!(text(&next, "conversation_id"), id);
    let users = "SELECT type || ' ' || session_id FROM end_users";
    assert_eq!(keyed.h.db.query(users).await, ["service-api ada"]);
}

#[actix_web::test]
async fn conversations_that_began_on_other_surfaces_are_not_listed() {
    let world = World::new(&[echoes()]).await;
    world.ask("over the other surface", None).await;
    let insert = "INSERT INTO api_tokens (app_id, tenant_id, type, token) SELECT id, tenant_id, 'app', 'app-0123456789abcdefghijklmn' FROM apps";
    world.h.db.execute(insert).await;
    let key = "app-0123456789abcdefghijklmn";
    let none = world.h.with_bearer("GET", "/v1/conversations", key).await;
    assert_eq!(none.expect(200).json()["data"], json!([]));
}
