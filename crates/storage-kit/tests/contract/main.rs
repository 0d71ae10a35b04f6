//! What the pool, the transaction guard and the migrations promise, against PostgreSQL. One database per test.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on must fail"
)]

mod ground;
mod listen;
mod migrate;
mod pool;
mod transaction;
