//! The prompt of an LLM node.

use gatewright_variables::{Pool, Selector, Template, Value, VariableType, file};
use serde_json::Value as Json;

use super::{
    super::{Context, budget::Budget, template::Named},
    data::{LlmData, MemoryData, Message, Text, Vision},
};
use crate::{
    call::{FilePart, ModelMode, PromptMessage, PromptPart, Role},
    failure::Failure,
    fields::Fields,
};

/// Builds the prompt; what belongs into the record besides it goes into `inputs`.
pub(super) fn build(
    data: &LlmData,
    context: &Context<'_>,
    mode: ModelMode,
    inputs: &mut Fields,
) -> Result<Vec<PromptPart>, Failure> {
    let knowledge = match &data.context {
        Some(selector) => context_text(selector, context.pool)?,
        None => String::new(),
    };
    if !knowledge.is_empty() {
        inputs.set("#context#", knowledge.as_str());
    }
    let files = data
        .vision
        .as_ref()
        .map(|vision| look_at(vision, context.pool))
        .unwrap_or_default();
    if !files.is_empty() {
        let list = files.iter().map(|part| part.file.clone()).collect();
        inputs.set("#files#", Json::Array(list));
    }
    let budget = Budget::new(context);
    let mut parts = Vec::new();
    for message in &data.messages {
        add_message(message, data, &budget, &knowledge, &mut parts)?;
    }
    if let Some(memory) = &data.memory {
        add_memory(memory, &budget, mode, &mut parts)?;
    }
    add_files(files, &mut parts);
    parts.retain(|part| !is_empty(part));
    if !parts
        .iter()
        .any(|part| matches!(part, PromptPart::Message(_)))
    {
        let text = "No prompt found in the LLM configuration. Please ensure a prompt is properly configured before proceeding.";
        return Err(Failure::new("NoPromptFoundError", text));
    }
    Ok(parts)
}

fn is_empty(part: &PromptPart) -> bool {
    matches!(part, PromptPart::Message(message) if message.text.is_empty() && message.files.is_empty())
}

fn message(role: Role, text: String, files: Vec<FilePart>) -> PromptPart {
    PromptPart::Message(PromptMessage { role, text, files })
}

/// A message of text, and one more of the same role with the files that it mentions.
fn add_message(
    data: &Message,
    node: &LlmData,
    budget: &Budget<'_>,
    knowledge: &str,
    parts: &mut Vec<PromptPart>,
) -> Result<(), Failure> {
    match &data.text {
        Text::Jinja(template) => {
            let variables = jinja_variables(&node.jinja_variables, budget)?;
            let text = template.render(&variables, budget.left())?;
            budget.take(text.len())?;
            parts.push(message(data.role, text, Vec::new()));
        }
        Text::Basic(pieces) => {
            let rendered = pieces
                .iter()
                .map(|piece| render(piece, budget))
                .collect::<Result<Vec<_>, _>>()?;
            budget.take(knowledge.len().saturating_mul(rendered.len() - 1))?;
            parts.push(message(data.role, rendered.join(knowledge), Vec::new()));
            let detail = node
                .vision
                .as_ref()
                .map_or("high", |vision| vision.detail.as_str());
            let mentioned = pieces.iter().flat_map(|piece| piece.files(budget.pool()));
            let files: Vec<FilePart> = mentioned
                .map(|file| file_part(file.json(), detail))
                .collect();
            if !files.is_empty() {
                parts.push(message(data.role, String::new(), files));
            }
        }
    }
    Ok(())
}

/// A prompt must not speak of variables that are not there.
pub(crate) fn render(template: &Template, budget: &Budget<'_>) -> Result<String, Failure> {
    if let Some(missing) = template
        .selectors()
        .find(|selector| budget.pool().get(selector).is_none())
    {
        return Err(missing_variable(missing));
    }
    budget.render(template)
}

fn missing_variable(selector: &Selector) -> Failure {
    Failure::new(
        "VariableNotFoundError",
        format!("Variable #{}# not found", selector.dotted()),
    )
}

/// The values that a Jinja2 prompt sees: lists joined by line breaks (knowledge by its content), objects as JSON, everything else as text.
fn jinja_variables(named: &[Named], budget: &Budget<'_>) -> Result<Fields, Failure> {
    let mut fields = Fields::new();
    for one in named {
        let missing = || {
            Failure::new(
                "VariableNotFoundError",
                format!("Variable {} not found", one.name),
            )
        };
        let found = one
            .selector
            .as_ref()
            .and_then(|selector| budget.pool().get(selector))
            .ok_or_else(missing)?;
        // Each message that is a Jinja2 template has them by itself.
        budget.take(found.bytes())?;
        let value = match found.json() {
            Json::Array(items) if found.kind() != VariableType::ArrayFile => {
                Json::String(items.iter().map(item_text).collect::<Vec<_>>().join("\n"))
            }
            Json::Object(_) if !file::is_file(found.json()) => {
                Json::String(found.json().to_string())
            }
            other => other.clone(),
        };
        fields.set(one.name.as_str(), value);
    }
    Ok(fields)
}

fn item_text(item: &Json) -> String {
    match item {
        Json::String(text) => text.clone(),
        Json::Object(members) => match members.get("content") {
            Some(Json::String(content)) => content.clone(),
            _ => item.to_string(),
        },
        other => other.to_string(),
    }
}

/// The context as text: a text, a list of texts, or knowledge with its content.
fn context_text(selector: &Selector, pool: &Pool) -> Result<String, Failure> {
    let Some(found) = pool.get(selector) else {
        return Ok(String::new());
    };
    match found.json() {
        Json::Null => Ok(String::new()),
        Json::String(text) => Ok(text.clone()),
        Json::Array(items) => {
            let mut lines: Vec<&str> = Vec::new();
            for item in items {
                match item {
                    Json::String(text) => lines.push(text),
                    knowledge => {
                        let content = knowledge["content"]
                            .as_str()
                            .ok_or_else(|| invalid_context(knowledge))?;
                        lines.extend(
                            knowledge["summary"]
                                .as_str()
                                .filter(|summary| !summary.is_empty()),
                        );
                        lines.push(content);
                    }
                }
            }
            Ok(lines.join("\n").trim().to_owned())
        }
        other => Err(invalid_context(other)),
    }
}

fn invalid_context(value: &Json) -> Failure {
    let shown: String = value.to_string().chars().take(200).collect();
    Failure::new(
        "InvalidContextStructureError",
        format!("Invalid context structure: {shown}"),
    )
}

/// The conversation so far, then the question. A completion model has both in its one text: the performer puts the history there.
fn add_memory(
    data: &MemoryData,
    budget: &Budget<'_>,
    mode: ModelMode,
    parts: &mut Vec<PromptPart>,
) -> Result<(), Failure> {
    let history = PromptPart::History(data.memory.clone());
    match mode {
        ModelMode::Completion => parts.insert(0, history),
        ModelMode::Chat => {
            parts.push(history);
            let query = budget.render(&data.query)?;
            parts.push(message(Role::User, query, Vec::new()));
        }
    }
    Ok(())
}

/// The files to look at: one, a list, or none.
pub(crate) fn look_at(vision: &Vision, pool: &Pool) -> Vec<FilePart> {
    let value = pool
        .get(&vision.selector)
        .map_or_else(Value::default, |found| found.value());
    let files = match value.json() {
        one if file::is_file(one) => vec![one.clone()],
        Json::Array(many) => many
            .iter()
            .filter(|one| file::is_file(one))
            .cloned()
            .collect(),
        _ => Vec::new(),
    };
    files
        .iter()
        .map(|file| file_part(file, &vision.detail))
        .collect()
}

fn file_part(file: &Json, detail: &str) -> FilePart {
    FilePart {
        file: file.clone(),
        detail: detail.to_owned(),
    }
}

/// Files belong to the last message when that is the person's, otherwise they are a message of their own.
pub(crate) fn add_files(files: Vec<FilePart>, parts: &mut Vec<PromptPart>) {
    if files.is_empty() {
        return;
    }
    match parts.last_mut() {
        Some(PromptPart::Message(last)) if last.role == Role::User => last.files.extend(files),
        _ => parts.push(message(Role::User, String::new(), files)),
    }
}
