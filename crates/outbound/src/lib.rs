//! HTTP to other servers. What comes back is bounded in time and size; redirects are answers, not
//! instructions; no proxy is taken from the environment; TLS is rustls with the system's roots.

use std::{error::Error, sync::Once, time::Duration};

use http::{Request, Response};

/// No answer that we read is larger, in bytes.
pub const LARGEST_ANSWER: usize = 256 * 1024;
/// To connect, at most.
const CONNECT: Duration = Duration::from_millis(900);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    /// No connection, no answer, or a broken one.
    #[error("the server did not answer")]
    NoAnswer(#[source] reqwest::Error),
    /// Not in time.
    #[error("the server did not answer in time")]
    Late,
    /// More than [`LARGEST_ANSWER`].
    #[error("the answer is too large")]
    TooLarge,
    /// The request or the answer is not HTTP.
    #[error("the exchange is malformed")]
    Malformed(#[source] Box<dyn Error + Send + Sync>),
}

/// A client. Cheap to clone; connections are shared.
#[derive(Debug, Clone)]
pub struct Outbound {
    client: reqwest::Client,
    budget: Duration,
}

impl Outbound {
    /// Every exchange, from connecting to the last byte, takes at most `budget`.
    ///
    /// # Errors
    /// When the system's root certificates cannot be used.
    pub fn new(budget: Duration) -> Result<Self, OutboundError> {
        install_tls();
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT)
            .user_agent(concat!("gatewright/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(OutboundError::NoAnswer)?;
        Ok(Self { client, budget })
    }

    /// One exchange.
    pub async fn send(
        &self,
        request: Request<Vec<u8>>,
    ) -> Result<Response<Vec<u8>>, OutboundError> {
        let request = reqwest::Request::try_from(request)
            .map_err(|error| OutboundError::Malformed(error.into()))?;
        tokio::time::timeout(self.budget, self.exchange(request))
            .await
            .unwrap_or(Err(OutboundError::Late))
    }

    async fn exchange(
        &self,
        request: reqwest::Request,
    ) -> Result<Response<Vec<u8>>, OutboundError> {
        let answer = self.client.execute(request).await;
        let mut answer = answer.map_err(OutboundError::NoAnswer)?;
        let mut head = Response::builder().status(answer.status());
        if let Some(headers) = head.headers_mut() {
            headers.clone_from(answer.headers());
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(OutboundError::NoAnswer)? {
            if body.len() + chunk.len() > LARGEST_ANSWER {
                return Err(OutboundError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        head.body(body)
            .map_err(|error| OutboundError::Malformed(error.into()))
    }
}

/// Says once per process which implementation of TLS is meant. Clients made by others in the same
/// process (tests) need it too.
pub fn install_tls() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // An error means that somebody else was first, which is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
    });
}
