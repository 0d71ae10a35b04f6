//! Rules that a machine holds: the picture of the crates, the words, the contract and its citations, what is derived.
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
mod doc_comments;
mod drift;
mod features;
mod figures;
mod fuzz;
mod log_events;
mod module_graph;
mod operator_files;
mod signatures;
mod statements;
mod vocabulary;
use gatewright_tests::support;
