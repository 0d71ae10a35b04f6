//! What each store promises, against Redis: how long every key lives, that a step is done wholly and once, and what
//! is made of a key that holds something else, or is over. A key prefix per test.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test that cannot go on must fail"
)]

mod active_runs;
mod bearer_cache;
mod checks;
mod device_grants;
mod forgery;
mod limits;
mod nonces;
mod odd_values;
mod one_time_grants;
mod races;
mod redis;
mod run_mirrors;
mod throttles;

#[tokio::test]
async fn every_store_keeps_its_contract_over_one_redis() {
    redis::here().ground.check_all().await;
}
