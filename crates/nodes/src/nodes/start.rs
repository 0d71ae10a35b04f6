//! The start node: what a caller sends becomes its outputs. Whether the inputs are right is checked before a run begins.

use gatewright_variables::{Value, VariableType};
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::{Context, NodeData, Outcome, mismatch, or_default, read};
use crate::{failure::Failure, fields::Fields};

/// The node name under which inputs wait until the start node takes them; no template can name it.
pub const INPUTS: &str = "$inputs";

/// Its variables, in the order of the form.
#[derive(Debug, Deserialize)]
pub(crate) struct StartData {
    #[serde(default, deserialize_with = "or_default")]
    variables: Vec<StartVariable>,
}

#[derive(Debug, Deserialize)]
struct StartVariable {
    variable: String,
    #[serde(default, rename = "type")]
    kind: String,
}

pub(crate) fn parse(data: &Map<String, Json>) -> Result<NodeData, String> {
    read(data).map(NodeData::Start)
}

/// Every variable by its name, null when nothing was sent; then whatever else the caller put in, such as what moderation made of a query.
pub(crate) fn run(context: &Context<'_>) -> Result<Outcome, Failure> {
    let NodeData::Start(data) = &context.node.data else {
        return Err(mismatch());
    };
    let mut outputs = Fields::new();
    let mut types = Vec::new();
    for variable in &data.variables {
        let sent = context.pool.variable(INPUTS, &variable.variable);
        outputs.set(
            &variable.variable,
            sent.map_or_else(Value::default, |sent| sent.value().clone()),
        );
        if variable.kind == "file-list" {
            types.push((variable.variable.clone(), VariableType::ArrayFile));
        }
    }
    for (name, sent) in context.pool.of_node(INPUTS) {
        outputs.set(name, sent.value().clone());
    }
    Ok(Outcome {
        inputs: outputs.clone(),
        outputs,
        types,
        ..Outcome::default()
    })
}
