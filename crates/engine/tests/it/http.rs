//! Requests out of templates.

use gatewright_engine::{
    CallResult, NodeCall,
    call::{HttpAnswer, HttpBody, HttpCall, HttpField, HttpMethod},
};
use serde_json::{Value as Json, json};

use crate::{
    build::{end, graph, start, with},
    driver::{Answer, Driver},
};

fn http(extra: Json) -> Json {
    let mut node = json!({"id": "call", "data": {"type": "http-request", "title": "", "method": "post", "url": "http://x.test/{{#start.q#}}",
        "headers": "", "params": "", "authorization": {"type": "no-auth"}, "body": {"type": "none", "data": []}}});
    for (key, value) in extra.as_object().unwrap() {
        node["data"][key] = value.clone();
    }
    node
}

fn asked(extra: Json, q: &str) -> Result<HttpCall, String> {
    let file = json!({"dify_model_identity": "__dify__file__", "type": "image", "filename": "f"});
    let mut driver = Driver::new(&graph(
        &[start(&["q", "f", "fs"]), http(extra)],
        &["start call"],
    ));
    driver.start(json!({"q": q, "f": file, "fs": [file, file]}));
    match driver.calls.pop_front() {
        Some((_, _, NodeCall::Http(call))) => Ok(*call),
        _ => Err(driver.end().error.clone().unwrap_or_default()),
    }
}

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

#[test]
fn parameters_and_headers_are_lines_and_a_variable_adds_none() {
    let call = asked(
        json!({"params": "a:{{#start.q#}}\na:2\n:none\nb", "headers": "X-A: {{#start.q#}}\nx-a: last: one\nX-B:{{#start.q#}}"}),
        "1\r\nX-Evil: 1",
    );
    let call = call.unwrap();
    assert_eq!(
        call.params,
        pairs(&[("a", "1\r\nX-Evil: 1"), ("a", "2"), ("b", "")])
    );
    assert_eq!(
        call.headers,
        pairs(&[("x-a", "last: one"), ("X-B", "1X-Evil: 1")])
    );
}

#[test]
fn authorisation_becomes_a_header_that_is_kept_secret() {
    for (config, header) in [
        (
            json!({"type": "bearer", "api_key": "{{#start.q#}}"}),
            ("Authorization", "Bearer k"),
        ),
        (
            json!({"type": "basic", "api_key": "user:{{#start.q#}}"}),
            ("Authorization", "Basic dXNlcjpr"),
        ),
        (
            json!({"type": "basic", "api_key": "{{#start.q#}}"}),
            ("Authorization", "Basic k"),
        ),
        (
            json!({"type": "custom", "api_key": "k", "header": "X-Key"}),
            ("X-Key", "k"),
        ),
    ] {
        let call = asked(
            json!({"authorization": {"type": "api-key", "config": config}}),
            "k",
        )
        .unwrap();
        assert_eq!(call.headers, pairs(&[header]));
        assert_eq!(call.secret_header.as_deref(), Some(header.0));
    }
}

#[test]
fn body_is_rendered_by_its_type() {
    let text = |value: &str| json!([{"key": "k", "type": "text", "value": value}]);
    let content_type = |call: &HttpCall| {
        call.headers
            .iter()
            .find(|(name, _)| name == "Content-Type")
            .map(|(_, value)| value.clone())
    };
    for (kind, data, body, expected) in [
        ("none", json!([]), HttpBody::None, None),
        (
            "raw-text",
            text("a {{#start.q#}}"),
            HttpBody::Text("a it's \"x\"".to_owned()),
            Some("text/plain"),
        ),
        (
            "json",
            text("{\"q\": \"{{#start.q#}}\", n: 1,}"),
            HttpBody::Json(json!({"q": "it's \"x\"", "n": 1})),
            Some("application/json"),
        ),
        (
            "x-www-form-urlencoded",
            text("{{#start.q#}}"),
            HttpBody::XWwwFormUrlencoded(pairs(&[("k", "it's \"x\"")])),
            Some("application/x-www-form-urlencoded"),
        ),
    ] {
        let call = asked(json!({"body": {"type": kind, "data": data}}), "it's \"x\"").unwrap();
        assert_eq!(
            (&call.body, content_type(&call).as_deref()),
            (&body, expected),
            "{kind}"
        );
    }
    let own = asked(json!({"headers": "content-type: text/csv", "body": {"type": "raw-text", "data": text("a")}}), "").unwrap();
    assert_eq!(own.headers, pairs(&[("content-type", "text/csv")]));
}

#[test]
fn files_of_a_body_come_from_variables() {
    let part = |selector: Json| json!({"key": "p", "type": "file", "value": "", "file": selector});
    let files = |call: &HttpCall| match &call.body {
        HttpBody::FormData(fields) => fields
            .iter()
            .map(|HttpField { files, .. }| files.len())
            .collect::<Vec<_>>(),
        HttpBody::Binary(_) => vec![1],
        _ => Vec::new(),
    };
    let parts = json!([
        part(json!(["start", "f"])),
        part(json!(["start", "fs"])),
        part(json!([]))
    ]);
    let call = asked(json!({"body": {"type": "form-data", "data": parts}}), "").unwrap();
    assert_eq!(files(&call), [1, 2, 0]);
    let call = asked(
        json!({"body": {"type": "binary", "data": [part(json!(["start", "f"]))]}}),
        "",
    )
    .unwrap();
    assert_eq!(files(&call), [1]);
    let error = asked(
        json!({"body": {"type": "binary", "data": [part(json!(["start", "none"]))]}}),
        "",
    )
    .unwrap_err();
    assert_eq!(error, "The file of the body was not found");
}

#[test]
fn request_that_cannot_be_made_fails_the_node() {
    let key = json!({"type": "api-key", "config": {"type": "bearer", "api_key": "{{#start.q#}}"}});
    for (extra, text) in [
        (json!({"url": "{{#start.q#}}"}), "url is required"),
        (
            json!({"url": "ftp://x"}),
            "url should start with http:// or https://",
        ),
        (
            json!({"authorization": key}),
            "API key is required for authorization but was empty. Please provide a valid API key.",
        ),
        (
            json!({"body": {"type": "json", "data": [{"value": "words"}]}}),
            "Failed to parse JSON: words",
        ),
    ] {
        assert_eq!(asked(extra, "").unwrap_err(), text);
    }
    let two = http(json!({"body": {"type": "json", "data": [{"value": "1"}, {"value": "2"}]}}));
    let refused = gatewright_engine::Graph::parse(
        &graph(&[start(&[]), two], &[]),
        &gatewright_engine::Limits::default(),
    );
    assert!(
        refused
            .unwrap_err()
            .to_string()
            .ends_with("json body type should have exactly one item")
    );
}

#[test]
fn status_is_a_failure_only_where_somebody_handles_it() {
    let answer = |status: u16| {
        Answer::of(Ok(CallResult::Http(Box::new(HttpAnswer {
            status,
            body: "B".to_owned(),
            headers: serde_json::Map::new(),
            files: Vec::new(),
            request: "R".to_owned(),
        }))))
    };
    for (strategy, fails) in [(Json::Null, false), (json!("fail-branch"), true)] {
        let node = with(http(json!({"method": "GET"})), "error_strategy", strategy);
        let graph = graph(
            &[
                start(&["q"]),
                node,
                end("good", &["s call.status_code", "b call.body"]),
                end("bad", &["e call.error_message", "t call.error_type"]),
            ],
            &["start call", "call good", "call:fail-branch bad"],
        );
        let mut driver = Driver::new(&graph);
        driver.start(json!({"q": ""}));
        assert!(
            matches!(&driver.calls[0].2, NodeCall::Http(call) if call.method == HttpMethod::Get && call.fail_on_status == fails)
        );
        driver.answer(|_, _| answer(404));
        let (error, status) = if fails {
            (json!("Request failed with status code 404"), Json::Null)
        } else {
            (Json::Null, json!(404))
        };
        // Without a strategy, edges of a fail branch lead nowhere special: all of them are taken.
        assert_eq!(
            (&driver.end().outputs["e"], &driver.end().outputs["s"]),
            (&error, &status)
        );
    }
}
