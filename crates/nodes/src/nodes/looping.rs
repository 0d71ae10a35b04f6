//! What a loop says about itself; how it goes round is the engine's.

use gatewright_variables::{
    Pool, Selector, Variable, VariableType,
    conditions::{Condition, LogicalOperator},
};
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::{NodeData, or_default, read};
use crate::failure::Failure;

/// What a loop node is configured with.
#[derive(Debug, Deserialize)]
pub struct LoopData {
    /// The most passes.
    pub loop_count: u32,
    /// When it ends.
    #[serde(default, deserialize_with = "or_default")]
    pub break_conditions: Vec<Condition>,
    /// How the conditions combine.
    #[serde(default, deserialize_with = "or_default")]
    pub logical_operator: LogicalOperator,
    #[serde(default, deserialize_with = "or_default")]
    loop_variables: Vec<LoopVariable>,
}

#[derive(Debug, Deserialize)]
struct LoopVariable {
    label: String,
    var_type: VariableType,
    value_type: ValueType,
    #[serde(default)]
    value: Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ValueType {
    Variable,
    Constant,
}

pub(crate) fn parse(data: &Map<String, Json>) -> Result<NodeData, String> {
    read(data).map(NodeData::Loop)
}

impl LoopData {
    /// The variables before the first pass.
    pub fn initial(&self, pool: &Pool) -> Result<Vec<(String, Variable)>, Failure> {
        let variables = self.loop_variables.iter();
        variables
            .map(|variable| {
                let value = variable.initial(pool).ok_or_else(|| {
                    Failure::new(
                        "ValueError",
                        format!("Invalid value for loop variable {}", variable.label),
                    )
                })?;
                Ok((variable.label.clone(), value))
            })
            .collect()
    }
}

impl LoopVariable {
    fn initial(&self, pool: &Pool) -> Option<Variable> {
        match self.value_type {
            ValueType::Variable => {
                let found = pool.get(&Selector::from_json(&self.value).ok()?)?;
                (!found.json().is_null()).then(|| found.variable())
            }
            ValueType::Constant => Variable::typed(self.var_type, self.constant()?).ok(),
        }
    }

    /// A constant of another type than text may be written as text.
    fn constant(&self) -> Option<Json> {
        match &self.value {
            Json::Null => None,
            Json::String(text)
                if !matches!(self.var_type, VariableType::String | VariableType::Secret) =>
            {
                serde_json::from_str(text.trim()).ok()
            }
            Json::Array(items)
                if self.var_type == VariableType::ArrayNumber
                    || self.var_type == VariableType::ArrayObject =>
            {
                let read = |item: &Json| match item {
                    Json::String(text) => {
                        serde_json::from_str(text).unwrap_or_else(|_| item.clone())
                    }
                    other => other.clone(),
                };
                Some(Json::Array(items.iter().map(read).collect()))
            }
            other => Some(other.clone()),
        }
    }
}
