//! `/api`: who is let in on the page of an app, what they do there, and what ends it.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::chatflows::{echoes, file, said};
use crate::support::{
    Answer, Browser, Harness, apps,
    apps::{APPS, make_key, published},
    basic_account,
    events::{events, names},
};

/// An installation with a published chatflow, and its page.
pub(super) struct Pages {
    pub(super) h: Harness,
    pub(super) owner: Browser,
    pub(super) app: String,
    pub(super) code: String,
}

impl Pages {
    pub(super) async fn new(settings: &[(&str, &str)]) -> Self {
        Self::of(&file(&[echoes()]), settings).await
    }

    pub(super) async fn of(text: &str, settings: &[(&str, &str)]) -> Self {
        let h = Harness::with(settings).await;
        let mut owner = basic_account(&h).await;
        let app = published(&h, &mut owner, text).await;
        let code = code_of(&h, &app).await;
        Self {
            h,
            owner,
            app,
            code,
        }
    }

    async fn passport(&self, name: &str) -> Answer {
        passport(&self.h, &self.code, name).await
    }

    pub(super) async fn visitor(&self, name: &str) -> Visitor<'_> {
        visitor_of(&self.h, &self.code, name).await
    }

    async fn set_open(&mut self, is_open: bool) {
        let path = format!("{APPS}/{}/site-enable", self.app);
        let body = json!({"enable_site": is_open});
        self.owner.post(&self.h, &path, body).await.expect(200);
    }
}

pub(super) async fn code_of(h: &Harness, app: &str) -> String {
    let query = format!("SELECT code FROM sites WHERE app_id = '{app}'");
    h.db.query(&query).await.remove(0)
}

async fn passport(h: &Harness, code: &str, name: &str) -> Answer {
    let path = format!("/api/passport?user_id={name}");
    let request = h.request("GET", &path).header("x-app-code", code);
    Answer::read(request.send().await.unwrap()).await
}

/// Somebody who comes to the page with this code; without a name somebody new.
pub(super) async fn visitor_of<'a>(h: &'a Harness, code: &str, name: &str) -> Visitor<'a> {
    let passport = passport(h, code, name).await.expect(200).json();
    Visitor {
        h,
        code: code.to_owned(),
        passport: text(&passport, "access_token").to_owned(),
    }
}

/// Somebody on a page.
pub(super) struct Visitor<'a> {
    pub(super) h: &'a Harness,
    pub(super) code: String,
    pub(super) passport: String,
}

impl Visitor<'_> {
    pub(super) fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let request = self.h.request(method, path);
        let request = request.header("x-app-code", &self.code);
        request.header("x-app-passport", &self.passport)
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        Answer::read(self.request("GET", path).send().await.unwrap()).await
    }

    pub(super) async fn send(&self, method: &str, path: &str, body: &Value) -> Answer {
        let request = self.request(method, path).json(body);
        Answer::read(request.send().await.unwrap()).await
    }

    pub(super) async fn say(&self, query: &str, conversation: &str) -> Value {
        let body = json!({"inputs": {}, "query": query, "conversation_id": conversation});
        let answer = self.send("POST", "/api/chat-messages", &body).await;
        answer.expect(200).json()
    }

    async fn names(&self, query: &str) -> Vec<String> {
        let page = self.get(&format!("/api/conversations?{query}")).await;
        let page = page.expect(200).json();
        let rows = page["data"].as_array().unwrap().iter();
        rows.map(|row| row["name"].as_str().unwrap().to_owned())
            .collect()
    }

    pub(super) async fn id(&self) -> String {
        let site = self.get("/api/site").await.expect(200).json();
        site["end_user_id"].as_str().unwrap().to_owned()
    }
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap()
}

#[actix_web::test]
async fn visitor_of_a_page_talks_to_its_app_and_reads_what_was_said() {
    let pages = Pages::new(&[]).await;
    let visitor = pages.visitor("").await;
    let site = visitor.get("/api/site").await.expect(200).json();
    assert_eq!(text(&site, "app_id"), pages.app);
    assert_eq!(
        (&site["enable_site"], &site["mode"], &site["site"]["title"]),
        (&json!(true), &json!("advanced-chat"), &json!("talks"))
    );
    let parameters = visitor.get("/api/parameters").await.expect(200).json();
    assert_eq!(text(&parameters, "opening_statement"), "Welcome, {{who}}");
    let meta = visitor.get("/api/meta").await.expect(200).json();
    assert_eq!(meta, json!({"tool_icons": {}}));
    let body = json!({"inputs": {}, "query": "Hello", "conversation_id": "", "response_mode": "streaming", "parent_message_id": null});
    let answer = visitor.send("POST", "/api/chat-messages", &body).await;
    let events = events(&answer.expect(200).body);
    assert_eq!(said(&events), "Hello (turn 1)");
    // The insides of nodes are not for visitors.
    let finished = events
        .iter()
        .find(|event| event["event"] == "node_finished");
    assert!(
        finished.unwrap()["data"]
            .get("outputs")
            .is_none_or(Value::is_null)
    );
    let conversation = text(&events[0], "conversation_id");
    assert_eq!(visitor.names("").await, ["Hello"]);
    let path = format!("/api/messages?conversation_id={conversation}&limit=20&last_id=");
    let messages = visitor.get(&path).await.expect(200).json();
    let message = &messages["data"][0];
    assert_eq!(text(message, "answer"), "Hello (turn 1)");
    assert!(message["metadata"].is_object(), "{message}");
    let row =
        "SELECT type || ' ' || is_anonymous || ' ' || (external_user_id IS NULL) FROM end_users";
    assert_eq!(pages.h.db.query(row).await, ["browser true true"]);
    let from =
        "SELECT DISTINCT c.invoke_from || ' ' || m.invoke_from FROM conversations c, messages m";
    assert_eq!(pages.h.db.query(from).await, ["web-app web-app"]);
    // What somebody else says to the app with a key is not among them, and the contrary.
    let mut owner = pages.owner.clone();
    let (_, key) = make_key(&pages.h, &mut owner, &pages.app).await;
    let path = "/v1/conversations?user=ada";
    let of_key = pages.h.with_bearer("GET", path, &key).await;
    assert_eq!(of_key.expect(200).json()["data"], json!([]));
}

#[actix_web::test]
async fn workflow_of_a_page_is_streamed_whatever_is_asked_and_read_on_by_its_visitor_alone() {
    let pages = Pages::of(&apps::file("0.6.0", "greets"), &[]).await;
    let visitor = pages.visitor("").await;
    let body = json!({"inputs": {"name": "Ada"}, "response_mode": "blocking"});
    let answer = visitor.send("POST", "/api/workflows/run", &body).await;
    let events = events(&answer.expect(200).body);
    assert_eq!(names(&events).last(), Some(&"workflow_finished"));
    let path = format!(
        "/api/workflow/{}/events",
        text(&events[0], "workflow_run_id")
    );
    let end = visitor.get(&path).await.expect(200);
    assert!(end.body.contains("workflow_finished"), "{end:?}");
    let other = pages.visitor("").await.get(&path).await;
    assert_eq!(other.expect(404).code(), "not_found");
    let chat = json!({"inputs": {}, "query": "x"});
    let refused = visitor.send("POST", "/api/chat-messages", &chat).await;
    assert_eq!(refused.expect(400).code(), "not_chat_app");
    let log = "SELECT created_from FROM workflow_app_logs";
    assert_eq!(pages.h.db.query(log).await, ["web-app"]);
}

#[actix_web::test]
async fn page_that_is_closed_is_closed_at_once_for_passports_that_are_out() {
    let mut pages = Pages::new(&[]).await;
    let passport = pages.visitor("").await.passport;
    let ask = async |pages: &Pages, path: &str| {
        let visitor = Visitor {
            h: &pages.h,
            code: pages.code.clone(),
            passport: passport.clone(),
        };
        visitor.get(path).await
    };
    ask(&pages, "/api/site").await.expect(200);
    pages.set_open(false).await;
    for path in ["/api/site", "/api/parameters", "/api/conversations"] {
        let refused = ask(&pages, path).await.expect(400).json();
        let expected =
            json!({"code": "bad_request", "message": "Site is disabled.", "status": 400});
        assert_eq!(refused, expected, "{path}");
    }
    let path = format!("/api/login/status?app_code={}", pages.code);
    let status = ask(&pages, &path).await.expect(200).json();
    assert_eq!(status, json!({"logged_in": true, "app_logged_in": false}));
    assert_eq!(pages.passport("").await.expect(404).code(), "not_found");
    pages.set_open(true).await;
    ask(&pages, "/api/site").await.expect(200);
    let status = ask(&pages, &path).await.expect(200).json();
    assert_eq!(status, json!({"logged_in": true, "app_logged_in": true}));
    // Another address: what was made for the former one is worth nothing.
    let reset = format!("{APPS}/{}/site/access-token-reset", pages.app);
    let mut owner = pages.owner.clone();
    owner.post(&pages.h, &reset, json!({})).await.expect(200);
    let gone = ask(&pages, "/api/site").await.expect(400).json();
    assert_eq!(text(&gone, "message"), "Site URL is no longer valid.");
}

#[actix_web::test]
async fn passport_is_no_session_and_a_session_no_passport() {
    let pages = Pages::new(&[]).await;
    let visitor = pages.visitor("").await;
    let of_console = [
        "/console/api/account/profile",
        "/console/api/apps",
        "/openapi/v1/account",
    ];
    for path in of_console {
        pages
            .h
            .with_bearer("GET", path, &visitor.passport)
            .await
            .expect(401);
        let cookie = format!("access_token={}", visitor.passport);
        let request = pages.h.request("GET", path).header("cookie", cookie);
        Answer::read(request.send().await.unwrap())
            .await
            .expect(401);
    }
    let key = pages.h.with_bearer("GET", "/v1/info", &visitor.passport);
    key.await.expect(401);
    // The session as a cookie, as a bearer, and where the passport stands.
    let mut owner = pages.owner.clone();
    let held = owner.cookies.iter();
    let mut held = held.filter(|(name, _)| name.ends_with("access_token"));
    let (name, session) = held.next().map(|(n, v)| (n.clone(), v.clone())).unwrap();
    for (header, value) in [
        (
            "cookie",
            format!("{name}={session}; passport-{}={session}", pages.code),
        ),
        (
            "cookie",
            format!("passport-{}={}", pages.code, visitor.passport),
        ),
        ("authorization", format!("Bearer {session}")),
        ("x-app-passport", session.clone()),
        ("x-app-passport", "x".into()),
    ] {
        let request = pages.h.request("GET", "/api/site");
        let request = request
            .header("x-app-code", &pages.code)
            .header(header, value);
        let answer = Answer::read(request.send().await.unwrap()).await;
        assert_eq!(answer.expect(401).code(), "unauthorized", "{header}");
    }
    // It is good for one page.
    let other = published(&pages.h, &mut owner, &file(&[echoes()])).await;
    let elsewhere = Visitor {
        code: code_of(&pages.h, &other).await,
        ..visitor
    };
    elsewhere.get("/api/site").await.expect(401);
}

#[actix_web::test]
async fn visitor_with_a_name_keeps_their_conversations_and_nobody_gets_those_of_a_key_s_user() {
    let pages = Pages::new(&[]).await;
    let first = pages.visitor("mona").await;
    first.say("remember me", "").await;
    let again = pages.visitor("mona").await;
    assert_eq!(again.names("").await, ["remember me"]);
    assert_eq!(again.id().await, first.id().await);
    let other = pages.visitor("lisa").await;
    assert_eq!(other.names("").await, [""; 0]);
    let mut owner = pages.owner.clone();
    let (_, key) = make_key(&pages.h, &mut owner, &pages.app).await;
    let body = json!({"inputs": {}, "query": "secret", "user": "ada"});
    let said = pages
        .h
        .request("POST", "/v1/chat-messages")
        .bearer_auth(&key);
    let said = Answer::read(said.json(&body).send().await.unwrap()).await;
    let said = said.expect(200).json();
    let ada = pages.visitor("ada").await;
    assert_eq!(ada.names("").await, [""; 0]);
    let path = format!(
        "/api/messages?conversation_id={}",
        text(&said, "conversation_id")
    );
    ada.get(&path).await.expect(404);
    let long = pages.passport(&"x".repeat(256)).await.expect(400);
    assert_eq!(long.code(), "invalid_param");
}

#[actix_web::test]
async fn passport_is_renewed_for_its_visitor_in_time_and_is_worth_nothing_when_it_is_over() {
    let pages = Pages::new(&[]).await;
    let visitor = pages.visitor("").await;
    let (id, path) = (
        visitor.id().await,
        format!("/api/login/status?app_code={}", pages.code),
    );
    let is_in = async |visitor: &Visitor<'_>| {
        let status = visitor.get(&path).await.expect(200).json();
        status["app_logged_in"].as_bool().unwrap()
    };
    assert!(is_in(&visitor).await);
    pages.h.clock.advance(TimeDelta::days(31));
    // Good still, and the page is told to fetch another one.
    assert!(!is_in(&visitor).await);
    visitor.get("/api/site").await.expect(200);
    let renewed = visitor.get("/api/passport").await.expect(200).json();
    let renewed = Visitor {
        h: &pages.h,
        code: pages.code.clone(),
        passport: text(&renewed, "access_token").to_owned(),
    };
    assert!(is_in(&renewed).await);
    assert_eq!(renewed.id().await, id);
    pages.h.clock.advance(TimeDelta::days(60));
    visitor.get("/api/site").await.expect(401);
    assert_eq!(renewed.id().await, id);
    pages.h.clock.advance(TimeDelta::days(31));
    renewed.get("/api/site").await.expect(401);
    let new = renewed.get("/api/passport").await.expect(200).json();
    let new = Visitor {
        passport: text(&new, "access_token").to_owned(),
        ..renewed
    };
    assert_ne!(new.id().await, id);
}

#[actix_web::test]
async fn new_visitors_are_limited_per_address_and_those_who_are_known_come_in() {
    let pages = Pages::new(&[("GATEWRIGHT_LIMIT_PASSPORT", "2/1m")]).await;
    pages.visitor("mona").await;
    let visitor = pages.visitor("").await;
    let refused = pages.passport("").await.expect_rate_limited();
    assert_eq!(refused.code(), "too_many_requests");
    pages.passport("mona").await.expect(200);
    visitor.get("/api/passport").await.expect(200);
}

#[actix_web::test]
async fn pages_elsewhere_may_call_web_apps_from_the_origins_that_are_configured() {
    let ask = async |pages: &Pages, path: &str, origin: &str| {
        let request = pages.h.request("OPTIONS", path).header("origin", origin);
        let request = request.header("access-control-request-method", "POST");
        let headers = "content-type,x-app-code,x-app-passport";
        let request = request.header("access-control-request-headers", headers);
        let answer = Answer::read(request.send().await.unwrap()).await;
        let header = |name: &str| answer.header(name).to_owned();
        let allowed = header("access-control-allow-headers").to_lowercase();
        assert!(
            allowed.is_empty() || allowed.contains("x-app-passport"),
            "{allowed}"
        );
        (
            header("access-control-allow-origin"),
            header("access-control-allow-credentials"),
        )
    };
    let (run, chat) = ("/api/workflows/run", "/api/chat-messages");
    let site = "https://shop.example";
    let open = Pages::new(&[]).await;
    assert_eq!(ask(&open, run, site).await, (site.into(), "true".into()));
    assert!(["*", site].contains(&ask(&open, chat, site).await.0.as_str()));
    assert_eq!(ask(&open, chat, site).await.1, "");
    let narrow = Pages::new(&[("WEB_API_CORS_ALLOW_ORIGINS", site)]).await;
    assert_eq!(ask(&narrow, run, site).await, (site.into(), "true".into()));
    assert_eq!(ask(&narrow, chat, site).await, (site.into(), String::new()));
    let other = ask(&narrow, run, "https://other.example").await;
    assert_ne!(other.0, "https://other.example");
    assert_ne!(other.0, "*");
}

#[actix_web::test]
async fn conversations_are_pinned_by_their_visitor_and_listed_apart() {
    let pages = Pages::new(&[]).await;
    let visitor = pages.visitor("").await;
    let one = visitor.say("one", "").await;
    visitor.say("two", "").await;
    let path = format!("/api/conversations/{}", text(&one, "conversation_id"));
    for _ in 0..2 {
        let done = visitor
            .send("PATCH", &format!("{path}/pin"), &json!({}))
            .await;
        assert_eq!(done.expect(200).json(), json!({"result": "success"}));
    }
    let count = "SELECT count(*)::text FROM pinned_conversations";
    assert_eq!(pages.h.db.query(count).await, ["1"]);
    assert_eq!(visitor.names("pinned=true").await, ["one"]);
    assert_eq!(visitor.names("pinned=false").await, ["two"]);
    assert_eq!(visitor.names("").await.len(), 2);
    let unpin = format!("{path}/unpin");
    visitor.send("PATCH", &unpin, &json!({})).await.expect(200);
    assert_eq!(visitor.names("pinned=true").await, [""; 0]);
    let (name, uno) = (format!("{path}/name"), json!({"name": "uno"}));
    let renamed = visitor.send("POST", &name, &uno).await;
    assert_eq!(renamed.expect(200).json()["name"], "uno");
    let gone = visitor.request("DELETE", &path).send().await.unwrap();
    assert_eq!(gone.status(), 204);
    assert_eq!(visitor.names("").await, ["two"]);
}

#[actix_web::test]
async fn answers_are_kept_by_their_visitor_listed_and_let_go() {
    let pages = Pages::new(&[]).await;
    let visitor = pages.visitor("").await;
    let mut ids = vec![];
    for query in ["one", "two", "three"] {
        let said = visitor.say(query, "").await;
        let body = json!({"message_id": said["message_id"]});
        for _ in 0..2 {
            let kept = visitor.send("POST", "/api/saved-messages", &body).await;
            kept.expect(200);
        }
        ids.push(text(&said, "message_id").to_owned());
        pages.h.clock.advance(TimeDelta::seconds(1));
    }
    let list = async |query: &str| {
        let page = visitor.get(&format!("/api/saved-messages?{query}")).await;
        let page = page.expect(200).json();
        let rows = page["data"].as_array().unwrap().iter();
        let queries = rows.map(|row| row["query"].as_str().unwrap().to_owned());
        (queries.collect::<Vec<_>>(), page["has_more"] == true)
    };
    assert_eq!(
        list("limit=2").await,
        (vec!["three".into(), "two".into()], true)
    );
    let rest = list(&format!("limit=2&last_id={}", ids[1])).await;
    assert_eq!(rest, (vec!["one".into()], false));
    let path = format!("/api/saved-messages/{}", ids[2]);
    let gone = visitor.request("DELETE", &path).send().await.unwrap();
    assert_eq!(gone.status(), 204);
    assert_eq!(list("").await.0, ["two", "one"]);
    // Another answer to the same question is for apps of another kind.
    let path = format!(
        "/api/messages/{}/more-like-this?response_mode=blocking",
        ids[0]
    );
    let refused = visitor.get(&path).await.expect(400);
    assert_eq!(refused.code(), "not_completion_app");
    let path = format!("/api/messages/{}/feedbacks", ids[0]);
    let rated = visitor
        .send("POST", &path, &json!({"rating": "like"}))
        .await;
    assert_eq!(rated.expect(200).json(), json!({"result": "success"}));
}

#[actix_web::test]
async fn sign_in_of_the_enterprise_product_is_answered_as_by_the_community_edition() {
    let pages = Pages::new(&[]).await;
    for path in [
        "/api/login",
        "/api/email-code-login",
        "/api/email-code-login/validity",
        "/api/forgot-password",
        "/api/forgot-password/validity",
        "/api/forgot-password/resets",
    ] {
        let answer = pages.h.post(path, &json!({"email": "a@b.c"})).await;
        assert_eq!(answer.expect(404).code(), "not_found", "{path}");
    }
    let left = pages.h.post("/api/logout", &json!({})).await.expect(200);
    assert_eq!(left.json(), json!({"result": "success"}));
    let mode = pages.h.get("/api/webapp/access-mode?appCode=x").await;
    assert_eq!(mode.expect(200).json(), json!({"accessMode": "public"}));
    let may = pages.h.get("/api/webapp/permission?appId=x").await;
    assert_eq!(may.expect(200).json(), json!({"result": true}));
    let features = pages.h.get("/api/system-features").await.expect(200).json();
    assert_eq!(features["webapp_auth"]["enabled"], false);
    let none = pages.h.get("/api/site").await.expect(401).json();
    assert_eq!(text(&none, "message"), "App token is missing.");
    let none = pages.h.get("/api/passport").await.expect(401).json();
    assert_eq!(text(&none, "message"), "X-App-Code header is missing.");
}
