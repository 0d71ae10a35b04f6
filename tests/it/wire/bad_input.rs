//! Bad input: a 4xx in the right envelope, nothing stored, never echoed, never a 500.

use serde_json::json;

use crate::support::{Answer, Browser, Harness, basic_account};

const SECRET: &str = "sUbM1tted-s3cret";

async fn raw(
    h: &Harness,
    browser: Option<&Browser>,
    path: &str,
    media_type: &str,
    body: &str,
) -> Answer {
    let mut request = h
        .request("POST", path)
        .header("Content-Type", media_type)
        .body(body.to_owned());
    if let Some(browser) = browser {
        let cookies: Vec<String> = browser
            .cookies
            .iter()
            .map(|(n, v)| format!("{n}={v}"))
            .collect();
        request = request
            .header("cookie", cookies.join("; "))
            .header("x-csrf-token", browser.csrf());
    }
    Answer::read(request.send().await.unwrap()).await
}

#[actix_web::test]
async fn sec_005_bodies_that_are_not_what_they_should_be() {
    let h = Harness::with(&[
        ("GATEWRIGHT_LIMIT_DEVICE_CODE", "0"),
        ("GATEWRIGHT_LIMIT_LOGIN", "0"),
        ("DEVICE_FLOW_APPROVE_RATE_LIMIT_PER_HOUR", "10000"),
    ])
    .await;
    let browser = basic_account(&h).await;
    let before =
        h.db.query("SELECT count(*) FROM gatewright_audit_events")
            .await;
    let nested = format!("{}1{}", "[".repeat(5000), "]".repeat(5000));
    let deep_member = format!(r#"{{"client_id":{nested},"secret":"{SECRET}"}}"#);
    let huge = format!(r#"{{"client_id":"{}"}}"#, "x".repeat(70_000));
    let bodies = [
        ("application/json", format!(r#"{{"email":"{SECRET}","#)),
        ("application/json", format!(r#"["{SECRET}"]"#)),
        ("application/json", String::new()),
        ("application/json", "null".into()),
        ("application/json", "7".into()),
        (
            "application/json",
            format!(r#"{{"client_id":"a","client_id":"{SECRET}"}}"#),
        ),
        (
            "application/json",
            format!(r#"{{"email":"a@b.co","email":"{SECRET}"}}"#),
        ),
        ("application/json", nested),
        ("application/json", deep_member),
        ("application/json", huge),
        (
            "application/json",
            format!("{{\"email\":\"{SECRET}\u{0}\"}}"),
        ),
        ("application/json", "{\"email\":\"\\ud800\"}".into()),
        (
            "application/json",
            format!(r#"{{"email":{{"x":"{SECRET}"}},"password":7,"user_code":[],"tenant_id":1}}"#),
        ),
        ("text/plain", format!(r#"{{"email":"{SECRET}"}}"#)),
        ("application/xml", format!("<a>{SECRET}</a>")),
        ("multipart/form-data", SECRET.into()),
        ("", SECRET.into()),
    ];
    let paths: [(&str, bool, &str); 8] = [
        ("/openapi/v1/oauth/device/code", false, "code"),
        ("/openapi/v1/oauth/device/token", false, "error"),
        ("/openapi/v1/oauth/device/approve", true, "code"),
        ("/openapi/v1/oauth/device/deny", true, "code"),
        ("/openapi/v1/oauth/revoke", false, "error"),
        ("/console/api/login", false, "code"),
        ("/console/api/setup", false, "code"),
        ("/console/api/workspaces/switch", true, "code"),
    ];
    for (path, signed_in, member) in paths {
        for (media_type, body) in &bodies {
            let answer = raw(&h, signed_in.then_some(&browser), path, media_type, body).await;
            let shown = &body[..body.len().min(60)];
            assert!(
                (400..500).contains(&answer.status),
                "{path} {media_type} {shown}: {answer:?}"
            );
            assert!(
                answer.json()[member].is_string(),
                "{path} {media_type} {shown}: {answer:?}"
            );
            assert!(
                !answer.body.contains(SECRET),
                "{path} echoed its input: {answer:?}"
            );
        }
    }
    assert_eq!(
        h.db.query("SELECT count(*) FROM gatewright_audit_events")
            .await,
        before,
        "nothing was stored"
    );
    assert_eq!(h.db.query("SELECT count(*) FROM accounts").await, ["1"]);
}

#[actix_web::test]
async fn the_console_tells_a_wrong_media_type_from_wrong_json_from_a_wrong_field() {
    let h = Harness::start().await;
    h.set_up().await;
    let login = "/console/api/login";
    assert_eq!(
        raw(&h, None, login, "text/plain", "{}")
            .await
            .expect(415)
            .code(),
        "unsupported_media_type"
    );
    assert_eq!(
        raw(&h, None, login, "application/json", "{")
            .await
            .expect(400)
            .code(),
        "bad_request"
    );
    assert_eq!(
        raw(&h, None, login, "application/json", "{}")
            .await
            .expect(400)
            .code(),
        "invalid_param"
    );
    let large = format!(r#"{{"email":"{}"}}"#, "x".repeat(70_000));
    assert_eq!(
        raw(&h, None, login, "application/json", &large)
            .await
            .expect(413)
            .code(),
        "request_entity_too_large"
    );
}

/// G8: who asks for a page gets one, in their language and with a way home; programs get JSON.
#[actix_web::test]
async fn g8_an_unknown_path_shows_a_browser_a_page_and_a_program_json() {
    let h = Harness::start().await;
    let ask = async |path: &str, headers: &[(&str, &str)]| {
        let mut request = h.request("GET", path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::read(request.send().await.unwrap()).await
    };
    let html = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8";
    for (browser, words) in [
        (vec![("accept", html)], "There is no such page"),
        (
            vec![("sec-fetch-mode", "navigate"), ("accept-language", "zh-CN")],
            "页面不存在",
        ),
    ] {
        let page = ask("/nope/deeper?x=<b>", &browser).await.expect(404);
        assert!(page.header("content-type").starts_with("text/html"));
        assert!(page.body.contains(words) && page.body.contains("href=\"/\""));
        assert!(!page.body.contains("<b>") && !page.body.contains("deeper"));
        let api = ask("/console/api/nope", &browser).await.expect(404);
        assert_eq!(api.json()["status"], 404, "an API answers as an API");
    }
    for program in [
        vec![("accept", "*/*")],
        vec![("accept", "application/json")],
        vec![("accept", html), ("sec-fetch-mode", "cors")],
    ] {
        let answer = ask("/nope", &program).await.expect(404);
        assert_eq!(answer.code(), "not_found");
        assert!(
            answer
                .headers
                .get_all("vary")
                .iter()
                .any(|value| { value.to_str().unwrap().contains("Accept") })
        );
    }
    let elsewhere = Harness::with(&[("CONSOLE_WEB_URL", "https://web.example.com")]).await;
    let request = elsewhere.request("GET", "/nope").header("accept", html);
    let page = Answer::read(request.send().await.unwrap())
        .await
        .expect(404);
    assert!(page.body.contains("https://web.example.com/"));
}

#[actix_web::test]
async fn unknown_paths_and_wrong_methods_keep_the_envelope_of_their_surface() {
    let h = Harness::start().await;
    for path in [
        "/openapi/v1/nope",
        "/openapi/v1/",
        "/openapi/v1",
        "/openapi/v1/account/",
        "/openapi/v1/../account",
        "/console/api/nope",
        "/console/api",
        "/nope",
        "/openapi/v1/%2e%2e/x",
        "/console/api/%ff",
    ] {
        let answer = h.get(path).await.expect(404);
        assert_eq!(answer.json()["status"], 404, "{path}");
        assert_eq!(answer.code(), "not_found");
    }
    for (method, path, allow) in [
        ("PUT", "/openapi/v1/account", "GET, HEAD, OPTIONS"),
        ("GET", "/openapi/v1/oauth/device/code", "OPTIONS, POST"),
        (
            "PATCH",
            "/openapi/v1/account/sessions/self",
            "DELETE, OPTIONS",
        ),
        ("DELETE", "/console/api/login", "OPTIONS, POST"),
        ("PUT", "/console/api/setup", "GET, HEAD, OPTIONS, POST"),
    ] {
        let answer = Answer::read(h.request(method, path).send().await.unwrap())
            .await
            .expect(405);
        assert_eq!(
            (answer.code().as_str(), answer.header("allow")),
            ("method_not_allowed", allow),
            "{path}"
        );
        let options = Answer::read(h.request("OPTIONS", path).send().await.unwrap())
            .await
            .expect(200);
        assert_eq!(
            (options.header("allow"), options.body.as_str()),
            (allow, "")
        );
    }
}

#[actix_web::test]
async fn odd_query_strings_and_headers_are_no_fault_of_ours() {
    let h = Harness::start().await;
    let mut browser = basic_account(&h).await;
    for query in [
        "user_code=%00",
        "user_code=%ff",
        "user_code=&user_code=x",
        "%",
        "user_code=%F0%9F%92%A9",
        &format!("user_code={}", "A".repeat(5000)),
    ] {
        let answer = h
            .get(&format!("/openapi/v1/oauth/device/lookup?{query}"))
            .await;
        assert!(
            answer.status == 200 || answer.status == 400,
            "{query}: {answer:?}"
        );
    }
    let binary = reqwest::header::HeaderValue::from_bytes(b"\xff\xfe").unwrap();
    for name in [
        "x-csrf-token",
        "authorization",
        "cookie",
        "user-agent",
        "x-forwarded-for",
        "origin",
        "content-type",
    ] {
        let request = h
            .request("POST", "/openapi/v1/oauth/device/approve")
            .header(name, &binary);
        let answer = Answer::read(
            request
                .json(&json!({"user_code": "x"}))
                .send()
                .await
                .unwrap(),
        )
        .await;
        assert!((400..500).contains(&answer.status), "{name}: {answer:?}");
    }
    let answer = browser
        .send(
            &h,
            "GET",
            "/console/api/account/profile",
            None,
            &[("user-agent", &"u".repeat(4000))],
        )
        .await;
    answer.expect(200);
}
