//! The list operator: filter, pick one, sort, cut – in this order.

mod filter;
mod sort;

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::{
    ErrorKind, NodeError, Pool, Selector, Template, Value, Variable, VariableType,
    conditions::Operator, python::arithmetic::Num, render::Form,
};

/// The longest expected value or serial number, in bytes.
const MAX_TEXT: usize = 1 << 20;

/// What a list operator does, as workflow files say it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ListOperator {
    /// The list that is filtered.
    pub variable: Selector,
    /// Which elements stay.
    #[serde(default)]
    pub filter_by: FilterBy,
    /// Which single element is picked.
    #[serde(default)]
    pub extract_by: ExtractBy,
    /// How the rest is sorted.
    #[serde(default)]
    pub order_by: OrderBy,
    /// How many of them stay.
    #[serde(default)]
    pub limit: Limit,
}

/// Which elements stay: those for which all conditions hold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FilterBy {
    /// Whether there is a filter at all.
    #[serde(default)]
    pub enabled: bool,
    /// The conditions that an element has to fulfil.
    #[serde(default)]
    pub conditions: Vec<FilterCondition>,
}

/// A condition on an element.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FilterCondition {
    /// For files: the attribute.
    #[serde(default)]
    pub key: String,
    /// What is asked of the element.
    pub comparison_operator: Operator,
    /// What it is compared with: a text is a template.
    #[serde(default)]
    pub value: Json,
}

/// Which single element is picked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ExtractBy {
    /// Whether one is picked at all.
    #[serde(default)]
    pub enabled: bool,
    /// Its place, counted from 1: a template.
    #[serde(default)]
    pub serial: String,
}

/// How the list is sorted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OrderBy {
    /// Whether it is sorted at all.
    #[serde(default)]
    pub enabled: bool,
    /// For files: the attribute.
    #[serde(default)]
    pub key: String,
    /// In which direction elements are ordered.
    #[serde(default)]
    pub value: Direction,
}

/// In which direction elements are ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// The smallest element comes first.
    #[default]
    Asc,
    /// The largest element comes first.
    Desc,
}

/// How many elements stay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// Whether there is a limit at all.
    #[serde(default)]
    pub enabled: bool,
    /// How many; none when negative.
    #[serde(default)]
    pub size: i64,
}

/// What a list operator gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// The list that it was given.
    pub input: Value,
    /// The output `result`, of the list's type.
    pub result: Variable,
    /// The output `first_record`; null when nothing is left.
    pub first_record: Variable,
    /// The output `last_record`; null when nothing is left.
    pub last_record: Variable,
}

impl Listed {
    /// The outputs by their names.
    pub fn outputs(&self) -> [(&'static str, Variable); 3] {
        [
            ("result", self.result.clone()),
            ("first_record", self.first_record.clone()),
            ("last_record", self.last_record.clone()),
        ]
    }
}

impl ListOperator {
    /// Does it with the values of a pool. An empty list (and null) gives an empty list.
    ///
    /// Fails when the variable is missing or no list of texts, numbers, booleans or files, when a condition does
    /// not fit the elements, and when the serial number is out of range.
    pub fn run(&self, pool: &Pool) -> Result<Listed, NodeError> {
        let found = pool.get(&self.variable).ok_or_else(|| {
            NodeError::new(
                ErrorKind::VariableNotFound,
                format!("Variable {} not found", self.variable),
            )
        })?;
        let input = found.value();
        let (kind, items) = match found.json() {
            Json::Null => (VariableType::ArrayAny, Vec::new()),
            Json::Array(items) if items.is_empty() => (found.kind(), Vec::new()),
            Json::Array(items) if is_supported(found.kind()) => (found.kind(), items.clone()),
            _ => {
                return Err(NodeError::new(
                    ErrorKind::ListOperator,
                    format!(
                        "Variable {} is not a list of texts, numbers, booleans or files but {}",
                        self.variable,
                        found.kind()
                    ),
                ));
            }
        };
        let items = if items.is_empty() {
            items
        } else {
            self.work(kind, items, pool)?
        };
        Ok(listed(input, kind, items))
    }

    fn work(
        &self,
        kind: VariableType,
        mut items: Vec<Json>,
        pool: &Pool,
    ) -> Result<Vec<Json>, NodeError> {
        if self.filter_by.enabled {
            for condition in &self.filter_by.conditions {
                items = filter::filter(condition, kind, items, pool)?;
            }
        }
        if self.extract_by.enabled {
            items = extract(&self.extract_by.serial, items, pool)?;
        }
        if self.order_by.enabled {
            sort::sort(&mut items, kind, &self.order_by)?;
        }
        if self.limit.enabled {
            items.truncate(usize::try_from(self.limit.size).unwrap_or_default());
        }
        Ok(items)
    }
}

const fn is_supported(kind: VariableType) -> bool {
    matches!(
        kind,
        VariableType::ArrayString
            | VariableType::ArrayNumber
            | VariableType::ArrayBoolean
            | VariableType::ArrayFile
    )
}

/// A text with its templates filled in.
fn fill(template: &str, pool: &Pool) -> Result<String, NodeError> {
    Template::parse(template)
        .render(pool, Form::Text, MAX_TEXT)
        .map_err(|error| NodeError::value(error.to_string()))
}

fn extract(serial: &str, items: Vec<Json>, pool: &Pool) -> Result<Vec<Json>, NodeError> {
    let number = match Num::parse_int(&fill(serial, pool)?)? {
        Num::Int(number) => number,
        Num::Float(_) => 0,
    };
    if number < 1 {
        return Err(NodeError::value(format!(
            "Invalid serial index: must be >= 1, got {number}"
        )));
    }
    let length = items.len();
    let index = usize::try_from(number - 1).unwrap_or(usize::MAX);
    items.into_iter().nth(index).map_or_else(
        || {
            Err(NodeError::value(format!(
                "Invalid serial index: must be <= {length}, got {number}"
            )))
        },
        |item| Ok(vec![item]),
    )
}

fn listed(input: Value, kind: VariableType, items: Vec<Json>) -> Listed {
    let record =
        |item: Option<&Json>| item.map_or_else(Variable::none, |i| Variable::infer(i.clone()));
    Listed {
        input,
        first_record: record(items.first()),
        last_record: record(items.last()),
        result: Variable::typed(kind, json!(items)).unwrap_or_else(|_| Variable::infer(json!([]))),
    }
}

#[cfg(test)]
mod tests;
