//! Answers that are read piece by piece while the other side writes them. For servers that the operator has
//! named: they may stand anywhere. How long an answer takes is not bounded, how long it pauses is.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use tokio::time::{Instant, timeout, timeout_at};

use crate::{IDLE, OutboundError, install_tls};

/// DNS, TCP and TLS may take so long.
pub(crate) const CONNECT: Duration = Duration::from_secs(10);

/// A client for answers in pieces. Cheap to clone; connections are shared.
#[derive(Debug, Clone)]
pub struct StreamingClient {
    client: reqwest::Client,
}

impl StreamingClient {
    /// Follows no redirects, takes no proxy from the environment.
    ///
    /// # Errors
    /// When the system's root certificates cannot be used.
    pub fn new() -> Result<Self, OutboundError> {
        install_tls();
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT)
            .no_gzip()
            .no_deflate()
            .pool_idle_timeout(IDLE)
            .user_agent(concat!("gatewright/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(OutboundError::NoAnswer)?;
        Ok(Self { client })
    }

    /// Asks, and is ready with the head of the answer. The other side may be silent for `silence` at a time:
    /// before the head and between two pieces of the body.
    ///
    /// # Errors
    /// [`OutboundError::NoAnswer`], [`OutboundError::Late`], [`OutboundError::Malformed`].
    pub async fn send(
        &self,
        request: Request<Vec<u8>>,
        silence: Duration,
    ) -> Result<Response<Body>, OutboundError> {
        let request = reqwest::Request::try_from(request)
            .map_err(|error| OutboundError::Malformed(error.into()))?;
        let answer = timeout(silence, self.client.execute(request)).await;
        let answer = answer.map_err(|_| OutboundError::Late)?;
        with_body(answer.map_err(OutboundError::NoAnswer)?, silence, None)
    }
}

pub(crate) fn with_body(
    answer: reqwest::Response,
    silence: Duration,
    deadline: Option<Instant>,
) -> Result<Response<Body>, OutboundError> {
    let mut head = Response::builder().status(answer.status());
    if let Some(headers) = head.headers_mut() {
        headers.clone_from(answer.headers());
    }
    let body = Body {
        answer,
        silence,
        deadline,
    };
    head.body(body)
        .map_err(|error| OutboundError::Malformed(error.into()))
}

/// The body of an answer, as it comes. Dropped before its end, it closes the connection.
#[derive(Debug)]
pub struct Body {
    answer: reqwest::Response,
    silence: Duration,
    deadline: Option<Instant>,
}

impl Body {
    /// The next piece; none at the end.
    ///
    /// # Errors
    /// [`OutboundError::Late`] after too long a silence or past the deadline; [`OutboundError::NoAnswer`] when the
    /// connection breaks.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, OutboundError> {
        let now = Instant::now();
        let until = self.deadline.map_or(now + self.silence, |deadline| {
            deadline.min(now + self.silence)
        });
        let chunk = timeout_at(until, self.answer.chunk()).await;
        let chunk = chunk.map_err(|_| OutboundError::Late)?;
        chunk.map_err(OutboundError::NoAnswer)
    }

    /// All of it, if it is not more than `most` bytes.
    ///
    /// # Errors
    /// As [`Self::chunk`], and [`OutboundError::TooLarge`].
    pub async fn read(mut self, most: usize) -> Result<Vec<u8>, OutboundError> {
        let mut all = Vec::new();
        while let Some(chunk) = self.chunk().await? {
            if all.len() + chunk.len() > most {
                return Err(OutboundError::TooLarge);
            }
            all.extend_from_slice(&chunk);
        }
        Ok(all)
    }

    /// Its first bytes, at most `most`, whatever happens then: for errors, which are shown as far as they came.
    pub async fn beginning(mut self, most: usize) -> Vec<u8> {
        let mut all = Vec::new();
        while all.len() < most {
            match self.chunk().await {
                Ok(Some(chunk)) => all.extend_from_slice(&chunk),
                Ok(None) | Err(_) => break,
            }
        }
        all.truncate(most);
        all
    }
}
