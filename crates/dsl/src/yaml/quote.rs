//! How a text must be written so that every reader takes it for the same text: YAML 1.1 and 1.2 disagree
//! on what `y`, `1e5`, `0o10` and `010` are, so all of them get quotes.

use std::fmt::Write as _;

use super::{
    resolve::{Kind, kind},
    source::is_allowed,
};

/// A text on one line: plain where nobody can mistake it, else in single quotes, else in double quotes.
pub(super) fn inline(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    if text.chars().all(is_simple) {
        return format!("'{}'", text.replace('\'', "''"));
    }
    double_quoted(text)
}

/// Whether a text of several lines can be a block of its own lines: nothing in it needs an escape.
pub(super) fn is_block(text: &str) -> bool {
    let has_content = text.contains(|c| c != '\n' && c != ' ');
    text.contains('\n') && has_content && text.chars().all(|c| c == '\n' || is_simple(c))
}

/// Printable in both versions, and no line break in either.
fn is_simple(c: char) -> bool {
    let breaks_or_hides = matches!(
        c,
        '\t' | '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}'
    );
    is_allowed(c) && !breaks_or_hides
}

fn is_plain(text: &str) -> bool {
    let first_is_right = text.starts_with(|c: char| {
        c.is_ascii_alphanumeric() || matches!(c, '_' | '/') || (!c.is_ascii() && c != '\u{a0}')
    });
    first_is_right
        && text.chars().all(is_simple)
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.ends_with([':', ' '])
        && kind(text) == Kind::Text
        && !is_core_schema_value(text)
}

/// What only YAML 1.2 takes for a value of another type, and two letters that some readers of 1.1 do.
fn is_core_schema_value(text: &str) -> bool {
    matches!(text, "y" | "Y" | "n" | "N") || is_core_octal(text) || is_core_float(text)
}

fn is_core_octal(text: &str) -> bool {
    text.strip_prefix("0o")
        .is_some_and(|digits| digits.bytes().all(|b| (b'0'..=b'7').contains(&b)))
}

/// Digits with or without dot and exponent. Signs and dots never come first in plain texts.
fn is_core_float(text: &str) -> bool {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let are_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    are_digits(whole) && are_digits(fraction) && are_digits(digits) && !digits.is_empty()
}

fn double_quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_simple(c) => out.push(c),
            c => {
                let code = u32::from(c);
                let _ = match code {
                    0..=0xff => write!(out, "\\x{code:02X}"),
                    0x100..=0xffff => write!(out, "\\u{code:04X}"),
                    _ => write!(out, "\\U{code:08X}"),
                };
            }
        }
    }
    out.push('"');
    out
}
