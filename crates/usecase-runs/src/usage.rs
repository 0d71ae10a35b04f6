//! What all models of a run cost together, as a message's metadata tell it.

use gatewright_engine::Price;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Sums usage objects of nodes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct UsageSum(Option<Map<String, Value>>);

/// Members that add up as whole numbers.
const TOKENS: [&str; 3] = ["prompt_tokens", "completion_tokens", "total_tokens"];
/// Members that add up as decimals.
const PRICES: [&str; 3] = ["prompt_price", "completion_price", "total_price"];

impl UsageSum {
    /// Adds one node's usage; what is no usage object is nothing.
    pub(crate) fn add(&mut self, usage: &Value) {
        let Value::Object(usage) = usage else { return };
        let Some(sum) = &mut self.0 else {
            self.0 = Some(usage.clone());
            return;
        };
        for key in TOKENS {
            let number =
                |map: &Map<String, Value>| map.get(key).and_then(Value::as_u64).unwrap_or(0);
            let total = number(sum).saturating_add(number(usage));
            sum.insert(key.to_owned(), total.into());
        }
        for key in PRICES {
            let text = |map: &Map<String, Value>| {
                map.get(key)
                    .and_then(Value::as_str)
                    .unwrap_or("0")
                    .to_owned()
            };
            let total = price_sum(&text(sum), &text(usage));
            sum.insert(key.to_owned(), total.into());
        }
        let latency =
            |map: &Map<String, Value>| map.get("latency").and_then(Value::as_f64).unwrap_or(0.0);
        let total = thousandths(latency(sum) + latency(usage));
        sum.insert("latency".to_owned(), total.into());
    }

    /// The object. Times are seconds: from the start to the first piece of text, from there to the last one.
    pub(crate) fn object(&self, to_first: Option<f64>, to_last: Option<f64>) -> Value {
        let mut object = self.0.clone().unwrap_or_else(nothing);
        object.insert(
            "time_to_first_token".to_owned(),
            json!(to_first.map(thousandths)),
        );
        object.insert(
            "time_to_generate".to_owned(),
            json!(to_last.map(thousandths)),
        );
        Value::Object(object)
    }
}

/// What a run without models costs.
fn nothing() -> Map<String, Value> {
    let usage = json!({
        "prompt_tokens": 0, "prompt_unit_price": "0.0", "prompt_price_unit": "0.0", "prompt_price": "0.0",
        "completion_tokens": 0, "completion_unit_price": "0.0", "completion_price_unit": "0.0",
        "completion_price": "0.0", "total_tokens": 0, "total_price": "0.0", "currency": "USD", "latency": 0.0,
    });
    match usage {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

fn thousandths(seconds: f64) -> f64 {
    (seconds * 1000.0).round() / 1000.0
}

/// The sum of two prices, exact. What is no such number counts as none.
fn price_sum(one: &str, other: &str) -> String {
    match (Price::parse(one), Price::parse(other)) {
        (Some(first), Some(second)) => first.plus(second).print(),
        (Some(_), None) => one.to_owned(),
        (None, _) => other.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_of_two_nodes_adds_tokens_prices_and_latency_and_keeps_the_order_of_keys() {
        let usage = |tokens: u64, price: &str, latency: f64| {
            json!({"prompt_tokens": tokens, "prompt_unit_price": "0.15", "prompt_price": price, "completion_tokens": 1,
                "completion_price": "0", "total_tokens": tokens + 1, "total_price": price, "currency": "USD",
                "latency": latency, "time_to_first_token": 0.1, "time_to_generate": 0.2})
        };
        let mut sum = UsageSum::default();
        sum.add(&Value::Null);
        sum.add(&usage(3, "0.0000010", 0.011));
        sum.add(&usage(4, "9E-7", 0.005));
        assert_eq!(
            sum.object(Some(0.1234), Some(0.5)).to_string(),
            r#"{"prompt_tokens":7,"prompt_unit_price":"0.15","prompt_price":"0.0000019","completion_tokens":2,"completion_price":"0","total_tokens":9,"total_price":"0.0000019","currency":"USD","latency":0.016,"time_to_first_token":0.123,"time_to_generate":0.5}"#
        );
    }

    #[test]
    fn run_without_models_costs_nothing_and_says_so_in_every_member() {
        let object = UsageSum::default().object(None, None);
        assert_eq!(object["total_price"], "0.0");
        assert_eq!(object["time_to_first_token"], Value::Null);
        assert_eq!(object.as_object().map(Map::len), Some(14));
    }

    #[test]
    fn prices_add_exactly() {
        let cases = [
            ("0.1", "0.02", "0.12"),
            ("0.0", "0.0000072", "0.0000072"),
            ("9E-7", "1E-7", "0.0000010"),
            ("1", "2", "3"),
            ("x", "2.5", "2.5"),
            ("999999999999.9", "0.1", "1000000000000.0"),
        ];
        for (one, other, sum) in cases {
            assert_eq!(price_sum(one, other), sum);
        }
    }
}
