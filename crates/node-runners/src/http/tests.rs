//! Against a server that really listens.

use std::{
    io,
    sync::{Mutex, PoisonError},
};

use bytes::Bytes;
use futures_util::future::{self, BoxFuture, FutureExt as _};
use gatewright_engine::call::{HttpBody, HttpField, HttpMethod};
use gatewright_outbound::guard::{Lookup, Policy, ResolveName};
use gatewright_test_support::scripted_server::{
    Asked, ScriptedServer, Step, answer, chunk, chunked_head,
};
use serde_json::{Value, json};

use super::*;
use crate::files::{FileContent, FileError};

/// Two files that can be read; keeps what it is given.
#[derive(Default)]
pub(super) struct Files {
    kept: Mutex<Vec<FileContent>>,
}

impl RunFiles for Files {
    fn read<'a>(&'a self, file: &'a Value) -> BoxFuture<'a, Result<FileContent, FileError>> {
        let content = match file["filename"].as_str() {
            Some("gone") => Err(FileError("the file is gone".to_owned())),
            name => Ok(FileContent {
                name: name.unwrap_or("a\"b.png").to_owned(),
                mime_type: "image/png".to_owned(),
                bytes: Bytes::from_static(b"\x89PNG"),
            }),
        };
        future::ready(content).boxed()
    }

    fn keep(&self, content: FileContent) -> BoxFuture<'_, Result<Value, FileError>> {
        let object = json!({"filename": content.name, "size": content.bytes.len(), "mime_type": content.mime_type});
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push(content);
        future::ready(Ok(object)).boxed()
    }
}

struct NoNames;

impl ResolveName for NoNames {
    fn resolve(&self, _: String) -> Lookup {
        Box::pin(async { Err(io::Error::other("no names")) })
    }
}

pub(super) fn runner(limits: HttpLimits) -> HttpRunner {
    let policy = Policy {
        allow: "127.0.0.1".parse().unwrap(),
        ..Policy::default()
    };
    let client = GuardedClient::with_resolver(policy, Arc::new(NoNames)).unwrap();
    HttpRunner::new(client, limits)
}

pub(super) fn call(method: HttpMethod, url: String) -> HttpCall {
    HttpCall {
        method,
        url,
        params: vec![],
        headers: vec![],
        secret_header: None,
        body: HttpBody::None,
        timeout: [0; 3],
        ssl_verify: true,
        fail_on_status: false,
    }
}

/// Whoever waits for what never comes fails.
pub(super) async fn soon<T>(work: impl Future<Output = T>) -> T {
    let done = tokio::time::timeout(Duration::from_secs(10), work).await;
    done.unwrap_or_else(|_| panic!("it does not end"))
}

async fn run(call: &HttpCall) -> Result<HttpAnswer, Failure> {
    runner(HttpLimits::default())
        .run(&Files::default(), call)
        .await
}

async fn ok_server() -> ScriptedServer {
    let headers = "content-type: application/json\r\nx-up: 1\r\nx-two: a\r\nX-Two: b\r\n";
    ScriptedServer::start(move |_: &Asked| answer("200 OK", headers, "{\"a\": 1}"))
        .await
        .unwrap()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    owned.collect()
}

#[tokio::test]
async fn a_request_goes_out_and_is_recorded() {
    let server = ok_server().await;
    let host = server.address();
    let mut asked = call(HttpMethod::Post, server.url("/echo?x=1#part"));
    asked.params = pairs(&[("q", "a b&c"), ("q", "ü")]);
    asked.headers = pairs(&[
        ("X-Case", "a b&c"),
        ("X-Api-Key", "se"),
        ("Content-Type", "application/json"),
    ]);
    asked.secret_header = Some("x-api-key".to_owned());
    asked.body = HttpBody::Json(json!({"q": "ü", "n": 1}));
    let answer = run(&asked).await.unwrap();
    assert_eq!(
        answer.request,
        format!(
            "POST /echo?x=1&q=a+b%26c&q=%C3%BC HTTP/1.1\r\nHost: {host}\r\nX-Case: a b&c\r\nX-Api-Key: **\r\n\
             Content-Type: application/json\r\nContent-Length: 23\r\n\r\n{{\"q\": \"\\u00fc\", \"n\": 1}}"
        )
    );
    assert_eq!((answer.status, answer.body.as_str()), (200, "{\"a\": 1}"));
    assert_eq!(
        Value::Object(answer.headers),
        json!({"content-type": "application/json", "x-up": "1", "x-two": "a, b", "content-length": "8"})
    );
    let request = &server.asked()[0];
    assert_eq!(
        (request.method.as_str(), request.text().as_str()),
        ("POST", "{\"q\":\"ü\",\"n\":1}")
    );
    assert_eq!(request.target, "/echo?x=1&q=a+b%26c&q=%C3%BC");
    assert_eq!(request.header("x-api-key"), Some("se"));
}

#[tokio::test]
async fn each_method_and_status_is_an_exchange() {
    use HttpMethod::{Delete, Get, Head, Options, Patch, Post, Put};
    for (method, name) in [
        (Get, "GET"),
        (Post, "POST"),
        (Put, "PUT"),
        (Patch, "PATCH"),
        (Delete, "DELETE"),
        (Options, "OPTIONS"),
        (Head, "HEAD"),
    ] {
        let server = ScriptedServer::start(|_: &Asked| answer("503 No", "", ""))
            .await
            .unwrap();
        let answer = run(&call(method, server.url("/"))).await.unwrap();
        assert_eq!(answer.status, 503);
        assert_eq!(server.asked()[0].method, name);
        let host = server.address();
        assert_eq!(
            answer.request,
            format!("{name} / HTTP/1.1\r\nHost: {host}\r\n\r\n")
        );
    }
}

#[tokio::test]
async fn bodies_go_out_in_their_forms() {
    let server = ok_server().await;
    let mut asked = call(HttpMethod::Post, server.url("/"));
    asked.headers = pairs(&[("content-type", "text/wrong")]);
    asked.body = HttpBody::XWwwFormUrlencoded(pairs(&[("a", "1 2"), ("a", "ü")]));
    run(&asked).await.unwrap();
    assert_eq!(server.asked()[0].text(), "a=1+2&a=%C3%BC");
    asked.body = HttpBody::Binary(json!({}));
    let answer = run(&asked).await.unwrap();
    assert_eq!(server.asked()[1].body, b"\x89PNG");
    assert!(
        answer
            .request
            .ends_with("<file_content_binary: 'a\"b.png', type='image/png', size=4 bytes>")
    );
    let field = |name: &str, text: &str, files: &[Value]| HttpField {
        name: name.to_owned(),
        text: text.to_owned(),
        files: files.to_vec(),
    };
    asked.body = HttpBody::FormData(vec![
        field(
            "t\"\r\nx",
            "text with gatewright-form-0000000000000000",
            &[],
        ),
        field("f", "", &[json!({}), json!({"filename": "b.png"})]),
    ]);
    let answer = run(&asked).await.unwrap();
    let request = &server.asked()[2];
    let boundary = "gatewright-form-0000000000000001";
    let content_type = format!("multipart/form-data; boundary={boundary}");
    assert_eq!(request.header("content-type"), Some(content_type.as_str()));
    let file = |name: &str| {
        format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"f\"; filename=\"{name}\"\r\n\
             Content-Type: image/png\r\n\r\n\u{fffd}PNG\r\n"
        )
    };
    assert_eq!(
        request.text(),
        format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"t%22%0D%0Ax\"\r\n\r\n\
             text with gatewright-form-0000000000000000\r\n{}{}--{boundary}--\r\n",
            file("a%22b.png"),
            file("b.png")
        )
    );
    assert!(answer.request.contains("size=4 bytes>") && !answer.request.contains("text/wrong"));
}

#[tokio::test]
async fn a_body_that_is_a_file_is_kept() {
    let headers =
        "content-type: image/png\r\ncontent-disposition: attachment; filename=\"x.png\"\r\n";
    let server = ScriptedServer::start(move |_: &Asked| answer("200 OK", headers, "PNG"))
        .await
        .unwrap();
    let files = Files::default();
    let asked = call(HttpMethod::Get, server.url("/"));
    let answer = runner(HttpLimits::default())
        .run(&files, &asked)
        .await
        .unwrap();
    assert_eq!(answer.body, "");
    assert_eq!(
        answer.files,
        [json!({"filename": "x.png", "size": 3, "mime_type": "image/png"})]
    );
    assert_eq!(files.kept.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn answers_beyond_the_limits_are_refused_before_they_are_read() {
    let limits = HttpLimits {
        text: 10,
        file: 20,
        ..HttpLimits::default()
    };
    let words = |kind: &str, most: usize, size: usize| {
        format!(
            "{kind} size is too large, max size is {most} bytes, but current size is {size} bytes."
        )
    };
    for (head, body, said) in [
        (
            "content-length: 11\r\n",
            "12345678901",
            Some(words("Text", 10, 11)),
        ),
        ("content-length: 10\r\n", "1234567890", None),
        // Announced, and never sent.
        (
            "content-length: 999\r\ncontent-type: image/png\r\n",
            "1",
            Some(words("File", 20, 999)),
        ),
        (
            "content-length: 11\r\ncontent-type: image/png\r\n",
            "12345678901",
            None,
        ),
    ] {
        let steps = vec![Step::Bytes(
            format!("HTTP/1.1 200 OK\r\n{head}\r\n{body}").into_bytes(),
        )];
        let server = ScriptedServer::start(move |_: &Asked| steps.clone())
            .await
            .unwrap();
        let asked = call(HttpMethod::Get, server.url("/"));
        let answer = soon(runner(limits.clone()).run(&Files::default(), &asked)).await;
        match (answer, said) {
            (Ok(_), None) => {}
            (Err(failure), Some(said)) => {
                assert_eq!(
                    (failure.error_type.as_str(), failure.message),
                    ("ResponseSizeError", said)
                );
                assert!(failure.process_data.get("request").is_some());
            }
            (answer, said) => panic!("{head}: {answer:?}, not {said:?}"),
        }
    }
    let endless = vec![
        chunked_head("text/plain"),
        chunk("123456"),
        chunk("123456"),
        Step::UntilClosed,
    ];
    let server = ScriptedServer::start(move |_: &Asked| endless.clone())
        .await
        .unwrap();
    let asked = call(HttpMethod::Get, server.url("/"));
    let failure = soon(runner(limits).run(&Files::default(), &asked))
        .await
        .unwrap_err();
    assert_eq!(failure.message, words("Text", 10, 12));
}

#[tokio::test]
async fn what_cannot_be_asked_is_a_failure_that_says_why() {
    let server = ScriptedServer::start(|_: &Asked| vec![Step::HangUp])
        .await
        .unwrap();
    let get = |url: &str| call(HttpMethod::Get, url.to_owned());
    let with_header = |name: &str, value: &str| HttpCall {
        headers: pairs(&[(name, value)]),
        ..get("http://127.0.0.1:1/")
    };
    let sends = |file: Value| HttpCall {
        body: HttpBody::Binary(file),
        ..get("http://127.0.0.1:1/")
    };
    for (asked, error_type, words, has_request) in [
        (
            get("http://10.0.0.1/"),
            ERROR,
            "access to `10.0.0.1` is refused",
            true,
        ),
        (
            get("http://169.254.169.254/latest"),
            ERROR,
            "is refused",
            true,
        ),
        (
            get("ftp://127.0.0.1/"),
            ERROR,
            "not an http or https URL",
            true,
        ),
        (get("no url"), ERROR, "relative URL", false),
        (get(&server.url("/")), ERROR, "did not answer", true),
        (
            with_header("X", "ü"),
            "UnicodeEncodeError",
            "'ascii' codec can't encode",
            false,
        ),
        (with_header("X", "a\r\nInjected: 1"), ERROR, "", false),
        (with_header("X: 1\r\nY", "a"), ERROR, "", false),
        (
            sends(json!({"filename": "gone"})),
            ERROR,
            "the file is gone",
            false,
        ),
    ] {
        let failure = run(&asked).await.unwrap_err();
        assert_eq!(failure.error_type, error_type, "{asked:?}");
        assert!(failure.message.contains(words), "{}", failure.message);
        assert_eq!(
            failure.process_data.get("request").is_some(),
            has_request,
            "{asked:?}"
        );
    }
}

#[tokio::test]
async fn a_key_stays_with_the_server_that_it_is_for() {
    let elsewhere = ok_server().await;
    let place = elsewhere.url("/there");
    let script = move |_: &Asked| answer("307 Go", &format!("location: {place}\r\n"), "");
    let server = ScriptedServer::start(script).await.unwrap();
    let mut asked = call(HttpMethod::Get, server.url("/"));
    asked.headers = pairs(&[("X-Api-Key", "se"), ("X-Plain", "p")]);
    asked.secret_header = Some("x-api-key".to_owned());
    assert_eq!(run(&asked).await.unwrap().status, 200);
    let followed = &elsewhere.asked()[0];
    assert_eq!(
        (followed.header("x-api-key"), followed.header("x-plain")),
        (None, Some("p"))
    );
}

#[tokio::test]
async fn dropping_a_request_hangs_up() {
    let server = ScriptedServer::start(|_: &Asked| {
        vec![chunked_head("text/plain"), chunk("a"), Step::UntilClosed]
    });
    let server = server.await.unwrap();
    let asked = call(HttpMethod::Get, server.url("/"));
    let runner = runner(HttpLimits::default());
    let files = Files::default();
    tokio::select! {
        answer = runner.run(&files, &asked) => panic!("it does not end: {answer:?}"),
        () = async { while server.asked().is_empty() { tokio::task::yield_now().await } } => {}
    }
    let left = tokio::time::timeout(Duration::from_secs(10), server.client_left()).await;
    assert!(left.is_ok());
}
