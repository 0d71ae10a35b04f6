//! The assigner of both versions: writes conversation and loop variables.

use gatewright_variables::{
    Selector,
    assigner::{Assigned, Assignment, AssignmentV1, assign, assign_v1, updated_variables},
};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use super::{Context, NodeData, Outcome, mismatch, read};
use crate::{failure::Failure, fields::Fields};

/// What an assigner node is configured with.
#[derive(Debug)]
pub(crate) enum AssignerData {
    /// One variable, as the first version of the node has it.
    V1(AssignmentV1),
    /// Several operations, as the second version of the node has them.
    V2(Vec<Assignment>),
}

#[derive(Deserialize)]
struct Raw {
    #[serde(default)]
    items: Vec<Assignment>,
}

pub(crate) fn parse(data: &Map<String, Json>) -> Result<NodeData, String> {
    let second =
        data.get("version").and_then(Json::as_str) == Some("2") || data.contains_key("items");
    Ok(NodeData::Assigner(if second {
        AssignerData::V2(read::<Raw>(data)?.items)
    } else {
        AssignerData::V1(read(data)?)
    }))
}

impl AssignerData {
    /// The variables that it writes.
    pub(crate) fn written(&self) -> Vec<Selector> {
        match self {
            Self::V1(one) => vec![one.assigned_variable_selector.clone()],
            Self::V2(items) => items
                .iter()
                .map(|item| item.variable_selector.clone())
                .collect(),
        }
    }
}

/// The node's data are its recorded inputs; its outputs are empty, what changed stands in its process data.
pub(crate) fn run(context: &Context<'_>) -> Result<Outcome, Failure> {
    let NodeData::Assigner(data) = &context.node.data else {
        return Err(mismatch());
    };
    let (inputs, changed) = match data {
        AssignerData::V1(one) => (
            Fields::new(),
            assign_v1(one, context.pool).map(|changed| vec![changed]),
        ),
        AssignerData::V2(items) => {
            let inputs = recorded(context.node.raw(), items);
            (inputs, assign(items, context.pool))
        }
    };
    let changed = changed.map_err(|error| Failure::from(error).with_inputs(inputs.clone()))?;
    let inputs = match data {
        AssignerData::V1(_) => {
            let value = changed
                .first()
                .map(|one| one.variable.value().clone())
                .unwrap_or_default();
            Fields::new().with("value", value)
        }
        AssignerData::V2(_) => inputs,
    };
    Ok(Outcome {
        inputs,
        process_data: updated_variables(&changed).into(),
        assignments: changed
            .into_iter()
            .map(|Assigned { selector, variable }| (selector, variable))
            .collect(),
        ..Outcome::default()
    })
}

/// The data in the order in which records show them: what every node has, the operations, everything else.
fn recorded(raw: &Map<String, Json>, items: &[Assignment]) -> Fields {
    let mut fields = Fields::new();
    let or = |key: &str, default: Json| {
        raw.get(key)
            .filter(|value| !value.is_null())
            .cloned()
            .unwrap_or(default)
    };
    for (key, default) in [
        ("type", json!("assigner")),
        ("title", json!("")),
        ("desc", Json::Null),
        ("version", json!("2")),
        ("error_strategy", Json::Null),
        ("default_value", Json::Null),
        (
            "retry_config",
            json!({"max_retries": 0, "retry_interval": 0, "retry_enabled": false}),
        ),
    ] {
        fields.set(key, or(key, default));
    }
    fields.set("items", json!(items));
    for (key, value) in raw {
        if fields.get(key).is_none() {
            fields.set(key, value.clone());
        }
    }
    fields
}
