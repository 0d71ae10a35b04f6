//! `repr` and `str`: quotes, escapes, `True`, `None`.

use std::fmt::{self, Write};

use serde_json::Value as Json;

use super::number::write_number;

/// `str(value)`: texts as they are, everything else as its `repr`.
pub fn write_str<W: Write + ?Sized>(out: &mut W, value: &Json) -> fmt::Result {
    match value {
        Json::String(text) => out.write_str(text),
        other => write_repr(out, other),
    }
}

/// `repr(value)`: `{'a': [1, True, None]}`.
pub fn write_repr<W: Write + ?Sized>(out: &mut W, value: &Json) -> fmt::Result {
    match value {
        Json::Null => out.write_str("None"),
        Json::Bool(true) => out.write_str("True"),
        Json::Bool(false) => out.write_str("False"),
        Json::Number(number) => write_number(out, number),
        Json::String(text) => write_repr_of_text(out, text),
        Json::Array(items) => {
            out.write_str("[")?;
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.write_str(", ")?;
                }
                write_repr(out, item)?;
            }
            out.write_str("]")
        }
        Json::Object(members) => {
            out.write_str("{")?;
            for (index, (key, member)) in members.iter().enumerate() {
                if index > 0 {
                    out.write_str(", ")?;
                }
                write_repr_of_text(out, key)?;
                out.write_str(": ")?;
                write_repr(out, member)?;
            }
            out.write_str("}")
        }
    }
}

/// `repr` of a text: single quotes unless only they occur in it, escapes for what cannot be seen.
pub fn write_repr_of_text<W: Write + ?Sized>(out: &mut W, text: &str) -> fmt::Result {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    out.write_char(quote)?;
    for c in text.chars() {
        match c {
            '\\' => out.write_str("\\\\")?,
            '\n' => out.write_str("\\n")?,
            '\r' => out.write_str("\\r")?,
            '\t' => out.write_str("\\t")?,
            c if c == quote => write!(out, "\\{c}")?,
            ' '..='~' => out.write_char(c)?,
            c if is_printable(c) => out.write_char(c)?,
            c => write_escape(out, u32::from(c))?,
        }
    }
    out.write_char(quote)
}

fn write_escape<W: Write + ?Sized>(out: &mut W, code: u32) -> fmt::Result {
    match code {
        0..=0xff => write!(out, "\\x{code:02x}"),
        0x100..=0xffff => write!(out, "\\u{code:04x}"),
        _ => write!(out, "\\U{code:08x}"),
    }
}

/// Whether a character above ASCII can be seen: neither control, format, surrogate, private, unassigned nor a
/// separator. The standard library knows (its `Debug` escapes exactly these), but only within a text does it
/// leave combining characters alone.
fn is_printable(c: char) -> bool {
    let mut buffer = [b'a', 0, 0, 0, 0];
    let length = 1 + c.encode_utf8(&mut buffer[1..]).len();
    match str::from_utf8(&buffer[..length]) {
        Ok(text) => text.escape_debug().nth(1) == Some(c),
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn value_prints_as_python_prints_it() {
        for (value, text) in [
            (json!(null), "None"),
            (json!([true, false]), "[True, False]"),
            (json!([]), "[]"),
            (json!({}), "{}"),
            (json!([1, 1.0, 1e16]), "[1, 1.0, 1e+16]"),
            (json!({"a": [1, {"b": null}]}), "{'a': [1, {'b': None}]}"),
            (json!("x"), "'x'"),
            (json!("it's"), "\"it's\""),
            (json!("it's \"so\""), "'it\\'s \"so\"'"),
            (json!("\"so\""), "'\"so\"'"),
            (json!("a\nb\tc\r\\"), "'a\\nb\\tc\\r\\\\'"),
            (json!("\u{0}\u{1b}\u{7f}"), "'\\x00\\x1b\\x7f'"),
            (json!("é你好🎉"), "'é你好🎉'"),
            (json!("\u{a0}\u{ad}\u{200b}"), "'\\xa0\\xad\\u200b'"),
            (json!("e\u{301}"), "'e\u{301}'"),
            (json!("\u{2028}\u{e000}"), "'\\u2028\\ue000'"),
            (json!("\u{e0001}\u{10ffff}"), "'\\U000e0001\\U0010ffff'"),
        ] {
            let mut out = String::new();
            write_repr(&mut out, &value).unwrap();
            assert_eq!(out, text);
        }
    }
}
