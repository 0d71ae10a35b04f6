//! The routes of apps: `/console/api/apps…` and `/openapi/v1/apps…`. A handler extracts, calls one use-case, and
//! maps.

mod console;
mod imported;
pub mod input;
mod openapi;
mod slice;

pub use slice::{AppsServices, operations, operations_elsewhere};
