//! The id that joins what a proxy logs, what we log, what the audit trail holds and what the caller is
//! told in `X-Request-Id`.
//!
//! A proxy that is trusted (`GATEWRIGHT_TRUSTED_PROXIES`) may bring one; anybody else's is replaced,
//! because whoever chooses ids can make two requests look like one.

use std::net::IpAddr;

use actix_web::{
    HttpRequest,
    http::header::{HeaderName, HeaderValue},
};
use gatewright_domain::client_address::TrustedProxies;

/// The header of a request's id, `X-Request-Id`.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest id that is taken over, in bytes; the audit trail's column holds as many.
const MAX_LENGTH: usize = 64;

/// The id that a trusted proxy gave the request: exactly one, 1 to 64 letters, digits, `-`, `_` or `.`.
pub(crate) fn brought_by_proxy(
    request: &HttpRequest,
    peer: IpAddr,
    trusted: &TrustedProxies,
) -> Option<String> {
    if !trusted.contains(peer) {
        return None;
    }
    let mut values = request.headers().get_all(REQUEST_ID);
    match (values.next(), values.next()) {
        (Some(only), None) => accepted(only.as_bytes()),
        _ => None,
    }
}

fn accepted(bytes: &[u8]) -> Option<String> {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    let is_id = (1..=MAX_LENGTH).contains(&bytes.len()) && bytes.iter().all(is_plain);
    is_id.then(|| bytes.iter().copied().map(char::from).collect())
}

/// The header of the answer.
pub(crate) fn header(id: &str) -> HeaderValue {
    HeaderValue::from_str(id).unwrap_or(HeaderValue::from_static("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn brought(lines: &[&str], peer: [u8; 4]) -> Option<String> {
        let mut request = actix_web::test::TestRequest::default();
        for line in lines {
            let value = HeaderValue::from_bytes(line.as_bytes()).expect("a header");
            request = request.append_header((REQUEST_ID, value));
        }
        let trusted: TrustedProxies = "10.0.0.0/8".parse().expect("a network");
        brought_by_proxy(&request.to_http_request(), peer.into(), &trusted)
    }

    #[test]
    fn g9_request_id_is_taken_from_a_trusted_proxy_only() {
        let id = "7f9c-A_b.1";
        assert_eq!(brought(&[id], [10, 1, 2, 3]).as_deref(), Some(id));
        assert_eq!(brought(&[id], [192, 0, 2, 1]), None);
    }

    #[test]
    fn g9_request_id_that_is_malformed_is_replaced() {
        let longest = "a".repeat(MAX_LENGTH);
        assert!(brought(&[&longest], [10, 0, 0, 1]).is_some());
        let too_long = "a".repeat(MAX_LENGTH + 1);
        for lines in [
            &[][..],
            &[""],
            &[&too_long],
            &["a b"],
            &["a\tb"],
            &["a\"b"],
            &["é"],
            &["one", "two"],
        ] {
            assert_eq!(brought(lines, [10, 0, 0, 1]), None, "{lines:?}");
        }
    }
}
