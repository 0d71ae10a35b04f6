//! What the script of a page is told of it, as JSON in an attribute: the policy of the pages allows no script in them.

use gatewright_run_form::file_choice::most;
use gatewright_run_service::InputField;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::{open::Open, rounds::pictures};

/// An input of the form.
#[derive(Serialize)]
struct Input<'a> {
    variable: &'a str,
    /// As workflow files call it.
    kind: &'static str,
    label: &'a str,
    /// The most files.
    most: u64,
    /// Whether files are taken from here.
    uploads: bool,
}

impl<'a> Input<'a> {
    fn of(field: &'a InputField) -> Self {
        Self {
            variable: &field.variable,
            kind: field.kind.as_str(),
            label: &field.label,
            most: most(field),
            uploads: field.files.allows_method("local_file"),
        }
    }
}

/// Everything that the script is told.
#[derive(Serialize)]
struct Config<'a> {
    code: &'a str,
    /// `chat`, `chatbot` or `workflow`.
    kind: &'static str,
    inputs: Vec<Input<'a>>,
    /// Whether visitors see the nodes of a run.
    steps: bool,
    /// Whether questions that may follow are asked for.
    suggests: bool,
    /// What the app says before anybody asks, as it was written.
    opening: &'a str,
    /// What the addresses of pictures that are loaded begin with.
    pictures: Vec<String>,
    /// Whether pictures are loaded from anywhere.
    any_picture: bool,
    /// The conversation that a page without a script was in.
    conversation: Option<Uuid>,
}

/// What the script of a page is told.
pub(crate) fn config(open: &Open, conversation: Option<Uuid>) -> String {
    let pictures = pictures(open);
    let parameters = &open.parameters;
    let config = Config {
        code: &open.code,
        kind: open.kind,
        inputs: open.declared.iter().map(Input::of).collect(),
        steps: open.site.look.show_workflow_steps,
        suggests: parameters.suggested_questions_after_answer["enabled"] == true,
        opening: opening(&parameters.opening_statement),
        pictures: pictures.own,
        any_picture: pictures.any,
        conversation,
    };
    serde_json::to_string(&config).unwrap_or_default()
}

/// What the app says before anybody asks; empty: nothing.
pub(crate) fn opening(statement: &Value) -> &str {
    statement.as_str().unwrap_or_default()
}
