//! The question classifier: a model picks one of several classes, and the node is left by it.

use gatewright_variables::{Selector, Template};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use super::{Context, NodeData, Outcome, Request, budget::Budget, llm, mismatch, read};
use crate::{
    call::{CallResult, ModelCall, ModelMode, NodeCall, PromptMessage, PromptPart, Role},
    failure::Failure,
    fields::Fields,
    lenient, think,
};

/// Its classes, and how it asks.
#[derive(Debug)]
pub(crate) struct ClassifierData {
    pub(crate) model: llm::model::ModelChoice,
    query: Selector,
    classes: Vec<Class>,
    instruction: Template,
    memory: Option<llm::MemoryData>,
    vision: Option<llm::Vision>,
}

#[derive(Debug)]
struct Class {
    id: String,
    name: Template,
    label: Option<String>,
}

#[derive(Deserialize)]
struct Raw {
    query_variable_selector: Selector,
    classes: Vec<RawClass>,
    #[serde(default)]
    instruction: Option<String>,
    #[serde(default)]
    memory: Option<llm::RawMemory>,
    #[serde(default)]
    vision: Option<llm::RawVision>,
}

#[derive(Deserialize)]
struct RawClass {
    id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    label: Option<String>,
}

pub(crate) fn parse(data: &Map<String, Json>) -> Result<NodeData, String> {
    let model = llm::model::ModelChoice::read(data)?;
    let raw: Raw = read(data)?;
    if raw.classes.is_empty() {
        return Err("classes are missing".to_owned());
    }
    let class = |raw: RawClass| Class {
        id: raw.id,
        name: Template::parse(&raw.name),
        label: raw.label.filter(|label| !label.is_empty()),
    };
    Ok(NodeData::Classifier(Box::new(ClassifierData {
        model,
        query: raw.query_variable_selector,
        classes: raw.classes.into_iter().map(class).collect(),
        instruction: Template::parse(&raw.instruction.unwrap_or_default()),
        memory: raw.memory.map(llm::MemoryData::read),
        vision: llm::Vision::read(raw.vision),
    })))
}

const TASK: &str = "You sort a question into exactly one of the given categories. The categories come as a JSON list of objects \
with category_id and category_name. Answer with one JSON object and nothing else: \
{\"keywords\": [words of the question that decided], \"category_id\": \"its id\", \"category_name\": \"its name\"}. \
The id and the name must be those of one category of the list.";

pub(crate) fn request(context: &Context<'_>) -> Result<Request, Failure> {
    let NodeData::Classifier(data) = &context.node.data else {
        return Err(mismatch());
    };
    let model = data.model.resolved(context)?;
    let query = context
        .pool
        .get(&data.query)
        .map(|found| found.value())
        .unwrap_or_default();
    let inputs = model.named(Fields::new().with("query", query.clone()));
    let prompt = prompt(data, context, model.mode, &query)
        .map_err(|failure| failure.with_inputs(inputs.clone()))?;
    Ok(Request {
        inputs,
        think: None,
        call: NodeCall::Model(Box::new(ModelCall {
            parameters: model.parameters(context),
            provider: model.provider,
            model: model.name,
            mode: model.mode,
            prompt,
            tools: Vec::new(),
            structured_output: None,
            stream: true,
            reasoning_apart: false,
        })),
    })
}

fn prompt(
    data: &ClassifierData,
    context: &Context<'_>,
    mode: ModelMode,
    query: &gatewright_variables::Value,
) -> Result<Vec<PromptPart>, Failure> {
    let budget = Budget::new(context);
    let mut categories = Vec::new();
    for class in &data.classes {
        categories.push(format!(
            "{{\"category_id\": {}, \"category_name\": {}}}",
            json!(class.id),
            json!(llm::render(&class.name, &budget)?)
        ));
    }
    let instruction = llm::render(&data.instruction, &budget)?;
    let question = match query.json() {
        Json::String(text) => text.clone(),
        Json::Null => String::new(),
        other => other.to_string(),
    };
    let mut asked = format!("Categories:\n[{}]\n", categories.join(", "));
    if !instruction.is_empty() {
        asked.push_str(&format!("Mind this as well:\n{instruction}\n"));
    }
    asked.push_str(&format!("Question:\n{question}\n"));
    let message = |role, text| {
        PromptPart::Message(PromptMessage {
            role,
            text,
            files: Vec::new(),
        })
    };
    let history = data
        .memory
        .as_ref()
        .map(|memory| PromptPart::History(memory.memory.clone()));
    let mut parts: Vec<PromptPart> = match mode {
        ModelMode::Chat => [
            Some(message(Role::System, TASK.to_owned())),
            history,
            Some(message(Role::User, asked)),
        ]
        .into_iter()
        .flatten()
        .collect(),
        ModelMode::Completion => [
            history,
            Some(message(Role::User, format!("{TASK}\n{asked}Answer:\n"))),
        ]
        .into_iter()
        .flatten()
        .collect(),
    };
    if let Some(vision) = &data.vision {
        llm::add_files(llm::look_at(vision, context.pool), &mut parts);
    }
    Ok(parts)
}

pub(crate) fn conclude(
    context: &Context<'_>,
    _: &Fields,
    result: CallResult,
) -> Result<Outcome, Failure> {
    let (NodeData::Classifier(data), CallResult::Model(answer)) = (&context.node.data, result)
    else {
        return Err(mismatch());
    };
    let model = data.model.resolved(context)?;
    let chosen = chosen(&answer.text).map_err(|text| Failure {
        metadata: llm::metadata(&answer.usage),
        ..Failure::new("OutputParserError", text)
    })?;
    let at = data
        .classes
        .iter()
        .position(|class| chosen.as_deref() == Some(&class.id))
        .unwrap_or(0);
    let class = &data.classes[at];
    let label = class
        .label
        .clone()
        .unwrap_or_else(|| format!("CLASS {}", at + 1));
    let outputs = Fields::new()
        .with(
            "class_name",
            llm::render(&class.name, &Budget::new(context))?,
        )
        .with("class_label", label)
        .with("class_id", class.id.as_str())
        .with("usage", answer.usage.object.clone());
    Ok(Outcome {
        process_data: llm::process_data(&model, &answer),
        metadata: llm::metadata(&answer.usage),
        totals: llm::totals(&answer.usage),
        handle: Some(class.id.clone()),
        outputs,
        ..Outcome::default()
    })
}

/// The id that the model chose; `None` when its object has none. Without an object there is no choice.
fn chosen(text: &str) -> Result<Option<String>, String> {
    let (shown, _) = think::split(text);
    match lenient::parse(&shown) {
        Some(Json::Object(object)) => Ok(object.get("category_id").map(|id| match id {
            Json::String(id) => id.clone(),
            other => other.to_string(),
        })),
        Some(other) if other.is_array() => Err(format!("got invalid return object. obj:{other}")),
        _ => Err("could not find json block in the output.".to_owned()),
    }
}

/// The model did not answer: nothing was spent.
pub(crate) fn failed(_: &Context<'_>, failure: Failure) -> Failure {
    if !failure.metadata.is_empty() {
        return failure;
    }
    Failure {
        metadata: crate::totals::Totals::default().metadata(),
        ..failure
    }
}
