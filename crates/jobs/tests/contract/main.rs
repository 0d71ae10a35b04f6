//! What the queue promises, against PostgreSQL: a job exists when its cause does, one worker at a time has it, it
//! is tried until it is done or dead, and a schedule fires each tick once.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on must fail"
)]

mod dead_letters;
mod ground;
mod leases;
mod queues;
mod schedules;
mod working;
