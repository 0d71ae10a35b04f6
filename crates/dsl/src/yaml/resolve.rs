//! What a plain text means in YAML 1.1, with the regular expressions of `PyYAML`'s resolver (they
//! differ from the standard's: a float needs a dot, an exponent its sign, `y` is text).

use serde_json::{Number, Value};

/// What a plain text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing, `~`, `null`.
    Null,
    /// `true`, `yes`, `on` and their opposites, in three spellings each.
    Bool(bool),
    /// Decimal, octal, hexadecimal, binary, to the base of 60.
    Int,
    /// With a dot; `.inf`, `.nan`.
    Float,
    /// A date, with or without time.
    Timestamp,
    /// `<<`.
    Merge,
    /// `=`.
    DefaultValue,
    /// Any other text.
    Text,
}

/// What a plain text is.
pub(super) fn kind(text: &str) -> Kind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Kind::Null,
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Kind::Bool(true),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Kind::Bool(false)
        }
        "<<" => Kind::Merge,
        "=" => Kind::DefaultValue,
        _ if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) => {
            Kind::Text
        }
        _ if is_float(text) => Kind::Float,
        _ if is_int(text) => Kind::Int,
        _ if is_timestamp(text) => Kind::Timestamp,
        _ => Kind::Text,
    }
}

/// The number of a text that [`kind`] calls an integer. Beyond 64 bits it becomes the nearest double,
/// as every reader of JSON would make it; `None` when that is infinite, or there are no digits.
pub(super) fn int(text: &str) -> Option<Value> {
    let plain: String = text.chars().filter(|c| *c != '_').collect();
    let (negative, digits) = signed(&plain);
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'b', ..] => (2, &digits[2..]),
        [b'0', b'x', ..] => (16, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    if digits.contains(':') {
        return sexagesimal_int(negative, digits);
    }
    match i128::from_str_radix(digits, radix) {
        Ok(magnitude) => integer(if negative { -magnitude } else { magnitude }),
        Err(_) if radix == 10 => float_value(if negative { -1.0 } else { 1.0 }, digits),
        Err(_) => None,
    }
}

/// The number of a text that [`kind`] calls a float, or of an integer's digits; `None` when it is not
/// finite.
pub(super) fn float(text: &str) -> Option<Value> {
    let plain: String = text.chars().filter(|c| *c != '_').collect();
    let (negative, digits) = signed(&plain);
    let sign = if negative { -1.0 } else { 1.0 };
    if !digits.contains(':') {
        return float_value(sign, digits);
    }
    let mut value = 0.0;
    for part in digits.split(':') {
        value = value * 60.0 + part.parse::<f64>().ok()?;
    }
    Number::from_f64(sign * value).map(Value::Number)
}

fn float_value(sign: f64, digits: &str) -> Option<Value> {
    let value: f64 = digits.parse().ok()?;
    Number::from_f64(sign * value).map(Value::Number)
}

fn integer(value: i128) -> Option<Value> {
    if let Ok(value) = i64::try_from(value) {
        return Some(value.into());
    }
    if let Ok(value) = u64::try_from(value) {
        return Some(value.into());
    }
    float(&value.to_string())
}

fn sexagesimal_int(negative: bool, digits: &str) -> Option<Value> {
    let mut value: i128 = 0;
    for part in digits.split(':') {
        value = value
            .checked_mul(60)?
            .checked_add(part.parse::<i128>().ok()?)?;
    }
    integer(if negative { -value } else { value })
}

fn signed(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

fn all(text: &str, is: impl Fn(u8) -> bool) -> bool {
    text.bytes().all(is)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && all(text, |b| b.is_ascii_digit())
}

fn is_digit_or_underscore(byte: u8) -> bool {
    byte.is_ascii_digit() || byte == b'_'
}

/// `[0-9][0-9_]*`
fn is_grouped_digits(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit()) && all(text, is_digit_or_underscore)
}

/// `[0-5]?[0-9]`
fn is_sixtieth(text: &str) -> bool {
    match text.as_bytes() {
        [ones] => ones.is_ascii_digit(),
        [tens, ones] => (b'0'..=b'5').contains(tens) && ones.is_ascii_digit(),
        _ => false,
    }
}

fn is_int(text: &str) -> bool {
    let (_, body) = signed(text);
    if body == "0" {
        return true;
    }
    if let Some(digits) = body.strip_prefix("0b") {
        return !digits.is_empty() && all(digits, |b| matches!(b, b'0' | b'1' | b'_'));
    }
    if let Some(digits) = body.strip_prefix("0x") {
        return !digits.is_empty() && all(digits, |b| b.is_ascii_hexdigit() || b == b'_');
    }
    if let Some(digits) = body.strip_prefix('0') {
        return all(digits, |b| matches!(b, b'0'..=b'7' | b'_'));
    }
    let mut parts = body.split(':');
    parts.next().is_some_and(is_grouped_digits) && parts.all(is_sixtieth)
}

fn is_float(text: &str) -> bool {
    let (_, body) = signed(text);
    if matches!(body, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let Some((whole, fraction)) = body.split_once('.') else {
        return false;
    };
    if whole.contains(':') {
        let mut parts = whole.split(':');
        return parts.next().is_some_and(is_grouped_digits)
            && parts.all(is_sixtieth)
            && all(fraction, is_digit_or_underscore);
    }
    let (digits, exponent_is_right) = match fraction.split_once(['e', 'E']) {
        Some((digits, exponent)) => (
            digits,
            exponent.strip_prefix(['+', '-']).is_some_and(is_digits),
        ),
        None => (fraction, true),
    };
    let whole_is_right = match whole {
        // Without digits before the dot: no sign, and digits behind it.
        "" => body.len() == text.len() && is_grouped_digits(digits),
        _ => is_grouped_digits(whole),
    };
    whole_is_right && exponent_is_right && all(digits, is_digit_or_underscore)
}

fn is_timestamp(text: &str) -> bool {
    let Some((date, time)) = text.split_once(['T', 't', ' ', '\t']) else {
        return is_date(text, true);
    };
    // Several blanks may stand between, but nothing else.
    let time = if text[date.len()..].starts_with(['T', 't']) {
        time
    } else {
        time.trim_start_matches([' ', '\t'])
    };
    is_date(date, false) && is_time(time)
}

fn is_date(text: &str, two_digits: bool) -> bool {
    let parts: Vec<&str> = text.splitn(4, '-').collect();
    let short =
        |part: &str| is_digits(part) && (part.len() == 2 || (part.len() == 1 && !two_digits));
    matches!(parts[..], [year, month, day]
        if year.len() == 4 && is_digits(year) && short(month) && short(day))
}

fn is_time(text: &str) -> bool {
    let (clock, zone) = match text.find(['Z', '+', '-', ' ', '\t']) {
        Some(at) => (&text[..at], text[at..].trim_start_matches([' ', '\t'])),
        None => (text, ""),
    };
    // Blanks at the end belong to no plain text, so a zone that is empty means that there is none.
    let (seconds_and_more, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let parts: Vec<&str> = seconds_and_more.splitn(4, ':').collect();
    let two = |part: &str| part.len() == 2 && is_digits(part);
    let clock_is_right = matches!(parts[..], [hour, minute, second]
        if is_digits(hour) && hour.len() <= 2 && two(minute) && two(second));
    clock_is_right && all(fraction, |b| b.is_ascii_digit()) && is_zone(zone)
}

fn is_zone(text: &str) -> bool {
    let Some(offset) = text.strip_prefix(['+', '-']) else {
        return matches!(text, "" | "Z");
    };
    let (hours, minutes) = offset.split_once(':').unwrap_or((offset, "00"));
    is_digits(hours) && hours.len() <= 2 && is_digits(minutes) && minutes.len() == 2
}
