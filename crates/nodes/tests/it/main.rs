//! Tests of graphs through the public interface.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::too_many_lines)] // a test that fails says so by panicking

mod build;
mod graphs;
