//! The whole edge, put together: every slice's routes and pages in one application, and the OpenAPI documents.
//!
//! The rooms are `http-kit` (what every route stands on), `http-identity`, `http-apps` and `http-runs` (the routes of identity,
//! apps and runs), `http-service` (`/v1`), `http-webapp` (`/api`) and `pages`.

#[doc(hidden)]
pub mod fuzzing;
mod openapi_document;
mod services;
mod slices;

pub use gatewright_http_apps::AppsServices;
pub use gatewright_http_files::FilesServices;
pub use gatewright_http_identity::IdentityServices;
pub use gatewright_http_kit::{documentation::Surface, settings::HttpSettings};
pub use gatewright_http_runs::RunsServices;
pub use gatewright_http_webapp::WebAppServices;
pub use openapi_document::document;
pub use services::{Services, application, configure};
