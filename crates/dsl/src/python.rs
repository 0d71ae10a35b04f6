//! Numbers, texts and JSON as Python prints them: they stand in hashes, in errors and in files that
//! Python reads.

use std::fmt::Write as _;

use serde_json::{Number, Value};

/// A number as `repr` prints it: `1`, `1.0`, `1e-05`, `1e+16`.
pub(crate) fn number(number: &Number) -> String {
    match number.as_f64() {
        Some(value) if number.is_f64() => float(value),
        _ => number.to_string(),
    }
}

/// The shortest digits that read back equal, as `repr` lays them out.
fn float(value: f64) -> String {
    let shortest = Number::from_f64(value.abs()).map_or_else(String::new, |n| n.to_string());
    let (mantissa, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let all = format!("{whole}{fraction}");
    let digits = all.trim_start_matches('0');
    // Where the dot stands, counted from the first digit that is not zero.
    let dot = length(whole) + exponent - (length(&all) - length(digits));
    let digits = digits.trim_end_matches('0');
    let sign = if value.is_sign_negative() { "-" } else { "" };
    if digits.is_empty() {
        return format!("{sign}0.0");
    }
    format!("{sign}{}", lay_out(digits, dot))
}

fn length(text: &str) -> i32 {
    i32::try_from(text.len()).unwrap_or(i32::MAX)
}

fn lay_out(digits: &str, dot: i32) -> String {
    if !(-3..=16).contains(&dot) {
        let (first, rest) = digits.split_at(1);
        let rest = if rest.is_empty() {
            String::new()
        } else {
            format!(".{rest}")
        };
        let exponent = dot - 1;
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{first}{rest}e{sign}{:02}", exponent.abs());
    }
    let Ok(whole) = usize::try_from(dot) else {
        return format!("0.{}{digits}", "0".repeat(dot.unsigned_abs() as usize));
    };
    match digits.split_at_checked(whole) {
        Some(("", fraction)) => format!("0.{fraction}"),
        Some((whole, "")) => format!("{whole}.0"),
        Some((whole, fraction)) => format!("{whole}.{fraction}"),
        None => format!("{digits:0<whole$}.0"),
    }
}

/// A text as `repr` prints it, for errors: in single quotes, or in double ones when it has a single one
/// and no double one.
pub(crate) fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    let mut out = String::from(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c if u32::from(c) < 0x20 || c == '\x7f' => {
                let _ = write!(out, "\\x{:02x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}

/// The class of a value, as `<class 'float'>` names it.
pub(crate) fn class(value: &Value) -> &'static str {
    match value {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "int",
        Value::String(_) => "str",
        Value::Array(_) => "list",
        Value::Object(_) => "dict",
    }
}

/// Whether Python takes a value for false: null, false, zero, and everything that is empty.
pub(crate) fn is_falsy(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
    }
}

/// `json.dumps(value, sort_keys=True)`: keys sorted at all depths, `", "` and `": "` between, everything
/// beyond ASCII escaped.
pub(crate) fn sorted_json(value: &Value) -> String {
    let mut out = String::new();
    write_json(value, &mut out);
    out
}

fn write_json(value: &Value, out: &mut String) {
    match value {
        Value::Null | Value::Bool(_) => {
            let _ = write!(out, "{value}");
        }
        Value::Number(n) => out.push_str(&number(n)),
        Value::String(text) => write_json_text(text, out),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                write_json(item, out);
            }
            out.push(']');
        }
        Value::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_unstable_by_key(|(key, _)| *key);
            out.push('{');
            for (index, (key, item)) in sorted.into_iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                write_json_text(key, out);
                out.push_str(": ");
                write_json(item, out);
            }
            out.push('}');
        }
    }
}

fn write_json_text(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x08' => out.push_str("\\b"),
            '\x0c' => out.push_str("\\f"),
            ' '..='~' => out.push(c),
            _ => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn number_is_printed_as_python_prints_it() {
        let cases = [
            (json!(0), "0"),
            (json!(-7), "-7"),
            (json!(u64::MAX), "18446744073709551615"),
            (json!(0.0), "0.0"),
            (json!(-0.0), "-0.0"),
            (json!(1.0), "1.0"),
            (json!(0.1), "0.1"),
            (json!(-1.5), "-1.5"),
            (json!(100.0), "100.0"),
            (json!(123_456.789), "123456.789"),
            (json!(0.0001), "0.0001"),
            (json!(0.000_123_4), "0.0001234"),
            (json!(0.00001), "1e-05"),
            (json!(1.5e-7), "1.5e-07"),
            (json!(1e15), "1000000000000000.0"),
            (json!(9_999_999_999_999_998.0), "9999999999999998.0"),
            (json!(1e16), "1e+16"),
            (json!(1.25e16), "1.25e+16"),
            (json!(1e22), "1e+22"),
            (json!(5e-324), "5e-324"),
            (json!(f64::MAX), "1.7976931348623157e+308"),
        ];
        for (value, printed) in cases {
            let Value::Number(n) = value else {
                unreachable!()
            };
            assert_eq!(number(&n), printed);
        }
    }

    #[test]
    fn text_in_an_error_is_quoted_as_python_quotes_it() {
        for (text, repr) in [
            ("abc", "'abc'"),
            ("it's", "\"it's\""),
            ("\"it's\"", r#"'"it\'s"'"#),
            ("a\n\\", r"'a\n\\'"),
            ("\x01é", r"'\x01é'"),
        ] {
            assert_eq!(quoted(text), repr);
        }
    }

    #[test]
    fn json_is_sorted_spaced_and_ascii() {
        let value = json!({"b": [1, 2.0, null, true], "a": {"é": "你\u{1f600}\u{7f}\u{8}\"\\"}});
        assert_eq!(
            sorted_json(&value),
            "{\"a\": {\"\\u00e9\": \"\\u4f60\\ud83d\\ude00\\u007f\\b\\\"\\\\\"}, \"b\": [1, 2.0, null, true]}"
        );
    }
}
