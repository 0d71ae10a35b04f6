//! Against servers that really listen: nothing gets where it must not, by no way.

use std::{
    collections::VecDeque,
    io,
    net::{IpAddr, SocketAddr},
    sync::{Mutex, PoisonError},
};

use gatewright_test_support::scripted_server::{
    Asked, ScriptedServer, Step, answer, chunk, chunked_head,
};
use http::{HeaderValue, Method};

use super::*;

/// Gives its answers one after the other, the last one for ever, and counts.
#[derive(Default)]
struct Scripted {
    answers: Mutex<VecDeque<&'static str>>,
    asked: Mutex<Vec<String>>,
}

impl Scripted {
    fn new(answers: &[&'static str]) -> Arc<Self> {
        Arc::new(Self {
            answers: Mutex::new(answers.iter().copied().collect()),
            asked: Mutex::default(),
        })
    }

    fn asked(&self) -> usize {
        self.asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .len()
    }
}

impl ResolveName for Scripted {
    fn resolve(&self, name: String) -> Lookup {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.push(name);
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let next = match answers.len() {
            0 => Err(io::Error::other("no such name")),
            1 => Ok(answers[0]),
            _ => answers.pop_front().ok_or_else(|| io::Error::other("empty")),
        };
        let addresses = next.map(|texts| {
            let all = texts.split(' ').filter_map(|text| text.parse().ok());
            all.collect::<Vec<IpAddr>>()
        });
        Box::pin(async move { addresses })
    }
}

fn client(allow: &str, resolver: Arc<Scripted>) -> GuardedClient {
    let policy = Policy {
        allow: allow.parse().unwrap(),
        ..Policy::default()
    };
    GuardedClient::with_resolver(policy, resolver).unwrap()
}

fn get(url: &str) -> Request<Bytes> {
    Request::get(url).body(Bytes::new()).unwrap()
}

async fn ok_server() -> ScriptedServer {
    ScriptedServer::start(|_: &Asked| answer("200 OK", "", "ok"))
        .await
        .unwrap()
}

/// A server that points to what stands behind `/to/` in the path.
async fn pointing_server(status: &'static str) -> ScriptedServer {
    let script = move |asked: &Asked| match asked.target.strip_prefix("/to/") {
        Some(place) => answer(status, &format!("location: {place}\r\n"), ""),
        None => answer("200 OK", "", "ok"),
    };
    ScriptedServer::start(script).await.unwrap()
}

#[tokio::test]
async fn outbound_to_a_private_ip_is_refused_in_every_spelling() {
    let server = ok_server().await;
    let port = server.address().port();
    let client = client("", Scripted::new(&[]));
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "0.0.0.0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "169.254.169.254",
        "10.0.0.1",
        "[fd00:ec2::254]",
        "[fe80::1]",
    ] {
        // The URL type refuses what it does not know; what it takes is refused by the guard.
        let Ok(request) = Request::get(format!("http://{host}:{port}/")).body(Bytes::new()) else {
            panic!("{host} is a host");
        };
        let error = client
            .read(request, &Limits::default(), 100)
            .await
            .unwrap_err();
        assert!(matches!(error, GuardError::Refused(_)), "{host}: {error}");
    }
    assert_eq!(server.asked().len(), 0);
}

#[tokio::test]
async fn outbound_to_a_name_that_resolves_to_a_private_ip_is_refused() {
    let server = ok_server().await;
    let url = format!("http://name.test:{}/", server.address().port());
    for (resolved, allow, reached) in [
        ("127.0.0.1", "", false),
        ("::ffff:127.0.0.1 169.254.169.254", "", false),
        ("127.0.0.1", "127.0.0.0/8", true),
        ("127.0.0.1", "name.test", true),
        ("127.0.0.1", "*.test", true),
        ("127.0.0.1", "other.test, 10.0.0.0/8", false),
        // Of several only the allowed ones are tried.
        ("127.0.0.3 127.0.0.1", "127.0.0.1", true),
    ] {
        let client = client(allow, Scripted::new(&[resolved]));
        let answer = client.read(get(&url), &Limits::default(), 100).await;
        match answer {
            Ok(answer) => assert!(reached && answer.response.body() == b"ok", "{resolved}"),
            Err(GuardError::Refused(name)) => {
                assert!(!reached, "{resolved} with {allow}");
                assert_eq!(name, "name.test");
            }
            Err(error) => panic!("{resolved} with {allow}: {error}"),
        }
    }
}

/// Checked is what is connected to: a name that answers otherwise the second time gains nothing.
#[tokio::test]
async fn outbound_dns_rebinding_reaches_the_checked_ip_only() {
    let forbidden = ok_server().await;
    let port = forbidden.address().port();
    let allowed: SocketAddr = format!("127.0.0.2:{port}").parse().unwrap();
    let allowed = ScriptedServer::start_at(allowed, |_: &Asked| {
        answer("200 OK", "connection: close\r\n", "ok")
    });
    let allowed = allowed.await.unwrap();
    let resolver = Scripted::new(&["127.0.0.2", "127.0.0.1"]);
    let client = client("127.0.0.2", resolver.clone());
    let url = format!("http://rebind.test:{port}/");
    client
        .read(get(&url), &Limits::default(), 100)
        .await
        .unwrap();
    assert_eq!((resolver.asked(), allowed.asked().len()), (1, 1));
    let error = client
        .read(get(&url), &Limits::default(), 100)
        .await
        .unwrap_err();
    assert!(matches!(error, GuardError::Refused(_)), "{error}");
    assert_eq!((resolver.asked(), forbidden.asked().len()), (2, 0));
}

#[tokio::test]
async fn outbound_redirect_is_checked_each_time() {
    let server = pointing_server("302 Found").await;
    let hidden = ok_server().await;
    let port = hidden.address().port();
    let client = client("entry.test", Scripted::new(&["127.0.0.1"]));
    let entry = format!("http://entry.test:{}", server.address().port());
    for place in [
        format!("http://127.0.0.1:{port}/"),
        format!("http://[::ffff:127.0.0.1]:{port}/"),
        format!("http://hidden.test:{port}/"),
        format!("//hidden.test:{port}/"),
    ] {
        let url = format!("{entry}/to/{place}");
        let error = client
            .read(get(&url), &Limits::default(), 100)
            .await
            .unwrap_err();
        assert!(matches!(error, GuardError::Refused(_)), "{place}: {error}");
    }
    let url = format!("{entry}/to/httpx://x/");
    let error = client
        .read(get(&url), &Limits::default(), 100)
        .await
        .unwrap_err();
    assert!(matches!(error, GuardError::Scheme(_)), "{error}");
    assert_eq!(hidden.asked().len(), 0);
    let followed = client
        .read(
            get(&format!("{entry}/to//there?q=1")),
            &Limits::default(),
            100,
        )
        .await
        .unwrap();
    assert_eq!(followed.url.as_str(), format!("{entry}/there?q=1"));
    assert_eq!(followed.response.body(), b"ok");
}

#[tokio::test]
async fn outbound_redirects_are_limited_or_returned() {
    let server = ScriptedServer::start(|_: &Asked| answer("302 Found", "location: /again\r\n", ""));
    let server = server.await.unwrap();
    let client = client("127.0.0.1", Scripted::new(&[]));
    let mut limits = Limits {
        redirects: 3,
        ..Limits::default()
    };
    let error = client
        .read(get(&server.url("/")), &limits, 100)
        .await
        .unwrap_err();
    assert!(matches!(error, GuardError::TooManyRedirects(3)), "{error}");
    assert_eq!(server.asked().len(), 4);
    limits.redirects = 0;
    let answer = client
        .read(get(&server.url("/")), &limits, 100)
        .await
        .unwrap();
    assert_eq!(answer.response.status(), 302);
}

/// What a redirect makes of a method and its body, and which headers go along.
#[tokio::test]
async fn outbound_redirect_keeps_method_body_and_headers_as_allowed() {
    for (status, method, arrives, body) in [
        ("301 Moved", Method::POST, "GET", ""),
        ("302 Found", Method::POST, "GET", ""),
        ("302 Found", Method::PUT, "PUT", "data"),
        ("303 See", Method::PUT, "GET", ""),
        ("307 Temporary", Method::POST, "POST", "data"),
        ("308 Permanent", Method::DELETE, "DELETE", "data"),
    ] {
        let elsewhere = ok_server().await;
        let server = pointing_server(status).await;
        let client = client("127.0.0.1", Scripted::new(&[]));
        for (place, stays) in [(server.url("/next"), true), (elsewhere.url("/next"), false)] {
            let mut key = HeaderValue::from_static("key");
            key.set_sensitive(true);
            let request = Request::builder()
                .method(method.clone())
                .uri(server.url(&format!("/to/{place}")))
                .header("x-api-key", key)
                .header("authorization", "Bearer b")
                .header("content-type", "text/plain")
                .header("x-plain", "p")
                .header("transfer-encoding", "chunked")
                .body(Bytes::from_static(b"data"))
                .unwrap();
            client.read(request, &Limits::default(), 100).await.unwrap();
            let reached = if stays { &server } else { &elsewhere };
            let last = reached.asked().pop().unwrap();
            assert_eq!(
                (last.method.as_str(), last.text().as_str()),
                (arrives, body),
                "{status}"
            );
            assert_eq!(last.header("x-plain"), Some("p"));
            assert_eq!(last.header("x-api-key").is_some(), stays, "{status}");
            assert_eq!(last.header("authorization").is_some(), stays, "{status}");
            assert_eq!(last.header("content-type").is_some(), !body.is_empty());
            assert_eq!(last.header("transfer-encoding"), None);
        }
    }
}

#[tokio::test]
async fn outbound_response_size_and_time_are_limited() {
    let endless = || {
        vec![
            chunked_head("text/plain"),
            chunk("x".repeat(60)),
            chunk("x".repeat(60)),
            Step::UntilClosed,
        ]
    };
    let server = ScriptedServer::start(move |asked: &Asked| match asked.target.as_str() {
        "/endless" => endless(),
        "/pausing" => vec![chunked_head("text/plain"), chunk("x"), Step::UntilClosed],
        _ => vec![Step::UntilClosed],
    });
    let server = server.await.unwrap();
    let client = client("127.0.0.1", Scripted::new(&[]));
    let short = Duration::from_millis(50);
    let read = async |path: &str, limits: &Limits| {
        let request = get(&server.url(path));
        let reading = client.read(request, limits, 100);
        // Each limit alone ends it: the others are twenty seconds and more.
        let answer = timeout(Duration::from_secs(10), reading)
            .await
            .expect("it ends");
        match answer.unwrap_err() {
            GuardError::Outbound(error) => error,
            error => panic!("{path}: {error}"),
        }
    };
    let patient = Limits::default();
    assert!(matches!(
        read("/endless", &patient).await,
        OutboundError::TooLarge
    ));
    let slow_head = Limits {
        head: short,
        ..Limits::default()
    };
    assert!(matches!(
        read("/silent", &slow_head).await,
        OutboundError::Late
    ));
    let slow_body = Limits {
        silence: short,
        ..Limits::default()
    };
    assert!(matches!(
        read("/pausing", &slow_body).await,
        OutboundError::Late
    ));
    let slow_all = Limits {
        total: short,
        ..Limits::default()
    };
    assert!(matches!(
        read("/pausing", &slow_all).await,
        OutboundError::Late
    ));
}

/// `{"a": 1}`, by gzip and by zlib, and 64 KiB of zeros by gzip.
const PACKED: [(&str, &[u8]); 2] = [
    ("gzip", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xab\x56\x4a\x54\xb2\x52\x30\xac\x05\x00\x97\x8e\xa1\xfb\x08\x00\x00\x00"),
    ("deflate", b"\x78\x9c\xab\x56\x4a\x54\xb2\x52\x30\xac\x05\x00\x09\xe5\x02\x29"),
];
const ZEROS: &[u8] = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xed\xc1\x01\x01\x00\x00\x00\x80\x90\xfe\xaf\xee\x08\x0a\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x6a\xeb\x8e\x97\xd7\x00\x00\x01\x00";

#[tokio::test]
async fn outbound_answer_that_is_packed_is_unpacked_and_its_limit_is_of_what_comes_out() {
    let server = ScriptedServer::start(|asked: &Asked| {
        let name = asked.target.trim_start_matches('/');
        let packed = PACKED.iter().find(|(one, _)| *one == name);
        let (encoding, body) = packed.map_or(("gzip", ZEROS), |(one, body)| (*one, *body));
        answer("200 OK", &format!("content-encoding: {encoding}\r\n"), body)
    });
    let server = server.await.unwrap();
    let client = client("127.0.0.1", Scripted::new(&[]));
    for (encoding, _) in PACKED {
        let request = get(&server.url(&format!("/{encoding}")));
        let read = client.read(request, &Limits::default(), 100).await;
        assert_eq!(read.unwrap().response.body(), b"{\"a\": 1}", "{encoding}");
    }
    let request = get(&server.url("/zeros"));
    let read = client.read(request, &Limits::default(), 1_024).await;
    assert!(matches!(
        read.unwrap_err(),
        GuardError::Outbound(OutboundError::TooLarge)
    ));
}

#[tokio::test]
async fn outbound_goes_through_the_proxy_where_one_is_set() {
    let proxy = ok_server().await;
    let port = proxy.address().port();
    let policy = Policy {
        http_proxy: Some(format!("http://proxy.test:{port}").parse().unwrap()),
        ..Policy::default()
    };
    let client = GuardedClient::with_resolver(policy, Scripted::new(&["127.0.0.1"])).unwrap();
    client
        .read(get("http://outside.test/x"), &Limits::default(), 100)
        .await
        .unwrap();
    assert_eq!(proxy.asked()[0].target, "http://outside.test/x");
    for place in [
        "http://10.0.0.1/",
        &format!("http://proxy.test:{port}/"),
        "http://PROXY.test./",
    ] {
        let error = client
            .read(get(place), &Limits::default(), 100)
            .await
            .unwrap_err();
        assert!(matches!(error, GuardError::Refused(_)), "{place}: {error}");
    }
    assert_eq!(proxy.asked().len(), 1);
}

#[tokio::test]
async fn outbound_credentials_of_a_url_are_sent_to_its_host_only() {
    let elsewhere = ok_server().await;
    let server = pointing_server("307 Temporary").await;
    let client = client("127.0.0.1", Scripted::new(&[]));
    let url = server.url(&format!("/to/{}", elsewhere.url("/"))).replacen(
        "http://127",
        "http://u:p%40@127",
        1,
    );
    // `http::Uri` takes user names, as do redirects.
    client
        .read(get(&url), &Limits::default(), 100)
        .await
        .unwrap();
    assert_eq!(
        server.asked()[0].header("authorization"),
        Some("Basic dTpwQA==")
    );
    assert_eq!(elsewhere.asked()[0].header("authorization"), None);
}
