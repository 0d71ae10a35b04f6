//! What a call used and cost, as clients see it.

use serde::{Deserialize, Serialize};

use crate::{decimal::Decimal, price::Pricing, token::TokenCount};

/// Seconds of a call, for its usage.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Timing {
    /// From the call to the end.
    pub total: f64,
    /// From the call to the first text; absent when there was none, and when nobody hears of an answer before it is whole.
    pub first: Option<f64>,
}

/// The usage object of events, outputs and records. The order of its members is the order on the wire;
/// prices are texts, numbers of tokens integers, times seconds with three places.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    /// How many tokens were sent.
    pub prompt_tokens: u64,
    /// For so many tokens as `prompt_price_unit` says.
    pub prompt_unit_price: Decimal,
    /// The share of the unit price that one token costs.
    pub prompt_price_unit: Decimal,
    /// What the tokens sent cost.
    pub prompt_price: Decimal,
    /// How many tokens were received.
    pub completion_tokens: u64,
    /// As for the prompt.
    pub completion_unit_price: Decimal,
    /// As for the prompt.
    pub completion_price_unit: Decimal,
    /// What the tokens received cost.
    pub completion_price: Decimal,
    /// Tokens sent and received together.
    pub total_tokens: u64,
    /// Prices of what was sent and received together.
    pub total_price: Decimal,
    /// The currency, by ISO 4217.
    pub currency: String,
    /// Seconds from the call to its end.
    pub latency: f64,
    /// Seconds to the first text; null without text, for answers that are not streamed, and in classic apps.
    pub time_to_first_token: Option<f64>,
    /// Seconds from the first text to the end; null where the former is.
    pub time_to_generate: Option<f64>,
}

impl Usage {
    /// Of a call that was not made.
    pub fn none() -> Self {
        let nothing = Decimal::UNUSED;
        Self {
            prompt_tokens: 0,
            prompt_unit_price: nothing,
            prompt_price_unit: nothing,
            prompt_price: nothing,
            completion_tokens: 0,
            completion_unit_price: nothing,
            completion_price_unit: nothing,
            completion_price: nothing,
            total_tokens: 0,
            total_price: nothing,
            currency: "USD".to_owned(),
            latency: 0.0,
            time_to_first_token: None,
            time_to_generate: None,
        }
    }

    /// Of a call that used so many tokens of a model with such prices.
    pub fn of(tokens: TokenCount, pricing: &Pricing, timing: Timing) -> Self {
        let prompt_price = pricing.of(pricing.input, tokens.prompt);
        let completion_price = pricing.of(pricing.output, tokens.completion);
        Self {
            prompt_tokens: tokens.prompt,
            prompt_unit_price: pricing.input,
            prompt_price_unit: pricing.unit,
            prompt_price,
            completion_tokens: tokens.completion,
            completion_unit_price: pricing.output,
            completion_price_unit: pricing.unit,
            completion_price,
            total_tokens: tokens.prompt.saturating_add(tokens.completion),
            total_price: prompt_price.plus(completion_price),
            currency: pricing.currency.clone(),
            latency: milliseconds(timing.total),
            time_to_first_token: timing.first.map(milliseconds),
            time_to_generate: timing.first.map(|first| milliseconds(timing.total - first)),
        }
    }

    /// Both together: tokens, prices and time add up, unit prices are those of the later call.
    #[must_use]
    pub fn plus(&self, later: &Self) -> Self {
        let later_or = |old: Decimal, new: Decimal| if new.is_zero() { old } else { new };
        Self {
            prompt_tokens: self.prompt_tokens.saturating_add(later.prompt_tokens),
            prompt_unit_price: later_or(self.prompt_unit_price, later.prompt_unit_price),
            prompt_price_unit: later_or(self.prompt_price_unit, later.prompt_price_unit),
            prompt_price: self.prompt_price.plus(later.prompt_price),
            completion_tokens: self
                .completion_tokens
                .saturating_add(later.completion_tokens),
            completion_unit_price: later_or(
                self.completion_unit_price,
                later.completion_unit_price,
            ),
            completion_price_unit: later_or(
                self.completion_price_unit,
                later.completion_price_unit,
            ),
            completion_price: self.completion_price.plus(later.completion_price),
            total_tokens: self.total_tokens.saturating_add(later.total_tokens),
            total_price: self.total_price.plus(later.total_price),
            currency: later.currency.clone(),
            latency: milliseconds(self.latency + later.latency),
            time_to_first_token: self.time_to_first_token.or(later.time_to_first_token),
            time_to_generate: later.time_to_generate.or(self.time_to_generate),
        }
    }
}

fn milliseconds(seconds: f64) -> f64 {
    (seconds * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn priced() -> Pricing {
        serde_json::from_str(r#"{"input":"0.15","output":"0.60"}"#).unwrap()
    }

    /// The text that a client of Dify got for this very call.
    #[test]
    fn usage_is_written_as_recorded() {
        let tokens = TokenCount {
            prompt: 20,
            completion: 7,
        };
        let timing = Timing {
            total: 0.011_2,
            first: Some(0.008_1),
        };
        let written = serde_json::to_string(&Usage::of(tokens, &priced(), timing)).unwrap();
        assert_eq!(
            written,
            concat!(
                r#"{"prompt_tokens":20,"prompt_unit_price":"0.15","prompt_price_unit":"0.000001","prompt_price":"0.0000030","#,
                r#""completion_tokens":7,"completion_unit_price":"0.60","completion_price_unit":"0.000001","completion_price":"0.0000042","#,
                r#""total_tokens":27,"total_price":"0.0000072","currency":"USD","latency":0.011,"time_to_first_token":0.008,"time_to_generate":0.003}"#
            )
        );
    }

    #[test]
    fn usage_without_price_is_nought_and_without_a_call_nought_point_nought() {
        let tokens = TokenCount {
            prompt: 11,
            completion: 3,
        };
        let free = Usage::of(tokens, &Pricing::none(), Timing::default());
        assert_eq!(free.total_price.to_string(), "0");
        assert_eq!(free.completion_unit_price.to_string(), "0");
        assert_eq!(free.total_tokens, 14);
        let unused = serde_json::to_value(Usage::none()).unwrap();
        assert_eq!(unused["total_price"], "0.0");
        assert_eq!(unused["latency"], 0.0);
        assert!(unused["time_to_generate"].is_null());
    }

    #[test]
    fn usage_adds_up() {
        let tokens = TokenCount {
            prompt: 6,
            completion: 5,
        };
        let one = Usage::of(tokens, &priced(), Timing::default());
        let both = Usage::none().plus(&one).plus(&one);
        assert_eq!(both.total_tokens, 22);
        assert_eq!(both.total_price.to_string(), "0.0000078");
        assert_eq!(both.prompt_unit_price.to_string(), "0.15");
    }
}
