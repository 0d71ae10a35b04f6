//! One binary, so that it links once.
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

mod architecture;
mod contract;
mod coverage;
mod doc_comments;
mod drift;
mod e2e;
mod fuzz;
mod kv;
mod log_events;
mod long;
mod module_graph;
mod operator_files;
mod signatures;
mod support;
mod vocabulary;
mod wire;
