//! The edge: routes, extractors, the tables from errors to HTTP, OpenAPI.
//!
//! Nothing here knows PostgreSQL or Redis; a handler extracts, calls one use-case, and maps.

mod access_log;
mod console_surface;
mod cookies;
mod cors;
mod documentation;
mod envelope;
mod extract;
mod file_surface;
#[doc(hidden)]
pub mod fuzzing;
mod middleware;
mod openapi_document;
mod openapi_surface;
mod operation;
mod pages;
mod request_id;
mod services;
mod settings;
mod slow_body;
mod system_surface;

pub use openapi_document::{Surface, document};
pub use services::{Services, application, configure};
pub use settings::HttpSettings;
