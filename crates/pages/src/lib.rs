//! The pages that flows need where no web console is configured: written by the server, forms and
//! links, nothing inline, no third party, no script at all. Pages of apps are a crate of their own.

mod account;
mod activate;
mod code_login;
mod device;
mod elsewhere;
mod initialise;
mod install;
mod mailed_code;
mod profile;
mod provider_messages;
mod providers;
pub mod reference;
mod reset;
mod signin;
mod signup;
mod workspace;

use actix_web::{HttpResponse, web, web::ServiceConfig};

pub use elsewhere::nowhere;

use gatewright_http_kit::error::redirect;
use gatewright_http_kit::operation::{Facts, bounded};
use gatewright_pages_kit::{
    guard,
    routes::{PageFile, QUICK, Routes, SLOW},
};

/// What pages load, besides themselves.
const FILES: [PageFile; 2] = [
    PageFile {
        path: "/pages.css",
        media_type: "text/css; charset=utf-8",
        text: include_str!("pages.css"),
    },
    PageFile {
        path: "/icon.svg",
        media_type: "image/svg+xml",
        text: include_str!("icon.svg"),
    },
];

/// The consent page of the SSO branch. It stands where its grant's cookie is sent to, so it is
/// registered before the scope of the API.
pub fn mount_external_consent(config: &mut ServiceConfig) {
    let path = device::EXTERNAL_CONSENT;
    let of_page = |route| bounded(route, path, Facts::STANDARD);
    config.service(
        web::resource(path)
            .route(of_page(web::get().to(device::external::get)))
            .route(of_page(web::post().to(device::external::post))),
    );
}

/// Registers what connecting a device takes beside a way to sign in: the page, and what a session may
/// need first.
pub fn mount_device(config: &mut ServiceConfig) {
    Routes(config)
        .route("/device", web::get().to(device::enter), QUICK)
        .route("/device", web::head().to(device::enter), QUICK)
        .route("/device", web::post().to(device::look_up), QUICK)
        .route(
            "/device/confirm",
            web::get().to(device::consent::get),
            QUICK,
        )
        .route(
            "/device/confirm",
            web::post().to(device::consent::post),
            QUICK,
        )
        .route("/renew", web::get().to(guard::renew), QUICK)
        .route("/signout", web::post().to(signin::sign_out), QUICK)
        .route("/account/init", web::get().to(initialise::get), QUICK)
        .route("/account/init", web::post().to(initialise::post), QUICK);
}

/// Registers all the other pages.
pub fn mount(config: &mut ServiceConfig) {
    mount_sign_in(config);
    mount_account(config);
    mount_workspace(config);
}

fn mount_sign_in(config: &mut ServiceConfig) {
    Routes(config)
        // Whoever types the address alone: on to their account.
        .route("/", web::get().to(home), QUICK)
        .route("/install", web::get().to(install::get), QUICK)
        .route("/install", web::post().to(install::post), SLOW)
        .route("/signin", web::get().to(signin::get), QUICK)
        .route("/signin", web::post().to(signin::post), SLOW)
        .route("/signin/code", web::get().to(code_login::get), QUICK)
        .route("/signin/code", web::post().to(code_login::send), QUICK)
        .route(
            "/signin/code/check",
            web::post().to(code_login::check),
            QUICK,
        )
        .route("/signup", web::get().to(signup::get), QUICK)
        .route("/signup", web::post().to(signup::send), QUICK)
        .route("/signup/code", web::post().to(signup::check), QUICK)
        .route("/signup/password", web::post().to(signup::finish), SLOW)
        .route("/forgot-password", web::get().to(reset::get), QUICK)
        .route("/forgot-password", web::post().to(reset::send), QUICK)
        .route("/forgot-password/code", web::post().to(reset::check), QUICK)
        .route("/reset-password", web::get().to(reset::begin), QUICK)
        .route("/reset-password", web::post().to(reset::finish), SLOW)
        .route("/activate", web::get().to(activate::get), QUICK)
        .route("/activate", web::post().to(activate::post), SLOW);
}

fn mount_account(config: &mut ServiceConfig) {
    Routes(config)
        .route("/account", web::get().to(account::get), QUICK)
        .route("/account", web::post().to(account::end), QUICK)
        .route(
            "/account/provider",
            web::post().to(providers::post),
            SLOW.asking_provider(),
        )
        .route("/account/profile", web::get().to(profile::get), QUICK)
        .route("/account/profile", web::post().to(profile::post), QUICK)
        .route(
            "/account/password",
            web::get().to(profile::get_password),
            QUICK,
        )
        .route(
            "/account/password",
            web::post().to(profile::post_password),
            SLOW,
        );
}

fn mount_workspace(config: &mut ServiceConfig) {
    Routes(config)
        .route("/workspace", web::get().to(workspace::get), QUICK)
        .route("/workspace", web::post().to(workspace::post), QUICK)
        // Each address is a transaction of its own.
        .route("/workspace/invite", web::post().to(workspace::post), SLOW)
        .route(
            "/workspace/audit",
            web::get().to(workspace::audit::get),
            QUICK,
        )
        .route(
            "/workspace/audit/export",
            web::get().to(workspace::audit::export),
            QUICK,
        );
}

async fn home() -> HttpResponse {
    redirect("/account").finish()
}

/// Registers what pages load.
pub fn mount_files(config: &mut ServiceConfig) {
    for file in FILES {
        file.mount(config);
    }
}
