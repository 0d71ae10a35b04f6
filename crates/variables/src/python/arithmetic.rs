//! Numbers as Python computes with them: whole ones stay whole, and compare exactly.

use std::cmp::Ordering;

use serde_json::{Number, Value as Json};

use crate::NodeError;

/// A number. Python's whole numbers have no bound; ours have 128 bits while computing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Num {
    /// A whole number.
    Int(i128),
    /// A number with a fraction.
    Float(f64),
}

impl Num {
    /// The number of a JSON number or boolean (true is 1); `None` for anything else.
    pub fn of(value: &Json) -> Option<Self> {
        match value {
            Json::Bool(truth) => Some(Self::Int(i128::from(*truth))),
            Json::Number(number) => number
                .as_i64()
                .map(i128::from)
                .or_else(|| number.as_u64().map(i128::from))
                .map(Self::Int)
                .or_else(|| number.as_f64().map(Self::Float)),
            _ => None,
        }
    }

    /// `int(text)`: blanks around it, a sign, and underscores between digits are allowed.
    pub fn parse_int(text: &str) -> Result<Self, NodeError> {
        without_underscores(text.trim())
            .and_then(|digits| digits.parse().ok())
            .map(Self::Int)
            .ok_or_else(|| {
                let shown = super::repr(&Json::from(shorten(text)));
                NodeError::value(format!("invalid literal for int() with base 10: {shown}"))
            })
    }

    /// `float(text)`.
    pub fn parse_float(text: &str) -> Result<Self, NodeError> {
        without_underscores(text.trim())
            .and_then(|digits| digits.parse().ok())
            .map(Self::Float)
            .ok_or_else(|| {
                let shown = super::repr(&Json::from(shorten(text)));
                NodeError::value(format!("could not convert string to float: {shown}"))
            })
    }

    /// A whole number when the text is one, a float otherwise.
    pub fn parse(text: &str) -> Result<Self, NodeError> {
        Self::parse_int(text).or_else(|_| Self::parse_float(text))
    }

    /// The number as a float.
    #[allow(clippy::cast_precision_loss)]
    pub const fn as_f64(self) -> f64 {
        match self {
            Self::Int(int) => int as f64,
            Self::Float(float) => float,
        }
    }

    /// How it compares; `None` with a number that is none (`nan`).
    pub fn compare(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => Some(a.cmp(&b)),
            (a, b) => a.as_f64().partial_cmp(&b.as_f64()),
        }
    }

    /// As JSON: whole numbers of more than 64 bits become floats; `None` for what JSON cannot say.
    pub fn to_json(self) -> Option<Json> {
        match self {
            Self::Int(int) => i64::try_from(int)
                .map(Number::from)
                .or_else(|_| u64::try_from(int).map(Number::from))
                .ok()
                .or_else(|| Number::from_f64(self.as_f64())),
            Self::Float(float) => Number::from_f64(float),
        }
        .map(Json::Number)
    }
}

/// Takes out underscores that stand between digits; `None` when one stands elsewhere or the text is no ASCII.
fn without_underscores(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let digit = |at: Option<usize>| {
        at.and_then(|at| bytes.get(at))
            .is_some_and(u8::is_ascii_digit)
    };
    let lawful = |(at, byte): (usize, &u8)| {
        *byte != b'_' || (digit(at.checked_sub(1)) && digit(at.checked_add(1)))
    };
    (text.is_ascii() && bytes.iter().enumerate().all(lawful)).then(|| text.replace('_', ""))
}

/// What messages quote of a text.
fn shorten(text: &str) -> String {
    text.chars().take(100).collect()
}

/// `a == b`: numbers by their value (and true is 1), everything else part by part.
pub fn equal(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Array(a), Json::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b))
        }
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(key, a)| b.get(key).is_some_and(|b| equal(a, b)))
        }
        (a, b) => match (Num::of(a), Num::of(b)) {
            (Some(a), Some(b)) => a.compare(b) == Some(Ordering::Equal),
            _ => a == b,
        },
    }
}

/// `bool(value)`: false for null, false, 0, and what is empty.
pub fn truth(value: &Json) -> bool {
    match value {
        Json::Null => false,
        Json::Bool(truth) => *truth,
        Json::Number(number) => number.as_f64() != Some(0.0),
        Json::String(text) => !text.is_empty(),
        Json::Array(items) => !items.is_empty(),
        Json::Object(members) => !members.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn text_reads_as_a_number_as_in_python() {
        for (text, number) in [
            ("10", Some(Num::Int(10))),
            (" +7\n", Some(Num::Int(7))),
            ("-1_000", Some(Num::Int(-1000))),
            ("1.5", Some(Num::Float(1.5))),
            ("1e3", Some(Num::Float(1000.0))),
            (".5", Some(Num::Float(0.5))),
            ("1__0", None),
            ("_1", None),
            ("", None),
            ("ten", None),
            ("１", None),
        ] {
            assert_eq!(Num::parse(text).ok(), number, "{text:?}");
        }
        let error = Num::parse_int("1.5").unwrap_err();
        assert_eq!(
            error.to_string(),
            "invalid literal for int() with base 10: '1.5'"
        );
    }

    #[test]
    fn values_are_equal_as_in_python() {
        for (a, b, same) in [
            (json!(1), json!(1.0), true),
            (json!(true), json!(1), true),
            (json!("1"), json!(1), false),
            (json!(null), json!(0), false),
            (json!([1, {"a": 2.0}]), json!([1.0, {"a": 2}]), true),
            (json!([1]), json!([1, 1]), false),
            (json!({"a": 1}), json!({"b": 1}), false),
            (json!(u64::MAX), json!(u64::MAX - 1), false),
        ] {
            assert_eq!(equal(&a, &b), same, "{a} {b}");
        }
    }
}
