//! Typed input: bodies, forms and queries are serde types, and the type that is read is the type that is
//! documented. A request type derives `Deserialize` and `ToSchema` (or `IntoParams`); what its members may
//! be is said by their types: those of [`text`], [`number`] and [`list`], and the slices' own.
//!
//! How one is written:
//!
//! * A member that may be absent is an `Option`; null counts as absent.
//! * A text with a rule of its own is a newtype with `#[serde(try_from = "Limited")]`; the error of its
//!   `TryFrom` is the text of the problem, and `#[schema(…)]` beside it says the same to the documents.
//! * Nested objects, lists and enums are plain serde types. `#[serde(untagged)]` is not used: whatever is
//!   wrong with such a value, it could only say that no variant fits.
//! * `#[serde(default)]` is for nested types. At the top an `Option` takes its place: [`read`] asks for each
//!   absent member whether it is missed, and a default cannot answer.

mod collect;
pub mod list;
mod members;
pub mod number;
mod problem;
mod reader;
pub mod text;

pub use collect::read;
pub use problem::{FieldProblem, refuse};

use serde_json::{Map, Value};

/// The pairs of a form or a query as an object of texts. Of a repeated name the first counts.
pub fn object_of(pairs: impl IntoIterator<Item = (String, String)>) -> Map<String, Value> {
    let mut object = Map::new();
    for (name, value) in pairs {
        object.entry(name).or_insert(Value::String(value));
    }
    object
}
