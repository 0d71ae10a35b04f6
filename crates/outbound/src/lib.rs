//! HTTP to other servers. What comes back is bounded in time and size; redirects are answers, not
//! instructions; no proxy is taken from the environment; TLS is rustls with the system's roots.
//!
//! [`Outbound`] and [`streaming`] go where the operator's settings say. [`guard`] goes where applications and people
//! say: to the public internet, and beyond it where the operator allows it.

pub mod guard;
pub mod named;
pub mod streaming;

use std::{error::Error, sync::Once, time::Duration};

use http::{Request, Response};

/// No answer that we read is larger, in bytes.
pub const MAX_ANSWER_BYTES: usize = 256 * 1024;
/// To connect, at least this long is waited; and a third of the budget where that is more: whoever may take
/// ten seconds to answer may be far away too.
const CONNECT: Duration = Duration::from_millis(900);
/// A connection that was left alone for longer is not used again: a firewall may have forgotten it, and
/// what is sent then is lost without a word.
const IDLE: Duration = Duration::from_secs(10);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    /// No connection, no answer, or a broken one.
    #[error("the server did not answer")]
    NoAnswer(#[source] reqwest::Error),
    /// Not in time.
    #[error("the server did not answer in time")]
    Late,
    /// More than [`MAX_ANSWER_BYTES`].
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
        Self::with_idle(budget, IDLE)
    }

    fn with_idle(budget: Duration, idle: Duration) -> Result<Self, OutboundError> {
        install_tls();
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(time_to_connect(budget))
            .no_gzip()
            .no_deflate()
            .pool_idle_timeout(idle)
            .user_agent(concat!("gatewright/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(OutboundError::NoAnswer)?;
        Ok(Self { client, budget })
    }

    /// Sends one request and reads the answer whole.
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
            if body.len() + chunk.len() > MAX_ANSWER_BYTES {
                return Err(OutboundError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        head.body(body)
            .map_err(|error| OutboundError::Malformed(error.into()))
    }
}

/// DNS, TCP and TLS, of an exchange that may take so long.
fn time_to_connect(budget: Duration) -> Duration {
    CONNECT.max(budget / 3)
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

#[cfg(test)]
mod tests {
    use std::{
        io::{Read as _, Write as _},
        net::{TcpListener, TcpStream},
    };

    use super::*;

    #[test]
    fn e4_connect_timeout_follows_the_request_timeout() {
        let seconds = Duration::from_secs;
        assert_eq!(time_to_connect(Duration::from_millis(1700)), CONNECT);
        assert!(time_to_connect(seconds(10)) > seconds(3));
        assert!(time_to_connect(seconds(14)) < seconds(14));
    }

    fn answer(stream: &mut TcpStream) {
        let mut head = [0; 4096];
        assert!(stream.read(&mut head).unwrap() > 0);
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
            .unwrap();
    }

    /// A server whose first connection answers once and is forgotten then: what comes later on it is taken
    /// and never answered.
    #[tokio::test]
    async fn c1_outbound_connection_that_idled_is_not_reused() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let server = std::thread::spawn(move || {
            let mut forgotten = listener.accept().unwrap().0;
            answer(&mut forgotten);
            answer(&mut listener.accept().unwrap().0);
            forgotten
        });
        let outbound =
            Outbound::with_idle(Duration::from_secs(5), Duration::from_nanos(1)).unwrap();
        for _ in 0..2 {
            let request = Request::get(&url).body(vec![]).unwrap();
            assert_eq!(outbound.send(request).await.unwrap().status(), 200);
        }
        drop(server.join().unwrap());
    }
}
