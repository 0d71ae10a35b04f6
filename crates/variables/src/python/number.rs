//! Numbers: Python's `repr` of a float has the shortest digits that read back, laid out by rules of its own.

use std::fmt::{self, Write};

use serde_json::Number;

/// Writes a number as Python prints it: `1`, `1.0`, `1e+16`, `1e-05`.
pub fn write_number<W: Write + ?Sized>(out: &mut W, number: &Number) -> fmt::Result {
    match number.as_f64().filter(|_| number.is_f64()) {
        Some(float) => write_float(out, float),
        None => write!(out, "{number}"),
    }
}

/// Writes a float as Python prints it: without an exponent from 0.0001 to below 1e16, and always with a point
/// or an exponent.
pub fn write_float<W: Write + ?Sized>(out: &mut W, float: f64) -> fmt::Result {
    if float.is_nan() {
        return out.write_str("nan");
    }
    if float.is_sign_negative() {
        out.write_str("-")?;
    }
    if float.is_infinite() {
        return out.write_str("inf");
    }
    let mut buffer = zmij::Buffer::new();
    let (digits, point) = digits_of(buffer.format_finite(float.abs()));
    if -4 < point && point <= 16 {
        write_plain(out, &digits, point)
    } else {
        write_scientific(out, &digits, point - 1)
    }
}

/// The digits of a printed float without zeros around them, and where the point stands: the number is
/// `0.digits × 10^point`.
fn digits_of(printed: &str) -> (String, i32) {
    let (mantissa, exponent) = printed.split_once('e').unwrap_or((printed, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{fraction}");
    let leading = all.len() - all.trim_start_matches('0').len();
    let digits = all.trim_matches('0');
    if digits.is_empty() {
        return ("0".to_owned(), 1);
    }
    let length = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
    let point = exponent + length(whole.len()) - length(leading);
    (digits.to_owned(), point)
}

fn write_plain<W: Write + ?Sized>(out: &mut W, digits: &str, point: i32) -> fmt::Result {
    let zeros = |out: &mut W, n: usize| (0..n).try_for_each(|_| out.write_str("0"));
    let Ok(whole) = usize::try_from(point) else {
        out.write_str("0.")?;
        zeros(out, usize::try_from(-point).unwrap_or_default())?;
        return out.write_str(digits);
    };
    if whole == 0 {
        out.write_str("0.")?;
        return out.write_str(digits);
    }
    if whole >= digits.len() {
        out.write_str(digits)?;
        zeros(out, whole - digits.len())?;
        return out.write_str(".0");
    }
    write!(out, "{}.{}", &digits[..whole], &digits[whole..])
}

fn write_scientific<W: Write + ?Sized>(out: &mut W, digits: &str, exponent: i32) -> fmt::Result {
    out.write_str(&digits[..1])?;
    if digits.len() > 1 {
        write!(out, ".{}", &digits[1..])?;
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    write!(out, "e{sign}{:02}", exponent.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn float_prints_as_python_prints_it() {
        for (float, text) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (-1.5, "-1.5"),
            (0.1, "0.1"),
            (0.1 + 0.2, "0.30000000000000004"),
            (100.0, "100.0"),
            (123_456_789.125, "123456789.125"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (0.000_012_345, "1.2345e-05"),
            (1e15, "1000000000000000.0"),
            (9_999_999_999_999_998.0, "9999999999999998.0"),
            (1e16, "1e+16"),
            (1.5e16, "1.5e+16"),
            (1e22, "1e+22"),
            (1e100, "1e+100"),
            (1e-7, "1e-07"),
            (1.5e-10, "1.5e-10"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            // Two shortest texts are equally near: the even digit wins.
            (9_007_199_254_740_993.0, "9007199254740992.0"),
            (5e-323, "5e-323"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            let mut out = String::new();
            write_float(&mut out, float).unwrap();
            assert_eq!(out, text);
            if float.is_finite() {
                assert_eq!(out.parse::<f64>().unwrap().to_bits(), float.to_bits());
            }
        }
    }

    #[test]
    fn whole_numbers_print_all_their_digits() {
        for (number, text) in [
            (Number::from(-7), "-7"),
            (Number::from(u64::MAX), "18446744073709551615"),
            (Number::from(i64::MIN), "-9223372036854775808"),
        ] {
            let mut out = String::new();
            write_number(&mut out, &number).unwrap();
            assert_eq!(out, text);
        }
    }
}
