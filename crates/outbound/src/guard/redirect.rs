//! What is asked next when a server points elsewhere (RFC 9110 §15.4).

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, header};
use url::Url;

/// What is sent; made anew for each hop.
#[derive(Debug, Clone)]
pub(super) struct Hop {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// Where an answer points, if it is a redirect that names a place.
pub(super) fn location(status: StatusCode, headers: &HeaderMap) -> Option<&[u8]> {
    let points = matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308);
    let location = headers.get(header::LOCATION).filter(|_| points);
    location.map(http::HeaderValue::as_bytes)
}

impl Hop {
    /// The next one. Secrets stay at the origin that they were for; what asks for another method loses its body.
    pub(super) fn follow(mut self, status: StatusCode, url: Url) -> Self {
        if changes_method(status, &self.method) {
            self.method = if self.method == Method::HEAD {
                Method::HEAD
            } else {
                Method::GET
            };
            self.body = Bytes::new();
            for name in [
                header::CONTENT_TYPE,
                header::CONTENT_ENCODING,
                header::CONTENT_LANGUAGE,
            ] {
                self.headers.remove(name);
            }
        }
        self.headers.remove(header::HOST);
        if url.origin() != self.url.origin() {
            let mut public = HeaderMap::new();
            for (name, value) in &self.headers {
                if !value.is_sensitive() && !is_secret(name) {
                    public.append(name, value.clone());
                }
            }
            self.headers = public;
        }
        self.url = url;
        self
    }
}

fn is_secret(name: &header::HeaderName) -> bool {
    [
        header::AUTHORIZATION,
        header::COOKIE,
        header::PROXY_AUTHORIZATION,
    ]
    .contains(name)
}

fn changes_method(status: StatusCode, method: &Method) -> bool {
    match status.as_u16() {
        303 => true,
        // As browsers do it.
        301 | 302 => *method == Method::POST,
        _ => false,
    }
}
