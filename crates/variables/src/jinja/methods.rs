//! Methods of Python's texts that minijinja's own list lacks.

use minijinja::{
    Error, ErrorKind, State, Value,
    value::{ValueKind, from_args},
};
use minijinja_contrib::pycompat;

/// The widest text that padding makes.
const MAX_WIDTH: usize = 10_000;

/// A method that minijinja does not know.
pub(super) fn call(
    state: &mut State,
    value: &Value,
    method: &str,
    args: &[Value],
) -> Result<Value, Error> {
    match value.as_str() {
        Some(text) if method == "format" && !is_narrow(text) => Err(Error::new(
            ErrorKind::InvalidOperation,
            "the format asks for too many characters",
        )),
        Some(text) => match of_text(text, method, args)? {
            Some(result) => Ok(Value::from(result)),
            None => pycompat::unknown_method_callback(state, value, method, args),
        },
        None if value.kind() == ValueKind::Seq && method == "append" => Err(Error::new(
            ErrorKind::UnknownMethod,
            "lists cannot be changed in a template: use `list + [item]` and a namespace",
        )),
        None => pycompat::unknown_method_callback(state, value, method, args),
    }
}

/// Whether a format's fields have widths of at most four digits, written in the format itself.
fn is_narrow(format: &str) -> bool {
    let mut depth = 0_usize;
    let mut digits = 0;
    for c in format.replace("{{", "").replace("}}", "").chars() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        digits = if c.is_ascii_digit() && depth > 0 {
            digits + 1
        } else {
            0
        };
        if depth > 1 || digits > 4 {
            return false;
        }
    }
    true
}

fn of_text(text: &str, method: &str, args: &[Value]) -> Result<Option<String>, Error> {
    let padded = || -> Result<(usize, String), Error> {
        let (width, fill): (usize, Option<String>) = from_args(args)?;
        let missing = width.min(MAX_WIDTH).saturating_sub(text.chars().count());
        let fill = fill.unwrap_or_else(|| " ".to_owned());
        if fill.chars().count() != 1 {
            return Err(Error::new(
                ErrorKind::InvalidOperation,
                "The fill character must be exactly one character long",
            ));
        }
        Ok((missing, fill))
    };
    Ok(Some(match method {
        "ljust" => {
            let (missing, fill) = padded()?;
            format!("{text}{}", fill.repeat(missing))
        }
        "rjust" => {
            let (missing, fill) = padded()?;
            format!("{}{text}", fill.repeat(missing))
        }
        "center" => {
            let (missing, fill) = padded()?;
            // Python puts the odd one to the left when the width is odd too.
            let width = missing + text.chars().count();
            let left = missing / 2 + (missing & width & 1);
            format!("{}{text}{}", fill.repeat(left), fill.repeat(missing - left))
        }
        "zfill" => {
            let (width,): (usize,) = from_args(args)?;
            let missing = width.min(MAX_WIDTH).saturating_sub(text.chars().count());
            let digits = text.trim_start_matches(['+', '-']);
            let sign = if text.len() - digits.len() == 1 {
                &text[..1]
            } else {
                ""
            };
            format!("{sign}{}{}", "0".repeat(missing), &text[sign.len()..])
        }
        "removeprefix" => {
            let (prefix,): (String,) = from_args(args)?;
            text.strip_prefix(&prefix).unwrap_or(text).to_owned()
        }
        "removesuffix" => {
            let (suffix,): (String,) = from_args(args)?;
            text.strip_suffix(&suffix).unwrap_or(text).to_owned()
        }
        _ => return Ok(None),
    }))
}

/// `center(width=80)`, the filter.
pub(super) fn center(text: String, width: Option<usize>) -> Result<String, Error> {
    let width = Value::from(width.unwrap_or(80));
    Ok(of_text(&text, "center", &[width])?.unwrap_or(text))
}
