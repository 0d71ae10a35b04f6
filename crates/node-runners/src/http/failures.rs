//! Each way in which a server, or the way to it, lets a request down: the failure says which, has the request, and says whether another
//! attempt could end otherwise.

use std::net::SocketAddr;

use futures_util::future::{self, BoxFuture, FutureExt as _};
use gatewright_engine::call::{HttpBody, HttpMethod};
use gatewright_test_support::scripted_server::{Asked, ScriptedServer, Step, answer};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use super::{
    tests::{Files, call, runner, soon},
    *,
};
use crate::files::{FileContent, FileError};

/// A server that answers by path.
async fn server() -> ScriptedServer {
    let script = |asked: &Asked| {
        let to = |place: &str| answer("302 Found", &format!("location: {place}\r\n"), "");
        let bytes = |text: &str| vec![Step::Bytes(text.as_bytes().to_vec())];
        match asked.target.as_str() {
            "/private" => to("http://10.0.0.1/"),
            "/file" => to("file:///etc/passwd"),
            "/circle" => to("/circle"),
            "/nowhere" => to("http://[half"),
            "/half" => [
                bytes("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc"),
                vec![Step::HangUp],
            ]
            .concat(),
            "/nonsense" => [bytes("220 mail.test ESMTP\r\n\r\n"), vec![Step::HangUp]].concat(),
            "/silent" => vec![Step::UntilClosed],
            _ => vec![Step::HangUp],
        }
    };
    ScriptedServer::start(script).await.unwrap()
}

/// An address at which whoever comes is answered in clear.
async fn speaks_no_tls() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut hello = [0; 1024];
            let _ = stream.read(&mut hello).await;
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    address
}

/// An address at which nobody listens.
fn closed() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    format!("http://{address}/")
}

#[tokio::test]
async fn each_way_to_get_no_answer_is_told_and_tried_again_where_that_can_help() {
    let server = server().await;
    let tls = format!("https://{}/", speaks_no_tls().await);
    for (url, words, is_final) in [
        (closed(), "did not answer: Connection refused", false),
        (
            "http://nowhere.test/".to_owned(),
            "did not answer: no names",
            false,
        ),
        (tls, "did not answer: received corrupt message", false),
        (server.url("/hangs-up"), "did not answer", false),
        (server.url("/nonsense"), "did not answer", false),
        (server.url("/half"), "", false),
        (server.url("/circle"), "more than 10 redirects", false),
        (server.url("/nowhere"), "no URL", false),
        (
            server.url("/private"),
            "access to `10.0.0.1` is refused",
            true,
        ),
        (server.url("/file"), "is not an http or https URL", true),
    ] {
        for verifies in [true, false] {
            let mut asked = call(HttpMethod::Get, url.clone());
            asked.ssl_verify = verifies;
            let files = Files::default();
            let answered = soon(runner(HttpLimits::default()).run(&files, &asked)).await;
            let failure = answered.expect_err(&url);
            assert_eq!(failure.error_type, ERROR, "{url}");
            assert!(
                !failure.message.is_empty() && failure.message.contains(words),
                "{url}: {}",
                failure.message
            );
            assert_eq!(failure.permanent, is_final, "{url}: {}", failure.message);
            assert!(failure.process_data.get("request").is_some(), "{url}");
        }
    }
}

#[tokio::test]
async fn server_that_says_nothing_is_given_up_after_the_time_of_the_node() {
    let server = server().await;
    let none = HttpLimits {
        connect: 0,
        read: 0,
        write: 0,
        ..HttpLimits::default()
    };
    let asked = call(HttpMethod::Get, server.url("/silent"));
    let files = Files::default();
    let failure = soon(runner(none).run(&files, &asked)).await.unwrap_err();
    assert_eq!(failure.message, "the server did not answer in time");
    assert!(!failure.permanent);
}

/// A storage that takes nothing.
struct Full;

impl RunFiles for Full {
    fn read<'a>(&'a self, _: &'a Value) -> BoxFuture<'a, Result<FileContent, FileError>> {
        future::ready(Err(FileError("the file is gone".to_owned()))).boxed()
    }

    fn keep(&self, _: FileContent) -> BoxFuture<'_, Result<Value, FileError>> {
        future::ready(Err(FileError("no room".to_owned()))).boxed()
    }
}

#[tokio::test]
async fn file_that_cannot_be_read_or_kept_fails_the_node() {
    let script = |_: &Asked| answer("200 OK", "content-type: image/png\r\n", "PNG");
    let server = ScriptedServer::start(script).await.unwrap();
    let asked = call(HttpMethod::Get, server.url("/"));
    let failure = runner(HttpLimits::default()).run(&Full, &asked).await;
    assert_eq!(failure.unwrap_err().message, "no room");
    let sends = HttpCall {
        body: HttpBody::Binary(json!({})),
        ..call(HttpMethod::Post, server.url("/"))
    };
    let failure = runner(HttpLimits::default()).run(&Full, &sends).await;
    assert_eq!(failure.unwrap_err().message, "the file is gone");
    assert_eq!(server.asked().len(), 1, "nothing is sent without its file");
}
