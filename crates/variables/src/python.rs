//! How Python prints values: `repr`, `str`, `json.dumps`. Users see these texts, so they are kept to the letter.

pub mod arithmetic;
mod json;
mod number;
mod repr;

pub use json::{JsonStyle, write_json};
pub use number::{write_float, write_number};
pub use repr::{write_repr, write_repr_of_text, write_str};

use serde_json::Value as Json;

/// `repr(value)`.
pub fn repr(value: &Json) -> String {
    let mut out = String::new();
    let _never = write_repr(&mut out, value);
    out
}

/// `str(value)`: texts as they are, everything else as [`repr`].
pub fn str(value: &Json) -> String {
    let mut out = String::new();
    let _never = write_str(&mut out, value);
    out
}

/// `json.dumps(value)` in a style.
pub fn dumps(value: &Json, style: JsonStyle) -> String {
    let mut out = String::new();
    let _never = write_json(&mut out, value, style);
    out
}
