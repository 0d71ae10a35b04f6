//! What tokens cost.

use serde::{Deserialize, Serialize};

use crate::decimal::Decimal;

/// The price of a model: `input` and `output` for every `1 / unit` tokens, in `currency`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pricing {
    /// For what is sent.
    pub input: Decimal,
    /// For what comes back.
    #[serde(default = "nothing")]
    pub output: Decimal,
    /// The share of the price that one token costs: `0.000001` where prices are per million.
    #[serde(default = "per_million")]
    pub unit: Decimal,
    /// The currency, by ISO 4217.
    #[serde(default = "dollars")]
    pub currency: String,
}

impl Pricing {
    /// Of a model that costs nothing, or of which nobody knows.
    pub fn none() -> Self {
        Self {
            input: Decimal::ZERO,
            output: Decimal::ZERO,
            unit: Decimal::ZERO,
            currency: dollars(),
        }
    }

    /// What so many tokens cost at a price, rounded to seven places half up; `0` where there is no price.
    pub fn of(&self, unit_price: Decimal, tokens: u64) -> Decimal {
        if unit_price.is_zero() {
            return Decimal::ZERO;
        }
        unit_price.times_count(tokens).times(self.unit).as_price()
    }
}

fn nothing() -> Decimal {
    Decimal::ZERO
}

fn per_million() -> Decimal {
    "0.000001".parse().unwrap_or(Decimal::ZERO)
}

fn dollars() -> String {
    "USD".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_per_million_dollars_unless_it_says_otherwise() {
        let pricing: Pricing = serde_json::from_str(r#"{"input":"0.15"}"#).unwrap();
        assert_eq!(pricing.unit.to_string(), "0.000001");
        assert_eq!(pricing.currency, "USD");
        assert_eq!(pricing.of(pricing.input, 20).to_string(), "0.0000030");
        assert_eq!(pricing.of(pricing.output, 20).to_string(), "0");
    }
}
