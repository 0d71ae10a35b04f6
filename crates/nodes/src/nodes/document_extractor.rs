//! The document extractor: the text of a file, or of each file of a list.

use gatewright_variables::{Found, Selector, Variable, VariableType, python};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use super::{Context, NodeData, Outcome, Request, mismatch, read};
use crate::{
    call::{CallResult, DocumentsCall, NodeCall},
    failure::Failure,
    fields::Fields,
};

/// The type of what fails before a file is read.
const ERROR: &str = "DocumentExtractorError";

/// Which files it reads.
#[derive(Debug, Deserialize)]
pub(crate) struct DocumentExtractorData {
    variable_selector: Selector,
}

pub(crate) fn parse(data: &Map<String, Json>) -> Result<NodeData, String> {
    read(data).map(NodeData::DocumentExtractor)
}

pub(crate) fn request(context: &Context<'_>) -> Result<Request, Failure> {
    let NodeData::DocumentExtractor(data) = &context.node.data else {
        return Err(mismatch());
    };
    let selector = &data.variable_selector;
    let inputs = Fields::new().with("variable_selector", json!(selector.parts()));
    let files = files(selector, context.pool.get(selector));
    let files = files.map_err(|failure| failure.with_inputs(inputs.clone()))?;
    Ok(Request {
        inputs,
        call: NodeCall::Documents(Box::new(DocumentsCall { files })),
        think: None,
    })
}

/// The files that a variable has; at least one.
fn files(selector: &Selector, found: Option<Found<'_>>) -> Result<Vec<Json>, Failure> {
    let named = || python::repr(&json!(selector.parts()));
    let missing = || {
        let message = format!("File variable not found for selector: {}", named());
        Failure::new(ERROR, message)
    };
    let found = found.ok_or_else(missing)?;
    let files = match (found.kind(), found.json()) {
        (_, Json::Null) => return Err(missing()),
        (_, Json::Array(items)) if items.iter().all(Json::is_null) => return Err(missing()),
        (VariableType::File, file) => vec![file.clone()],
        (VariableType::ArrayFile, Json::Array(items)) => items
            .iter()
            .filter(|item| !item.is_null())
            .cloned()
            .collect(),
        _ => {
            let message = format!("Variable {} is not an ArrayFileSegment", named());
            return Err(Failure {
                permanent: true,
                ..Failure::new(ERROR, message)
            });
        }
    };
    Ok(files)
}

pub(crate) fn conclude(
    context: &Context<'_>,
    _: &Fields,
    result: CallResult,
) -> Result<Outcome, Failure> {
    let (NodeData::DocumentExtractor(data), CallResult::Documents(answer)) =
        (&context.node.data, result)
    else {
        return Err(mismatch());
    };
    let found = context.pool.get(&data.variable_selector);
    let is_one = found.is_some_and(|found| found.kind() == VariableType::File);
    let mut outcome = Outcome {
        process_data: process_data(context),
        ..Outcome::default()
    };
    let mut texts = answer.texts;
    let text = if is_one {
        Variable::infer(texts.pop().unwrap_or_default())
    } else {
        let texts = Variable::typed(VariableType::ArrayString, json!(texts));
        texts.map_err(|error| Failure::new(ERROR, error.to_string()))?
    };
    outcome.output("text", text);
    Ok(outcome)
}

/// What a failure to read a file is recorded with.
pub(crate) fn failed(context: &Context<'_>, failure: Failure) -> Failure {
    Failure {
        process_data: process_data(context).merged(failure.process_data),
        ..failure
    }
}

/// The files that it read, as a list whatever they were.
fn process_data(context: &Context<'_>) -> Fields {
    let NodeData::DocumentExtractor(data) = &context.node.data else {
        return Fields::new();
    };
    let found = context.pool.get(&data.variable_selector);
    match found.map(|found| found.json().clone()) {
        Some(files @ Json::Array(_)) => Fields::new().with("documents", files),
        Some(file) if !file.is_null() => Fields::new().with("documents", json!([file])),
        _ => Fields::new(),
    }
}
