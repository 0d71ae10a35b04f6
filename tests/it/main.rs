//! The identity core on the wire, and the real binaries.
#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::too_many_lines,
    clippy::unused_async,
    clippy::needless_for_each,
    clippy::case_sensitive_file_extension_comparisons,
    reason = "a test tells one story, and one that cannot go on must fail"
)]

mod coverage;
mod e2e;
mod kv;
mod long;
mod wire;
use gatewright_tests::support;
