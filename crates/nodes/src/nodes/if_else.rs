//! The if-else node: the way of the first case whose conditions hold, or `false`.

use gatewright_variables::conditions::{Case, Condition, LogicalOperator, decide};
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::{Context, NodeData, Outcome, fields, mismatch, read};
use crate::failure::Failure;

/// What an if/else node is configured with.
#[derive(Debug)]
pub(crate) struct IfElseData {
    cases: Vec<Case>,
    /// Old files have one case without a list.
    legacy: bool,
}

#[derive(Deserialize)]
struct Raw {
    #[serde(default)]
    cases: Option<Vec<Case>>,
    #[serde(default)]
    logical_operator: LogicalOperator,
    #[serde(default)]
    conditions: Option<Vec<Condition>>,
}

pub(crate) fn parse(data: &Map<String, Json>) -> Result<NodeData, String> {
    let raw: Raw = read(data)?;
    let one = |conditions| Case {
        case_id: "true".to_owned(),
        logical_operator: raw.logical_operator,
        conditions,
    };
    let (cases, legacy) = match (raw.cases, raw.conditions) {
        (Some(cases), _) => (cases, false),
        (None, conditions) => (vec![one(conditions.unwrap_or_default())], true),
    };
    Ok(NodeData::IfElse(IfElseData { cases, legacy }))
}

pub(crate) fn run(context: &Context<'_>) -> Result<Outcome, Failure> {
    let NodeData::IfElse(data) = &context.node.data else {
        return Err(mismatch());
    };
    let decision = decide(&data.cases, data.legacy, context.pool);
    let outputs = decision.outputs().unwrap_or_default();
    let (inputs, process_data) = (fields(decision.inputs), fields(decision.process_data));
    match decision.selected {
        Ok(handle) => Ok(Outcome {
            inputs,
            process_data,
            outputs: fields(outputs),
            handle: Some(handle),
            ..Outcome::default()
        }),
        Err(error) => Err(Failure {
            inputs,
            process_data,
            ..error.into()
        }),
    }
}
