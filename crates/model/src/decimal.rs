//! Money as decimal numbers: exact, and written as Python's `decimal` writes them, because clients see
//! those texts (`"0.60"`, `"0.0000018"`, `"9E-7"`, `"0E-7"`).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The most digits that a written number may have; three of them times a count of 64 bits fit.
const MAX_DIGITS: usize = 9;
/// The smallest power of ten that a written number may end at.
const SMALLEST: i32 = -15;
/// Prices are rounded to so many places behind the point.
const PLACES: i32 = -7;

/// `coefficient × 10^exponent`. Trailing zeros are kept, as they were written.
#[derive(Debug, Clone, Copy)]
pub struct Decimal {
    coefficient: i128,
    exponent: i32,
}

/// The text is no decimal number from 0 with at most nine digits, the last one not behind the 15th place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a decimal number from 0 with at most nine digits")]
pub struct NotADecimal;

impl Decimal {
    /// Nothing, written `0`: what has no price.
    pub const ZERO: Self = Self::new(0, 0);
    /// Nothing, written `0.0`: the usage of a call that was not made.
    pub const UNUSED: Self = Self::new(0, -1);

    const fn new(coefficient: i128, exponent: i32) -> Self {
        Self {
            coefficient,
            exponent,
        }
    }

    /// Whether it is nothing, however written.
    pub fn is_zero(self) -> bool {
        self.coefficient == 0
    }

    /// The product, unrounded. Saturates beyond 127 bits.
    #[must_use]
    pub fn times(self, other: Self) -> Self {
        let coefficient = self.coefficient.saturating_mul(other.coefficient);
        Self::new(coefficient, self.exponent + other.exponent)
    }

    /// So many times this, unrounded. Saturates beyond 127 bits.
    #[must_use]
    pub fn times_count(self, count: u64) -> Self {
        let coefficient = self.coefficient.saturating_mul(i128::from(count));
        Self::new(coefficient, self.exponent)
    }

    /// The sum, with as many places as the more exact of the two. Saturates beyond 127 bits.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        let exponent = self.exponent.min(other.exponent);
        let sum = self.at(exponent).saturating_add(other.at(exponent));
        Self::new(sum, exponent)
    }

    /// Rounded to seven places behind the point, half away from zero: what prices are.
    #[must_use]
    pub fn as_price(self) -> Self {
        if self.exponent >= PLACES {
            return Self::new(self.at(PLACES), PLACES);
        }
        let unit = power(PLACES - self.exponent);
        let rounded = (self.coefficient.saturating_add(unit / 2)) / unit;
        Self::new(rounded, PLACES)
    }

    /// The coefficient at an exponent that is not greater than its own.
    fn at(self, exponent: i32) -> i128 {
        self.coefficient
            .saturating_mul(power(self.exponent - exponent))
    }
}

/// Ten to the power of it; saturates.
fn power(of: i32) -> i128 {
    10_i128.saturating_pow(of.unsigned_abs())
}

/// Equal in value: `0.60` is `0.6`.
impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        let exponent = self.exponent.min(other.exponent);
        self.at(exponent) == other.at(exponent)
    }
}

impl Eq for Decimal {}

impl FromStr for Decimal {
    type Err = NotADecimal;

    fn from_str(text: &str) -> Result<Self, NotADecimal> {
        let (digits, power) = match text.split_once(['e', 'E']) {
            Some((digits, power)) => (digits, power.parse::<i32>().map_err(|_| NotADecimal)?),
            None => (text, 0),
        };
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let all = format!("{whole}{part}");
        let is_number = !all.is_empty() && all.bytes().all(|byte| byte.is_ascii_digit());
        let significant = all.trim_start_matches('0');
        let places = i32::try_from(part.len()).map_err(|_| NotADecimal)?;
        let exponent = power.checked_sub(places).ok_or(NotADecimal)?;
        if !is_number || significant.len() > MAX_DIGITS || !(SMALLEST..=9).contains(&exponent) {
            return Err(NotADecimal);
        }
        let coefficient = all.parse().map_err(|_| NotADecimal)?;
        Ok(Self::new(coefficient, exponent))
    }
}

/// As `str(Decimal)` in Python: plainly unless it has an exponent above 0 or more than six places of
/// nothing but noughts before its first digit.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.coefficient.to_string();
        let count = i32::try_from(digits.len()).unwrap_or(i32::MAX);
        let before_point = self.exponent + count;
        if self.exponent <= 0 && before_point > -6 {
            return match usize::try_from(before_point) {
                Ok(at) if at == digits.len() => f.write_str(&digits),
                Ok(at) if at > 0 => write!(f, "{}.{}", &digits[..at], &digits[at..]),
                _ => {
                    let noughts = "0".repeat(before_point.unsigned_abs() as usize);
                    write!(f, "0.{noughts}{digits}")
                }
            };
        }
        let (first, rest) = digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        write!(f, "{first}{point}{rest}E{:+}", before_point - 1)
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn numbers_are_written_as_pythons_decimal_writes_them() {
        for (text, written) in [
            ("0", "0"),
            ("0.0", "0.0"),
            ("0.60", "0.60"),
            ("0.6", "0.6"),
            ("0.000001", "0.000001"),
            ("0.0000001", "1E-7"),
            ("0.0000019", "0.0000019"),
            ("1e-6", "0.000001"),
            ("1.5e-9", "1.5E-9"),
            ("12", "12"),
            ("120.05", "120.05"),
            ("12e2", "1.2E+3"),
            ("007.50", "7.50"),
        ] {
            assert_eq!(decimal(text).to_string(), written, "{text}");
        }
    }

    #[test]
    fn prices_are_rounded_to_seven_places_half_up() {
        for (count, unit_price, price) in [
            (20, "0.15", "0.0000030"),
            (7, "0.60", "0.0000042"),
            (6, "0.15", "9E-7"),
            (0, "0.60", "0E-7"),
            (5, "0.15", "8E-7"),
            (1, "0.15", "2E-7"),
            (14, "0.15", "0.0000021"),
            (2, "0.15", "3E-7"),
        ] {
            let price_of = decimal(unit_price)
                .times_count(count)
                .times(decimal("0.000001"));
            assert_eq!(price_of.as_price().to_string(), price, "{count}");
        }
    }

    #[test]
    fn sums_keep_the_more_exact_places_and_extremes_saturate() {
        assert_eq!(
            decimal("0.0000004").plus(decimal("0.0000012")).to_string(),
            "0.0000016"
        );
        assert_eq!(Decimal::ZERO.plus(Decimal::UNUSED).to_string(), "0.0");
        let greatest = decimal("999999999e9").times_count(u64::MAX);
        assert!(!greatest.times(decimal("999999999")).as_price().is_zero());
    }

    #[test]
    fn what_is_no_price_is_refused() {
        for text in [
            "",
            ".",
            "-1",
            "+1",
            "1,5",
            "abc",
            "1e",
            "1e99",
            "1e-99",
            "1234567890",
            "NaN",
            "１",
        ] {
            assert_eq!(text.parse::<Decimal>().err(), Some(NotADecimal), "{text}");
        }
    }
}
