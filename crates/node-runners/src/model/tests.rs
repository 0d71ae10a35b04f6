//! What is said to a model, and what becomes of its answer, against the recordings of Dify.

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use chrono::TimeDelta;
use futures_util::{
    future::{self, BoxFuture, FutureExt as _},
    stream,
};
use gatewright_engine::call::{
    FilePart, Memory, ModelMode, PromptMessage, PromptPart, Role, RolePrefix, StructuredOutput,
    ToolSpec,
};
use gatewright_model::{
    ChatModel, ChunkStream, FinishReason, InvokeErrorKind, LookupError, Mode, ModelEntity,
    ModelType, ToolCallDelta, parameter::of_language_model, token::RoughCounter,
};
use gatewright_test_support::ManualClock;
use serde_json::{Value, json};

use super::*;
use crate::{
    files::{FileContent, FileError},
    history::{HistoryError, NoHistory, Round},
};

/// A model that answers by a script; its clock goes on by a millisecond with each piece.
struct Scripted {
    pieces: Vec<Result<Chunk, InvokeError>>,
    clock: ManualClock,
    features: Vec<Feature>,
    pricing: Option<Pricing>,
    context_size: Option<u64>,
    asked: Mutex<Vec<ChatCall>>,
}

impl ChatModel for Scripted {
    fn chat(&self, call: ChatCall) -> BoxFuture<'_, Result<ChunkStream, InvokeError>> {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.push(call);
        self.clock.advance(TimeDelta::milliseconds(7));
        let clock = self.clock.clone();
        let pieces = stream::iter(self.pieces.clone())
            .inspect(move |_| clock.advance(TimeDelta::milliseconds(1)));
        future::ready(Ok(pieces.boxed())).boxed()
    }
}

/// The catalogue of one model, `m` of any provider.
struct One(Arc<Scripted>);

impl ModelCatalogue for One {
    fn chat_model<'a>(
        &'a self,
        _: WorkspaceId,
        provider: &'a str,
        model: &'a str,
    ) -> BoxFuture<'a, Result<ConfiguredModel, LookupError>> {
        let found = if model == "m" {
            let structured = self.0.features.contains(&Feature::StructuredOutput);
            Ok(ConfiguredModel {
                provider: provider.parse().unwrap(),
                entity: Arc::new(ModelEntity {
                    name: "m".to_owned(),
                    label: "m".to_owned(),
                    model_type: ModelType::Llm,
                    mode: Mode::Chat,
                    features: self.0.features.clone(),
                    context_size: self.0.context_size,
                    parameter_rules: of_language_model(100, structured),
                    pricing: self.0.pricing.clone(),
                }),
                chat: self.0.clone(),
            })
        } else {
            Err(LookupError::NoModel(model.to_owned()))
        };
        future::ready(found).boxed()
    }

    fn default_chat_model(
        &self,
        _: WorkspaceId,
    ) -> BoxFuture<'_, Result<ConfiguredModel, LookupError>> {
        future::ready(Err(LookupError::NoDefault(ModelType::Llm))).boxed()
    }
}

struct Pictures;

impl RunFiles for Pictures {
    fn read<'a>(&'a self, file: &'a Value) -> BoxFuture<'a, Result<FileContent, FileError>> {
        let content = match file["filename"].as_str() {
            Some("gone.png") => Err(FileError("gone".to_owned())),
            name => Ok(FileContent {
                name: name.unwrap_or_default().to_owned(),
                mime_type: "image/png".to_owned(),
                bytes: Bytes::from_static(&[0; 30]),
            }),
        };
        future::ready(content).boxed()
    }

    fn keep(&self, _: FileContent) -> BoxFuture<'_, Result<Value, FileError>> {
        future::ready(Err(FileError("no room".to_owned()))).boxed()
    }
}

struct Rounds(Vec<Round>);

impl RunHistory for Rounds {
    fn rounds(&self, most: usize) -> BoxFuture<'_, Result<Vec<Round>, HistoryError>> {
        let skipped = self.0.len().saturating_sub(most);
        future::ready(Ok(self.0[skipped..].to_vec())).boxed()
    }
}

fn said(text: &str) -> Chunk {
    Chunk {
        text: text.to_owned(),
        ..Chunk::default()
    }
}

fn thought(text: &str) -> Chunk {
    Chunk {
        reasoning: text.to_owned(),
        ..Chunk::default()
    }
}

fn ended(prompt: u64, completion: u64) -> Chunk {
    Chunk {
        finish_reason: Some(FinishReason::Stop),
        tokens: Some(TokenCount { prompt, completion }),
        ..Chunk::default()
    }
}

fn model(pieces: Vec<Chunk>) -> Scripted {
    Scripted {
        pieces: pieces.into_iter().map(Ok).collect(),
        clock: ManualClock::new(),
        features: vec![Feature::Vision],
        pricing: serde_json::from_value(json!({"input": "0.15", "output": "0.60"})).unwrap(),
        context_size: None,
        asked: Mutex::default(),
    }
}

fn message(role: Role, text: &str, files: Vec<FilePart>) -> PromptPart {
    PromptPart::Message(PromptMessage {
        role,
        text: text.to_owned(),
        files,
    })
}

fn call(prompt: Vec<PromptPart>) -> ModelCall {
    ModelCall {
        provider: "openai".to_owned(),
        model: "m".to_owned(),
        mode: ModelMode::Chat,
        parameters: serde_json::Map::new(),
        prompt,
        tools: vec![],
        structured_output: None,
        stream: true,
        reasoning_apart: false,
    }
}

fn picture(name: &str, kind: &str) -> FilePart {
    FilePart {
        file: json!({"dify_model_identity": "__dify__file__", "type": kind, "filename": name, "extension": ".png"}),
        detail: "low".to_owned(),
    }
}

/// What a listener heard.
#[derive(Default)]
struct Heard {
    text: Vec<String>,
    reasoning: Vec<String>,
}

impl Listener for Heard {
    fn text(&mut self, piece: String) -> BoxFuture<'_, ()> {
        self.text.push(piece);
        future::ready(()).boxed()
    }

    fn reasoning(&mut self, piece: String) -> BoxFuture<'_, ()> {
        self.reasoning.push(piece);
        future::ready(()).boxed()
    }
}

/// The answer, what was heard meanwhile, and what the model was asked.
async fn ask(
    model: Scripted,
    call: &ModelCall,
    history: Arc<dyn RunHistory>,
) -> (Result<ModelAnswer, Failure>, Heard, Vec<ChatCall>) {
    let model = Arc::new(model);
    let clock = Arc::new(model.clock.clone());
    let runner = ModelRunner::new(Arc::new(One(model.clone())), Arc::new(RoughCounter), clock);
    let scope = ModelScope {
        workspace: "00000000-0000-0000-0000-000000000001".parse().unwrap(),
        user: Some("u".to_owned()),
        files: Arc::new(Pictures),
        history,
    };
    let mut heard = Heard::default();
    let answer = runner.run(&scope, call, &mut heard).await;
    let asked = model
        .asked
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    (answer, heard, asked)
}

#[tokio::test]
async fn an_answer_is_streamed_and_recorded_as_the_reference_does() {
    let mut asked = call(vec![
        message(Role::System, "You help.", vec![]),
        message(Role::User, "echo:Hello", vec![]),
    ]);
    asked.parameters = json!({"temperature": 0.2, "stop": ["END"]})
        .as_object()
        .unwrap()
        .clone();
    let script = model(vec![said("Hel"), said("lo"), said(""), ended(20, 7)]);
    let (answer, heard, calls) = ask(script, &asked, Arc::new(NoHistory)).await;
    let answer = answer.unwrap();
    assert_eq!(heard.text, ["Hel", "lo"]);
    assert!(heard.reasoning.is_empty());
    assert_eq!(answer.text, "Hello");
    assert_eq!(answer.finish_reason.as_deref(), Some("stop"));
    assert_eq!(
        answer.prompts,
        json!([{"role": "system", "text": "You help.", "files": []}, {"role": "user", "text": "echo:Hello", "files": []}])
    );
    assert_eq!(
        (answer.usage.total_tokens, answer.usage.total_price.as_str()),
        (27, "0.0000072")
    );
    assert_eq!(
        answer.usage.object,
        json!({"prompt_tokens": 20, "prompt_unit_price": "0.15", "prompt_price_unit": "0.000001", "prompt_price": "0.0000030",
            "completion_tokens": 7, "completion_unit_price": "0.60", "completion_price_unit": "0.000001",
            "completion_price": "0.0000042", "total_tokens": 27, "total_price": "0.0000072", "currency": "USD",
            "latency": 0.011, "time_to_first_token": 0.008, "time_to_generate": 0.003})
    );
    assert_eq!(calls[0].stop, ["END"]);
    assert_eq!(
        Value::Object(calls[0].parameters.clone()),
        json!({"temperature": 0.2})
    );
    assert_eq!(calls[0].user.as_deref(), Some("u"));
}

#[tokio::test]
async fn thoughts_beside_the_text_come_between_tags_and_alone_where_that_is_wanted() {
    let mut asked = call(vec![message(Role::User, "think", vec![])]);
    let whole = "<think>\nfirst more\n</think>The answer.";
    for (apart, alone) in [(false, vec![]), (true, vec!["first", " more"])] {
        asked.reasoning_apart = apart;
        let script = model(vec![
            thought("first"),
            thought(" more"),
            said("The answer."),
            ended(1, 1),
        ]);
        let (answer, heard, _) = ask(script, &asked, Arc::new(NoHistory)).await;
        assert_eq!(answer.unwrap().text, whole);
        assert_eq!(heard.text.concat(), whole);
        assert_eq!(heard.reasoning, alone);
    }
}

#[tokio::test]
async fn text_is_passed_on_only_where_it_is_wanted_and_tokens_are_estimated_where_nobody_counts() {
    let mut asked = call(vec![message(Role::User, "12345678", vec![])]);
    asked.stream = false;
    let (answer, heard, _) = ask(model(vec![said("1234")]), &asked, Arc::new(NoHistory)).await;
    assert!(heard.text.is_empty());
    let answer = answer.unwrap();
    assert_eq!(answer.usage.object["prompt_tokens"], 6);
    assert_eq!(answer.usage.object["completion_tokens"], 1);
    assert_eq!(answer.finish_reason, None);
}

#[tokio::test]
async fn who_waits_for_the_whole_answer_has_no_first_token_and_is_told_what_was_asked_in_vain() {
    let mut asked = call(vec![message(Role::User, "x", vec![])]);
    let failing = || Scripted {
        pieces: vec![Err(InvokeError::new(InvokeErrorKind::RateLimit, "no"))],
        ..model(vec![])
    };
    for (streams, first, prompts) in [
        (true, json!(0.008), Value::Null),
        (
            false,
            Value::Null,
            json!([{"role": "user", "text": "x", "files": []}]),
        ),
    ] {
        asked.stream = streams;
        let script = model(vec![said("1"), ended(1, 1)]);
        let (answer, ..) = ask(script, &asked, Arc::new(NoHistory)).await;
        let usage = answer.unwrap().usage.object;
        assert_eq!(usage["time_to_first_token"], first);
        assert_eq!(usage["time_to_generate"].is_null(), first.is_null());
        let (answer, ..) = ask(failing(), &asked, Arc::new(NoHistory)).await;
        let recorded = answer.unwrap_err().process_data;
        assert_eq!(json!(recorded)["prompts"], prompts);
    }
}

#[tokio::test]
async fn pictures_go_to_models_that_see_and_are_shortened_in_the_record() {
    let files = || vec![picture("red.png", "image"), picture("a.pdf", "document")];
    let asked = call(vec![message(Role::User, "see", files())]);
    let (answer, _, calls) = ask(model(vec![ended(1, 1)]), &asked, Arc::new(NoHistory)).await;
    assert_eq!(
        answer.unwrap().prompts,
        json!([{"role": "user", "text": "see", "files": [
            {"type": "image", "data": "data:image...[TRUNCATED]...AAAAAAAAAA", "detail": "low"}]}])
    );
    let media: Vec<_> = calls[0].messages[0].media().collect();
    assert_eq!((media.len(), media[0].format.as_str()), (1, "png"));
    let blind = Scripted {
        features: vec![],
        ..model(vec![ended(1, 1)])
    };
    let (_, _, calls) = ask(blind, &asked, Arc::new(NoHistory)).await;
    assert_eq!(calls[0].messages[0].media().count(), 0);
    let asked = call(vec![message(
        Role::User,
        "see",
        vec![picture("gone.png", "image")],
    )]);
    let (answer, ..) = ask(model(vec![]), &asked, Arc::new(NoHistory)).await;
    assert_eq!(answer.unwrap_err().message, "gone");
}

fn rounds() -> Arc<Rounds> {
    let round = |at: u32| Round {
        question: format!("q{at}"),
        answer: format!("a{at}"),
        ..Round::default()
    };
    Arc::new(Rounds((1..=3).map(round).collect()))
}

#[tokio::test]
async fn history_stands_in_its_place_within_window_and_size() {
    for (window, context_size, texts) in [
        (None, None, "S|q1|a1|q2|a2|q3|a3|now"),
        (Some(3), None, "S|q2|a2|q3|a3|now"),
        (Some(1), None, "S|now"),
        // Each message has one token and a frame of four: four in all stay.
        (None, Some(20), "S|q3|a3|now"),
        (None, Some(1), "S|a3|now"),
    ] {
        let memory = Memory {
            window,
            prefixes: None,
        };
        let asked = call(vec![
            message(Role::System, "S", vec![]),
            PromptPart::History(memory),
            message(Role::User, "now", vec![]),
        ]);
        let script = Scripted {
            context_size,
            ..model(vec![ended(1, 1)])
        };
        let (_, _, calls) = ask(script, &asked, rounds()).await;
        let said: Vec<_> = calls[0].messages.iter().map(Message::text).collect();
        assert_eq!(said.join("|"), texts, "{window:?} {context_size:?}");
    }
}

#[tokio::test]
async fn a_completion_model_gets_one_text() {
    let memory = || {
        PromptPart::History(Memory {
            window: Some(2),
            prefixes: Some(RolePrefix {
                user: "Human".to_owned(),
                assistant: "Bot".to_owned(),
            }),
        })
    };
    for (text, history, whole) in [
        ("Do: echo:done\nResult:", false, "\nDo: echo:done\nResult:"),
        ("now", true, "Human: q3\nBot: a3\nnow"),
        ("<#histories#> now", true, "<Human: q3\nBot: a3> now"),
        ("<#histories#> now", false, "<> now"),
    ] {
        let mut prompt = vec![message(Role::User, text, vec![])];
        if history {
            prompt.push(memory());
        }
        let mut asked = call(prompt);
        asked.mode = ModelMode::Completion;
        let (answer, _, calls) = ask(model(vec![ended(1, 1)]), &asked, rounds()).await;
        assert_eq!(calls[0].messages[0].text(), whole);
        assert_eq!(
            answer.unwrap().prompts,
            json!([{"role": "user", "text": whole}])
        );
    }
}

#[tokio::test]
async fn objects_and_tools_are_asked_for_in_the_model_s_way() {
    let mut asked = call(vec![message(Role::User, "x", vec![])]);
    asked.structured_output = Some(StructuredOutput {
        schema: json!({"type": "object"}),
    });
    asked.tools = vec![ToolSpec {
        name: "t".to_owned(),
        description: "d".to_owned(),
        parameters: json!({"type": "object"}),
    }];
    let script = Scripted {
        features: vec![Feature::StructuredOutput, Feature::ToolCall],
        ..model(vec![Chunk {
            tool_calls: vec![ToolCallDelta {
                name: Some("t".to_owned()),
                arguments: "{\"a\":1}".to_owned(),
                ..ToolCallDelta::default()
            }],
            ..Chunk::default()
        }])
    };
    let (answer, _, calls) = ask(script, &asked, Arc::new(NoHistory)).await;
    let answer = answer.unwrap();
    let tool_call = answer.tool_call.unwrap();
    assert_eq!(
        (tool_call.name.as_str(), tool_call.arguments.as_str()),
        ("t", "{\"a\":1}")
    );
    assert!(answer.tools_offered);
    assert_eq!(calls[0].parameters["response_format"], "json_schema");
    assert_eq!(calls[0].tools[0].name, "t");
    let (_, _, calls) = ask(model(vec![ended(1, 1)]), &asked, Arc::new(NoHistory)).await;
    assert!(calls[0].tools.is_empty());
    assert!(calls[0].messages[0].text().contains("JSON Schema"));
}

#[tokio::test]
async fn failures_have_the_names_that_dify_s_have() {
    let limited = InvokeError::new(InvokeErrorKind::RateLimit, "slow down");
    let failing = Scripted {
        pieces: vec![Ok(said("a")), Err(limited)],
        ..model(vec![])
    };
    let asked = call(vec![message(Role::User, "x", vec![])]);
    let (answer, heard, _) = ask(failing, &asked, Arc::new(NoHistory)).await;
    let failure = answer.unwrap_err();
    assert_eq!(
        (failure.error_type.as_str(), failure.message.as_str()),
        ("InvokeRateLimitError", "slow down")
    );
    assert!(!failure.permanent);
    assert_eq!(heard.text, ["a"]);
    let mut unknown = asked.clone();
    unknown.model = "no-such-model".to_owned();
    let (answer, ..) = ask(model(vec![]), &unknown, Arc::new(NoHistory)).await;
    let failure = answer.unwrap_err();
    assert_eq!(failure.message, "Model no-such-model not exist.");
    assert!(failure.permanent);
    let empty = call(vec![message(Role::System, "", vec![])]);
    let (answer, ..) = ask(model(vec![]), &empty, Arc::new(NoHistory)).await;
    let failure = answer.unwrap_err();
    assert_eq!(
        (failure.error_type.as_str(), failure.message.as_str()),
        ("NoPromptFoundError", NO_PROMPT)
    );
}

#[tokio::test]
async fn answer_without_an_end_is_cut_off_and_fails() {
    let long = "x".repeat(1024 * 1024);
    let pieces = vec![said(&long); 20];
    let asked = call(vec![message(Role::User, "x", vec![])]);
    let (answer, heard, _) = ask(model(pieces), &asked, Arc::new(NoHistory)).await;
    assert_eq!(answer.unwrap_err().message, TOO_LONG);
    assert_eq!(heard.text.len(), 10);
}
