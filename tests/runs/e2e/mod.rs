//! The real binaries, killed and cut off. Here time is real: waiting is polling with a deadline.

mod app_deletion;
mod documents;
mod end_users;
mod nodes;
mod observing;
mod programs;
mod run_chaos;
mod sdks;
mod storage;
