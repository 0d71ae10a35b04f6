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
async fn sec_005_malformed_body_is_refused() {
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
async fn body_with_a_duplicate_name_in_a_nested_object_is_400() {
    let h = Harness::start().await;
    h.set_up().await;
    let login = "/console/api/login";
    let sent = |beside: &str| {
        format!(r#"{{"email":"nobody@example.com","password":"UGFzc3cwcmQx","beside":{beside}}}"#)
    };
    for (beside, status, code) in [
        (r#"{"a":1,"b":{"a":1}}"#, 401, "authentication_failed"),
        (r#"{"a":1,"a":1}"#, 400, "bad_request"),
        (r#"[{"b":{"a":1,"a":2}}]"#, 400, "bad_request"),
    ] {
        let answer = raw(&h, None, login, "application/json", &sent(beside)).await;
        assert_eq!(answer.expect(status).code(), code, "{beside}");
    }
}

#[actix_web::test]
async fn console_body_of_wrong_media_type_json_or_field_has_its_own_error() {
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
async fn g8_unknown_path_answers_a_browser_with_a_page_and_a_program_with_json() {
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
        (vec![("accept", html)], "Page not found"),
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
async fn odd_query_strings_and_headers_give_no_500() {
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

/// The kind: whatever PostgreSQL would refuse (instants out of its range, NUL, numbers without end) is the
/// caller's to mend, and no outage.
#[actix_web::test]
async fn date_or_number_out_of_range_of_postgres_is_400() {
    let h = Harness::start().await;
    let mut owner = basic_account(&h).await;
    let token = h.token(&mut owner, "x").await;
    let workspaces = h.with_bearer("GET", "/openapi/v1/workspaces", &token).await;
    let workspace = workspaces.json()["workspaces"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let far = [
        "-4800-01-01",
        "-262143-01-01",
        "+262142-12-31",
        "+294277-01-01",
        "0000-01-01",
        "10000-01-01",
        "%00",
        "2026-02-30",
        "9999999999999999999",
    ];
    let of_both: Vec<String> = ["from", "until"]
        .iter()
        .flat_map(|name| far.map(|day| format!("{name}={day}")))
        .chain(
            [
                "before=-1",
                "before=99999999999999999999",
                "limit=99999999999",
                "limit=-1",
                "actor=%00",
                "action=%00",
                "action=x%00y",
            ]
            .map(str::to_owned),
        )
        .collect();
    for query in &of_both {
        let console = "/console/api/workspaces/current/audit-events";
        for path in [
            format!("{console}?{query}"),
            format!("{console}/export?{query}"),
        ] {
            let answer = owner.get(&h, &path).await;
            assert_eq!(answer.status, 400, "{path}: {answer:?}");
        }
        let path = format!("/openapi/v1/workspaces/{workspace}/audit-events?{query}");
        let answer = h.with_bearer("GET", &path, &token).await;
        assert!(matches!(answer.status, 400 | 422), "{path}: {answer:?}");
    }
    for path in [
        "/openapi/v1/account/sessions?page=99999999999999999999",
        "/openapi/v1/account/sessions?page=4294967295&limit=200",
        "/openapi/v1/workspaces/%00",
        "/console/api/tags?type=%00&keyword=%00",
        "/openapi/v1/oauth/device/lookup?user_code=%00",
        "/account?devices=99999999999999999999&browsers=-1",
        "/workspace?members=99999999999999999999",
        "/workspace/audit?from=-4800-01-01&until=%00&before=-5",
    ] {
        for answer in [
            owner.get(&h, path).await,
            h.with_bearer("GET", path, &token).await,
        ] {
            assert!(answer.status < 500, "{path}: {answer:?}");
        }
    }
    // The last days that do pass.
    for day in ["0001-01-01", "9999-12-31"] {
        let path = format!("/console/api/workspaces/current/audit-events?from={day}&until={day}");
        owner.get(&h, &path).await.expect(200);
    }
}

/// A client that sends its body slowly has itself to thank: 408, and nobody is told that a dependency hangs.
#[actix_web::test]
async fn slow_body_is_408() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let h = Harness::start().await;
    h.set_up().await;
    for (path, media_type) in [
        ("/openapi/v1/oauth/device/code", "application/json"),
        ("/console/api/forgot-password", "application/json"),
        ("/forgot-password", "application/x-www-form-urlencoded"),
    ] {
        let address = h.url.trim_start_matches("http://");
        let mut client = tokio::net::TcpStream::connect(address).await.unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nOrigin: {}\r\nSec-Fetch-Site: same-origin\r\nContent-Type: {media_type}\r\nContent-Length: 100\r\n\r\n{{",
            crate::support::PUBLIC_URL
        );
        client.write_all(head.as_bytes()).await.unwrap();
        let mut answer = vec![0; 4096];
        let read = client.read(&mut answer).await.unwrap();
        let text = String::from_utf8_lossy(&answer[..read]).into_owned();
        assert!(text.starts_with("HTTP/1.1 408 "), "{path}: {text}");
        assert!(text.to_lowercase().contains("connection: close"), "{text}");
        assert!(!text.to_lowercase().contains("retry-after"), "{text}");
    }
}
