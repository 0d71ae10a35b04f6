//! The pages that flows need where no web console is configured. `/device` is one document with one
//! script; the others are written by the server and work without any. No third party, nothing inline.

mod activate;
mod form;
mod install;
mod page;
mod reset;
mod signin;

use actix_web::{HttpResponse, http::header, web, web::ServiceConfig};

/// Scripts, styles and calls from here alone; never in a frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const FILES: [(&str, &str, &str); 4] = [
    (
        "/pages.css",
        "text/css; charset=utf-8",
        include_str!("pages.css"),
    ),
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

/// Registers the pages.
pub(crate) fn mount(config: &mut ServiceConfig) {
    config
        .route("/install", web::get().to(install::get))
        .route("/install", web::post().to(install::post))
        .route("/signin", web::get().to(signin::get))
        .route("/signin", web::post().to(signin::post))
        .route("/signout", web::post().to(signin::sign_out))
        .route("/account", web::get().to(signin::account))
        .route("/forgot-password", web::get().to(reset::get))
        .route("/forgot-password", web::post().to(reset::send))
        .route("/forgot-password/code", web::post().to(reset::check))
        .route("/reset-password", web::get().to(reset::begin))
        .route("/reset-password", web::post().to(reset::finish))
        .route("/activate", web::get().to(activate::get))
        .route("/activate", web::post().to(activate::post));
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
