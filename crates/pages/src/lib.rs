//! The pages that flows need where no web console is configured: written by the server, forms and
//! links, no script, nothing inline, no third party.

mod absence;
mod account;
mod activate;
mod code_login;
mod device;
mod elsewhere;
mod form;
mod guard;
mod initialise;
mod install;
mod link;
mod mailed_code;
mod page;
mod pager;
mod profile;
mod provider_words;
mod providers;
pub mod reference;
mod reset;
mod signin;
mod signup;
mod time;
mod workspace;

use actix_web::{HttpResponse, http::header, web, web::ServiceConfig};

pub use elsewhere::nowhere;

use gatewright_http_kit::error::redirect;

/// What pages load, besides themselves: may be kept for an hour.
const FILES: [(&str, &str, &str); 2] = [
    (
        "/pages.css",
        "text/css; charset=utf-8",
        include_str!("pages.css"),
    ),
    ("/icon.svg", "image/svg+xml", include_str!("icon.svg")),
];
/// A drawing opened by itself is a document: it may do nothing.
const FILE_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// The consent page of the SSO branch. It stands where its grant's cookie is sent to, so it is
/// registered before the scope of the API.
pub fn mount_external_consent(config: &mut ServiceConfig) {
    config.service(
        web::resource(device::EXTERNAL_CONSENT)
            .route(web::get().to(device::external::get))
            .route(web::post().to(device::external::post)),
    );
}

/// Registers what connecting a device takes beside a way to sign in: the page, and what a session may
/// need first.
pub fn mount_device(config: &mut ServiceConfig) {
    config
        .route("/device", web::get().to(device::enter))
        .route("/device", web::head().to(device::enter))
        .route("/device", web::post().to(device::look_up))
        .route("/device/confirm", web::get().to(device::consent::get))
        .route("/device/confirm", web::post().to(device::consent::post))
        .route("/renew", web::get().to(guard::renew))
        .route("/signout", web::post().to(signin::sign_out))
        .route("/account/init", web::get().to(initialise::get))
        .route("/account/init", web::post().to(initialise::post));
}

/// Registers all the other pages.
pub fn mount(config: &mut ServiceConfig) {
    config
        // Whoever types the address alone.
        .route("/", web::get().to(home))
        .route("/install", web::get().to(install::get))
        .route("/install", web::post().to(install::post))
        .route("/signin", web::get().to(signin::get))
        .route("/signin", web::post().to(signin::post))
        .route("/signin/code", web::get().to(code_login::get))
        .route("/signin/code", web::post().to(code_login::send))
        .route("/signin/code/check", web::post().to(code_login::check))
        .route("/signup", web::get().to(signup::get))
        .route("/signup", web::post().to(signup::send))
        .route("/signup/code", web::post().to(signup::check))
        .route("/signup/password", web::post().to(signup::finish))
        .route("/account", web::get().to(account::get))
        .route("/account", web::post().to(account::end))
        .route("/account/provider", web::post().to(providers::post))
        .route("/account/profile", web::get().to(profile::get))
        .route("/account/profile", web::post().to(profile::post))
        .route("/account/password", web::get().to(profile::get_password))
        .route("/account/password", web::post().to(profile::post_password))
        .route("/workspace", web::get().to(workspace::get))
        .route("/workspace", web::post().to(workspace::post))
        // The same, given more time: each address is a transaction of its own.
        .route("/workspace/invite", web::post().to(workspace::post))
        .route("/workspace/audit", web::get().to(workspace::audit::get))
        .route(
            "/workspace/audit/export",
            web::get().to(workspace::audit::export),
        )
        .route("/forgot-password", web::get().to(reset::get))
        .route("/forgot-password", web::post().to(reset::send))
        .route("/forgot-password/code", web::post().to(reset::check))
        .route("/reset-password", web::get().to(reset::begin))
        .route("/reset-password", web::post().to(reset::finish))
        .route("/activate", web::get().to(activate::get))
        .route("/activate", web::post().to(activate::post));
}

async fn home() -> HttpResponse {
    redirect("/account").finish()
}

/// Registers what pages load.
pub fn mount_files(config: &mut ServiceConfig) {
    for (path, media_type, text) in FILES {
        let serve = move || async move {
            HttpResponse::Ok()
                .insert_header((header::CONTENT_TYPE, media_type))
                .insert_header((header::CONTENT_SECURITY_POLICY, FILE_POLICY))
                .insert_header((header::CACHE_CONTROL, "public, max-age=3600"))
                .body(text)
        };
        config.service(
            web::resource(path)
                .route(web::get().to(serve))
                .route(web::head().to(serve)),
        );
    }
}
