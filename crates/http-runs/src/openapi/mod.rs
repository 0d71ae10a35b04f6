//! `/openapi/v1`: runs.

mod events;
mod files;
mod forms;
mod reached;
mod runs;

use gatewright_http_kit::{
    operation::{BodyLimit, Facts, Operations},
    operations,
};

/// Inputs may be long texts; the run is in storage when the answer begins.
const LARGE: Facts = Facts {
    body: BodyLimit::Bytes(10 << 20),
    ..Facts::SLOW
};

/// All of `/openapi/v1` that is about runs.
pub(crate) fn operations() -> Operations {
    operations!["runs": runs::run => LARGE, runs::stop, events::events => Facts::SLOW,
        files::upload => Facts::UPLOAD, forms::form, forms::submit => LARGE]
}
