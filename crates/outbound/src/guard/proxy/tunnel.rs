//! `CONNECT`: a connection to a server that was checked, straight there or through the operator's proxy.

use std::{
    future::{self, Future},
    net::SocketAddr,
    sync::Arc,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{Request, StatusCode, header};
use hyper::{
    body::Incoming,
    client::conn::http1,
    ext::ReasonPhrase,
    upgrade::{OnUpgrade, Upgraded},
};
use hyper_util::rt::TokioIo;
use percent_encoding::percent_decode_str;
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, copy, split},
    net::TcpStream,
    sync::OwnedSemaphorePermit,
    time::timeout,
};
use url::{Host, Url};

use super::{Answer, GuardError, GuardedClient, HEAD, Refusal, WHOLE};
use crate::{guard::resolver::Refused, streaming::CONNECT};

/// Connects to where a `CONNECT` wants to, and goes on behind the answer.
pub(super) async fn open(
    client: &GuardedClient,
    mut request: Request<Incoming>,
    place: Arc<OwnedSemaphorePermit>,
) -> Result<Answer, Refusal> {
    let authority = request.uri().authority().ok_or(Refusal::Malformed)?;
    let url = Url::parse(&format!("https://{authority}")).map_err(|_| Refusal::Malformed)?;
    client.destinations.check(&url)?;
    let caller = hyper::upgrade::on(&mut request);
    match &client.https_proxy {
        Some(proxy) => {
            let server = TokioIo::new(through(proxy, &url).await?);
            tokio::spawn(relay(caller, server, place));
        }
        None => {
            let server = connect(&addresses(client, &url).await?).await?;
            tokio::spawn(relay(caller, server, place));
        }
    }
    let mut answer = Answer::new(reqwest::Body::default());
    let established = ReasonPhrase::from_static(b"Connection established");
    answer.extensions_mut().insert(established);
    Ok(answer)
}

/// Those of a server that was checked.
async fn addresses(client: &GuardedClient, url: &Url) -> Result<Vec<SocketAddr>, Refusal> {
    let port = url.port_or_known_default().ok_or(Refusal::Malformed)?;
    let found = match url.host().ok_or(Refusal::Malformed)? {
        Host::Ipv4(address) => vec![address.into()],
        Host::Ipv6(address) => vec![address.into()],
        Host::Domain(name) => {
            let found = client.destinations.addresses(name).await;
            found.map_err(|error| match error.downcast::<Refused>() {
                Ok(refused) => Refusal::Place(GuardError::Refused(refused.0)),
                Err(_) => Refusal::Unreachable,
            })?
        }
    };
    let sockets = found
        .into_iter()
        .map(|address| SocketAddr::new(address, port));
    Ok(sockets.collect())
}

/// A tunnel of the operator's proxy: names are its business.
async fn through(proxy: &Url, url: &Url) -> Result<Upgraded, Refusal> {
    let unreachable = |_| Refusal::Unreachable;
    let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
        return Err(Refusal::Malformed);
    };
    let target = format!("{host}:{port}");
    let mut request = Request::connect(&target).header(header::HOST, &target);
    if let Some(credential) = credential(proxy) {
        request = request.header(header::PROXY_AUTHORIZATION, credential);
    }
    let request = request.body(String::new());
    let request = request.map_err(|_| Refusal::Malformed)?;
    let stream = connect(&resolved(proxy).await?).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(unreachable)?;
    tokio::spawn(connection.with_upgrades());
    let answer = timeout(HEAD.max(CONNECT), sender.send_request(request)).await;
    let answer = answer.map_err(|_| Refusal::Unreachable)?;
    let answer = answer.map_err(unreachable)?;
    match answer.status() {
        status if status.is_success() => hyper::upgrade::on(answer).await.map_err(unreachable),
        StatusCode::FORBIDDEN => Err(Refusal::Place(GuardError::Refused(host.to_owned()))),
        _ => Err(Refusal::Unreachable),
    }
}

/// What a URL of a proxy says about whom it lets in.
fn credential(proxy: &Url) -> Option<String> {
    let decoded = |text| percent_decode_str(text).collect::<Vec<u8>>();
    let (user, password) = (proxy.username(), proxy.password().unwrap_or_default());
    let pair = [&decoded(user)[..], b":", &decoded(password)].concat();
    (!user.is_empty()).then(|| format!("Basic {}", STANDARD.encode(pair)))
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

/// Carries what both say, until the server has said everything, whatever its caller keeps open.
fn relay(
    caller: OnUpgrade,
    server: impl AsyncRead + AsyncWrite + Send,
    place: Arc<OwnedSemaphorePermit>,
) -> impl Future<Output = ()> + Send {
    let talk = async {
        let Ok(caller) = caller.await else { return };
        let (mut from_caller, mut to_caller) = split(TokioIo::new(caller));
        let (mut from_server, mut to_server) = split(server);
        let asking = async {
            drop(copy(&mut from_caller, &mut to_server).await);
            // A caller that has said everything still waits for the answer; one that has gone lets the server go.
            drop(to_server.shutdown().await);
            future::pending::<()>().await;
        };
        tokio::select! {
            () = asking => {}
            _ = copy(&mut from_server, &mut to_caller) => {}
        }
        drop(to_caller.shutdown().await);
    };
    async move {
        let _place = place;
        drop(timeout(WHOLE, talk).await);
    }
}
