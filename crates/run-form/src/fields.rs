//! The run form of an app: a control for each of its inputs, and back from what was filled in to inputs.

use gatewright_run_service::{InputField, InputKind};
use serde_json::{Map, Value, json};

use crate::file_choice::FileChoice;
use gatewright_pages_kit::{form::PageForm, page::PageLanguage};

/// How an input is filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// A line of text.
    Line,
    /// Several lines of text.
    Area,
    /// One of the options.
    Select,
    /// A number, with or without a fraction.
    Number,
    /// Checked or not.
    Checkbox,
    /// Several lines of JSON.
    Json,
    /// Files to choose.
    Files,
    /// Addresses of files, one a line, where none are taken from here.
    Links,
}

/// A field of the form.
#[derive(Debug)]
pub struct Field {
    /// Unique on the page.
    pub id: String,
    /// The name that the browser sends.
    pub name: String,
    /// What people read beside it.
    pub label: String,
    /// How it is filled in.
    pub control: Control,
    /// What stands in it already.
    pub value: String,
    /// What can be selected.
    pub options: Vec<String>,
    /// Whether it must be filled in.
    pub is_required: bool,
    /// The most characters, when there is a most.
    pub most: Option<u64>,
    /// Of a field for files: which.
    pub files: Option<FileChoice>,
    /// What is wrong with what was filled in.
    pub problem: Option<String>,
}

impl Field {
    /// Whether it is a control of that name; templates compare by it.
    pub fn is_a(&self, name: &str) -> bool {
        let own = match self.control {
            Control::Line => "line",
            Control::Area => "area",
            Control::Select => "select",
            Control::Number => "number",
            Control::Checkbox => "checkbox",
            Control::Json => "json",
            Control::Files => "files",
            Control::Links => "links",
        };
        own == name
    }

    /// Whether a checkbox is checked.
    pub fn is_checked(&self) -> bool {
        self.value == "true"
    }
}

/// What the field of an input is called in the form: an input may be called as one of our own fields.
pub fn name(variable: &str) -> String {
    format!("input.{variable}")
}

/// The name of the field for what is said.
pub const MESSAGE: &str = "message";

/// The field for what is said to an app.
pub fn message_field(label: &str, value: String) -> Field {
    Field {
        id: MESSAGE.to_owned(),
        name: MESSAGE.to_owned(),
        label: label.to_owned(),
        control: Control::Area,
        value,
        options: vec![],
        is_required: true,
        most: None,
        files: None,
        problem: None,
    }
}

/// The fields of a form, with the value that `filled` has for an input, or else its default.
pub fn fields(
    declared: &[InputField],
    filled: impl Fn(&InputField) -> Option<String>,
) -> Vec<Field> {
    let shown = declared.iter().filter(|field| !field.hide);
    let field = |(number, field): (usize, &InputField)| {
        let control = control(field);
        let value = filled(field).unwrap_or_else(|| text(&field.default));
        Field {
            id: format!("input-{number}"),
            name: name(&field.variable),
            label: label(field),
            control,
            options: field.options.clone(),
            is_required: field.required,
            most: (field.max_length > 0 && is_text(field.kind)).then_some(field.max_length),
            files: (control == Control::Files).then(|| FileChoice::of(field, &value)),
            problem: None,
            value,
        }
    };
    shown.enumerate().map(field).collect()
}

fn label(field: &InputField) -> String {
    let label = field.label.trim();
    if label.is_empty() {
        field.variable.clone()
    } else {
        label.to_owned()
    }
}

fn control(field: &InputField) -> Control {
    match field.kind {
        InputKind::TextInput | InputKind::ExternalDataTool => Control::Line,
        InputKind::Paragraph => Control::Area,
        InputKind::Select => Control::Select,
        InputKind::Number => Control::Number,
        InputKind::Checkbox => Control::Checkbox,
        InputKind::JsonObject => Control::Json,
        InputKind::File | InputKind::FileList if field.files.allows_method("local_file") => {
            Control::Files
        }
        InputKind::File | InputKind::FileList => Control::Links,
    }
}

fn is_text(kind: InputKind) -> bool {
    matches!(
        kind,
        InputKind::TextInput | InputKind::Paragraph | InputKind::ExternalDataTool
    )
}

/// A value as a control shows it.
pub fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Object(_) | Value::Array(_) => {
            serde_json::to_string_pretty(value).unwrap_or_default()
        }
        other => other.to_string(),
    }
}

/// An input that does not fit, told at its field.
#[derive(Debug, PartialEq, Eq)]
pub struct InputProblem {
    /// The name of the field.
    pub name: String,
    /// What is wrong with it, in words.
    pub words: String,
}

impl InputProblem {
    /// With an input of this name.
    pub fn of_input(variable: &str, words: String) -> Self {
        Self {
            name: name(variable),
            words,
        }
    }

    /// Puts it where its field is.
    pub fn show(&self, fields: &mut [Field]) {
        for field in fields.iter_mut().filter(|field| field.name == self.name) {
            field.problem = Some(self.words.clone());
        }
    }
}

/// The inputs of a form that was filled in. Whether they fit is the run's business; what was left empty and must not be is left
/// out, so that it says so.
pub fn inputs(
    language: PageLanguage,
    declared: &[InputField],
    sent: &PageForm,
) -> Result<Map<String, Value>, InputProblem> {
    let mut inputs = Map::new();
    for field in declared.iter().filter(|field| !field.hide) {
        let name = name(&field.variable);
        let filled = sent.fields.iter().find(|(known, _)| *known == name);
        let filled = filled.map_or("", |(_, value)| value.as_str());
        let value = value(field, filled).map_err(|error| {
            let sentence = language.t("This is not JSON:", "内容不是有效的 JSON：");
            InputProblem::of_input(&field.variable, format!("{sentence} {error}"))
        })?;
        if let Some(value) = value {
            inputs.insert(field.variable.clone(), value);
        }
    }
    Ok(inputs)
}

fn value(field: &InputField, filled: &str) -> serde_json::Result<Option<Value>> {
    let is_empty = filled.trim().is_empty();
    Ok(match control(field) {
        Control::Checkbox => Some(Value::Bool(filled == "true")),
        Control::Line | Control::Area if is_empty && field.required => None,
        // Browsers send the end of a line as two characters.
        Control::Line | Control::Area => Some(Value::String(filled.replace("\r\n", "\n"))),
        Control::Select | Control::Number | Control::Json | Control::Files | Control::Links
            if is_empty =>
        {
            None
        }
        Control::Select | Control::Number => Some(Value::String(filled.to_owned())),
        Control::Links => links(field.kind, filled),
        // Which files were uploaded, as runs are told of them.
        Control::Json | Control::Files => Some(serde_json::from_str(filled)?),
    })
}

/// Files elsewhere, by their addresses.
fn links(kind: InputKind, filled: &str) -> Option<Value> {
    let lines = filled.lines().map(str::trim);
    let addresses = lines.filter(|line| !line.is_empty());
    let mut files = addresses.map(|url| json!({"transfer_method": "remote_url", "url": url}));
    match kind {
        InputKind::FileList => Some(Value::Array(files.collect())),
        _ => files.next(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(kind: &str, required: bool) -> InputField {
        serde_json::from_value(json!({"variable": "x", "type": kind, "required": required}))
            .unwrap()
    }

    #[test]
    fn value_is_read_from_what_a_browser_sends() {
        for (kind, required, filled, found) in [
            ("text-input", false, "", Some(json!(""))),
            ("text-input", true, "", None),
            ("paragraph", true, "a\r\nb", Some(json!("a\nb"))),
            ("paragraph", true, " \r\n", None),
            ("select", false, "", None),
            ("select", false, "one", Some(json!("one"))),
            ("number", false, " ", None),
            ("number", true, "2.5", Some(json!("2.5"))),
            ("checkbox", false, "", Some(json!(false))),
            ("checkbox", false, "true", Some(json!(true))),
            ("json_object", false, "", None),
            ("json_object", true, "{\"a\": 1}", Some(json!({"a": 1}))),
            ("file", true, "", None),
            ("file", true, "{\"id\": \"x\"}", Some(json!({"id": "x"}))),
        ] {
            let value = value(&field(kind, required), filled).unwrap();
            assert_eq!(value, found, "{kind} {required} {filled:?}");
        }
        assert!(value(&field("json_object", false), "{").is_err());
    }

    #[test]
    fn file_that_is_not_taken_from_here_is_named_by_its_address() {
        let field = |kind| {
            serde_json::from_value(json!({"variable": "x", "type": kind, "allowed_file_upload_methods": ["remote_url"]}))
                .unwrap()
        };
        let file = |url| json!({"transfer_method": "remote_url", "url": url});
        let one = value(
            &field("file"),
            " https://a.example/1 \r\nhttps://a.example/2",
        );
        assert_eq!(one.unwrap(), Some(file("https://a.example/1")));
        let many = value(
            &field("file-list"),
            "https://a.example/1\r\n\r\nhttps://a.example/2",
        );
        let both = json!([file("https://a.example/1"), file("https://a.example/2")]);
        assert_eq!(many.unwrap(), Some(both));
        assert_eq!(value(&field("file"), "").unwrap(), None);
    }

    #[test]
    fn field_shows_its_label_default_and_limit_and_is_left_out_when_hidden() {
        let declared: Vec<InputField> = serde_json::from_value(json!([
            {"variable": "csrf_token", "type": "text-input", "label": " ", "default": "d", "max_length": 5},
            {"variable": "b", "type": "number", "label": "B", "default": 2, "max_length": 5},
            {"variable": "c", "type": "checkbox", "default": true, "hide": true},
            {"variable": "d", "type": "json_object", "default": {"a": 1}, "required": true},
        ]))
        .unwrap();
        let shown = fields(&declared, |field| {
            (field.variable == "b").then(|| "7".into())
        });
        let seen: Vec<_> = shown
            .iter()
            .map(|one| {
                (
                    one.name.as_str(),
                    one.label.as_str(),
                    one.value.as_str(),
                    one.most,
                    one.is_required,
                )
            })
            .collect();
        assert_eq!(
            seen,
            [
                ("input.csrf_token", "csrf_token", "d", Some(5), false),
                ("input.b", "B", "7", None, false),
                ("input.d", "d", "{\n  \"a\": 1\n}", None, true),
            ]
        );
    }
}
