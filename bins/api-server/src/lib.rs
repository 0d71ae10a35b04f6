//! The composition of the API server, for its `main` and for the tests that run it in process.

pub mod command;
pub mod compose;
pub mod keys;
pub mod serve;
