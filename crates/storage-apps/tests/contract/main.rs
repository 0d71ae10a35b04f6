//! What each query promises, against PostgreSQL: what it finds, what it is bound to, its order and limits. One
//! database per test.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::too_many_lines,
    reason = "a test that cannot go on must fail"
)]

mod app;
mod by_key;
mod erasure;
mod ground;
mod pending_import;
mod site;
mod workflow;
