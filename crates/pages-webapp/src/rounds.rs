//! What came of a form that was sent without a script: the rounds of a conversation, or the end of a workflow.

use actix_web::HttpResponse;
use gatewright_conversation_service::{ConversationError, MessageRow, Talker};
use gatewright_markdown::{Pictures, answer_to_html};
use gatewright_pages_kit::{page::PageLanguage, unavailable::unavailable};
use gatewright_run_form::{fields, problem};
use gatewright_run_service::{RunServiceError, RunTrace};
use gatewright_usecase_kit::Ctx;
use serde_json::Value;
use uuid::Uuid;

use crate::{guest::Known, open::Open, services::Services};

/// Rounds that a page shows, the last ones.
const MAX_ROUNDS: u32 = 20;

/// A file of a round.
pub(crate) struct Attached {
    pub(crate) name: String,
    pub(crate) url: String,
}

/// A question and its answer.
pub(crate) struct Round {
    pub(crate) question: String,
    pub(crate) files: Vec<Attached>,
    /// The answer as HTML of the closed list.
    pub(crate) answer: String,
    /// Files that the answer brought.
    pub(crate) made: Vec<Attached>,
    /// Why there is no answer.
    pub(crate) error: Option<String>,
    /// The pages of forms that its run waits for.
    pub(crate) forms: Vec<String>,
}

/// A value that a workflow gave.
pub(crate) struct Output {
    pub(crate) name: String,
    /// A text as HTML of the closed list.
    pub(crate) html: Option<String>,
    /// Anything else as it is.
    pub(crate) text: String,
}

/// The end of a workflow.
pub(crate) struct Outcome {
    pub(crate) outputs: Vec<Output>,
    pub(crate) error: Option<String>,
    /// Whether it waits for somebody to fill in a form.
    pub(crate) is_paused: bool,
}

/// The conversation that a visitor is in.
pub(crate) async fn of_conversation(
    services: &Services,
    ctx: &Ctx,
    open: &Open,
    known: &Known,
    conversation: Uuid,
) -> Result<Vec<Round>, HttpResponse> {
    let talker = Talker::visitor(&open.app, known.visitor.id);
    let found = services
        .conversations
        .messages(ctx, &talker, conversation, None, MAX_ROUNDS);
    match found.await {
        Ok(window) => Ok(window
            .rows
            .into_iter()
            .map(|row| round(open, row))
            .collect()),
        Err(ConversationError::Unavailable(error)) => Err(unavailable(open.language, &error)),
        // It was deleted meanwhile.
        Err(_) => Ok(vec![]),
    }
}

fn round(open: &Open, message: MessageRow) -> Round {
    let html = |text: &str| answer_to_html(text, &pictures(open));
    let attached = |belongs_to: &str| {
        let files = message.files.iter();
        let of_side =
            files.filter(|file| file.row.belongs_to.as_deref().unwrap_or("user") == belongs_to);
        of_side
            .map(|file| Attached {
                name: file.named.filename.clone(),
                url: file.named.url.clone(),
            })
            .collect()
    };
    let waiting = message
        .forms
        .iter()
        .filter(|form| form["submitted"] != true);
    let path = |form: &Value| {
        let token = form["form_definition"]["form_token"].as_str()?;
        Some(format!("/form/{token}"))
    };
    Round {
        files: attached("user"),
        made: attached("assistant"),
        answer: html(&message.row.answer),
        error: message.row.error.filter(|error| !error.is_empty()),
        forms: waiting.filter_map(path).collect(),
        question: message.row.query,
    }
}

/// What a workflow came to.
pub(crate) fn of_run(open: &Open, trace: Option<RunTrace>) -> Outcome {
    let Some(trace) = trace else {
        return Outcome {
            outputs: vec![],
            error: Some(problem::words_of_run(
                open.language,
                &RunServiceError::RunNotFound,
            )),
            is_paused: false,
        };
    };
    let run = trace.run;
    let outputs = run.outputs.as_deref();
    let outputs = outputs.and_then(|text| serde_json::from_str::<Value>(text).ok());
    let outputs = outputs.as_ref().and_then(Value::as_object);
    let output = |(name, value): (&String, &Value)| Output {
        name: name.clone(),
        html: value
            .as_str()
            .map(|text| answer_to_html(text, &pictures(open))),
        text: fields::text(value),
    };
    Outcome {
        outputs: outputs.into_iter().flatten().map(output).collect(),
        error: error_of(open.language, &run.status, run.error),
        is_paused: run.status == "paused",
    }
}

fn error_of(language: PageLanguage, status: &str, error: Option<String>) -> Option<String> {
    let told = error.filter(|error| !error.is_empty());
    match status {
        "failed" | "stopped" => told.or_else(|| {
            let text = language.t("This did not succeed.", "未能成功完成。");
            Some(text.to_owned())
        }),
        _ => None,
    }
}

/// Which pictures an answer shows.
pub(crate) fn pictures(open: &Open) -> Pictures {
    let own = ["/files/".to_owned()].into_iter();
    let files = open.rules.files.as_ref();
    Pictures {
        own: own
            .chain(files.map(|origin| format!("{origin}/files/")))
            .collect(),
        any: open.rules.remote_pictures,
    }
}
