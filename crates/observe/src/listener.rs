//! Where Prometheus asks: HTTP on a listener of its own, with one path. Nobody is asked who they are there, which is why it stands on
//! the loopback unless an operator says otherwise, and never beside the API.

use std::{convert::Infallible, io, net::SocketAddr, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use http::{Method, Request, Response, StatusCode, header};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout},
};

use crate::metrics::Format;

/// Whoever asks at the same time at most; more wait.
const CONNECTIONS: usize = 8;
/// Until the head of a request has come.
const HEAD: Duration = Duration::from_secs(5);
/// One connection, however many requests it carries: Prometheus connects again.
const WHOLE: Duration = Duration::from_mins(5);
/// No head of a request is longer, in bytes.
const MAX_HEAD_BYTES: usize = 16 << 10;
/// After the system refused a connection, mostly for lack of open files.
const PAUSE: Duration = Duration::from_millis(100);

/// Tells what is seen.
pub trait Scrape: Send + Sync + 'static {
    /// All figures as they are now.
    fn scrape(&self, format: Format) -> BoxFuture<'_, String>;
}

/// A listener that nobody is answered on yet.
#[derive(Debug)]
pub struct MetricsListener(TcpListener);

impl MetricsListener {
    /// Takes the port.
    ///
    /// # Errors
    /// What the system says, such as that somebody else has it.
    pub async fn bind(address: SocketAddr) -> io::Result<Self> {
        TcpListener::bind(address).await.map(Self)
    }

    /// Where it is, with the port that the system chose.
    ///
    /// # Errors
    /// What the system says.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    /// Answers until the future is dropped.
    pub async fn serve(self, figures: Arc<dyn Scrape>) {
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        // The semaphore is never closed.
        while let Ok(place) = Arc::clone(&places).acquire_owned().await {
            match self.0.accept().await {
                Ok((caller, _)) => {
                    tokio::spawn(connection(caller, Arc::clone(&figures), place));
                }
                Err(_) => sleep(PAUSE).await,
            }
        }
    }
}

async fn connection(caller: TcpStream, figures: Arc<dyn Scrape>, _place: OwnedSemaphorePermit) {
    let service = service_fn(move |request| {
        let figures = Arc::clone(&figures);
        async move { Ok::<_, Infallible>(answer(&request, &*figures).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(MAX_HEAD_BYTES)
        .serve_connection(TokioIo::new(caller), service);
    // What is no request is answered by hyper; who hangs up is told nothing.
    drop(timeout(WHOLE, connection).await);
}

async fn answer(request: &Request<Incoming>, figures: &dyn Scrape) -> Response<String> {
    let is_asked = request.method() == Method::GET && request.uri().path() == "/metrics";
    let mut response = Response::new(String::new());
    if !is_asked {
        *response.status_mut() = StatusCode::NOT_FOUND;
        return response;
    }
    let accept = request.headers().get(header::ACCEPT);
    let accept = accept.and_then(|value| value.to_str().ok()).unwrap_or("");
    let format = Format::accepted(accept);
    let kind = header::HeaderValue::from_static(format.content_type());
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    *response.body_mut() = figures.scrape(format).await;
    response
}
