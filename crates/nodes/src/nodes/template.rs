//! The template-transform node: a Jinja2 template over named variables.

use gatewright_variables::{Found, Selector, Value, jinja::MAX_OUTPUT_CHARS};
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::{Context, NodeData, Outcome, budget::Budget, mismatch, or_default, read};
use crate::{failure::Failure, fields::Fields, jinja::Jinja};

/// Its template and what it sees.
#[derive(Debug)]
pub(crate) struct TemplateData {
    variables: Vec<Named>,
    template: Jinja,
}

/// A variable under another name.
#[derive(Debug)]
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) selector: Option<Selector>,
}

#[derive(Deserialize)]
struct Raw {
    #[serde(default, deserialize_with = "or_default")]
    variables: Vec<RawNamed>,
    #[serde(default)]
    template: String,
}

#[derive(Deserialize)]
pub(crate) struct RawNamed {
    variable: String,
    #[serde(default)]
    value_selector: Json,
}

impl From<RawNamed> for Named {
    fn from(raw: RawNamed) -> Self {
        Self {
            name: raw.variable,
            selector: Selector::from_json(&raw.value_selector).ok(),
        }
    }
}

/// The named variables of a pool, null where there is none; too many large ones are refused, for records hold them all.
pub(crate) fn named(variables: &[Named], context: &Context<'_>) -> Result<Fields, Failure> {
    let budget = Budget::new(context);
    let value = |named: &Named| -> Result<Value, Failure> {
        let selector = named.selector.as_ref();
        let found = selector.and_then(|selector| budget.pool().get(selector));
        let bytes = found.as_ref().map_or(0, Found::bytes);
        budget.take(named.name.len() + bytes)?;
        Ok(found.map_or_else(Value::default, |found| found.value()))
    };
    variables
        .iter()
        .map(|named| Ok((named.name.as_str(), value(named)?)))
        .collect()
}

pub(crate) fn parse(data: &Map<String, Json>) -> Result<NodeData, String> {
    let raw: Raw = read(data)?;
    Ok(NodeData::Template(TemplateData {
        variables: raw.variables.into_iter().map(Named::from).collect(),
        template: Jinja::compile(&raw.template),
    }))
}

pub(crate) fn run(context: &Context<'_>) -> Result<Outcome, Failure> {
    let NodeData::Template(data) = &context.node.data else {
        return Err(mismatch());
    };
    let inputs = named(&data.variables, context)?;
    let text = match data.template.render(&inputs, MAX_OUTPUT_CHARS) {
        Ok(text) => text,
        Err(failure) => return Err(failure.with_inputs(inputs)),
    };
    Ok(Outcome {
        inputs,
        outputs: Fields::new().with("output", text),
        ..Outcome::default()
    })
}
