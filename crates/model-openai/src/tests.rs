//! Against a server that really listens: what reaches it, what is made of its answers, and that it notices when
//! nobody wants them any more.

use std::time::Duration;

use futures_util::StreamExt as _;
use gatewright_model::{
    Completion, Endpoints, FinishReason, InvokeErrorKind, Media, MediaKind, Message,
    ModelCatalogue as _, Part, TokenCount, Tool, ToolCall,
    chunk::Collector,
    message::{Detail, MediaSource},
};
use gatewright_test_support::scripted_server::{
    Asked, ScriptedServer, Step, answer, chunk, chunked_head,
};
use gatewright_test_support::scripted_vendor;
use serde_json::{Map, Value, json};

use super::*;

/// A model `m` (chat), `c` (completion) of a server, as the operator's file would have them.
fn model(server: &ScriptedServer, name: &str, lines: &str) -> Arc<dyn ChatModel> {
    let file = format!(
        "[[endpoint]]\nname = \"e\"\nbase_url = \"{}\"\nproviders = [\"*\"]\n{lines}\n\
         model = [{{ name = \"m\", upstream = \"real-m\", body = {{ seed = 7, top_k = 1 }} }}, \
         {{ name = \"c\", mode = \"completion\" }}]",
        server.url("/v1")
    );
    let endpoints = Endpoints::parse(&file, &|_| Err(String::new())).unwrap();
    let client = StreamingClient::new().unwrap();
    let catalogue = EndpointCatalogue::new(Arc::new(endpoints), client);
    let workspace = "00000000-0000-0000-0000-000000000001".parse().unwrap();
    let found = catalogue.chat_model(workspace, "openai", name);
    found.now_or_never().unwrap().unwrap().chat
}

fn call(text: &str) -> ChatCall {
    ChatCall::new(vec![Message::user(text)], Map::new())
}

async fn complete(model: &dyn ChatModel, call: ChatCall) -> Result<Completion, InvokeError> {
    let mut stream = model.chat(call).await?;
    let mut all = Collector::default();
    while let Some(piece) = stream.next().await {
        all.add(piece?);
    }
    Ok(all.finish())
}

fn events_of(pieces: &[&[u8]]) -> Vec<Step> {
    let mut steps = vec![chunked_head("text/event-stream; charset=utf-8")];
    let full = pieces.iter().filter(|piece| !piece.is_empty());
    steps.extend(full.map(chunk));
    steps.push(chunk(""));
    steps
}

async fn server_of(steps: Vec<Step>) -> ScriptedServer {
    ScriptedServer::start(move |_: &Asked| steps.clone())
        .await
        .unwrap()
}

const PIECES: [&str; 5] = [
    r#"{"choices":[{"delta":{"role":"assistant","reasoning_content":"hm"}}]}"#,
    r#"{"choices":[{"delta":{"content":"wörld "}}]}"#,
    r#"{"choices":[{"delta":{"content":"你好"},"finish_reason":null}]}"#,
    r#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#,
    r#"{"choices":[],"usage":{"prompt_tokens":4,"completion_tokens":3}}"#,
];

fn framed<T: std::fmt::Display>(pieces: impl IntoIterator<Item = T>) -> String {
    let events = pieces.into_iter().map(|piece| format!("data: {piece}\n\n"));
    events.collect::<Vec<_>>().concat()
}

fn expected() -> Completion {
    Completion {
        reasoning: "hm".to_owned(),
        text: "wörld 你好".to_owned(),
        tool_calls: vec![],
        finish_reason: Some(FinishReason::Stop),
        tokens: Some(TokenCount {
            prompt: 4,
            completion: 3,
        }),
    }
}

#[tokio::test]
async fn an_answer_may_be_framed_in_any_way_that_is_clear() {
    for (before, field, after, end) in [
        ("", "data: ", "\n\n", "data: [DONE]\n\n"),
        ("\u{feff}", "data: ", "\n\n", "data: [DONE]\n\n"),
        ("", "data:", "\r\n\r\n: ping\r\n\r\n", ""),
        ("retry: 3\r\r", "event: x\rid: 1\rdata: ", "\r\r", ""),
        ("", "data: ", "\n", "data: [DONE]\n"),
        ("", "data: ", "\n\n", "data: [DONE]\n\ndata: more"),
    ] {
        let events = PIECES.map(|piece| format!("{field}{piece}{after}"));
        let body = format!("{before}{}{end}", events.concat());
        for body in [body.as_str(), body.trim_end()] {
            let server = server_of(events_of(&[body.as_bytes()])).await;
            let completion = complete(&*model(&server, "m", ""), call("x")).await;
            assert_eq!(completion.unwrap(), expected(), "{body:?}");
        }
    }
}

#[tokio::test]
async fn an_answer_may_be_cut_at_every_byte() {
    let body = framed(PIECES);
    let script = |asked: &Asked| {
        let cut: usize = asked.text().split("cut ").nth(1).map_or(0, |rest| {
            rest.split('"')
                .next()
                .unwrap_or_default()
                .parse()
                .unwrap_or(0)
        });
        let body = framed(PIECES);
        let (first, second) = body.as_bytes().split_at(cut);
        events_of(&[first, second])
    };
    let server = ScriptedServer::start(script).await.unwrap();
    let model = model(&server, "m", "");
    for cut in 0..body.len() {
        let completion = complete(&*model, call(&format!("cut {cut}"))).await;
        assert_eq!(completion.unwrap(), expected(), "cut at {cut}");
    }
}

#[tokio::test]
async fn a_server_that_does_not_stream_is_understood() {
    let whole = json!({"choices": [{"message": {"content": "wörld 你好", "reasoning_content": "hm"},
        "finish_reason": "stop"}], "usage": {"prompt_tokens": 4, "completion_tokens": 3}});
    let steps = answer(
        "200 OK",
        "content-type: application/json\r\n",
        whole.to_string(),
    );
    let server = server_of(steps).await;
    let completion = complete(&*model(&server, "m", ""), call("x")).await;
    assert_eq!(completion.unwrap(), expected());
}

/// As recorded on the wire between a provider's plugin and its vendor.
#[tokio::test]
async fn a_call_reaches_the_server_as_recorded() {
    let server = server_of(events_of(&[b"data: [DONE]\n\n"])).await;
    let chat = model(
        &server,
        "m",
        "api_key = \"sk-1\"\nheaders = { \"X-Team\" = \"t\" }",
    );
    let parameters =
        json!({"temperature": 0.2, "max_tokens": 64, "stop": ["END"], "top_k": 9, "model": "no"});
    let mut asked = ChatCall::new(
        vec![Message::system("You help."), Message::user("echo:你好")],
        parameters.as_object().unwrap().clone(),
    );
    asked.user = Some("u".to_owned());
    complete(&*chat, asked).await.unwrap();
    let request = &server.asked()[0];
    assert_eq!(
        (request.method.as_str(), request.target.as_str()),
        ("POST", "/v1/chat/completions")
    );
    assert_eq!(request.header("authorization"), Some("Bearer sk-1"));
    assert_eq!(request.header("x-team"), Some("t"));
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(
        body,
        json!({"model": "real-m", "stream": true, "temperature": 0.2, "max_tokens": 64,
            "stream_options": {"include_usage": true}, "messages": [
                {"role": "system", "content": "You help."}, {"role": "user", "content": "echo:你好"}],
            "stop": ["END"], "user": "u", "seed": 7, "top_k": 1})
    );
}

#[tokio::test]
async fn pictures_tools_and_their_answers_reach_the_server() {
    let server = server_of(events_of(&[b"data: [DONE]\n\n"])).await;
    let picture = Part::Media(Media {
        kind: MediaKind::Image,
        mime_type: "image/png".to_owned(),
        format: "png".to_owned(),
        filename: "red.png".to_owned(),
        source: MediaSource::Base64("AAAA".to_owned()),
        detail: Detail::Low,
    });
    let mut see = Message::user("see");
    see.parts.insert(0, picture);
    let mut wants = Message::assistant("");
    wants.tool_calls = vec![ToolCall {
        id: "1".to_owned(),
        name: "f".to_owned(),
        arguments: "{}".to_owned(),
    }];
    let mut asked = ChatCall::new(vec![see, wants, Message::tool("1", "f", "ok")], Map::new());
    asked.tools = vec![Tool {
        name: "f".to_owned(),
        description: "d".to_owned(),
        parameters: json!({"type": "object"}),
    }];
    complete(&*model(&server, "m", ""), asked).await.unwrap();
    let body: Value = serde_json::from_slice(&server.asked()[0].body).unwrap();
    let url = "data:image/png;base64,AAAA";
    assert_eq!(
        body["messages"],
        json!([
            {"role": "user", "content": [
                {"type": "image_url", "image_url": {"url": url, "detail": "low"}},
                {"type": "text", "text": "see"}]},
            {"role": "assistant", "content": "", "tool_calls": [
                {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
            {"role": "tool", "content": "ok", "tool_call_id": "1"},
        ])
    );
    assert_eq!(
        body["tools"],
        json!([{"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object"}}}])
    );
}

#[tokio::test]
async fn the_form_of_an_answer_is_asked_for_in_the_protocol_s_words() {
    let server = server_of(events_of(&[b"data: [DONE]\n\n"])).await;
    let chat = model(&server, "m", "");
    let named = json!({"schema": {"type": "object"}, "name": "llm_response"});
    let by_schema = json!({"type": "json_schema", "json_schema": named});
    let cases = [
        (
            json!({"response_format": "json_schema", "json_schema": named.to_string()}),
            by_schema.clone(),
        ),
        (json!({"json_schema": "{\"type\": \"object\"}"}), by_schema),
        (
            json!({"response_format": "json_object"}),
            json!({"type": "json_object"}),
        ),
        (
            json!({"response_format": "JSON"}),
            json!({"type": "json_object"}),
        ),
        (json!({"response_format": "XML"}), Value::Null),
        (json!({"response_format": null}), Value::Null),
        (
            json!({"response_format": {"type": "x"}}),
            json!({"type": "x"}),
        ),
    ];
    for (at, (parameters, format)) in cases.into_iter().enumerate() {
        let asked = ChatCall::new(vec![], parameters.as_object().unwrap().clone());
        complete(&*chat, asked).await.unwrap();
        let body: Value = serde_json::from_slice(&server.asked()[at].body).unwrap();
        assert_eq!(body["response_format"], format, "{parameters}");
        assert_eq!(body["json_schema"], Value::Null);
    }
    let wrong = json!({"json_schema": "{"});
    let asked = ChatCall::new(vec![], wrong.as_object().unwrap().clone());
    let error = complete(&*chat, asked).await.unwrap_err();
    assert_eq!(error.kind, InvokeErrorKind::BadRequest);
}

#[tokio::test]
async fn a_model_of_mode_completion_goes_on_with_a_text() {
    let body = "data: {\"choices\":[{\"text\":\"done\",\"finish_reason\":\"stop\"}]}\n\n";
    let server = server_of(events_of(&[body.as_bytes()])).await;
    let completion = complete(&*model(&server, "c", ""), call("Do: it\nResult:"))
        .await
        .unwrap();
    assert_eq!(completion.text, "done");
    let request = &server.asked()[0];
    assert_eq!(request.target, "/v1/completions");
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(body["prompt"], "Do: it\nResult:");
    assert_eq!(body["messages"], Value::Null);
}

#[tokio::test]
async fn calls_of_tools_are_put_together() {
    let body = [
        json!({"choices": [{"delta": {"content": "Let me see. "}}]}),
        json!({"choices": [{"delta": {"tool_calls": [
            {"index": 0, "id": "a", "type": "function", "function": {"name": "f", "arguments": "{\"x\""}}]}}]}),
        json!({"choices": [{"delta": {"tool_calls": [{"index": 0, "function": {"arguments": ": 1}"}}]}}]}),
        json!({"choices": [{"delta": {}, "finish_reason": "tool_calls"}]}),
    ];
    let body = framed(body);
    let server = server_of(events_of(&[body.as_bytes()])).await;
    let completion = complete(&*model(&server, "m", ""), call("x"))
        .await
        .unwrap();
    assert_eq!(completion.finish_reason, Some(FinishReason::ToolCalls));
    assert_eq!(completion.text, "Let me see. ");
    let expected = ToolCall {
        id: "a".to_owned(),
        name: "f".to_owned(),
        arguments: "{\"x\": 1}".to_owned(),
    };
    assert_eq!(completion.tool_calls, [expected]);
}

#[tokio::test]
async fn failures_have_the_names_that_apps_branch_on_and_keep_the_server_s_words() {
    let credentials = "[e] Incorrect model credentials provided, please check and try again.";
    for (status, body, class_name, message) in [
        (
            "400 Bad",
            r#"{"error":{"message":"no","code":"x"}}"#,
            "InvokeBadRequestError",
            "no",
        ),
        (
            "400 Bad",
            r#"{"error":{"message":"no","code":400}}"#,
            "InvokeBadRequestError",
            "no",
        ),
        (
            "401 Who",
            r#"{"error":{"message":"sk-1?"}}"#,
            "InvokeAuthorizationError",
            credentials,
        ),
        (
            "404 No",
            r#"{"detail":"no such model"}"#,
            "InvokeBadRequestError",
            "no such model",
        ),
        ("418 Tea", "<html>", "InvokeBadRequestError", "<html>"),
        (
            "429 Slow",
            r#"{"message":"slow"}"#,
            "InvokeRateLimitError",
            "slow",
        ),
        (
            "500 Oh",
            "",
            "InvokeServerUnavailableError",
            "[e] the server answered with status 500",
        ),
        (
            "302 Go",
            "",
            "InvokeBadRequestError",
            "[e] the server answered with status 302",
        ),
        (
            "200 OK",
            "{}",
            "InvokeBadRequestError",
            "[e] the server's answer is not understood",
        ),
        (
            "200 OK",
            r#"{"error":{"message":"no","code":429}}"#,
            "InvokeRateLimitError",
            "no",
        ),
    ] {
        let headers = "content-type: application/json\r\nlocation: http://127.0.0.1:1/\r\n";
        let server = server_of(answer(status, headers, body)).await;
        let error = complete(&*model(&server, "m", "api_key = \"sk-1\""), call("x"))
            .await
            .unwrap_err();
        assert_eq!(error.kind.class_name(), class_name, "{status} {body}");
        assert_eq!(error.message, message, "{status} {body}");
        let vendor = error.vendor.unwrap();
        assert_eq!(vendor.body, body);
        assert_eq!(vendor.status.to_string(), status[..3]);
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_an_error_behind_what_came() {
    let piece = format!("data: {}\n\n", PIECES[1]);
    let end = format!("data: {}\n\n", PIECES[3]);
    let hangs_up = |pieces: &[&str]| {
        let mut steps = vec![chunked_head("text/event-stream")];
        steps.extend(pieces.iter().map(chunk));
        steps.push(Step::HangUp);
        steps
    };
    let invalid = [
        b"data: {\"choices\":[{\"delta\":{\"content\":\"".as_slice(),
        b"\xff\xfe\"}}]}\n\n",
    ];
    for (steps, pieces, class_name) in [
        (vec![Step::HangUp], 0, Some("InvokeConnectionError")),
        (hangs_up(&[&piece]), 1, Some("InvokeConnectionError")),
        (
            events_of(&[piece.as_bytes()]),
            1,
            Some("InvokeConnectionError"),
        ),
        (hangs_up(&[&piece, &end]), 2, None),
        (
            events_of(&[piece.as_bytes(), b"data: {\"error\":{\"code\":503}}\n\n"]),
            1,
            Some("InvokeServerUnavailableError"),
        ),
        (
            events_of(&[piece.as_bytes(), b"data: {broken\n\n"]),
            1,
            Some("InvokeBadRequestError"),
        ),
        (events_of(&invalid), 0, Some("InvokeBadRequestError")),
    ] {
        let server = server_of(steps.clone()).await;
        let mut stream = match model(&server, "m", "").chat(call("x")).await {
            Ok(stream) => stream,
            Err(error) => stream_of(error),
        };
        let mut good = 0;
        let mut failed = None;
        while let Some(piece) = stream.next().await {
            assert_eq!(failed, None, "nothing comes after an error");
            match piece {
                Ok(_) => good += 1,
                Err(error) => failed = Some(error.kind.class_name()),
            }
        }
        assert_eq!((good, failed), (pieces, class_name), "{steps:?}");
    }
}

fn stream_of(error: InvokeError) -> ChunkStream {
    futures_util::stream::iter([Err(error)]).boxed()
}

#[tokio::test]
async fn a_server_that_is_silent_too_long_cannot_be_reached() {
    let server = server_of(vec![Step::UntilClosed]).await;
    let error = complete(&*model(&server, "m", "silence_seconds = 0"), call("x"))
        .await
        .unwrap_err();
    assert_eq!(error.kind, InvokeErrorKind::Connection);
}

#[tokio::test]
async fn a_piece_arrives_before_the_next_is_sent_and_dropping_hangs_up() {
    let piece = format!("data: {}\n\n", PIECES[1]);
    let steps = vec![
        chunked_head("text/event-stream"),
        chunk(&piece),
        Step::Wait,
        chunk(&piece),
        Step::UntilClosed,
    ];
    let server = server_of(steps).await;
    let mut stream = model(&server, "m", "").chat(call("x")).await.unwrap();
    assert_eq!(stream.next().await.unwrap().unwrap().text, "wörld ");
    server.go_on();
    assert_eq!(stream.next().await.unwrap().unwrap().text, "wörld ");
    drop(stream);
    let left = tokio::time::timeout(Duration::from_secs(10), server.client_left()).await;
    assert!(left.is_ok(), "the server still sends to nobody");
}

/// The vendor of other crates' tests, once through.
#[tokio::test]
async fn the_scripted_vendor_is_understood() {
    let server = scripted_vendor::start().await.unwrap();
    let think = "<think>first I think\nthen more</think>\nThe answer.";
    for (text, answer) in [
        ("echo:Hello wörld 你好", "Hello wörld 你好"),
        ("empty", ""),
        ("n:11", "d0 d1 d2 d3 d4 d5 d6 d7 d8 d9 d0 "),
        ("long:7", "wwwwwww"),
        ("think", think),
        ("json", "{\"no\":\"schema\"}"),
        ("prompt", "user=\"prompt\""),
        ("see", "I see: 0"),
        ("hi", "Answer to: hi"),
    ] {
        let completion = complete(&*model(&server, "m", ""), call(text))
            .await
            .unwrap();
        assert_eq!(completion.text, answer, "{text}");
        assert_eq!(completion.finish_reason, Some(FinishReason::Stop));
        assert!(completion.tokens.is_some());
    }
}
