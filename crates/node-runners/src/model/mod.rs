//! Asks a model: finds who answers for its name, says what the node wants said, passes the text on piece by piece,
//! and counts what it cost. Thoughts that a server sends beside the text come between `<think>` and `</think>` in it,
//! as the providers of Dify put them: the engine separates them where the node wants that.

mod memory;
mod passing;
mod prompt;
mod record;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures_util::{StreamExt as _, future::BoxFuture};
use gatewright_domain::{Clock, ids::WorkspaceId};
use gatewright_engine::{
    Failure, Fields,
    call::{ModelAnswer, ModelCall, ToolCall, Usage as EngineUsage},
};
use gatewright_model::{
    ChatCall, Chunk, Completion, ConfiguredModel, Feature, InvokeError, InvokeErrorKind, Message,
    ModelCatalogue, Pricing, TokenCount, TokenCounter, Usage, chunk::Collector,
    message::for_features, structured, usage::Timing,
};

use self::passing::Passing;
use crate::{files::RunFiles, history::RunHistory};

/// What belongs to the run.
#[derive(Clone)]
pub struct ModelScope {
    /// Whose models may be used.
    pub workspace: WorkspaceId,
    /// Who asks, for the vendor: an opaque id.
    pub user: Option<String>,
    /// Files that messages name.
    pub files: Arc<dyn RunFiles>,
    /// What was said before.
    pub history: Arc<dyn RunHistory>,
}

/// Asks models. Cheap to clone.
#[derive(Clone)]
pub struct ModelRunner {
    catalogue: Arc<dyn ModelCatalogue>,
    counter: Arc<dyn TokenCounter>,
    clock: Arc<dyn Clock>,
}

/// Hears of an answer while it comes. No piece is empty; a listener that is slow slows the server down.
pub trait Listener: Send {
    /// The next piece of text, thoughts between their tags included.
    fn text(&mut self, piece: String) -> BoxFuture<'_, ()>;

    /// The next piece of thoughts, without tags: where the call wants them apart.
    fn reasoning(&mut self, piece: String) -> BoxFuture<'_, ()>;
}

impl ModelRunner {
    /// With models by name, a count for what vendors don't count, and the time for what calls take.
    pub fn new(
        catalogue: Arc<dyn ModelCatalogue>,
        counter: Arc<dyn TokenCounter>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            catalogue,
            counter,
            clock,
        }
    }

    /// Asks, and is ready with the whole answer. `listener` hears of it as it comes if the call wants that.
    ///
    /// # Errors
    /// A [`Failure`] with the class name of Dify's exception as its type.
    pub async fn run(
        &self,
        scope: &ModelScope,
        call: &ModelCall,
        listener: &mut dyn Listener,
    ) -> Result<ModelAnswer, Failure> {
        let found = self
            .catalogue
            .chat_model(scope.workspace, &call.provider, &call.model);
        let model = found.await.map_err(|error| Failure {
            permanent: true,
            ..Failure::new("ValueError", error.to_string())
        })?;
        let messages = self.messages(scope, call, &model).await?;
        let mut asked = ChatCall::new(messages, call.parameters.clone());
        if let Some(wanted) = &call.structured_output {
            structured::ask(&mut asked, &wanted.schema, &model.entity);
        }
        if model.entity.can(Feature::ToolCall) || model.entity.can(Feature::MultiToolCall) {
            asked.tools = call.tools.iter().map(prompt::tool).collect();
        }
        asked.user.clone_from(&scope.user);
        let prompts = record::prompts(&asked.messages, call.mode);
        let estimated = self.counter.count_messages(&asked.messages);
        let listener = call.stream.then_some(listener);
        let heard = Passing::new(listener, call.reasoning_apart);
        let heard = self.listen(&model, asked, heard).await;
        let heard = heard.map_err(|error| Failure {
            process_data: asked_in_vain(call, &prompts),
            ..failure(error)
        })?;
        Ok(self.answer(heard, prompts, estimated, &model))
    }

    async fn messages(
        &self,
        scope: &ModelScope,
        call: &ModelCall,
        model: &ConfiguredModel,
    ) -> Result<Vec<Message>, Failure> {
        let features = &model.entity.features;
        let asked = prompt::Prompt {
            scope,
            call,
            features,
            counter: &*self.counter,
            budget: memory::budget(model.entity.context_size, &call.parameters),
        };
        let messages = for_features(asked.messages().await?, features);
        if messages.is_empty() {
            return Err(Failure {
                permanent: true,
                ..Failure::new("NoPromptFoundError", NO_PROMPT)
            });
        }
        Ok(messages)
    }

    async fn listen(
        &self,
        model: &ConfiguredModel,
        asked: ChatCall,
        mut text: Passing<'_>,
    ) -> Result<Heard, InvokeError> {
        let began = self.clock.now();
        let tools_offered = !asked.tools.is_empty();
        let mut collector = Collector::default();
        let mut first = None;
        let mut chunks = model.chat.chat(asked).await?;
        let mut left = MAX_ANSWER_BYTES;
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk?;
            let Some(still) = left.checked_sub(bytes(&chunk)) else {
                // Dropping the stream hangs up.
                return Err(InvokeError::new(InvokeErrorKind::BadRequest, TOO_LONG));
            };
            left = still;
            if !(chunk.text.is_empty() && chunk.reasoning.is_empty()) {
                if text.is_heard() {
                    first.get_or_insert_with(|| self.clock.now());
                }
                text.add(&chunk).await;
            }
            // The text is kept already.
            collector.add(Chunk {
                text: String::new(),
                reasoning: String::new(),
                ..chunk
            });
        }
        Ok(Heard {
            text: text.finish().await,
            completion: collector.finish(),
            tools_offered,
            timing: Timing {
                total: seconds(began, self.clock.now()),
                first: first.map(|first| seconds(began, first)),
            },
        })
    }

    fn answer(
        &self,
        heard: Heard,
        prompts: serde_json::Value,
        estimated: u64,
        model: &ConfiguredModel,
    ) -> ModelAnswer {
        let tokens = heard.completion.tokens.unwrap_or_else(|| TokenCount {
            prompt: estimated,
            completion: self.counter.count(&heard.text),
        });
        let pricing = model.entity.pricing.clone().unwrap_or_else(Pricing::none);
        let usage = Usage::of(tokens, &pricing, heard.timing);
        let mut calls = heard.completion.tool_calls.into_iter();
        ModelAnswer {
            text: heard.text,
            reasoning: String::new(),
            tool_call: calls.next().map(|call| ToolCall {
                id: call.id,
                name: call.name,
                arguments: call.arguments,
            }),
            tools_offered: heard.tools_offered,
            finish_reason: heard
                .completion
                .finish_reason
                .map(|reason| reason.as_str().to_owned()),
            usage: EngineUsage {
                total_tokens: usage.total_tokens,
                total_price: usage.total_price.to_string(),
                currency: usage.currency.clone(),
                object: serde_json::to_value(&usage).unwrap_or_default(),
            },
            prompts,
            files: vec![],
        }
    }
}

/// Bytes of everything that a model says in one answer: text, thoughts and calls of tools.
const MAX_ANSWER_BYTES: usize = 10 * 1024 * 1024;

const TOO_LONG: &str = "The model's answer is longer than 10 MiB.";

fn bytes(chunk: &Chunk) -> usize {
    let calls = chunk.tool_calls.iter();
    let calls: usize = calls.map(|call| call.arguments.len()).sum();
    chunk.text.len() + chunk.reasoning.len() + calls
}

const NO_PROMPT: &str = "No prompt found in the LLM configuration. Please ensure a prompt is properly configured before proceeding.";

struct Heard {
    text: String,
    /// All but its text.
    completion: Completion,
    tools_offered: bool,
    timing: Timing,
}

fn seconds(from: DateTime<Utc>, until: DateTime<Utc>) -> f64 {
    let span = (until - from).to_std().unwrap_or_default();
    span.as_secs_f64()
}

/// What nodes that wait for the whole answer record of a call that failed: what they asked. Of one that is streamed nothing is recorded.
fn asked_in_vain(call: &ModelCall, prompts: &serde_json::Value) -> Fields {
    if call.stream {
        return Fields::new();
    }
    Fields::new().with("prompts", prompts.clone())
}

fn failure(error: InvokeError) -> Failure {
    Failure::new(error.kind.class_name(), error.message)
}
