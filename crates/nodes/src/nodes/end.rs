//! The end node of a workflow: names what the run gives.

use gatewright_variables::{Segment, Selector, Value};
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::{Context, NodeData, Outcome, mismatch, or_default, read};
use crate::{failure::Failure, fields::Fields};

/// Its outputs, and how they are streamed: one after the other, with line breaks between.
#[derive(Debug)]
pub(crate) struct EndData {
    outputs: Vec<(String, Option<Selector>)>,
    pub(crate) segments: Vec<Segment>,
}

#[derive(Deserialize)]
struct Raw {
    #[serde(default, deserialize_with = "or_default")]
    outputs: Vec<RawOutput>,
}

#[derive(Deserialize)]
struct RawOutput {
    variable: String,
    #[serde(default)]
    value_selector: Json,
}

pub(crate) fn parse(data: &Map<String, Json>) -> Result<NodeData, String> {
    let raw: Raw = read(data)?;
    // An output that was never connected has an empty selector: it is null.
    let outputs: Vec<_> = raw
        .outputs
        .into_iter()
        .map(|output| {
            (
                output.variable,
                Selector::from_json(&output.value_selector).ok(),
            )
        })
        .collect();
    let mut segments = Vec::new();
    for selector in outputs.iter().filter_map(|(_, selector)| selector.clone()) {
        if !segments.is_empty() {
            segments.push(Segment::Text("\n".to_owned()));
        }
        segments.push(Segment::Variable(selector));
    }
    Ok(NodeData::End(EndData { outputs, segments }))
}

/// The named values, null where there is none.
pub(crate) fn run(context: &Context<'_>) -> Result<Outcome, Failure> {
    let NodeData::End(data) = &context.node.data else {
        return Err(mismatch());
    };
    let value = |selector: &Option<Selector>| {
        let found = selector
            .as_ref()
            .and_then(|selector| context.pool.get(selector));
        found.map_or_else(Value::default, |found| found.value())
    };
    let outputs: Fields = data
        .outputs
        .iter()
        .map(|(name, selector)| (name.as_str(), value(selector)))
        .collect();
    Ok(Outcome {
        inputs: outputs.clone(),
        outputs,
        ..Outcome::default()
    })
}
