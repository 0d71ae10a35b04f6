//! What enters: each route, each form and each address is tried with what must not come in or go out.
//! The routes are taken from the documents and from the list of pages, so that a new one is tried too.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use gatewright_auth::{
    keys::MasterKeys,
    sso::{SIGN_IN_LIFETIME, SignInPurpose, SignInState, SignInStateKeys},
};
use gatewright_http::{Surface, document};
use gatewright_test_support::ScriptedRandom;
use serde_json::{Map, Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::sso;
use crate::support::{
    Answer, Browser, EMAIL, Harness, Jar, PASSWORD, PUBLIC_URL, SECRET_KEY, basic_account,
    enterprise::{assertion_claims, sign},
};

/// Method, path, and what the body's members are.
fn operations() -> Vec<(String, String, BTreeSet<String>)> {
    let mut all = vec![];
    for surface in Surface::ALL {
        let document: Value = serde_json::to_value(document(surface)).unwrap();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let content = &operation["requestBody"]["content"];
                let schema = &content["application/json"]["schema"];
                let name = schema["$ref"].as_str().unwrap_or_default();
                let name = name.rsplit('/').next().unwrap_or_default();
                let schema = &document["components"]["schemas"][name];
                let members = schema["properties"].as_object();
                let members = members.map(|all| all.keys().cloned().collect());
                all.push((
                    method.to_uppercase(),
                    path.clone(),
                    members.unwrap_or_default(),
                ));
            }
        }
    }
    assert!(all.len() > 60);
    all
}

/// Method and path of every page, as they are mounted.
fn pages() -> Vec<(String, String)> {
    let of = |name| {
        let crates = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates");
        std::fs::read_to_string(format!("{crates}/{name}/src/lib.rs")).unwrap()
    };
    let source = of("pages") + &of("pages-apps") + &of("pages-webapp");
    let routes = source.split(".route(").skip(1);
    let mut all: Vec<(String, String)> = routes
        .filter_map(|route| {
            let path = route.split('"').nth(1)?;
            let method = route.split("web::").nth(1)?.split('(').next()?;
            Some((method.to_uppercase(), path.to_owned()))
        })
        .filter(|(_, path)| path.starts_with('/'))
        .collect();
    for method in ["GET", "POST"] {
        all.push((
            method.to_owned(),
            "/openapi/v1/oauth/device/consent".to_owned(),
        ));
    }
    assert!(all.len() > 35, "{all:?}");
    all
}

fn concrete(path: &str, id: &str) -> String {
    let mut parts = path
        .split('/')
        .map(|part| if part.starts_with('{') { id } else { part });
    let first = parts.next().unwrap().to_owned();
    parts.fold(first, |path, part| format!("{path}/{part}"))
}

/// What frameworks and parsers say.
const FOREIGN: [&str; 16] = [
    "deserialize",
    "Parse error",
    "parse error",
    "Content type error",
    "content type",
    "duplicate field",
    "missing field",
    "invalid type",
    "expected ",
    "EOF",
    "serde",
    "Json",
    "ayload reached",
    "invalid utf-8",
    "application data",
    "overflow",
];

#[track_caller]
fn is_ours(answer: &Answer, what: &str) {
    assert!(answer.status < 500, "{what}: {answer:?}");
    // The words that clients compare (console.md §1.4).
    let known = "Invalid JSON payload received or JSON payload is empty.";
    let text = answer.body.replace(known, "");
    if answer.status >= 400 {
        let kind = answer.header("content-type");
        let known = kind.starts_with("application/json") || kind.starts_with("text/html");
        assert!(known, "{what}: {answer:?}");
        for foreign in FOREIGN {
            assert!(
                !text.contains(foreign),
                "{what} says {foreign:?}: {answer:?}"
            );
        }
    }
}

const ODD_BODIES: [(&str, &str); 9] = [
    ("application/json", "{"),
    ("application/json", r#"{"a":1,"a":2}"#),
    ("application/json; charset=utf-16", "[]"),
    ("application/x-www-form-urlencoded", "a=1&a=2"),
    ("application/x-www-form-urlencoded", "%ff=%fe&=&&"),
    (
        "application/x-www-form-urlencoded; charset=nonsense",
        "a=%e9",
    ),
    (
        "multipart/form-data; boundary=x",
        "--x\r\nContent-Disposition: form-data",
    ),
    ("text/plain", "a"),
    ("no media type", "a"),
];

#[actix_web::test]
async fn d6_answers_contain_no_error_texts_of_the_framework() {
    let h = Harness::with(&[
        ("ALLOW_REGISTER", "true"),
        ("ENABLE_EMAIL_CODE_LOGIN", "true"),
    ])
    .await;
    let browser = basic_account(&h).await;
    let cookies: Vec<String> = browser
        .cookies
        .iter()
        .map(|(n, v)| format!("{n}={v}"))
        .collect();
    let cookies = cookies.join("; ");
    let csrf = browser.csrf();
    let documented = operations()
        .into_iter()
        .map(|(method, path, _)| (method, path));
    let mut asked = 0;
    for (method, path) in documented.chain(pages()) {
        // Those end the session that the others need.
        let is_end = path.ends_with("/logout") || path == "/signout";
        let mut requests = vec![];
        for id in ["%ff", "a%00b", "%F0%9F%92%A9", "..%2f"] {
            requests.push((concrete(&path, id), None));
        }
        requests.push((
            format!(
                "{}?page=1&page=2&next=a&next=b&%ff=%fe&&=",
                concrete(&path, "x")
            ),
            None,
        ));
        if method != "GET" && method != "HEAD" {
            requests.extend(ODD_BODIES.map(|body| (concrete(&path, "x"), Some(body))));
        }
        for (path, body) in requests {
            let mut request = h.request(&method, &path);
            if !is_end {
                request = request
                    .header("cookie", &cookies)
                    .header("x-csrf-token", &csrf);
            }
            if let Some((media_type, text)) = body {
                request = request.header("content-type", media_type).body(text);
            }
            let answer = Answer::read(request.send().await.unwrap()).await;
            is_ours(&answer, &format!("{method} {path} {body:?}"));
            asked += 1;
        }
    }
    assert!(asked > 600, "{asked}");
}

#[actix_web::test]
async fn d6_cors_preflight_refusal_has_our_envelope() {
    let origin = "https://console.example";
    let h = Harness::with(&[
        ("CONSOLE_CORS_ALLOW_ORIGINS", origin),
        ("OPENAPI_CORS_ALLOW_ORIGINS", origin),
    ])
    .await;
    for path in ["/console/api/login", "/openapi/v1/account"] {
        for (origin, method, headers) in [
            ("https://evil.example", "POST", "content-type"),
            (origin, "TRACE", "content-type"),
            (origin, "POST", "x-secret"),
            ("nonsense", "%%", "\u{1}"),
        ] {
            let request = h.request("OPTIONS", path).header("origin", origin);
            let request = request.header("access-control-request-method", method);
            let Ok(headers) = reqwest::header::HeaderValue::from_str(headers) else {
                continue;
            };
            let request = request.header("access-control-request-headers", headers);
            let answer = Answer::read(request.send().await.unwrap()).await;
            is_ours(&answer, &format!("OPTIONS {path} {origin} {method}"));
        }
    }
}

#[actix_web::test]
async fn d6_body_truncated_or_too_large_is_refused_in_our_envelope() {
    let h = Harness::start().await;
    h.set_up().await;
    let large = format!("email={}", "x".repeat(70_000));
    for (path, media_type) in [
        ("/signin", "application/x-www-form-urlencoded"),
        ("/console/api/login", "application/json"),
        (
            "/openapi/v1/oauth/device/code",
            "application/x-www-form-urlencoded",
        ),
    ] {
        let request = h.request("POST", path).header("content-type", media_type);
        let answer = Answer::read(request.body(large.clone()).send().await.unwrap()).await;
        is_ours(&answer.expect(413), path);
        let address = h.url.strip_prefix("http://").unwrap();
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {media_type}\r\nConnection: close\r\n\
             Transfer-Encoding: chunked\r\n\r\nnonsense\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut said = String::new();
        stream.read_to_string(&mut said).await.unwrap();
        // Or the connection ends without a word.
        let is_refused = said.is_empty() || said.starts_with("HTTP/1.1 4");
        assert!(is_refused, "{path}: {said}");
        for foreign in FOREIGN {
            let body = said.split("\r\n\r\n").nth(1).unwrap_or_default();
            let body = body.replace("JSON payload", "");
            assert!(!body.contains(foreign), "{path} says {foreign:?}: {said}");
        }
    }
}

#[actix_web::test]
async fn d6_form_with_a_duplicate_field_is_refused_on_every_page() {
    let h = Harness::with(&[
        ("ALLOW_REGISTER", "true"),
        ("ENABLE_EMAIL_CODE_LOGIN", "true"),
    ])
    .await;
    h.set_up().await;
    h.add_account("b").await;
    let mut jar = Jar::default();
    let twice = [
        ("email", EMAIL),
        ("email", "b@example.com"),
        ("password", PASSWORD),
    ];
    let refused = jar.send(&h, "POST", "/signin", &twice).await.expect(400);
    assert!(jar.kept.is_empty(), "{refused:?}");
    let mut forms = 0;
    // A form with files in it is of another media type.
    let is_plain = |path: &str| !path.ends_with("/files");
    for (method, path) in pages()
        .into_iter()
        .filter(|(method, path)| method == "POST" && is_plain(path))
    {
        let answer = jar
            .send(&h, &method, &path, &[("x", "1"), ("x", "1")])
            .await
            .expect(400);
        assert_eq!(
            answer.header("x-gatewright-reason"),
            "form_field_repeated",
            "{path}"
        );
        assert!(answer.body.contains("repeats a field"), "{path}");
        forms += 1;
    }
    assert!(forms >= 15, "{forms}");
}

#[actix_web::test]
async fn d4_two_tabs_with_a_provider_sign_in_keep_their_own_state() {
    let h = Harness::with(&[
        ("GATEWRIGHT_OIDC_PROVIDERS", "corp"),
        ("GATEWRIGHT_OIDC_CORP_ISSUER", "http://127.0.0.1:9"),
        ("GATEWRIGHT_OIDC_CORP_CLIENT_ID", "x"),
    ])
    .await;
    h.set_up().await;
    let keys = SignInStateKeys::new(&MasterKeys::new(SECRET_KEY.as_bytes(), []));
    let random = ScriptedRandom::default();
    let mut jar = Jar::default();
    let mut trips = vec![];
    for _ in 0..2 {
        let state =
            SignInState::new("corp".parse().unwrap(), SignInPurpose::SignIn, &random).unwrap();
        let trip = state.state.expose().to_owned();
        // As the way out leaves it: the cookie's name ends like the state of its address.
        let name = format!("gatewright_signin_{}", &trip[trip.len() - 12..]);
        jar.plant(&name, &keys.seal(&state, h.now()), None);
        trips.push(trip);
    }
    for trip in &trips {
        let path = format!("/console/api/oauth/authorize/corp?state={trip}&error=access_denied");
        let back = jar.send(&h, "GET", &path, &[]).await.expect(302);
        assert_eq!(
            back.header("location"),
            "/signin?error=access_denied",
            "its own state"
        );
        let page = jar.walk(&[&h], back.header("location")).await.expect(400);
        assert!(
            page.body.contains("you canceled the sign-in there"),
            "{}",
            page.body
        );
    }
    // Each was spent; and what began nowhere has words of its own, which are not about a code.
    for trip in [trips[0].as_str(), "signin-of-nobody-at-all"] {
        let path = format!("/console/api/oauth/authorize/corp?state={trip}&code=x");
        let back = jar.send(&h, "GET", &path, &[]).await.expect(302);
        assert_eq!(back.header("location"), "/signin?error=invalid_state");
        let page = jar.walk(&[&h], back.header("location")).await.expect(400);
        assert!(page.body.contains("Start again here"), "{}", page.body);
        assert!(!page.body.contains("Enter the code"));
    }
    h.clock.advance(SIGN_IN_LIFETIME + TimeDelta::minutes(1));
}

#[actix_web::test]
async fn d3_doctor_and_start_report_a_path_in_console_api_url_alike() {
    let source = |name: &str| match name {
        "CONSOLE_API_URL" => Some("https://dify.example.com/api".to_owned()),
        "SECRET_KEY" => Some(SECRET_KEY.to_owned()),
        _ => None,
    };
    let now = chrono::Utc::now();
    let found = gatewright_runtime::doctor::examine(&source, None, now).await;
    let about = found
        .iter()
        .find(|one| format!("{one:?}").contains("CONSOLE_API_URL"));
    let about = format!("{about:?}");
    assert!(
        about.contains("`/api`") && about.contains("https://dify.example.com`"),
        "{found:?}"
    );
}

/// What looks like `a@b.example` and is another address.
const DISGUISED: [&str; 5] = [
    "a\u{200b}@b.example",
    "a\u{ad}@b.example",
    "\u{ff41}@b.example",
    "a\u{202e}@b.example",
    "a\u{115f}@b.example",
];

/// A body with plausible members, and this address in each that is one.
fn body_with_address(members: &BTreeSet<String>, address: &str) -> Value {
    let value = |name: &String| match name.as_str() {
        "email" | "new_email" => json!(address),
        "emails" => json!([address]),
        "password" | "new_password" | "password_confirm" => json!(PASSWORD),
        "role" => json!("normal"),
        "name" => json!("Ada"),
        "language" | "interface_language" => json!("en-US"),
        "timezone" => json!("UTC"),
        "remember_me" => json!(true),
        _ => json!("123456"),
    };
    let all = members
        .iter()
        .filter(|name| name.as_str() != "invite_token");
    Value::Object(
        all.map(|name| (name.clone(), value(name)))
            .collect::<Map<_, _>>(),
    )
}

/// They compare an address with one that is known; nothing becomes an address there.
const ONLY_COMPARE: [&str; 1] = ["/console/api/activate"];

#[actix_web::test]
async fn d7_confusable_email_is_refused_on_every_operation() {
    let h = Harness::with(&[
        ("ALLOW_REGISTER", "true"),
        ("ENABLE_EMAIL_CODE_LOGIN", "true"),
        ("GATEWRIGHT_LIMIT_LOGIN", "0"),
    ])
    .await;
    let mut owner = basic_account(&h).await;
    let is_address = |member: &String| ["email", "emails", "new_email"].contains(&member.as_str());
    let mut entries = 0;
    for (method, path, members) in operations() {
        if !members.iter().any(is_address) || ONLY_COMPARE.contains(&path.as_str()) {
            continue;
        }
        for address in DISGUISED {
            // A bearer's routes answer 401 here: their address is of the same type.
            if path.starts_with("/openapi/v1/") {
                continue;
            }
            let body = body_with_address(&members, address);
            let answer = owner.send(&h, &method, &path, Some(body), &[]).await;
            let is_refused = (400..500).contains(&answer.status) && answer.body.contains("email");
            // Of many addresses each is answered by itself.
            let is_failed = answer.body.contains("\"status\":\"failed\"");
            assert!(is_refused || is_failed, "{method} {path}: {answer:?}");
        }
        entries += 1;
    }
    assert!(entries >= 8, "{entries}");
    for (path, field) in [
        ("/signin", "email"),
        ("/signin/code", "email"),
        ("/signup", "email"),
        ("/forgot-password", "email"),
    ] {
        for address in DISGUISED {
            let typed = [(field, address), ("password", PASSWORD), ("name", "Ada")];
            Jar::default()
                .send(&h, "POST", path, &typed)
                .await
                .expect(400);
        }
    }
    assert_eq!(h.db.query("SELECT email FROM accounts").await, [EMAIL]);
}

#[actix_web::test]
async fn d7_confusable_email_from_a_provider_is_refused() {
    let (_enterprise, h) = sso::start().await;
    let complete = "/openapi/v1/oauth/device/sso-complete";
    for address in DISGUISED {
        let grant = h.start_flow("laptop").await;
        let mut browser = Browser::new();
        browser.look_up(&h, &grant).await.expect(200);
        let initiate = "/openapi/v1/oauth/device/sso-initiate";
        let path = format!("{initiate}?user_code={}", grant.user_code);
        browser.get(&h, &path).await.expect(302);
        let mut claims = assertion_claims(&grant.user_code, "nonce-0123456789", h.now());
        claims["email"] = json!(address);
        let path = format!("{complete}?sso_assertion={}", sign(&claims));
        let refused = browser.get(&h, &path).await.expect(400);
        assert_eq!(
            refused.oauth_error(),
            "invalid_sso_assertion",
            "{address:?}"
        );
    }
}

const TYPED: &str = "\u{200b}Ada\u{202e} Lovelace\u{ad}";

/// Where names enter. A new one has to be walked below.
const NAMES: [&str; 16] = [
    "POST /console/api/apps",
    "PUT /console/api/apps/{app_id}",
    "POST /console/api/apps/{app_id}/name",
    "POST /console/api/apps/{app_id}/copy",
    "POST /console/api/apps/imports",
    "POST /openapi/v1/workspaces/{workspace_id}/apps/imports",
    "POST /console/api/account/name",
    "POST /console/api/activate",
    "POST /console/api/setup",
    "POST /console/api/tags",
    "PATCH /console/api/tags/{tag_id}",
    "POST /console/api/workspaces/info",
    // Beside the tests of conversations.
    "POST /v1/conversations/{c_id}/name",
    "POST /api/conversations/{c_id}/name",
    // Beside the tests of moderation.
    "POST /console/api/api-based-extension",
    "POST /console/api/api-based-extension/{id}",
];

#[test]
fn d7_operations_with_a_name_member_are_all_tested() {
    let with_a_name = operations()
        .into_iter()
        .filter(|(.., members)| members.contains("name"));
    let entries: BTreeSet<String> = with_a_name
        .map(|(m, path, _)| format!("{m} {path}"))
        .collect();
    assert_eq!(
        entries,
        NAMES.map(str::to_owned).into(),
        "a name enters somewhere else too"
    );
}

#[actix_web::test]
async fn d7_name_is_stripped_of_invisible_characters_on_every_operation() {
    let h = Harness::start().await;
    let body = json!({"email": EMAIL, "name": TYPED, "password": PASSWORD});
    h.post("/console/api/setup", &body).await.expect(201);
    let mut owner = Browser::signed_in(&h, EMAIL, PASSWORD).await;
    let seen = ["Ada Lovelace"];
    assert_eq!(h.db.query("SELECT name FROM accounts").await, seen);
    let workspace = h.db.query("SELECT name FROM tenants").await;
    assert_eq!(workspace, ["Ada Lovelace's Workspace"]);
    let name = json!({"name": TYPED});
    owner
        .post(&h, "/console/api/account/name", name.clone())
        .await
        .expect(200);
    owner
        .post(&h, "/console/api/workspaces/info", name.clone())
        .await
        .expect(200);
    assert_eq!(h.db.query("SELECT name FROM tenants").await, seen);
    let tag = json!({"name": TYPED, "type": "app"});
    let tag = owner
        .post(&h, "/console/api/tags", tag)
        .await
        .expect(200)
        .json();
    assert_eq!(h.db.query("SELECT name FROM tags").await, seen);
    let path = format!("/console/api/tags/{}", tag["id"].as_str().unwrap());
    let renamed = json!({"name": format!("{TYPED}2"), "type": "app"});
    owner
        .send(&h, "PATCH", &path, Some(renamed), &[])
        .await
        .expect(200);
    assert_eq!(h.db.query("SELECT name FROM tags").await, ["Ada Lovelace2"]);
}

#[actix_web::test]
async fn d7_name_of_an_app_is_stripped_of_invisible_characters_wherever_it_enters() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let token = h.token(&mut owner, "laptop").await;
    let current = owner
        .post(&h, "/console/api/workspaces/current", json!({}))
        .await
        .json();
    let made = json!({"name": TYPED, "mode": "workflow"});
    let made = owner
        .post(&h, "/console/api/apps", made)
        .await
        .expect(201)
        .json();
    let app = format!("/console/api/apps/{}", made["id"].as_str().unwrap());
    let file = crate::support::apps::file("0.6.0", "plain");
    let import = json!({"mode": "yaml-content", "yaml_content": file, "name": TYPED});
    owner
        .post(&h, "/console/api/apps/imports", import.clone())
        .await
        .expect(200);
    let workspace = current["id"].as_str().unwrap();
    let path = format!("/openapi/v1/workspaces/{workspace}/apps/imports");
    let request = h.request("POST", &path).bearer_auth(&token).json(&import);
    assert_eq!(request.send().await.unwrap().status(), 200);
    let names = "SELECT DISTINCT name FROM apps";
    assert_eq!(h.db.query(names).await, ["Ada Lovelace"]);
    for (method, path, status) in [
        ("PUT", app.clone(), 200),
        ("POST", format!("{app}/name"), 200),
    ] {
        let name = json!({"name": format!("{TYPED}2")});
        owner
            .send(&h, method, &path, Some(name), &[])
            .await
            .expect(status);
        let renamed = "SELECT count(*) FROM apps WHERE name = 'Ada Lovelace2'";
        assert_eq!(h.db.query(renamed).await, ["1"], "{method}");
    }
    let empty = json!({"name": "\u{200b} ", "mode": "workflow"});
    owner.post(&h, "/console/api/apps", empty).await.expect(400);
}

#[actix_web::test]
async fn d7_name_of_an_invited_person_is_stripped_of_invisible_characters() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let invite = json!({"emails": ["guest@example.com"], "role": "normal"});
    let path = "/console/api/workspaces/current/members/invite-email";
    owner.post(&h, path, invite).await.expect(201);
    let link = h.last_mail("guest@example.com").await.link();
    let path = link.strip_prefix(PUBLIC_URL).unwrap().to_owned();
    let token = path
        .split("token=")
        .nth(1)
        .unwrap()
        .split('&')
        .next()
        .unwrap()
        .to_owned();
    let filled = [
        ("token", token.as_str()),
        ("name", TYPED),
        ("password", PASSWORD),
    ];
    Jar::default()
        .send(&h, "POST", "/activate", &filled)
        .await
        .expect(303);
    let guest = "SELECT name FROM accounts WHERE email = 'guest@example.com'";
    assert_eq!(h.db.query(guest).await, ["Ada Lovelace"]);
}

#[actix_web::test]
async fn d7_name_in_a_page_form_is_stripped_of_invisible_characters() {
    let h = Harness::start().await;
    h.set_up().await;
    let mut jar = Jar::default();
    let typed = [("email", EMAIL), ("password", PASSWORD)];
    jar.send(&h, "POST", "/signin", &typed).await.expect(303);
    let csrf = jar.value("csrf_token").unwrap().to_owned();
    let profile = [
        ("csrf_token", csrf.as_str()),
        ("name", TYPED),
        ("interface_language", "en-US"),
        ("timezone", "UTC"),
    ];
    jar.send(&h, "POST", "/account/profile", &profile)
        .await
        .expect(303);
    let rename = [
        ("csrf_token", csrf.as_str()),
        ("kind", "rename"),
        ("name", TYPED),
    ];
    jar.send(&h, "POST", "/workspace", &rename)
        .await
        .expect(303);
    let all = "SELECT name FROM accounts UNION SELECT name FROM tenants";
    assert_eq!(h.db.query(all).await, ["Ada Lovelace"]);
}

#[actix_web::test]
async fn d7_name_of_invisible_characters_only_is_refused_and_emoji_is_kept() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    // Nothing that is seen is left: no name.
    let nothing = json!({"name": "\u{200b}\u{202e}\u{3164}\u{ad}"});
    owner
        .post(&h, "/console/api/account/name", nothing)
        .await
        .expect(400);
    // A program's name for itself is shown like a name.
    let label = json!({"client_id": "difyctl", "device_label": "Ada's \u{1f5a5}\u{fe0f}"});
    h.post("/openapi/v1/oauth/device/code", &label)
        .await
        .expect(200);
}
