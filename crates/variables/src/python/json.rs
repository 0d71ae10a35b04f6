//! `json.dumps`: its separators, indentation, escapes and numbers.

use std::fmt::{self, Write};

use serde_json::{Map, Value as Json};

use super::number::write_number;

/// How `json.dumps` is asked to write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JsonStyle {
    /// Spaces per level; `None` writes one line with `", "` and `": "`.
    pub indent: Option<usize>,
    /// Whether characters above ASCII become `\uXXXX`.
    pub ascii: bool,
    /// Whether keys are sorted (by their characters).
    pub sort_keys: bool,
}

/// Writes `json.dumps(value)`.
pub fn write_json<W: Write + ?Sized>(out: &mut W, value: &Json, style: JsonStyle) -> fmt::Result {
    write_at(out, value, style, 0)
}

fn write_at<W: Write + ?Sized>(
    out: &mut W,
    value: &Json,
    style: JsonStyle,
    level: usize,
) -> fmt::Result {
    match value {
        Json::Null => out.write_str("null"),
        Json::Bool(truth) => write!(out, "{truth}"),
        Json::Number(number) => write_number(out, number),
        Json::String(text) => write_text(out, text, style.ascii),
        Json::Array(items) if items.is_empty() => out.write_str("[]"),
        Json::Object(members) if members.is_empty() => out.write_str("{}"),
        Json::Array(items) => {
            out.write_str("[")?;
            for (index, item) in items.iter().enumerate() {
                separate(out, style, index, level + 1)?;
                write_at(out, item, style, level + 1)?;
            }
            break_line(out, style, level)?;
            out.write_str("]")
        }
        Json::Object(members) => write_members(out, members, style, level),
    }
}

fn write_members<W: Write + ?Sized>(
    out: &mut W,
    members: &Map<String, Json>,
    style: JsonStyle,
    level: usize,
) -> fmt::Result {
    let mut sorted: Vec<(&String, &Json)> = members.iter().collect();
    if style.sort_keys {
        sorted.sort_by_key(|(key, _)| *key);
    }
    out.write_str("{")?;
    for (index, (key, member)) in sorted.into_iter().enumerate() {
        separate(out, style, index, level + 1)?;
        write_text(out, key, style.ascii)?;
        out.write_str(": ")?;
        write_at(out, member, style, level + 1)?;
    }
    break_line(out, style, level)?;
    out.write_str("}")
}

fn separate<W: Write + ?Sized>(
    out: &mut W,
    style: JsonStyle,
    index: usize,
    level: usize,
) -> fmt::Result {
    if index > 0 {
        out.write_str(if style.indent.is_some() { "," } else { ", " })?;
    }
    break_line(out, style, level)
}

fn break_line<W: Write + ?Sized>(out: &mut W, style: JsonStyle, level: usize) -> fmt::Result {
    let Some(indent) = style.indent else {
        return Ok(());
    };
    out.write_str("\n")?;
    (0..indent.saturating_mul(level)).try_for_each(|_| out.write_str(" "))
}

fn write_text<W: Write + ?Sized>(out: &mut W, text: &str, ascii: bool) -> fmt::Result {
    out.write_str("\"")?;
    for c in text.chars() {
        match c {
            '"' => out.write_str("\\\"")?,
            '\\' => out.write_str("\\\\")?,
            '\n' => out.write_str("\\n")?,
            '\r' => out.write_str("\\r")?,
            '\t' => out.write_str("\\t")?,
            '\u{8}' => out.write_str("\\b")?,
            '\u{c}' => out.write_str("\\f")?,
            c if c < ' ' => write!(out, "\\u{:04x}", u32::from(c))?,
            // Python counts DEL among ASCII: it is written as it is.
            c if ascii && !c.is_ascii() => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    write!(out, "\\u{unit:04x}")?;
                }
            }
            c => out.write_char(c)?,
        }
    }
    out.write_str("\"")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn dumps(value: &Json, style: JsonStyle) -> String {
        let mut out = String::new();
        write_json(&mut out, value, style).unwrap();
        out
    }

    #[test]
    fn value_is_written_as_json_dumps_writes_it() {
        let line = JsonStyle::default();
        let two = JsonStyle {
            indent: Some(2),
            ..line
        };
        let ascii = JsonStyle {
            ascii: true,
            sort_keys: true,
            ..line
        };
        for (value, style, text) in [
            (
                json!({"a": 1, "é": [1, 2]}),
                line,
                r#"{"a": 1, "é": [1, 2]}"#,
            ),
            (
                json!([1.0, 1e16, true, null]),
                line,
                "[1.0, 1e+16, true, null]",
            ),
            (
                json!({"a": {}, "b": []}),
                two,
                "{\n  \"a\": {},\n  \"b\": []\n}",
            ),
            (
                json!([[1], {"k": 2}]),
                two,
                "[\n  [\n    1\n  ],\n  {\n    \"k\": 2\n  }\n]",
            ),
            (
                json!("a\"\\\n\u{1}\u{7f}"),
                line,
                "\"a\\\"\\\\\\n\\u0001\u{7f}\"",
            ),
            (
                json!({"b": "é🎉", "a": 0}),
                ascii,
                r#"{"a": 0, "b": "\u00e9\ud83c\udf89"}"#,
            ),
        ] {
            assert_eq!(dumps(&value, style), text);
        }
    }
}
