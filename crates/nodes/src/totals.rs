//! What models cost, summed up.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::{fields::Fields, price::Price};

/// Tokens and money of several calls.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Totals {
    /// Tokens of prompts and answers.
    pub tokens: u64,
    /// What the tokens cost together.
    pub price: Price,
    /// Its currency; "" as long as nothing was paid.
    pub currency: String,
}

impl Totals {
    /// Adds what something else cost.
    pub fn add(&mut self, other: &Self) {
        self.tokens += other.tokens;
        self.price = self.price.plus(other.price);
        if !other.currency.is_empty() {
            self.currency.clone_from(&other.currency);
        }
    }

    /// As the metadata of a node begin: `total_tokens`, `total_price`, `currency`.
    pub fn metadata(&self) -> Fields {
        let currency = match self.currency.as_str() {
            "" => "USD",
            currency => currency,
        };
        Fields::new()
            .with("total_tokens", Json::from(self.tokens))
            .with("total_price", self.price.print())
            .with("currency", currency)
    }

    /// Reads such metadata; what is not there is nothing.
    pub fn of(metadata: &Fields) -> Self {
        let text = |name: &str| metadata[name].as_str().unwrap_or_default();
        Self {
            tokens: metadata["total_tokens"].as_u64().unwrap_or_default(),
            price: Price::parse(text("total_price")).unwrap_or_default(),
            currency: text("currency").to_owned(),
        }
    }
}
