//! The routes of runs: `/openapi/v1/apps/{app_id}/run` and what belongs to it. A handler extracts, calls one use-case, and streams.

pub mod annotation;
mod console;
pub mod conversation;
mod failure;
mod form_body;
pub mod log;
mod openapi;
mod people;
mod slice;
pub mod stream;
mod unix;
pub mod wire;

pub use form_body::{Answered, FormDefinition};
pub use slice::{RunsServices, operations, operations_elsewhere};
