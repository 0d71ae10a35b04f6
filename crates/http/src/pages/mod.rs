//! The page at `/device`, plain: enough to sign in and to let a device in without the web console.
//! One document, one script, one style sheet, no third party; nothing inline.

use actix_web::{HttpResponse, http::header, web, web::ServiceConfig};

/// Scripts, styles and calls from here alone; never in a frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const FILES: [(&str, &str, &str); 3] = [
    (
        "/device",
        "text/html; charset=utf-8",
        include_str!("device.html"),
    ),
    (
        "/device/page.js",
        "text/javascript; charset=utf-8",
        include_str!("device.js"),
    ),
    (
        "/device/page.css",
        "text/css; charset=utf-8",
        include_str!("device.css"),
    ),
];

/// Registers the page.
pub(crate) fn mount(config: &mut ServiceConfig) {
    for (path, media_type, text) in FILES {
        let serve = move || async move {
            HttpResponse::Ok()
                .insert_header((header::CONTENT_TYPE, media_type))
                .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
                .body(text)
        };
        config.service(
            web::resource(path)
                .route(web::get().to(serve))
                .route(web::head().to(serve)),
        );
    }
}
