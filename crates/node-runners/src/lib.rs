//! Does what nodes of a workflow ask for ([`gatewright_engine::NodeCall`]): one module per kind of call. A runner is
//! given the resolved request and what belongs to the run (its files, its conversation); it knows neither graph nor
//! variables. Dropping its future ends the call at the other side.

pub mod code;
pub mod documents;
pub mod files;
pub mod history;
pub mod http;
pub mod model;
