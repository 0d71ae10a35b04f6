//! What each query promises, against PostgreSQL: what it finds, what it is bound to, its order and limits, what it
//! waits for, and when a conditional change says no. One database per test.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on must fail"
)]

mod account;
mod api_key;
mod audit;
mod bearer_token;
mod changes;
mod console_session;
mod device_redemption;
mod erasure;
mod external_identity;
mod ground;
mod installation;
mod invitation;
mod mail_delivery;
mod member;
mod retention;
mod tag;
mod tool_file;
mod upload_file;
mod workspace;
