//! Tests of the engine through its public interface.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::too_many_lines)] // a test that fails says so by panicking

#[path = "../../../nodes/tests/it/build.rs"]
mod build;
mod containers;
mod documents;
mod driver;
mod errors;
mod expectations;
mod forms;
mod golden;
mod hostile;
mod http;
mod models;
mod modes;
mod properties;
mod resume;
mod scheduler;
mod scheduling;
mod time;
