//! A proxy on the loopback by which confined programs reach what applications may reach, and nothing else: `CONNECT` and requests
//! with whole URLs, behind a credential, each place checked as [`GuardedClient`](super::GuardedClient) checks it.

mod head;

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use tokio::{
    io::{AsyncWriteExt as _, copy},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinHandle,
    time::timeout,
};
use url::{Host, Url};

use self::head::{Head, read_head};
use super::{
    GuardError, Policy,
    resolver::{ResolveName, may_connect},
};
use crate::streaming::CONNECT;

/// Connections at a time; more wait.
const MAX_CONNECTIONS: usize = 64;
/// For the head of a request.
const HEAD: Duration = Duration::from_secs(10);
/// For a whole connection: no program runs longer.
const WHOLE: Duration = Duration::from_mins(10);
/// The name in the credential.
const USER: &str = "program";

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
    pub fn start(
        policy: Policy,
        resolver: Arc<dyn ResolveName>,
        secret: String,
    ) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        let listener = TcpListener::from_std(listener)?;
        let credential = STANDARD.encode(format!("{USER}:{secret}"));
        let gate = Arc::new(Gate {
            policy,
            resolver,
            credential,
            places: Semaphore::new(MAX_CONNECTIONS),
        });
        let task = tokio::spawn(async move {
            loop {
                // One that was not taken is its caller's loss.
                let Ok((caller, _)) = listener.accept().await else {
                    continue;
                };
                let gate = Arc::clone(&gate);
                tokio::spawn(async move {
                    let _place = gate.places.acquire().await;
                    drop(timeout(WHOLE, gate.serve(caller)).await);
                });
            }
        });
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

struct Gate {
    policy: Policy,
    resolver: Arc<dyn ResolveName>,
    credential: String,
    places: Semaphore,
}

/// What a caller is told instead.
enum Refusal {
    Malformed,
    NoCredential,
    Place(GuardError),
    Unreachable,
}

impl Refusal {
    fn answer(&self) -> String {
        let (status, more, text) = match self {
            Self::Malformed => ("400 Bad Request", "", "this is a proxy for HTTP".to_owned()),
            Self::NoCredential => (
                "407 Proxy Authentication Required",
                "Proxy-Authenticate: Basic realm=\"programs\"\r\n",
                String::new(),
            ),
            Self::Place(error) => ("403 Forbidden", "", error.to_string()),
            Self::Unreachable => (
                "502 Bad Gateway",
                "",
                "the server does not answer".to_owned(),
            ),
        };
        let length = text.len();
        format!(
            "HTTP/1.1 {status}\r\n{more}Content-Type: text/plain\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{text}"
        )
    }
}

impl Gate {
    async fn serve(&self, mut caller: TcpStream) -> io::Result<()> {
        match self.reach(&mut caller).await {
            Ok((mut server, first)) => {
                server.write_all(&first).await?;
                let (mut from_caller, mut to_caller) = caller.split();
                let (mut from_server, mut to_server) = server.split();
                let asking = async {
                    // A caller that has said everything still waits for the answer.
                    drop(copy(&mut from_caller, &mut to_server).await);
                    std::future::pending::<()>().await;
                };
                // A server that has said everything ends the connection, whatever its caller keeps open.
                tokio::select! {
                    () = asking => {}
                    said = copy(&mut from_server, &mut to_caller) => { said?; }
                }
                caller.shutdown().await?;
            }
            Err(refusal) => caller.write_all(refusal.answer().as_bytes()).await?,
        }
        Ok(())
    }

    /// The server, and what it is told first.
    async fn reach(&self, caller: &mut TcpStream) -> Result<(TcpStream, Vec<u8>), Refusal> {
        let head = timeout(HEAD, read_head(caller)).await;
        let head = head.ok().flatten().ok_or(Refusal::Malformed)?;
        if !self.is_known(&head) {
            return Err(Refusal::NoCredential);
        }
        let is_tunnel = head.method == "CONNECT";
        let url = if is_tunnel {
            Url::parse(&format!("https://{}", head.target))
        } else {
            Url::parse(&head.target)
        };
        let url = url.map_err(|_| Refusal::Malformed)?;
        if !is_tunnel && url.scheme() != "http" {
            return Err(Refusal::Place(GuardError::Scheme(format!(
                "{}:…",
                url.scheme()
            ))));
        }
        let addresses = self.addresses(&url).await?;
        let next = if is_tunnel {
            &self.policy.https_proxy
        } else {
            &self.policy.http_proxy
        };
        if let Some(proxy) = next {
            let server = connect(&resolved(proxy).await?).await?;
            return Ok((server, head.for_a_proxy(proxy)));
        }
        let server = connect(&addresses).await?;
        if is_tunnel {
            let hello = b"HTTP/1.1 200 Connection established\r\n\r\n";
            caller
                .write_all(hello)
                .await
                .map_err(|_| Refusal::Unreachable)?;
            return Ok((server, head.rest));
        }
        Ok((server, head.for_a_server(&url)))
    }

    fn is_known(&self, head: &Head) -> bool {
        let expected = format!("Basic {}", self.credential);
        head.header("proxy-authorization")
            .is_some_and(|shown| shown.len() == expected.len() && are_equal(shown, &expected))
    }

    /// Those of the place that may be connected to.
    async fn addresses(&self, url: &Url) -> Result<Vec<SocketAddr>, Refusal> {
        let port = url.port_or_known_default().ok_or(Refusal::Malformed)?;
        let refused = |name: &str| Refusal::Place(GuardError::Refused(name.to_owned()));
        let (found, is_allowed, name) = match url.host().ok_or(Refusal::Malformed)? {
            Host::Ipv4(address) => (vec![address.into()], false, address.to_string()),
            Host::Ipv6(address) => (vec![address.into()], false, address.to_string()),
            // Behind a proxy names are its business.
            Host::Domain(_) if self.has_proxy(url) => return Ok(vec![]),
            Host::Domain(name) => {
                let found = self.resolver.resolve(name.to_owned()).await;
                let is_allowed = self.policy.allow.has_name(name);
                (
                    found.map_err(|_| Refusal::Unreachable)?,
                    is_allowed,
                    name.to_owned(),
                )
            }
        };
        let checked: Vec<_> = found
            .into_iter()
            .filter(|address| is_allowed || may_connect(&self.policy.allow, *address))
            .map(|address| SocketAddr::new(address, port))
            .collect();
        if checked.is_empty() {
            return Err(refused(&name));
        }
        Ok(checked)
    }

    fn has_proxy(&self, url: &Url) -> bool {
        match url.scheme() {
            "https" => self.policy.https_proxy.is_some(),
            _ => self.policy.http_proxy.is_some(),
        }
    }
}

/// In time that does not depend on where they differ. Both are as long.
fn are_equal(a: &str, b: &str) -> bool {
    let differences = a
        .bytes()
        .zip(b.bytes())
        .fold(0, |all, (a, b)| all | (a ^ b));
    differences == 0
}

async fn resolved(proxy: &Url) -> Result<Vec<SocketAddr>, Refusal> {
    let host = proxy.host_str().ok_or(Refusal::Unreachable)?;
    let port = proxy.port_or_known_default().unwrap_or(3128);
    let found = tokio::net::lookup_host((host, port)).await;
    Ok(found.map_err(|_| Refusal::Unreachable)?.collect())
}

async fn connect(addresses: &[SocketAddr]) -> Result<TcpStream, Refusal> {
    match timeout(CONNECT, TcpStream::connect(addresses)).await {
        Ok(Ok(server)) => Ok(server),
        _ => Err(Refusal::Unreachable),
    }
}

#[cfg(test)]
mod tests;
