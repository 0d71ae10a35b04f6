//! The list operator: filters, picks, sorts and cuts a list.

use gatewright_variables::list_operator::ListOperator;
use serde_json::{Map, Value as Json};

use super::{Context, NodeData, Outcome, mismatch, read};
use crate::{failure::Failure, fields::Fields};

pub(crate) fn parse(data: &Map<String, Json>) -> Result<NodeData, String> {
    read(data).map(Box::new).map(NodeData::ListOperator)
}

pub(crate) fn run(context: &Context<'_>) -> Result<Outcome, Failure> {
    let NodeData::ListOperator(data) = &context.node.data else {
        return Err(mismatch());
    };
    let data: &ListOperator = data;
    let found = context
        .pool
        .get(&data.variable)
        .map(|found| found.value())
        .unwrap_or_default();
    let inputs = Fields::new().with("variable", found);
    let listed = data
        .run(context.pool)
        .map_err(|error| Failure::from(error).with_inputs(inputs.clone()))?;
    let mut outcome = Outcome {
        process_data: inputs.clone(),
        inputs,
        ..Outcome::default()
    };
    for (name, variable) in listed.outputs() {
        outcome.output(name, variable);
    }
    Ok(outcome)
}
