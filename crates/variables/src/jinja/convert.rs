//! Filters that make numbers and texts of values, as Jinja2's do.

use minijinja::{
    Error, ErrorKind, Value,
    value::{ArgType, Kwargs, ValueKind},
};

use super::print;
use crate::{python::arithmetic::Num, text::BoundedText};

/// The most bytes that a filter makes of a value.
pub(super) const MAX_BYTES: usize = 1 << 20;

/// The longest text that may be a number.
const MAX_NUMBER: usize = 400;

/// `string`: the text that the value prints as.
pub(super) fn string(value: &Value) -> Result<String, Error> {
    let mut out = BoundedText::new(MAX_BYTES);
    let written = print::write_str(&mut out, value);
    out.finish(written)
        .map_err(|error| Error::new(ErrorKind::InvalidOperation, error.to_string()))
}

/// `pprint`: on one line, where Jinja2 breaks long values.
pub(super) fn pprint(value: &Value) -> Result<String, Error> {
    let mut out = BoundedText::new(MAX_BYTES);
    let written = print::write_repr(&mut out, value, 0);
    out.finish(written)
        .map_err(|error| Error::new(ErrorKind::InvalidOperation, error.to_string()))
}

/// `int(default=0, base=10)`: the whole part of a number or of a text that is one, else the default.
#[allow(clippy::cast_possible_truncation)]
pub(super) fn int(
    value: &Value,
    default: Option<Value>,
    base: Option<u32>,
    kwargs: Kwargs,
) -> Result<Value, Error> {
    let default = named(default, "default", &kwargs)?;
    let base = named(base, "base", &kwargs)?;
    kwargs.assert_all_used()?;
    let number = match value.as_str() {
        Some(text) if text.len() > MAX_NUMBER => None,
        Some(text) => match base {
            Some(base) if base != 10 && (2..=36).contains(&base) => {
                i128::from_str_radix(text.trim(), base).ok().map(Num::Int)
            }
            _ => Num::parse(text).ok(),
        },
        None => number_of(value),
    };
    Ok(match number {
        Some(Num::Int(int)) => Value::from(int),
        Some(Num::Float(float)) if float.is_finite() => Value::from(float.trunc() as i128),
        _ => default.unwrap_or_else(|| Value::from(0)),
    })
}

/// An argument that may be given by its place or by its name.
fn named<T: ArgType<'static, Output = T>>(
    by_place: Option<T>,
    name: &'static str,
    kwargs: &Kwargs,
) -> Result<Option<T>, Error>
where
    Option<T>: for<'a> ArgType<'a, Output = Option<T>>,
{
    match by_place {
        Some(value) => Ok(Some(value)),
        None => kwargs.get::<Option<T>>(name),
    }
}

/// `float(default=0.0)`.
pub(super) fn float(value: &Value, default: Option<Value>, kwargs: Kwargs) -> Result<Value, Error> {
    let default = named(default, "default", &kwargs)?;
    kwargs.assert_all_used()?;
    let number = match value.as_str() {
        Some(text) if text.len() > MAX_NUMBER => None,
        Some(text) => Num::parse_float(text).ok(),
        None => number_of(value),
    };
    Ok(match number {
        Some(number) => Value::from(number.as_f64()),
        None => default.unwrap_or_else(|| Value::from(0.0)),
    })
}

fn number_of(value: &Value) -> Option<Num> {
    match value.kind() {
        ValueKind::Bool => Some(Num::Int(i128::from(value.is_true()))),
        ValueKind::Number if value.is_integer() => i128::try_from(value.clone()).ok().map(Num::Int),
        ValueKind::Number => f64::try_from(value.clone()).ok().map(Num::Float),
        _ => None,
    }
}

/// `wordcount`: runs of letters, digits and underscores.
pub(super) fn wordcount(value: &Value) -> Result<usize, Error> {
    let count = |text: &str| {
        let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
        words.filter(|word| !word.is_empty()).count()
    };
    match value.as_str() {
        Some(text) => Ok(count(text)),
        None => string(value).map(|text| count(&text)),
    }
}

/// `escape`: escapes for HTML what was not escaped yet.
pub(super) fn escape(value: &Value) -> Result<Value, Error> {
    if value.is_safe() {
        return Ok(value.clone());
    }
    forceescape(value)
}

/// `forceescape`: escapes for HTML, also what was escaped.
pub(super) fn forceescape(value: &Value) -> Result<Value, Error> {
    let text = string(value)?;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&#34;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    Ok(Value::from_safe_string(out))
}

/// The test `sequence`: texts count.
pub(super) fn is_sequence(value: &Value) -> bool {
    matches!(
        value.kind(),
        ValueKind::Seq | ValueKind::String | ValueKind::Map
    )
}

/// Whether a value can be called: the test `callable`.
pub(super) fn is_callable(value: &Value) -> bool {
    value.kind() == ValueKind::Plain
}
