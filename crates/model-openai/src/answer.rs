//! What comes back: one JSON object of a stream, or the whole answer, as a piece of ours.

use gatewright_model::{Chunk, FinishReason, TokenCount, ToolCallDelta};
use serde_json::Value;

/// The piece in an object, `{"choices": [{"delta": …}], "usage": …}`. A whole answer has `message` or `text` in the
/// place of `delta`. What is not there is empty.
pub(crate) fn chunk(object: &Value) -> Chunk {
    let choice = &object["choices"][0];
    let said = [&choice["delta"], &choice["message"]]
        .into_iter()
        .find(|said| said.is_object());
    let said = said.unwrap_or(&Value::Null);
    let (mut reasoning, mut text) = content(&said["content"]);
    for name in ["reasoning_content", "reasoning"] {
        if let Some(thought) = said[name].as_str().filter(|thought| !thought.is_empty()) {
            reasoning.insert_str(0, thought);
            break;
        }
    }
    text.push_str(choice["text"].as_str().unwrap_or_default());
    Chunk {
        reasoning,
        text,
        tool_calls: tool_calls(said),
        finish_reason: finish_reason(&choice["finish_reason"]),
        tokens: tokens(object, choice),
    }
}

fn finish_reason(reason: &Value) -> Option<FinishReason> {
    let reason = reason.as_str().filter(|reason| !reason.is_empty());
    reason.map(FinishReason::from)
}

/// A text, or parts: texts and thoughts. Pictures that come back have no place here.
fn content(content: &Value) -> (String, String) {
    match content {
        Value::String(text) => (String::new(), text.clone()),
        Value::Array(parts) => {
            let (mut reasoning, mut text) = (String::new(), String::new());
            for part in parts {
                match part["type"].as_str() {
                    Some("thinking" | "reasoning") => {
                        let (_, thought) = self::content(&part["thinking"]);
                        reasoning.push_str(&thought);
                        reasoning.push_str(part["text"].as_str().unwrap_or_default());
                    }
                    _ => text.push_str(part["text"].as_str().unwrap_or_default()),
                }
            }
            (reasoning, text)
        }
        _ => (String::new(), String::new()),
    }
}

fn tool_calls(said: &Value) -> Vec<ToolCallDelta> {
    let Some(calls) = said["tool_calls"].as_array() else {
        // As it was before there were several.
        let call = &said["function_call"];
        return call
            .is_object()
            .then(|| delta(Some(0), None, call))
            .into_iter()
            .collect();
    };
    let deltas = calls.iter().map(|call| {
        let index = call["index"]
            .as_u64()
            .and_then(|index| usize::try_from(index).ok());
        let id = call["id"].as_str().map(str::to_owned);
        delta(index, id, &call["function"])
    });
    deltas.collect()
}

fn delta(index: Option<usize>, id: Option<String>, function: &Value) -> ToolCallDelta {
    let arguments = match &function["arguments"] {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        // Some servers parse them.
        parsed => parsed.to_string(),
    };
    ToolCallDelta {
        index,
        id,
        name: function["name"].as_str().map(str::to_owned),
        arguments,
    }
}

/// Beside the choices, or within the last one, or in a drawer of the vendor's.
fn tokens(object: &Value, choice: &Value) -> Option<TokenCount> {
    let places = [
        &object["usage"],
        &choice["usage"],
        &object["x_groq"]["usage"],
    ];
    let usage = places.into_iter().find(|usage| usage.is_object())?;
    let prompt = usage["prompt_tokens"].as_u64()?;
    let completion = usage["completion_tokens"].as_u64();
    let rest = usage["total_tokens"]
        .as_u64()
        .map(|total| total.saturating_sub(prompt));
    Some(TokenCount {
        prompt,
        completion: completion.or(rest).unwrap_or(0),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn delta_of(delta: Value) -> Chunk {
        chunk(&json!({"choices": [{"delta": delta}]}))
    }

    #[test]
    fn texts_and_thoughts_are_found_where_servers_put_them() {
        for (delta, reasoning, text) in [
            (json!({"content": "a"}), "", "a"),
            (json!({"content": null, "role": "assistant"}), "", ""),
            (json!({"reasoning_content": "r", "content": "a"}), "r", "a"),
            (json!({"reasoning": "r", "content": ""}), "r", ""),
            (json!({"reasoning": "r", "reasoning_content": "r"}), "r", ""),
            (
                json!({"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}),
                "",
                "ab",
            ),
            (
                json!({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "r"}]}]}),
                "r",
                "",
            ),
        ] {
            let chunk = delta_of(delta.clone());
            assert_eq!(
                (chunk.reasoning.as_str(), chunk.text.as_str()),
                (reasoning, text),
                "{delta}"
            );
        }
        let completion = chunk(&json!({"choices": [{"text": "a", "finish_reason": "length"}]}));
        assert_eq!(completion.text, "a");
        assert_eq!(completion.finish_reason, Some(FinishReason::Length));
        assert!(chunk(&json!({"choices": []})).is_empty());
    }

    #[test]
    fn usage_is_found_where_servers_put_it() {
        let usage = json!({"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5});
        let short = json!({"prompt_tokens": 3, "total_tokens": 5});
        for object in [
            json!({"choices": [], "usage": usage}),
            json!({"choices": [{"usage": usage}]}),
            json!({"choices": [], "x_groq": {"usage": usage}}),
            json!({"choices": [], "usage": short}),
        ] {
            let expected = TokenCount {
                prompt: 3,
                completion: 2,
            };
            assert_eq!(chunk(&object).tokens, Some(expected), "{object}");
        }
        assert_eq!(chunk(&json!({"choices": [], "usage": null})).tokens, None);
    }

    #[test]
    fn calls_of_tools_are_found_in_both_generations() {
        let new = delta_of(json!({"tool_calls": [
            {"index": 1, "id": "c", "function": {"name": "f", "arguments": {"x": 1}}},
        ]}));
        assert_eq!(new.tool_calls[0].index, Some(1));
        assert_eq!(new.tool_calls[0].arguments, "{\"x\":1}");
        let old = delta_of(json!({"function_call": {"name": "f", "arguments": "{}"}}));
        assert_eq!(old.tool_calls[0].name.as_deref(), Some("f"));
    }
}
