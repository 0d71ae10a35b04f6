//! What every route stands on: extractors, wire formats of errors, cookies, the table of operations with its
//! documentation, and what happens to every request.
//!
//! Nothing here knows a path of a slice, PostgreSQL or Redis.

mod access_log;
pub mod cookies;
pub mod cors;
pub mod documentation;
pub mod error;
mod event_stream;
pub mod extract;
pub mod input;
pub mod middleware;
pub mod operation;
pub mod page;
mod request_id;
pub mod request_span;
pub mod settings;
mod slow_body;
pub mod time;
mod watched;

pub use event_stream::event_stream;

/// What the expansion of [`operations!`] names.
#[doc(hidden)]
pub mod reexport {
    pub use pastey;
    pub use utoipa;
}
