//! How pages and what they load are registered.

use actix_web::{HttpResponse, Route, http::header, web, web::ServiceConfig};
use gatewright_http_kit::operation::{Facts, bounded};

/// What most pages take.
pub const QUICK: Facts = Facts::STANDARD;
/// Hashes a password, or has many transactions in a row.
pub const SLOW: Facts = Facts::SLOW;

/// A drawing opened by itself is a document: it may do nothing.
const FILE_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// Pages, each with what it needs beside its handler.
pub struct Routes<'a>(pub &'a mut ServiceConfig);

impl Routes<'_> {
    /// With one page more.
    pub fn route(&mut self, path: &str, route: Route, facts: Facts) -> &mut Self {
        self.0.route(path, bounded(route, path, facts));
        self
    }
}

/// Something that pages load: it may be kept for an hour.
#[derive(Debug, Clone, Copy)]
pub struct PageFile {
    /// Where it is.
    pub path: &'static str,
    /// Its media type.
    pub media_type: &'static str,
    /// What is in it.
    pub text: &'static str,
}

impl PageFile {
    /// Registers where it is loaded from.
    pub fn mount(self, config: &mut ServiceConfig) {
        let serve = move || async move {
            HttpResponse::Ok()
                .insert_header((header::CONTENT_TYPE, self.media_type))
                .insert_header((header::CONTENT_SECURITY_POLICY, FILE_POLICY))
                .insert_header((header::CACHE_CONTROL, "public, max-age=3600"))
                .body(self.text)
        };
        config.service(
            web::resource(self.path)
                .route(bounded(web::get().to(serve), self.path, Facts::STANDARD))
                .route(bounded(web::head().to(serve), self.path, Facts::STANDARD)),
        );
    }
}
