//! `/openapi/v1`: runs.

mod events;
mod files;
mod forms;
mod reached;
mod runs;

use gatewright_http_kit::{
    operation::{Facts, Operations},
    operations,
};

/// All of `/openapi/v1` that is about runs.
pub(crate) fn operations() -> Operations {
    operations!["runs": runs::run => Facts::LARGE, runs::stop, events::events => Facts::SLOW,
        files::upload => Facts::UPLOAD, forms::form, forms::submit => Facts::LARGE]
}
