//! A proxy on the loopback by which confined programs reach what applications may reach, and nothing else: `CONNECT` and requests
//! with whole URLs, behind a credential. Requests are asked by a [`GuardedClient`] anew, so that nothing but what was read and checked
//! goes on; tunnels lead to the addresses that it would connect to.

mod refusal;
mod tunnel;

use std::{convert::Infallible, io, net::Ipv4Addr, sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use gatewright_crypto::equal::secrets_equal;
use http::{HeaderMap, HeaderValue, Method, Request, Response, header};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinHandle,
    time::{sleep, timeout},
};
use url::Url;

use self::refusal::Refusal;
use super::{GuardError, GuardedClient, end_to_end, failure};

/// Connections at a time; more wait.
const MAX_CONNECTIONS: usize = 64;
/// Bytes of a request's head.
const MAX_HEAD_BYTES: usize = 16 * 1024;
/// For the head of a request.
const HEAD: Duration = Duration::from_secs(10);
/// For a whole connection: no program runs longer.
const WHOLE: Duration = Duration::from_mins(10);
/// How long nothing is accepted after an attempt that failed: for want of files, as a rule.
const PAUSE: Duration = Duration::from_millis(100);
/// The name in the credential.
const USER: &str = "program";

type Answer = Response<reqwest::Body>;

/// The proxy. When it is dropped, it is closed.
#[derive(Debug)]
pub struct GuardedProxy {
    port: u16,
    secret: String,
    task: JoinHandle<()>,
}

impl Drop for GuardedProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl GuardedProxy {
    /// Listens at a free port of the loopback. Must be called on a runtime. `secret` is what programs show; as it stands in a URL.
    ///
    /// # Errors
    /// When there is no port.
    pub fn start(client: GuardedClient, secret: String) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        let listener = TcpListener::from_std(listener)?;
        let credential = STANDARD.encode(format!("{USER}:{secret}"));
        let gate = Arc::new(Gate {
            client,
            expected: format!("Basic {credential}"),
        });
        let task = tokio::spawn(accept(listener, gate));
        Ok(Self { port, secret, task })
    }

    /// The port that it listens at.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its URL, with the credential in it.
    pub fn url(&self) -> String {
        format!("http://{USER}:{}@127.0.0.1:{}", self.secret, self.port)
    }
}

/// Whoever finds no place waits where the kernel keeps callers, and costs nothing here.
async fn accept(listener: TcpListener, gate: Arc<Gate>) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    // It is never closed.
    while let Ok(place) = Arc::clone(&places).acquire_owned().await {
        match listener.accept().await {
            Ok((caller, _)) => {
                tokio::spawn(Arc::clone(&gate).serve(caller, place));
            }
            Err(_) => sleep(PAUSE).await,
        }
    }
}

struct Gate {
    client: GuardedClient,
    /// What callers show.
    expected: String,
}

impl Gate {
    async fn serve(self: Arc<Self>, caller: TcpStream, place: OwnedSemaphorePermit) {
        // A tunnel goes on with it.
        let place = Arc::new(place);
        let service = service_fn(move |request| {
            let (gate, place) = (Arc::clone(&self), Arc::clone(&place));
            async move { Ok::<_, Infallible>(gate.answer(request, place).await) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD)
            .max_buf_size(MAX_HEAD_BYTES)
            .half_close(true)
            .auto_date_header(false)
            .serve_connection(TokioIo::new(caller), service)
            .with_upgrades();
        // What is no request is answered by hyper; who hangs up is told nothing.
        drop(timeout(WHOLE, connection).await);
    }

    async fn answer(&self, request: Request<Incoming>, place: Arc<OwnedSemaphorePermit>) -> Answer {
        let answer = if !self.is_known(request.headers()) {
            Err(Refusal::NoCredential)
        } else if request.method() == Method::CONNECT {
            tunnel::open(&self.client, request, place).await
        } else {
            self.forward(request).await
        };
        answer.unwrap_or_else(|refusal| refusal.answer())
    }

    fn is_known(&self, headers: &HeaderMap) -> bool {
        let shown = headers.get(header::PROXY_AUTHORIZATION);
        shown.is_some_and(|shown| secrets_equal(shown, &self.expected))
    }

    /// One request for each connection; the URL decides which server is meant, whatever `Host` says (RFC 9112 §3.2.2).
    async fn forward(&self, request: Request<Incoming>) -> Result<Answer, Refusal> {
        let (head, body) = request.into_parts();
        let url = Url::parse(&head.uri.to_string()).map_err(|_| Refusal::Malformed)?;
        if url.scheme() != "http" {
            return Err(GuardError::Scheme(format!("{}:…", url.scheme())).into());
        }
        self.client.destinations.check(&url)?;
        let mut headers = end_to_end(head.headers);
        headers.remove(header::HOST);
        let request = self.client.checking.request(head.method, url);
        let request = request.headers(headers).body(reqwest::Body::wrap(body));
        let mut answer = Answer::from(request.send().await.map_err(failure)?);
        let headers = answer.headers_mut();
        headers.remove("keep-alive");
        headers.remove(header::TRANSFER_ENCODING);
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        Ok(answer)
    }
}

#[cfg(test)]
mod tests;
