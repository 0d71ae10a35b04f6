//! Doors for the fuzz targets; not part of the interface.

use actix_web::http::header::HeaderValue;
use gatewright_auth::origin::PublicUrls;

use crate::cookies::{self, CookiePolicy};

/// Reads a `Cookie` header in every way that we do.
pub fn read_cookies(header: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(header) else {
        return;
    };
    let request = actix_web::test::TestRequest::default()
        .insert_header(("cookie", value))
        .to_http_request();
    let policy = CookiePolicy::new(&PublicUrls::default());
    for name in [cookies::ACCESS, cookies::REFRESH, cookies::CSRF] {
        let read = policy.read(&request, name);
        assert!(read.is_none_or(|value| !value.is_empty()));
    }
    policy.read_receipt(&request, "0123456789ab");
    policy.read_sso_states(&request);
    policy.read_sign_in_state(&request);
    CookiePolicy::read_approval_grant(&request);
}
