//! What tests of the whole share: a server in this process with what surrounds it, and the steps of its flows.
#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::too_many_lines,
    clippy::unused_async,
    clippy::missing_panics_doc,
    clippy::return_self_not_must_use,
    clippy::needless_for_each,
    clippy::case_sensitive_file_extension_comparisons,
    reason = "a test tells one story, and one that cannot go on must fail"
)]

pub mod support;
