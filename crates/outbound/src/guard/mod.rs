//! HTTP to places that an application or a person names: only to the public internet, unless the operator allows
//! more. [`GuardedClient`] resolves a name once, checks every address and connects to the checked ones; each redirect
//! is a new place to check. What the request says cannot break out of its field: methods, names and values of headers
//! are types that hold no line breaks.
//!
//! Behind a proxy (`SSRF_PROXY_*`) names are the proxy's business; addresses and schemes are checked here all the same.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use gatewright_outbound::guard::{GuardedClient, Limits, Policy};
//!
//! let client = GuardedClient::new(Policy {
//!     allow: "10.1.0.0/16, wiki.corp.example".parse()?,
//!     ..Policy::default()
//! })?;
//! let request = http::Request::get("https://example.com/picture.png").body(bytes::Bytes::new())?;
//! let answer = client.read(request, &Limits::default(), 10 * 1024 * 1024).await?;
//! # drop(answer);
//! # Ok(())
//! # }
//! ```

mod address;
mod allow;
mod proxy;
mod redirect;
mod resolver;
#[cfg(test)]
mod tests;

use std::{error::Error, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, header};
use tokio::time::{Instant, timeout};
use url::Url;

pub use self::{
    address::is_public,
    allow::{AllowList, BadEntry},
    proxy::GuardedProxy,
    resolver::{Lookup, ResolveName, SystemResolver},
};
use self::{
    redirect::Hop,
    resolver::{CheckedNames, Destinations, Refused},
};
use crate::{
    IDLE, OutboundError, install_tls,
    streaming::{Body, CONNECT, with_body},
};

/// Where the operator lets applications go.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// Beyond the public internet.
    pub allow: AllowList,
    /// What goes to `http://` goes through this proxy.
    pub http_proxy: Option<Url>,
    /// What goes to `https://` goes through this proxy.
    pub https_proxy: Option<Url>,
}

/// What an exchange may cost.
#[derive(Debug, Clone)]
pub struct Limits {
    /// From the request to the head of its answer, for each hop.
    pub head: Duration,
    /// Between two pieces of the body.
    pub silence: Duration,
    /// For everything, redirects included.
    pub total: Duration,
    /// So many redirects are followed; 0: a redirect is an answer.
    pub redirects: u8,
    /// Whether certificates are checked. Not to be switched off for what carries secrets.
    pub verify_certificates: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(20),
            silence: Duration::from_secs(20),
            total: Duration::from_mins(1),
            redirects: 10,
            verify_certificates: true,
        }
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum GuardError {
    /// The place may not be asked.
    #[error(
        "access to `{0}` is refused: it is not a public address, and the operator does not allow it"
    )]
    Refused(String),
    /// Only `http` and `https` are spoken, and to a host.
    #[error("`{0}` is not an http or https URL")]
    Scheme(String),
    /// It points from one place to the next too often.
    #[error("there were more than {0} redirects")]
    TooManyRedirects(u8),
    /// It points to what is no place.
    #[error("a redirect points to what is no URL")]
    BadRedirect,
    /// As for places that the operator named.
    #[error(transparent)]
    Outbound(#[from] OutboundError),
}

/// An answer, and who gave it.
#[derive(Debug)]
pub struct Reached<B> {
    /// The URL behind the last redirect.
    pub url: Url,
    /// The answer, of any status.
    pub response: Response<B>,
}

/// A client that may be sent anywhere. Cheap to clone; connections are shared.
#[derive(Debug, Clone)]
pub struct GuardedClient {
    checking: reqwest::Client,
    trusting: reqwest::Client,
    destinations: Arc<Destinations>,
    https_proxy: Option<Url>,
}

impl GuardedClient {
    /// With the machine's resolver.
    ///
    /// # Errors
    /// When the system's root certificates or a proxy's URL cannot be used.
    pub fn new(policy: Policy) -> Result<Self, OutboundError> {
        Self::with_resolver(policy, Arc::new(SystemResolver))
    }

    /// With another one: tests have resolvers that change their answers.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with_resolver(
        policy: Policy,
        resolver: Arc<dyn ResolveName>,
    ) -> Result<Self, OutboundError> {
        install_tls();
        let destinations = Arc::new(Destinations::new(&policy, resolver));
        let build = |verifies: bool| {
            let mut builder = reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .no_proxy()
                .connect_timeout(CONNECT)
                .pool_idle_timeout(IDLE)
                .user_agent(concat!("gatewright/", env!("CARGO_PKG_VERSION")))
                .tls_danger_accept_invalid_certs(!verifies)
                .dns_resolver(Arc::new(CheckedNames(Arc::clone(&destinations))));
            if let Some(proxy) = &policy.http_proxy {
                builder = builder.proxy(reqwest::Proxy::http(proxy.clone())?);
            }
            if let Some(proxy) = &policy.https_proxy {
                builder = builder.proxy(reqwest::Proxy::https(proxy.clone())?);
            }
            builder.build()
        };
        Ok(Self {
            checking: build(true).map_err(OutboundError::NoAnswer)?,
            trusting: build(false).map_err(OutboundError::NoAnswer)?,
            destinations,
            https_proxy: policy.https_proxy,
        })
    }

    /// One exchange, redirects followed; the body is read by the caller. Headers that belong to the connection are left
    /// out; a header whose value is marked as sensitive stays at its origin.
    ///
    /// # Errors
    /// [`GuardError`].
    pub async fn open(
        &self,
        request: Request<Bytes>,
        limits: &Limits,
    ) -> Result<Reached<Body>, GuardError> {
        let deadline = Instant::now() + limits.total;
        let mut hop = first(request)?;
        let mut followed = 0;
        loop {
            self.destinations.check(&hop.url)?;
            let client = if limits.verify_certificates {
                &self.checking
            } else {
                &self.trusting
            };
            let left = deadline.saturating_duration_since(Instant::now());
            let answer = timeout(limits.head.min(left), ask(client, hop.clone())).await;
            let answer = answer.map_err(|_| OutboundError::Late)?.map_err(failure)?;
            let next = redirect::location(answer.status(), answer.headers());
            let Some(next) = next.filter(|_| limits.redirects > 0) else {
                let response = with_body(answer, limits.silence, Some(deadline))?;
                return Ok(Reached {
                    url: hop.url,
                    response,
                });
            };
            followed += 1;
            if followed > limits.redirects {
                return Err(GuardError::TooManyRedirects(limits.redirects));
            }
            let next = std::str::from_utf8(next)
                .ok()
                .and_then(|next| hop.url.join(next).ok());
            let next = next.ok_or(GuardError::BadRedirect)?;
            hop = hop.follow(answer.status(), next);
        }
    }

    /// As [`Self::open`], with a body of at most `most` bytes.
    ///
    /// # Errors
    /// [`GuardError`]; [`OutboundError::TooLarge`] beyond `most`.
    pub async fn read(
        &self,
        request: Request<Bytes>,
        limits: &Limits,
        most: usize,
    ) -> Result<Reached<Vec<u8>>, GuardError> {
        let reached = self.open(request, limits).await?;
        let (head, body) = reached.response.into_parts();
        let body = body.read(most).await?;
        Ok(Reached {
            url: reached.url,
            response: Response::from_parts(head, body),
        })
    }
}

/// Those that describe one connection (RFC 9110 §7.6.1) or what the client says itself.
const OF_THE_CONNECTION: [&str; 10] = [
    "connection",
    "content-length",
    "expect",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

fn first(request: Request<Bytes>) -> Result<Hop, GuardError> {
    let (head, body) = request.into_parts();
    let url = head.uri.to_string();
    let url = Url::parse(&url).map_err(|_| GuardError::Scheme(url))?;
    Ok(Hop {
        method: head.method,
        url,
        headers: end_to_end(head.headers),
        body,
    })
}

/// Without those of the connection that they came by.
fn end_to_end(mut headers: HeaderMap) -> HeaderMap {
    for name in OF_THE_CONNECTION {
        headers.remove(name);
    }
    headers
}

async fn ask(client: &reqwest::Client, hop: Hop) -> Result<reqwest::Response, reqwest::Error> {
    let request = client.request(hop.method, hop.url).headers(hop.headers);
    let request = if hop.body.is_empty() {
        request
    } else {
        request
            .header(header::CONTENT_LENGTH, hop.body.len())
            .body(hop.body)
    };
    request.send().await
}

/// The resolver's refusal comes back in the depths of the client's error.
fn failure(error: reqwest::Error) -> GuardError {
    let mut cause: Option<&(dyn Error + 'static)> = Some(&error);
    while let Some(this) = cause {
        if let Some(Refused(name)) = this.downcast_ref() {
            return GuardError::Refused(name.clone());
        }
        cause = this.source();
    }
    GuardError::Outbound(OutboundError::NoAnswer(error))
}
