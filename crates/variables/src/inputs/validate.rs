//! Whether the inputs that a caller sent fit what the start node declares.

use serde_json::{Map, Value as Json};

use super::{InputField, InputKind};
use crate::python::{self, arithmetic::Num};

/// An input that fits. Files are still what the caller sent: whoever knows uploads makes files of them.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// A plain value.
    Value(Json),
    /// How the caller names a file: `{type, transfer_method, url | upload_file_id}`.
    File(Map<String, Json>),
    /// The same for several files.
    Files(Vec<Map<String, Json>>),
}

/// An input that does not fit. Its text is what clients are told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.problem.message(&self.variable))]
pub struct InputError {
    /// The name of the input.
    pub variable: String,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What can be wrong with an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// It was not sent.
    Required,
    /// It is no text; with the kind of its field.
    NotText(InputKind),
    /// It is no number.
    NotNumber,
    /// It is neither true nor false.
    NotBoolean,
    /// It is none of the options.
    NotAnOption(Vec<String>),
    /// It has more characters than this.
    TooLong(u64),
    /// It is no object.
    NotObject,
    /// It does not fit its JSON schema, or that is none; with the reason.
    Schema(String),
    /// It is no file.
    NotFile,
    /// It is no list of files.
    NotFiles,
    /// It has more files than this.
    TooManyFiles(u64),
}

impl Problem {
    fn message(&self, variable: &str) -> String {
        let in_form = format!("{variable} in input form");
        match self {
            Self::Required => format!("{variable} is required in input form"),
            Self::NotText(kind) => {
                format!("(type '{}') {in_form} must be a string", kind.as_str())
            }
            Self::NotNumber => format!("{in_form} must be a valid number"),
            Self::NotBoolean => format!("{in_form} must be a boolean"),
            Self::NotAnOption(options) => {
                let options = python::repr(&Json::from(options.clone()));
                format!("{in_form} must be one of the following: {options}")
            }
            Self::TooLong(most) => format!("{in_form} must be less than {most} characters"),
            Self::NotObject => format!("{in_form} must be a dict"),
            Self::Schema(reason) => format!("{in_form} does not match its JSON schema: {reason}"),
            Self::NotFile => format!("{in_form} must be a file"),
            Self::NotFiles => format!("{in_form} must be a list of files"),
            Self::TooManyFiles(most) => format!("{in_form} must be less than {most} files"),
        }
    }
}

/// The inputs in the order of their declaration, every declared one among them (null when it was not sent and has
/// no default); what is not declared is dropped. The first that does not fit is the error: presence first, then
/// type, then length and options.
///
/// Numbers and booleans may be sent as text; U+0000 is taken out of texts; an optional input may be null or empty.
pub fn validate(
    fields: &[InputField],
    inputs: &Map<String, Json>,
) -> Result<Vec<(String, Input)>, InputError> {
    fields
        .iter()
        .map(|field| {
            let name = field.variable.clone();
            match one(field, inputs.get(&field.variable).unwrap_or(&Json::Null)) {
                Ok(input) => Ok((name, input)),
                Err(problem) => Err(InputError {
                    variable: name,
                    problem,
                }),
            }
        })
        .collect()
}

fn one(field: &InputField, sent: &Json) -> Result<Input, Problem> {
    if !is_absent(field, sent) {
        return convert(field, sent);
    }
    if field.required && !field.hide {
        return Err(Problem::Required);
    }
    if is_absent(field, &field.default) {
        return Ok(nothing(field.kind));
    }
    convert(field, &field.default)
}

/// Null is absent, and so is what a form sends for a field that was left empty. An empty text is a text, and an
/// empty list of files a list.
fn is_absent(field: &InputField, value: &Json) -> bool {
    match (field.kind, value) {
        (_, Json::Null) => true,
        (InputKind::TextInput | InputKind::Paragraph | InputKind::ExternalDataTool, _) => false,
        (InputKind::Select, Json::String(text)) => text.is_empty() && !field.required,
        (_, Json::String(text)) => text.trim().is_empty(),
        (InputKind::File, Json::Object(members)) => members.is_empty(),
        _ => false,
    }
}

const fn nothing(kind: InputKind) -> Input {
    match kind {
        InputKind::Checkbox => Input::Value(Json::Bool(false)),
        _ => Input::Value(Json::Null),
    }
}

fn convert(field: &InputField, value: &Json) -> Result<Input, Problem> {
    match field.kind {
        InputKind::TextInput | InputKind::Paragraph | InputKind::ExternalDataTool => {
            text(field, value).map(Input::Value)
        }
        InputKind::Select => select(field, value).map(Input::Value),
        InputKind::Number => number(value).map(Input::Value),
        InputKind::Checkbox => boolean(value).map(Input::Value),
        InputKind::JsonObject => object(field, value).map(Input::Value),
        InputKind::File => match value {
            Json::Object(file) => Ok(Input::File(file.clone())),
            _ => Err(Problem::NotFile),
        },
        InputKind::FileList => files(field, value).map(Input::Files),
    }
}

fn plain_text(field: &InputField, value: &Json) -> Result<String, Problem> {
    let text = value.as_str().ok_or(Problem::NotText(field.kind))?;
    Ok(text.replace('\0', ""))
}

fn text(field: &InputField, value: &Json) -> Result<Json, Problem> {
    let text = plain_text(field, value)?;
    if is_over(field.max_length, text.chars().count()) {
        return Err(Problem::TooLong(field.max_length));
    }
    Ok(Json::String(text))
}

fn is_over(most: u64, count: usize) -> bool {
    most > 0 && u64::try_from(count).unwrap_or(u64::MAX) > most
}

fn select(field: &InputField, value: &Json) -> Result<Json, Problem> {
    let text = plain_text(field, value)?;
    if field.options.contains(&text) {
        Ok(Json::String(text))
    } else {
        Err(Problem::NotAnOption(field.options.clone()))
    }
}

/// A number, or a text that is one: with a point a broken one, otherwise a whole one.
fn number(value: &Json) -> Result<Json, Problem> {
    match value {
        Json::Number(_) => Ok(value.clone()),
        Json::String(text) => {
            let parsed = if text.contains('.') {
                Num::parse_float(text)
            } else {
                Num::parse_int(text)
            };
            let number = parsed.map_err(|_| Problem::NotNumber)?;
            number.to_json().ok_or(Problem::NotNumber)
        }
        _ => Err(Problem::NotNumber),
    }
}

fn boolean(value: &Json) -> Result<Json, Problem> {
    let truth = match value {
        Json::Bool(truth) => Some(*truth),
        Json::Number(number) if number.as_f64() == Some(1.0) => Some(true),
        Json::Number(number) if number.as_f64() == Some(0.0) => Some(false),
        Json::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Some(true),
            "false" | "0" | "no" | "off" => Some(false),
            _ => None,
        },
        _ => None,
    };
    truth.map(Json::Bool).ok_or(Problem::NotBoolean)
}

fn object(field: &InputField, value: &Json) -> Result<Json, Problem> {
    if !value.is_object() {
        return Err(Problem::NotObject);
    }
    let value = without_nul(value);
    let schema = field.schema().map_err(|e| Problem::Schema(e.to_string()))?;
    match schema.map(|schema| schema.check(&value)) {
        Some(Err(reason)) => Err(Problem::Schema(reason)),
        _ => Ok(value),
    }
}

/// The value without U+0000 in its texts, which databases cannot keep.
fn without_nul(value: &Json) -> Json {
    match value {
        Json::String(text) => Json::String(text.replace('\0', "")),
        Json::Array(items) => items.iter().map(without_nul).collect(),
        Json::Object(members) => members
            .iter()
            .map(|(key, value)| (key.replace('\0', ""), without_nul(value)))
            .collect(),
        other => other.clone(),
    }
}

fn files(field: &InputField, value: &Json) -> Result<Vec<Map<String, Json>>, Problem> {
    let items = value.as_array().ok_or(Problem::NotFiles)?;
    let files: Option<Vec<Map<String, Json>>> =
        items.iter().map(|item| item.as_object().cloned()).collect();
    let files = files.ok_or(Problem::NotFiles)?;
    if is_over(field.max_length, files.len()) {
        return Err(Problem::TooManyFiles(field.max_length));
    }
    Ok(files)
}

#[cfg(test)]
mod tests;
