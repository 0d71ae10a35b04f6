//! The real binaries, killed and cut off. Here time is real: waiting is polling with a deadline.

mod documents;
mod nodes;
mod observing;
mod programs;
mod run_chaos;
mod sdks;
