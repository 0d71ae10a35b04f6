//! A server that speaks the OpenAI protocol and answers by a script: what the last message of the user says decides,
//! and the name of the model. It is a real server; nothing in the product knows of it.
//!
//! | last message of the user | answer, in pieces of three letters |
//! |---|---|
//! | `echo:TEXT` | TEXT and all that follows |
//! | `empty` | nothing |
//! | `n:N` | N pieces `d0 d1 …` |
//! | `long:N` | N letters `w` |
//! | `wait:N` | N pieces, each after the test let it ([`super::scripted_server::ScriptedServer::go_on`]) |
//! | `think` | `<think>first I think\nthen more</think>\nThe answer.`; the model `scripted-think` sends its thoughts apart |
//! | `json` | an object that fits the schema that was asked for, or that stands in a message |
//! | `badjson` | `not { json` |
//! | `prompt` | the messages that it was sent |
//! | `see` | how many pictures it was sent |
//! | `tool:NAME {…}` | with tools: a call |
//! | after a tool's message | what the tool said |
//! | anything else | `Answer to: …` |
//!
//! Models that fail: `fail-auth`, `fail-bad-request`, `fail-rate-limit`, `fail-server`, `fail-plain` (418), `fail-connection`
//! (hangs up), `fail-midstream` (three pieces, then hangs up), `flaky-N` (the first N calls are refused with 429).

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Map, Value, json};

use crate::scripted_server::{Asked, ScriptedServer, Step, answer, chunk, chunked_head};

/// Starts one. Its base URL is `url("/v1")`.
///
/// # Errors
/// When no port can be had.
pub async fn start() -> std::io::Result<ScriptedServer> {
    let flaky = AtomicUsize::new(0);
    ScriptedServer::start(move |asked| steps(asked, &flaky)).await
}

/// What it says, before it is cut.
#[derive(Default)]
struct Said {
    text: String,
    thoughts: String,
    tool: Option<(String, String)>,
    /// Instead of three letters each.
    pieces: Option<Vec<String>>,
    waits: bool,
}

fn steps(asked: &Asked, flaky: &AtomicUsize) -> Vec<Step> {
    let is_chat = asked.target.ends_with("/chat/completions");
    if !is_chat && !asked.target.ends_with("/completions") {
        return error("404 Not Found", "no such route");
    }
    let Ok(call) = serde_json::from_slice::<Value>(&asked.body) else {
        return error("400 Bad Request", "not JSON");
    };
    let model = call["model"].as_str().unwrap_or_default();
    if let Some(steps) = failing(model, flaky) {
        return steps;
    }
    let said = script(&call, model);
    let tokens = |text: &str| text.chars().count().div_ceil(4);
    let prompt: usize = messages(&call).iter().map(|(_, text)| tokens(text)).sum();
    let (name, arguments) = said.tool.clone().unwrap_or_default();
    let completion =
        tokens(&said.text) + tokens(&said.thoughts) + tokens(&name) + tokens(&arguments);
    let usage = json!({"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion});
    if call["stream"] == true {
        streamed(&said, is_chat, model, &usage)
    } else {
        whole(&said, is_chat, &usage)
    }
}

fn error(status: &str, message: &str) -> Vec<Step> {
    let body = json!({"error": {"message": message, "type": "scripted"}});
    answer(
        status,
        "content-type: application/json\r\n",
        body.to_string(),
    )
}

fn failing(model: &str, flaky: &AtomicUsize) -> Option<Vec<Step>> {
    let status = match model {
        "fail-auth" => "401 Unauthorized",
        "fail-bad-request" => "400 Bad Request",
        "fail-rate-limit" => "429 Too Many Requests",
        "fail-server" => "500 Internal Server Error",
        "fail-plain" => "418 I'm a teapot",
        "fail-connection" => return Some(vec![Step::HangUp]),
        _ => {
            let times: usize = model.strip_prefix("flaky-")?.parse().ok()?;
            let call = flaky.fetch_add(1, Ordering::SeqCst) % (times + 1);
            (call < times).then_some("429 Too Many Requests")?
        }
    };
    Some(error(status, &format!("{model} says no")))
}

/// Roles and texts.
fn messages(call: &Value) -> Vec<(String, String)> {
    let Some(messages) = call["messages"].as_array() else {
        let prompt = call["prompt"].as_str().unwrap_or_default();
        return vec![("user".to_owned(), prompt.to_owned())];
    };
    let role_and_text = |message: &Value| {
        let role = message["role"].as_str().unwrap_or_default().to_owned();
        let text = match &message["content"] {
            Value::Array(parts) => parts
                .iter()
                .filter_map(|part| part["text"].as_str())
                .collect(),
            content => content.as_str().unwrap_or_default().to_owned(),
        };
        (role, text)
    };
    messages.iter().map(role_and_text).collect()
}

fn script(call: &Value, model: &str) -> Said {
    let messages = messages(call);
    let text_only = |text: String| Said {
        text,
        ..Said::default()
    };
    if let Some((role, text)) = messages.last()
        && role == "tool"
    {
        return text_only(format!("The tool said: {text}"));
    }
    let of_user = messages.iter().rev().find(|(role, _)| role == "user");
    let last = of_user.map_or("", |(_, text)| text.as_str());
    if let Some((_, text)) = last.split_once("echo:") {
        let is_chat = call["messages"].is_array();
        return text_only(
            if is_chat {
                text.trim_end_matches('\n')
            } else {
                text
            }
            .to_owned(),
        );
    }
    if let Some((name, arguments)) = last
        .strip_prefix("tool:")
        .and_then(|rest| rest.split_once(' '))
        && call["tools"].is_array()
    {
        return Said {
            text: "Let me see. ".to_owned(),
            tool: Some((name.to_owned(), arguments.to_owned())),
            ..Said::default()
        };
    }
    let word = last.trim();
    if let Some((kind, count)) = word.split_once(':')
        && let Ok(count) = count.parse::<usize>()
    {
        let pieces: Vec<_> = (0..count).map(|at| format!("d{} ", at % 10)).collect();
        match kind {
            "long" => return text_only("w".repeat(count)),
            "n" | "wait" => {
                return Said {
                    text: pieces.concat(),
                    pieces: Some(pieces),
                    waits: kind == "wait",
                    ..Said::default()
                };
            }
            _ => {}
        }
    }
    by_word(word, call, model, &messages)
}

fn by_word(word: &str, call: &Value, model: &str, messages: &[(String, String)]) -> Said {
    const THOUGHTS: &str = "first I think\nthen more";
    let text = match word {
        "empty" => String::new(),
        "think" if model == "scripted-think" => {
            return Said {
                text: "The answer.".to_owned(),
                thoughts: THOUGHTS.to_owned(),
                ..Said::default()
            };
        }
        "think" => format!("<think>{THOUGHTS}</think>\nThe answer."),
        "json" => fitting(call, messages).to_string(),
        "badjson" => "not { json".to_owned(),
        "prompt" => {
            let all = messages
                .iter()
                .map(|(role, text)| format!("{role}={text:?}"));
            all.collect::<Vec<_>>().join(" / ")
        }
        "see" => {
            let parts = call["messages"].as_array().into_iter().flatten();
            let parts = parts
                .filter_map(|message| message["content"].as_array())
                .flatten();
            format!(
                "I see: {}",
                parts.filter(|part| part["type"] != "text").count()
            )
        }
        other => format!("Answer to: {other}"),
    };
    Said {
        text,
        ..Said::default()
    }
}

/// An object for the schema of the call, or for the first one that stands in a message.
fn fitting(call: &Value, messages: &[(String, String)]) -> Value {
    let asked = &call["response_format"]["json_schema"]["schema"];
    let in_words = || {
        let starts = messages
            .iter()
            .flat_map(|(_, text)| text.match_indices('{').map(|(at, _)| &text[at..]));
        starts
            .filter_map(|text| {
                serde_json::Deserializer::from_str(text)
                    .into_iter::<Value>()
                    .next()?
                    .ok()
            })
            .find(|object| object["properties"].is_object())
    };
    let schema = if asked.is_object() {
        Some(asked.clone())
    } else {
        in_words()
    };
    schema.map_or_else(
        || json!({"no": "schema"}),
        |schema| sample(&schema, "value"),
    )
}

fn sample(schema: &Value, name: &str) -> Value {
    if let Some(first) = schema["enum"].get(0) {
        return first.clone();
    }
    match schema["type"].as_str() {
        Some("object") => {
            let members = schema["properties"].as_object().into_iter().flatten();
            let all: Map<_, _> = members
                .map(|(key, of)| (key.clone(), sample(of, key)))
                .collect();
            Value::Object(all)
        }
        Some("array") => json!([sample(&schema["items"], name)]),
        Some("number") => json!(1.5),
        Some("integer") => json!(1),
        Some("boolean") => json!(true),
        Some("null") => Value::Null,
        _ => json!(format!("some {name}")),
    }
}

fn whole(said: &Said, is_chat: bool, usage: &Value) -> Vec<Step> {
    let mut choice = if is_chat {
        json!({"message": {"role": "assistant", "content": said.text}})
    } else {
        json!({"text": said.text})
    };
    if !said.thoughts.is_empty() {
        choice["message"]["reasoning_content"] = said.thoughts.as_str().into();
    }
    if let Some((name, arguments)) = &said.tool {
        choice["message"]["tool_calls"] = json!([tool_call(name, arguments)]);
    }
    choice["finish_reason"] = end(said).into();
    let body = json!({"id": "scripted", "choices": [choice], "usage": usage});
    answer(
        "200 OK",
        "content-type: application/json\r\n",
        body.to_string(),
    )
}

fn end(said: &Said) -> &'static str {
    if said.tool.is_some() {
        "tool_calls"
    } else {
        "stop"
    }
}

fn tool_call(name: &str, arguments: &str) -> Value {
    json!({"index": 0, "id": "call_0", "type": "function", "function": {"name": name, "arguments": arguments}})
}

fn cut(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    characters
        .chunks(3)
        .map(|three| three.iter().collect())
        .collect()
}

fn streamed(said: &Said, is_chat: bool, model: &str, usage: &Value) -> Vec<Step> {
    let event = |object: &Value| chunk(format!("data: {object}\n\n"));
    let piece = |delta: Value, reason: Value| {
        let choice = if is_chat {
            json!({"index": 0, "delta": delta, "finish_reason": reason})
        } else {
            let text = delta["content"].as_str().unwrap_or_default();
            json!({"index": 0, "text": text, "finish_reason": reason})
        };
        event(&json!({"id": "scripted", "model": model, "choices": [choice]}))
    };
    let mut steps = vec![chunked_head("text/event-stream")];
    for thought in cut(&said.thoughts) {
        steps.push(piece(json!({"reasoning_content": thought}), Value::Null));
    }
    let pieces = said.pieces.clone().unwrap_or_else(|| cut(&said.text));
    for (at, text) in pieces.into_iter().enumerate() {
        if model == "fail-midstream" && at == 3 {
            steps.push(Step::HangUp);
            return steps;
        }
        if said.waits {
            steps.push(Step::Wait);
        }
        steps.push(piece(json!({"content": text}), Value::Null));
    }
    if let Some((name, arguments)) = &said.tool {
        steps.push(piece(
            json!({"tool_calls": [tool_call(name, arguments)]}),
            Value::Null,
        ));
    }
    steps.push(piece(json!({}), end(said).into()));
    steps.push(event(
        &json!({"id": "scripted", "choices": [], "usage": usage}),
    ));
    steps.push(chunk("data: [DONE]\n\n"));
    steps.push(chunk(""));
    steps
}
