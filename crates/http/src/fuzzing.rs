//! Doors for the fuzz targets; not part of the interface.

use actix_web::http::header::HeaderValue;
use gatewright_auth::origin::PublicUrls;

use gatewright_http_kit::cookies::{self, CookiePolicy};

/// Reads a `Cookie` header in every way that we do.
pub fn read_cookies(header: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(header) else {
        return;
    };
    let request = actix_web::test::TestRequest::default()
        .insert_header(("cookie", value))
        .to_http_request();
    let policy = CookiePolicy::new(&PublicUrls::default());
    for kind in cookies::ALL {
        let held = policy.held(&request, kind);
        let read = held.the_one(|value| value.len() > 3);
        assert!(read.is_err() || read.is_ok_and(|one| one.is_none_or(|value| !value.is_empty())));
    }
    policy.held_receipt(&request, "0123456789ab");
    policy.read_sso_states(&request);
    policy.held_sign_in_state(&request, "signin-0123456789ab");
    let cleared = policy.signed_out(&request).len();
    assert!(cleared < 64, "{cleared}");
}
