//! A model asked for something short beside a conversation.

use std::time::Duration;

use futures_util::StreamExt as _;
use gatewright_model::{ChatCall, ConfiguredModel, Message, ReasoningFormat, ReasoningSplitter};
use serde_json::{Map, Value};

/// A model that has said nothing whole by then has said nothing.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Bytes of an answer that is read; nothing behind them is needed.
const MAX_BYTES: usize = 64 << 10;

/// What the model answers, without its thoughts; none when it does not, or not in time. The reason is logged.
pub(crate) async fn ask(
    model: &ConfiguredModel,
    messages: Vec<Message>,
    parameters: Map<String, Value>,
    user: Option<String>,
) -> Option<String> {
    let call = ChatCall {
        user,
        ..ChatCall::new(messages, parameters)
    };
    let reason = match tokio::time::timeout(TIMEOUT, read(model, call)).await {
        Ok(Ok(text)) => return Some(text),
        Ok(Err(error)) => error,
        Err(_) => "it took too long".to_owned(),
    };
    let model = &model.entity.name;
    tracing::warn!(
        event = "conversation.model_silent",
        model,
        reason,
        "a model gave no name or no questions"
    );
    None
}

async fn read(model: &ConfiguredModel, call: ChatCall) -> Result<String, String> {
    let mut chunks = model
        .chat
        .chat(call)
        .await
        .map_err(|error| error.to_string())?;
    let mut splitter = ReasoningSplitter::new(ReasoningFormat::Separated);
    let mut bytes = 0;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| error.to_string())?;
        bytes += chunk.text.len() + chunk.reasoning.len();
        let _ = splitter.add(&chunk.reasoning, &chunk.text);
        if bytes > MAX_BYTES {
            break;
        }
    }
    Ok(splitter.finish().1.text)
}

/// The first value in a text that begins with this character and is a JSON value of its kind.
pub(crate) fn json_in(text: &str, begins: char) -> Option<Value> {
    let starts = text.match_indices(begins).map(|(at, _)| at);
    starts.take(MAX_STARTS).find_map(|start| {
        let mut values = serde_json::Deserializer::from_str(&text[start..]).into_iter();
        values.next()?.ok()
    })
}

/// Places that are tried: each costs as much as what stands behind it.
const MAX_STARTS: usize = 32;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn value_is_found_in_whatever_a_model_puts_around_it() {
        for (text, expected) in [
            (
                "```json\n{\"title\": \"A\"}\n```",
                Some(json!({"title": "A"})),
            ),
            (
                "So {that} is {\"title\": \"A\"}, I think",
                Some(json!({"title": "A"})),
            ),
            ("{\"title\": ", None),
            ("nothing", None),
        ] {
            assert_eq!(json_in(text, '{'), expected, "{text}");
        }
        assert_eq!(
            json_in("Here: [\"a\", \"b\"].", '['),
            Some(json!(["a", "b"]))
        );
    }
}
