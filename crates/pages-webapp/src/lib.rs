//! `/chat/{code}`, `/workflow/{code}` and `/chatbot/{code}`: the public pages of a published app, by the code in its address; and
//! `/embed.min.js`, which other sites load to show a chat in a bubble.
//!
//! A page is a form that the server writes, and works as one: what is sent is answered by the next page. Where scripts run, ours takes
//! the form over and talks to `/api` as any client of web apps does, with a passport in a header. Neither way has a cookie: what a page
//! without a script knows of its visitor stands in its form.
//!
//! Answers of models are Markdown. The script makes nodes of it and never reads HTML; the server writes a closed list of elements
//! (`gatewright-markdown`). Both are held to one list of cases.

mod assets;
mod config;
mod guest;
mod open;
mod policy;
mod rounds;
mod send;
mod services;
mod theme;
mod view;

use actix_web::web::{self, ServiceConfig};
use gatewright_http_kit::operation::Facts;
use gatewright_pages_kit::routes::{QUICK, Routes};

use open::{Bubble, Chat, Workflow};

/// A form with files whose answer is waited for.
const RUN_WITH_FILES: Facts = Facts {
    waits: Facts::RUN.waits,
    ..Facts::UPLOAD
};

/// Registers the pages, and what they load.
pub fn mount(config: &mut ServiceConfig) {
    for file in assets::ALL {
        file.mount(config);
    }
    Routes(config)
        .route(theme::PATH, web::get().to(theme::get), QUICK)
        .route("/chat/{code}", web::get().to(view::get::<Chat>), QUICK)
        .route(
            "/chat/{code}",
            web::post().to(send::post::<Chat>),
            Facts::RUN,
        )
        .route(
            "/chat/{code}/files",
            web::post().to(send::post_with_files::<Chat>),
            RUN_WITH_FILES,
        )
        .route("/chatbot/{code}", web::get().to(view::get::<Bubble>), QUICK)
        .route(
            "/chatbot/{code}",
            web::post().to(send::post::<Bubble>),
            Facts::RUN,
        )
        .route(
            "/chatbot/{code}/files",
            web::post().to(send::post_with_files::<Bubble>),
            RUN_WITH_FILES,
        )
        .route(
            "/workflow/{code}",
            web::get().to(view::get::<Workflow>),
            QUICK,
        )
        .route(
            "/workflow/{code}",
            web::post().to(send::post::<Workflow>),
            Facts::RUN,
        )
        .route(
            "/workflow/{code}/files",
            web::post().to(send::post_with_files::<Workflow>),
            RUN_WITH_FILES,
        );
}
