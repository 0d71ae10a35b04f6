//! What the proxy lets through, and what it refuses.

use std::future;

use gatewright_test_support::scripted_server::{Asked, ScriptedServer, answer};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;
use crate::guard::{Lookup, Policy, ResolveName};

/// Every name is this machine.
struct Loopback;

impl ResolveName for Loopback {
    fn resolve(&self, _: String) -> Lookup {
        Box::pin(future::ready(Ok(vec![[127, 0, 0, 1].into()])))
    }
}

fn proxy(allow: &str) -> GuardedProxy {
    let policy = Policy {
        allow: allow.parse().unwrap(),
        ..Policy::default()
    };
    let client = GuardedClient::with_resolver(policy, Arc::new(Loopback)).unwrap();
    GuardedProxy::start(client, "s3cret".to_owned()).unwrap()
}

async fn say(proxy: &GuardedProxy, head: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", proxy.port()))
        .await
        .unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut said = Vec::new();
    // A server that keeps its connection open has answered all the same.
    while !said.ends_with(b"hello") && stream.read_buf(&mut said).await.unwrap() > 0 {}
    String::from_utf8(said).unwrap()
}

fn knowing(first: &str) -> String {
    let credential = STANDARD.encode("program:s3cret");
    format!(
        "{first} HTTP/1.1\r\nHost: x\r\nProxy-Authorization: Basic {credential}\r\nX-Own: 1\r\n\r\n"
    )
}

#[tokio::test]
async fn program_reaches_what_the_operator_allows_and_the_credential_stays_here() {
    let server = ScriptedServer::start(|_: &Asked| answer("200 OK", "", "hello"));
    let server = server.await.unwrap();
    let proxy = proxy("127.0.0.1, wiki.lan");
    for host in ["127.0.0.1", "wiki.lan"] {
        let url = server.url("/a?b=c").replace("127.0.0.1", host);
        let said = say(&proxy, &knowing(&format!("GET {url}"))).await;
        assert!(said.ends_with("hello"), "{said}");
        let asked = server.asked().pop().unwrap();
        assert_eq!(
            (asked.target.as_str(), asked.header("x-own")),
            ("/a?b=c", Some("1"))
        );
        assert_eq!(asked.header("proxy-authorization"), None);
    }
    let port = server
        .url("")
        .rsplit_once(':')
        .unwrap()
        .1
        .trim_matches('/')
        .to_owned();
    let tunnel = knowing(&format!("CONNECT wiki.lan:{port}"));
    let inside = "GET /in HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let said = say(&proxy, &format!("{tunnel}{inside}")).await;
    assert!(
        said.starts_with("HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 200"),
        "{said}"
    );
}

#[tokio::test]
async fn program_is_refused_private_places_in_every_spelling_and_other_schemes() {
    let proxy = proxy("");
    for first in [
        "GET http://127.0.0.1/",
        "GET http://2130706433/",
        "GET http://0x7f.1/",
        "GET http://[::1]/",
        "GET http://[::ffff:10.0.0.1]/",
        "GET http://169.254.169.254/latest/meta-data/",
        "GET http://anything.example/",
        "CONNECT anything.example:443",
        "CONNECT 10.0.0.1:22",
        "CONNECT 127.0.0.1:5432",
        "GET ftp://example.com/",
    ] {
        let said = say(&proxy, &knowing(first)).await;
        assert!(said.starts_with("HTTP/1.1 403 "), "{first}: {said}");
    }
}

#[tokio::test]
async fn whoever_does_not_know_the_credential_is_refused() {
    let proxy = proxy("127.0.0.1");
    for head in [
        "GET http://127.0.0.1/ HTTP/1.1\r\n\r\n".to_owned(),
        knowing("GET http://127.0.0.1/").replace("Basic ", "Basic x"),
    ] {
        let said = say(&proxy, &head).await;
        assert!(said.starts_with("HTTP/1.1 407 "), "{said}");
    }
    let said = say(&proxy, "nonsense\r\n\r\n").await;
    assert!(said.starts_with("HTTP/1.1 400 "), "{said}");
    assert_eq!(
        proxy.url(),
        format!("http://program:s3cret@127.0.0.1:{}", proxy.port())
    );
}

#[tokio::test]
async fn what_follows_a_request_is_no_other_request() {
    let server = ScriptedServer::start(|_: &Asked| answer("200 OK", "", "hello"));
    let server = server.await.unwrap();
    let proxy = proxy("127.0.0.1");
    let first = knowing(&format!("GET {}", server.url("/one")));
    let second = "GET http://10.0.0.1/two HTTP/1.1\r\nHost: x\r\n\r\n";
    let bare = first.replace("X-Own: 1\r\n", &format!("X-Own: 1\n\n{second}"));
    for said in [format!("{first}{second}"), bare] {
        say(&proxy, &said).await;
    }
    let asked: Vec<_> = server
        .asked()
        .into_iter()
        .map(|asked| asked.target)
        .collect();
    assert_eq!(asked, ["/one", "/one"]);
}

#[tokio::test]
async fn tunnel_through_the_operators_proxy_has_its_credential_and_not_the_programs() {
    let operators = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = operators.local_addr().unwrap().port();
    let policy = Policy {
        https_proxy: Some(format!("http://o:p%40ss@127.0.0.1:{port}").parse().unwrap()),
        ..Policy::default()
    };
    let client = GuardedClient::with_resolver(policy, Arc::new(Loopback)).unwrap();
    let proxy = GuardedProxy::start(client, "s3cret".to_owned()).unwrap();
    let asked = tokio::spawn(async move {
        let (mut stream, _) = operators.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") && stream.read_buf(&mut head).await.unwrap() > 0 {}
        let established = b"HTTP/1.1 200 Connection established\r\n\r\nhello";
        stream.write_all(established).await.unwrap();
        String::from_utf8(head).unwrap().to_lowercase()
    });
    let said = say(&proxy, &knowing("CONNECT anything.example:443")).await;
    assert_eq!(said, "HTTP/1.1 200 Connection established\r\n\r\nhello");
    let asked = asked.await.unwrap();
    assert!(
        asked.starts_with("connect anything.example:443 http/1.1\r\n"),
        "{asked}"
    );
    let credential = STANDARD.encode("o:p@ss").to_lowercase();
    assert!(asked.contains(&credential), "{asked}");
    assert!(!asked.contains("x-own"), "{asked}");
}
