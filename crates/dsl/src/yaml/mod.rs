//! YAML as the original's library reads it: the types of YAML 1.1 (`yes` is a boolean, `010` is
//! eight, `1e5` is text), into JSON, within limits; and written so that it reads back equal.
//!
//! The grammar comes from `saphyr-parser`; what a plain text *means* is decided here.

mod build;
mod error;
mod limits;
mod meter;
mod quote;
mod read;
mod resolve;
mod source;
#[cfg(test)]
mod tests;
mod write;

pub use error::{Position, YamlError};
pub use limits::{MAX_BYTES, MAX_DEPTH, MAX_MARKS, MAX_NODES, MAX_TEXT_BYTES};
pub use read::read;
pub use write::write;
