//! The human-input node: builds a form, and makes outputs of the answer. Who is asked and how is the caller's.

use gatewright_variables::{Form as TextForm, Selector, Template, Value};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use super::{Context, NodeData, Outcome, budget::Budget, mismatch, or_default, read};
use crate::{failure::Failure, fields::Fields};

/// The handle of a form that nobody answered.
const TIMEOUT_HANDLE: &str = "__timeout";
const OPEN: &str = "{{#$output.";
const CLOSE: &str = "#}}";
/// What stands in the text of a mail where the form's address goes: whoever sends the mail puts it in.
const URL_MARK: &str = "{{#url#}}";

/// A form to show.
#[derive(Debug)]
pub struct Form {
    /// Its content with variables rendered; `{{#$output.x#}}` stays.
    pub form_content: String,
    /// The same as the author wrote it.
    pub form_template: String,
    /// Its inputs as defined, options from variables filled in.
    pub inputs: Vec<Json>,
    /// Its actions as defined.
    pub actions: Vec<Json>,
    /// Defaults that came from variables, by input.
    pub resolved_default_values: Fields,
    /// How people are told, as defined; texts of mails have their variables rendered.
    pub delivery_methods: Vec<Json>,
    /// Seconds until the node gives up waiting.
    pub timeout_seconds: u64,
}

/// The form as it is defined.
#[derive(Debug)]
pub(crate) struct HumanInputData {
    content: Template,
    template: String,
    inputs: Vec<Json>,
    actions: Vec<Json>,
    delivery_methods: Vec<Json>,
    timeout_seconds: u64,
}

#[derive(Deserialize)]
struct Raw {
    #[serde(default)]
    form_content: String,
    #[serde(default, deserialize_with = "or_default")]
    inputs: Vec<Json>,
    #[serde(default, deserialize_with = "or_default")]
    user_actions: Vec<Json>,
    #[serde(default, deserialize_with = "or_default")]
    delivery_methods: Vec<Json>,
    #[serde(default = "default_timeout")]
    timeout: u64,
    #[serde(default)]
    timeout_unit: Unit,
}

const fn default_timeout() -> u64 {
    36
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "lowercase")]
enum Unit {
    #[default]
    Hour,
    Day,
}

pub(crate) fn parse(data: &Map<String, Json>) -> Result<NodeData, String> {
    let raw: Raw = read(data)?;
    unique(&raw.user_actions, "id", "user_actions")?;
    unique(&raw.inputs, "output_variable_name", "inputs")?;
    let unit = match raw.timeout_unit {
        Unit::Hour => 3_600,
        Unit::Day => 86_400,
    };
    Ok(NodeData::HumanInput(Box::new(HumanInputData {
        content: Template::parse(&raw.form_content),
        template: raw.form_content,
        inputs: raw.inputs,
        actions: raw.user_actions,
        delivery_methods: raw.delivery_methods,
        timeout_seconds: raw.timeout.saturating_mul(unit),
    })))
}

/// Every entry has a name of its own under this key.
fn unique(list: &[Json], key: &str, what: &str) -> Result<(), String> {
    let mut seen: Vec<&str> = Vec::new();
    for entry in list {
        let name = entry
            .get(key)
            .and_then(Json::as_str)
            .ok_or_else(|| format!("{what}: {key} is missing"))?;
        if seen.contains(&name) {
            return Err(format!("{what}: {name} comes twice"));
        }
        seen.push(name);
    }
    Ok(())
}

/// The form to show.
pub(crate) fn form(context: &Context<'_>) -> Result<Form, Failure> {
    let NodeData::HumanInput(data) = &context.node.data else {
        return Err(mismatch());
    };
    let budget = Budget::new(context);
    Ok(Form {
        form_content: content(data, &budget)?,
        form_template: data.template.clone(),
        inputs: data
            .inputs
            .iter()
            .map(|input| with_options(input, &budget))
            .collect::<Result<_, _>>()?,
        actions: data.actions.clone(),
        resolved_default_values: defaults(&data.inputs, &budget)?,
        delivery_methods: data
            .delivery_methods
            .iter()
            .map(|method| with_text(method, &budget))
            .collect::<Result<_, _>>()?,
        timeout_seconds: data.timeout_seconds,
    })
}

/// A way of delivery whose text has its variables rendered, but for the place of the address.
fn with_text(method: &Json, budget: &Budget<'_>) -> Result<Json, Failure> {
    let Some(body) = method["config"]["body"].as_str() else {
        return Ok(method.clone());
    };
    let pieces = body
        .split(URL_MARK)
        .map(|piece| budget.render(&Template::parse(piece)));
    let text = pieces.collect::<Result<Vec<_>, _>>()?.join(URL_MARK);
    let mut method = method.clone();
    method["config"]["body"] = json!(text);
    Ok(method)
}

fn content(data: &HumanInputData, budget: &Budget<'_>) -> Result<String, Failure> {
    let text = data
        .content
        .render(budget.pool(), TextForm::Markdown, budget.left());
    let text = text.map_err(|e| Failure::new("ValueError", e.to_string()))?;
    budget.take(text.len())?;
    Ok(text)
}

/// A select takes its options from the run when it is defined so.
fn with_options(input: &Json, budget: &Budget<'_>) -> Result<Json, Failure> {
    let source = &input["option_source"];
    let mut input = input.clone();
    if source["type"] != "variable" {
        return Ok(input);
    }
    let selector = Selector::from_json(&source["selector"]).ok();
    let found = selector.and_then(|selector| budget.pool().get(&selector));
    if let Some(found) = found.filter(|found| found.json().is_array()) {
        budget.take(found.bytes())?;
        input["option_source"]["value"] = found.json().clone();
    }
    Ok(input)
}

/// Defaults that come from variables and are there; constants stay in the definition.
fn defaults(inputs: &[Json], budget: &Budget<'_>) -> Result<Fields, Failure> {
    let mut defaults = Fields::new();
    for input in inputs
        .iter()
        .filter(|input| input["default"]["type"] == "variable")
    {
        let selector = Selector::from_json(&input["default"]["selector"]).ok();
        let name = input["output_variable_name"].as_str();
        if let (Some(name), Some(found)) = (
            name,
            selector
                .as_ref()
                .and_then(|selector| budget.pool().get(selector)),
        ) {
            budget.take(found.bytes())?;
            defaults.set(name, found.value());
        }
    }
    Ok(defaults)
}

/// What an answer came to.
#[derive(Debug)]
pub struct Filled {
    /// The content with everything rendered.
    pub rendered_content: String,
    /// Title of the chosen action.
    pub action_text: String,
    /// What was submitted.
    pub submitted_data: Fields,
}

/// The outputs of an answer; the way out is its action.
pub(crate) fn submitted(
    context: &Context<'_>,
    action: &str,
    inputs: Map<String, Json>,
) -> Result<(Filled, Outcome), Failure> {
    let NodeData::HumanInput(data) = &context.node.data else {
        return Err(mismatch());
    };
    let title = data
        .actions
        .iter()
        .find(|one| one["id"] == action)
        .and_then(|one| one["title"].as_str());
    let title =
        title.ok_or_else(|| Failure::new("ValueError", format!("Invalid action: {action}")))?;
    let submitted: Fields = inputs.into();
    let rendered = fill(&content(data, &Budget::new(context))?, &submitted);
    let recorded = submitted.iter().map(|(name, value)| (name, record(value)));
    let outputs = submitted
        .clone()
        .with("__action_id", action)
        .with("__rendered_content", rendered.as_str())
        .with("__action_value", title);
    let outcome = Outcome {
        inputs: recorded.collect(),
        outputs,
        handle: Some(action.to_owned()),
        ..Outcome::default()
    };
    let filled = Filled {
        rendered_content: rendered,
        action_text: title.to_owned(),
        submitted_data: submitted,
    };
    Ok((filled, outcome))
}

/// The outputs when nobody answered.
pub(crate) fn timed_out(context: &Context<'_>) -> Result<Outcome, Failure> {
    let NodeData::HumanInput(data) = &context.node.data else {
        return Err(mismatch());
    };
    let outputs = Fields::new()
        .with("__action_id", "")
        .with("__rendered_content", content(data, &Budget::new(context))?)
        .with("__action_value", "");
    Ok(Outcome {
        outputs,
        handle: Some(TIMEOUT_HANDLE.to_owned()),
        ..Outcome::default()
    })
}

/// As inputs of this node are recorded: with their type.
fn record(value: &Value) -> Json {
    let kind = gatewright_variables::VariableType::of(value.json());
    json!({"value_type": kind.as_str(), "value": value.json()})
}

/// Puts the answer into the places that the content has for it: texts as they are, files by their number, what is missing as nothing.
fn fill(content: &str, submitted: &Fields) -> String {
    let mut out = String::with_capacity(content.len());
    let mut rest = content;
    while let Some(at) = rest.find(OPEN) {
        let inner = &rest[at + OPEN.len()..];
        let Some(end) = inner.find(CLOSE).filter(|&end| is_name(&inner[..end])) else {
            out.push_str(&rest[..at + OPEN.len()]);
            rest = inner;
            continue;
        };
        out.push_str(&rest[..at]);
        out.push_str(&shown(submitted.get(&inner[..end])));
        rest = &inner[end + CLOSE.len()..];
    }
    out.push_str(rest);
    out
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn shown(value: Option<&Json>) -> String {
    match value {
        None | Some(Json::Null) => String::new(),
        Some(Json::String(text)) => text.clone(),
        Some(Json::Array(files)) => format!("[{} files]", files.len()),
        Some(Json::Object(_)) => "[file]".to_owned(),
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answer_stands_where_the_content_has_a_place_for_it() {
        let submitted = Fields::new()
            .with("comment", "{{#$output.other#}}")
            .with("one", json!({"dify_model_identity": "__dify__file__"}))
            .with("many", json!([{}, {}]));
        for (content, filled) in [
            ("a {{#$output.comment#}} b", "a {{#$output.other#}} b"),
            (
                "{{#$output.one#}} {{#$output.many#}} {{#$output.none#}}.",
                "[file] [2 files] .",
            ),
            (
                "{{#$output.a b#}} {{#$output.comment",
                "{{#$output.a b#}} {{#$output.comment",
            ),
        ] {
            assert_eq!(fill(content, &submitted), filled);
        }
    }
}
