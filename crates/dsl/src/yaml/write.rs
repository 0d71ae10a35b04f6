//! A value into YAML: block style, keys sorted, lines never folded.

use serde_json::{Map, Number, Value};

use super::quote;
use crate::python;

/// Keys above this many bytes get the form `? key`: readers give up on longer ones of the usual form
/// at 1024 characters.
const MAX_SIMPLE_KEY_BYTES: usize = 128;

/// The value as a YAML document that ends with a line break.
///
/// The same value gives the same text, whatever the order of its keys (sorted, as `yaml.dump` does).
/// [`super::read`] and `PyYAML` read it back equal; other readers do too, because every text that YAML 1.1
/// or 1.2 takes for something else is quoted. Texts of several lines are blocks (`|-`), so that changes
/// of prompts and code are readable as differences of lines.
pub fn write(value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Object(members) if !members.is_empty() => mapping(members, 0, &mut out),
        Value::Array(items) if !items.is_empty() => list(items, 0, &mut out),
        // A block needs a parent to be indented from.
        Value::String(text) => line(&quote::inline(text), &mut out),
        other => line(&scalar(other), &mut out),
    }
    out
}

fn line(text: &str, out: &mut String) {
    out.push_str(text);
    out.push('\n');
}

/// The first key continues the line that is begun.
fn mapping(members: &Map<String, Value>, indent: usize, out: &mut String) {
    let mut sorted: Vec<_> = members.iter().collect();
    sorted.sort_unstable_by_key(|(key, _)| *key);
    for (index, (key, value)) in sorted.into_iter().enumerate() {
        if index > 0 {
            out.extend(std::iter::repeat_n(' ', indent));
        }
        let key = quote::inline(key);
        if key.len() > MAX_SIMPLE_KEY_BYTES {
            out.push_str("? ");
            line(&key, out);
            out.extend(std::iter::repeat_n(' ', indent));
        } else {
            out.push_str(&key);
        }
        out.push(':');
        member(value, indent, out);
    }
}

/// What stands behind `key:`.
fn member(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            begin_line(indent + 2, out);
            mapping(members, indent + 2, out);
        }
        // As `yaml.dump` does: dashes stand under the key.
        Value::Array(items) if !items.is_empty() => {
            begin_line(indent, out);
            list(items, indent, out);
        }
        other => {
            out.push(' ');
            leaf(other, indent, out);
        }
    }
}

fn begin_line(indent: usize, out: &mut String) {
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', indent));
}

/// The first dash continues the line that is begun.
fn list(items: &[Value], indent: usize, out: &mut String) {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.extend(std::iter::repeat_n(' ', indent));
        }
        out.push_str("- ");
        match item {
            Value::Object(members) if !members.is_empty() => mapping(members, indent + 2, out),
            Value::Array(items) if !items.is_empty() => list(items, indent + 2, out),
            other => leaf(other, indent, out),
        }
    }
}

fn leaf(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::String(text) if quote::is_block(text) => block(text, indent + 2, out),
        other => line(&scalar(other), out),
    }
}

fn scalar(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(value) => number(value),
        Value::String(text) => quote::inline(text),
        Value::Array(_) => "[]".to_owned(),
        Value::Object(_) => "{}".to_owned(),
    }
}

/// As Python prints it, with the dot that YAML 1.1 wants before an exponent.
fn number(value: &Number) -> String {
    let text = python::number(value);
    if text.contains('.') {
        text
    } else {
        text.replacen('e', ".0e", 1)
    }
}

/// The lines of a text, with an indicator for what its ends are.
fn block(text: &str, indent: usize, out: &mut String) {
    out.push('|');
    // Readers find the indentation by the first line that has content, unless told.
    if text.starts_with([' ', '\n']) {
        out.push('2');
    }
    let content = match text.strip_suffix('\n') {
        None => {
            out.push('-');
            text
        }
        Some(content) => {
            if content.ends_with('\n') {
                out.push('+');
            }
            content
        }
    };
    out.push('\n');
    for content in content.split('\n') {
        if !content.is_empty() {
            out.extend(std::iter::repeat_n(' ', indent));
        }
        line(content, out);
    }
}
