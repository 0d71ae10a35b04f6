//! How much of a conversation is said again.

use gatewright_model::{Message, TokenCounter};
use serde_json::{Map, Value};

/// Rounds that are looked at, however long the conversation is.
const MAX_ROUNDS: usize = 500;
/// Tokens of history for a model of which no context size is known.
const WITHOUT_SIZE: u64 = 2_000;

/// Past rounds at most. A window counts the question that is being answered as its newest round.
pub(super) fn most_rounds(window: Option<u32>) -> usize {
    match window.and_then(|window| usize::try_from(window).ok()) {
        Some(window @ 1..) => window.min(MAX_ROUNDS) - 1,
        _ => MAX_ROUNDS,
    }
}

/// Tokens that prompt and history may have together; nothing: the history alone may have [`WITHOUT_SIZE`].
pub(super) fn budget(context_size: Option<u64>, parameters: &Map<String, Value>) -> Option<u64> {
    let answer = parameters.get("max_tokens").and_then(Value::as_u64);
    context_size.map(|size| size.saturating_sub(answer.unwrap_or(0)))
}

/// The newest messages of a history that fit: the oldest are dropped one by one, the last one never.
pub(super) fn fitting(
    mut history: Vec<Message>,
    budget: Option<u64>,
    others: u64,
    counter: &dyn TokenCounter,
) -> Vec<Message> {
    let left = budget.map_or(WITHOUT_SIZE, |budget| budget.saturating_sub(others));
    let counts: Vec<u64> = history
        .iter()
        .map(|message| counter.count_messages(std::slice::from_ref(message)))
        .collect();
    let mut total: u64 = counts.iter().sum();
    let mut dropped = 0;
    while total > left && dropped + 1 < counts.len() {
        total -= counts[dropped];
        dropped += 1;
    }
    history.drain(..dropped);
    history
}

#[cfg(test)]
mod tests {
    use gatewright_model::token::RoughCounter;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_window_counts_the_round_that_is_being_answered() {
        for (window, most) in [
            (None, 500),
            (Some(0), 500),
            (Some(1), 0),
            (Some(3), 2),
            (Some(10_000), 499),
        ] {
            assert_eq!(most_rounds(window), most, "{window:?}");
        }
    }

    #[test]
    fn history_is_cut_to_what_the_model_takes() {
        let history = || {
            (0..4)
                .map(|_| Message::user("12345678"))
                .collect::<Vec<_>>()
        };
        // Each has two tokens and a frame of four.
        for (size, max_tokens, others, kept) in [
            (None, json!(null), 1_000_000, 4),
            (Some(100), json!(null), 76, 4),
            (Some(100), json!(null), 77, 3),
            (Some(100), json!(64), 24, 2),
            (Some(100), json!(200), 24, 1),
            (Some(0), json!(null), 0, 1),
        ] {
            let parameters = json!({"max_tokens": max_tokens});
            let budget = budget(size, parameters.as_object().unwrap());
            let fit = fitting(history(), budget, others, &RoughCounter);
            assert_eq!(fit.len(), kept, "{size:?} {max_tokens} {others}");
        }
        assert!(fitting(vec![], Some(0), 0, &RoughCounter).is_empty());
    }
}
