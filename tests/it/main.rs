//! One binary, so that it links once.
#![allow(missing_docs, clippy::print_stdout, clippy::print_stderr, reason = "tests")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test that cannot go on must fail")]

mod architecture;
mod coverage;
mod drift;
mod e2e;
mod support;
mod wire;
