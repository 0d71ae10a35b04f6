//! Apps and their runs on the wire, against a server in this process.
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

mod active_runs;
mod app_deletion;
mod app_page_files;
mod app_pages;
mod apps;
mod apps_for_programs;
mod chat_models;
mod chatflows;
mod console_annotations;
mod console_overview;
mod console_reads;
mod crowd;
mod e2e;
mod foreign_ids;
mod foreign_keys;
mod form_pages;
mod forms;
mod hostile_apps;
mod keeping;
mod large_values;
mod moderation;
mod moderation_judges;
mod numbers;
mod programs;
mod remote_files;
mod run_events;
mod run_files;
mod run_pages;
mod runs;
mod service;
mod service_chat;
mod service_conversations;
mod service_files;
mod service_logs;
mod speech;
mod web_app;
mod web_app_foreign;
mod web_pages;
use gatewright_tests::support;
