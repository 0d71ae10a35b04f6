//! Tests of graphs through the public interface.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::too_many_lines)] // a test that fails says so by panicking

#[allow(dead_code, reason = "the engine's tests use the rest")]
mod build;
mod graphs;
