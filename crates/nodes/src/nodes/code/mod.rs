//! The code node: a program with named variables, whose result must have the declared shape.

mod check;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::{
    Context, NodeData, Outcome, Request, mismatch, or_default, read,
    template::{Named, RawNamed, named},
};
use crate::{
    call::{CallResult, CodeCall, CodeLanguage, NodeCall},
    failure::Failure,
    fields::Fields,
};

/// Its program, what it sees, and what it gives.
#[derive(Debug)]
pub(crate) struct CodeData {
    language: CodeLanguage,
    code: String,
    variables: Vec<Named>,
    outputs: Vec<(String, Shape)>,
}

/// What an output must be.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Shape {
    pub(crate) kind: Type,
    /// Members of an object that are declared; `None` = any.
    pub(crate) children: Option<Vec<(String, Shape)>>,
}

/// The types that an output can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) enum Type {
    #[serde(rename = "string")]
    String,
    #[serde(rename = "number")]
    Number,
    #[serde(rename = "object")]
    Object,
    #[serde(rename = "boolean")]
    Boolean,
    #[serde(rename = "array[string]")]
    Strings,
    #[serde(rename = "array[number]")]
    Numbers,
    #[serde(rename = "array[object]")]
    Objects,
    #[serde(rename = "array[boolean]")]
    Booleans,
}

#[derive(Deserialize)]
struct Raw {
    code_language: RawLanguage,
    #[serde(default)]
    code: String,
    #[serde(default, deserialize_with = "or_default")]
    variables: Vec<RawNamed>,
    #[serde(default)]
    outputs: Option<Map<String, Json>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum RawLanguage {
    Python3,
    Javascript,
}

#[derive(Deserialize)]
struct RawShape {
    #[serde(rename = "type")]
    kind: Type,
    #[serde(default)]
    children: Option<Map<String, Json>>,
}

fn shapes(raw: Map<String, Json>) -> Result<Vec<(String, Shape)>, String> {
    let shape = |(name, raw): (String, Json)| {
        let raw = RawShape::deserialize(raw).map_err(|e| format!("outputs.{name}: {e}"))?;
        let children = raw.children.map(shapes).transpose()?;
        let kind = raw.kind;
        Ok((name, Shape { kind, children }))
    };
    raw.into_iter().map(shape).collect()
}

pub(crate) fn parse(data: &Map<String, Json>) -> Result<NodeData, String> {
    let raw: Raw = read(data)?;
    Ok(NodeData::Code(CodeData {
        language: match raw.code_language {
            RawLanguage::Python3 => CodeLanguage::Python3,
            RawLanguage::Javascript => CodeLanguage::Javascript,
        },
        code: raw.code,
        variables: raw.variables.into_iter().map(Named::from).collect(),
        outputs: shapes(raw.outputs.unwrap_or_default())?,
    }))
}

pub(crate) fn request(context: &Context<'_>) -> Result<Request, Failure> {
    let NodeData::Code(data) = &context.node.data else {
        return Err(mismatch());
    };
    let inputs = named(&data.variables, context)?;
    Ok(Request {
        call: NodeCall::Code(Box::new(CodeCall {
            language: data.language,
            code: data.code.clone(),
            inputs: inputs.to_json(),
        })),
        inputs,
        think: None,
    })
}

pub(crate) fn conclude(
    context: &Context<'_>,
    _: &Fields,
    result: CallResult,
) -> Result<Outcome, Failure> {
    let (NodeData::Code(data), CallResult::Code(answer)) = (&context.node.data, result) else {
        return Err(mismatch());
    };
    let result = match answer.result {
        Json::Object(result) => result,
        other => {
            let kind = check::python_type(&other);
            return Err(invalid(format!("Result must be a dict, got {kind}")));
        }
    };
    let result: BTreeMap<String, Json> = result.into_iter().collect();
    let outputs = check::outputs(&data.outputs, result).map_err(invalid)?;
    Ok(Outcome {
        outputs,
        ..Outcome::default()
    })
}

fn invalid(message: String) -> Failure {
    Failure::new("OutputValidationError", message)
}
