//! The inputs of a run: what the start node declares, and whether what a caller sent fits.

mod field;
mod files;
mod schema;
mod sent;
mod validate;

pub use field::{InputField, InputKind};
pub use files::FileRules;
pub use schema::{JsonSchema, MAX_SCHEMA_BYTES, SchemaError};
pub use sent::{FileSource, SentFile, SentFileError};
pub use validate::{Input, InputError, Problem, validate};
