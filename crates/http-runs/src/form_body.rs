//! Forms of runs as programs of every surface see them.

use gatewright_run_service::OpenForm;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// A form that waits to be answered.
#[derive(Debug, Serialize, ToSchema)]
pub struct FormDefinition {
    /// Markdown, its variables filled in; `{{#$output.name#}}` marks the place of a field.
    form_content: String,
    /// Fields, as the app defines them.
    #[schema(value_type = Vec<Object>)]
    inputs: Vec<Value>,
    /// Defaults that came from variables, by field, as texts.
    #[schema(value_type = Object)]
    resolved_default_values: Map<String, Value>,
    /// Buttons, as the app defines them.
    #[schema(value_type = Vec<Object>)]
    user_actions: Vec<Value>,
    /// When the form ends, in Unix seconds.
    expiration_time: i64,
}

impl From<OpenForm> for FormDefinition {
    fn from(form: OpenForm) -> Self {
        Self {
            form_content: form.content,
            inputs: form.inputs,
            resolved_default_values: form.defaults,
            user_actions: form.actions,
            expiration_time: form.expiration_time,
        }
    }
}

/// The answer was kept.
#[derive(Debug, Serialize, ToSchema)]
pub struct Answered {}
