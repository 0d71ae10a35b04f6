//! Sums of prices: decimals as text, added without loss, printed as Python prints a `Decimal`.

use serde::{Deserialize, Serialize};

/// A non-negative decimal number: `digits` · 10^-`scale`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    digits: u64,
    scale: u8,
}

impl Default for Price {
    /// `0.0`: what a run without models costs.
    fn default() -> Self {
        Self {
            digits: 0,
            scale: 1,
        }
    }
}

/// More places than this are cut: prices per token have seven.
const MAX_SCALE: i32 = 18;

impl Price {
    /// Reads `0.0000072`, `9E-7`, `12`; anything else is nothing.
    pub fn parse(text: &str) -> Option<Self> {
        let (number, exponent) = match text.split_once(['E', 'e']) {
            Some((number, exponent)) => (number, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let places = i32::try_from(fraction.len()).ok()?;
        let mut digits: u64 = format!("{whole}{fraction}").parse().ok()?;
        let mut scale = places.checked_sub(exponent)?;
        while scale < 0 && digits > 0 {
            digits = digits.checked_mul(10)?;
            scale += 1;
        }
        while scale > MAX_SCALE && digits > 0 {
            digits /= 10;
            scale -= 1;
        }
        let scale = u8::try_from(scale.clamp(0, MAX_SCALE)).ok()?;
        Some(Self { digits, scale })
    }

    /// The sum; what does not fit saturates.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        let scale = self.scale.max(other.scale);
        let lift = |price: Self| {
            price
                .digits
                .saturating_mul(10_u64.saturating_pow(u32::from(scale - price.scale)))
        };
        Self {
            digits: lift(self).saturating_add(lift(other)),
            scale,
        }
    }

    /// As a Python `Decimal` prints itself: with an exponent below 10^-6.
    pub fn print(self) -> String {
        let digits = self.digits.to_string();
        let scale = usize::from(self.scale);
        if scale > digits.len() + 5 {
            let (first, rest) = digits.split_at(1);
            let point = if rest.is_empty() { "" } else { "." };
            let exponent = scale - digits.len() + 1;
            return format!("{first}{point}{rest}E-{exponent}");
        }
        if scale == 0 {
            return digits;
        }
        let padded = format!("{digits:0>width$}", width = scale + 1);
        let (whole, fraction) = padded.split_at(padded.len() - scale);
        format!("{whole}.{fraction}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn price_prints_as_it_was_read() {
        for text in [
            "0.0",
            "0.0000072",
            "9E-7",
            "0E-7",
            "1.5E-8",
            "12",
            "0.15",
            "123.4500",
        ] {
            assert_eq!(Price::parse(text).map(Price::print).as_deref(), Some(text));
        }
        for text in ["", "-1", "x", "1e99999999999", "1E40"] {
            assert_eq!(Price::parse(text), None, "{text}");
        }
    }

    #[test]
    fn sum_keeps_the_smallest_place() {
        for (one, other, sum) in [
            ("0.0", "0.0000072", "0.0000072"),
            ("9E-7", "1E-7", "0.0000010"),
            ("0.5", "0.25", "0.75"),
            ("3", "0.0", "3.0"),
        ] {
            let (one, other) = (Price::parse(one).unwrap(), Price::parse(other).unwrap());
            assert_eq!(one.plus(other).print(), sum);
        }
    }
}
