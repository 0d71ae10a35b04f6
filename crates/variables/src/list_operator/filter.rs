//! The filter: which operators each type of element knows.

use serde_json::{Map, Value as Json};

use super::{FilterCondition, fill};
use crate::{
    ErrorKind, NodeError, Pool, VariableType,
    conditions::{Operator, holds},
    file,
    python::arithmetic::Num,
};

/// How a condition's expected value is read, and which operators there are.
#[derive(Clone, Copy, PartialEq)]
enum Reading {
    Text,
    Number,
    Boolean,
    OneOf,
}

/// The elements for which the condition holds.
pub(super) fn filter(
    condition: &FilterCondition,
    kind: VariableType,
    items: Vec<Json>,
    pool: &Pool,
) -> Result<Vec<Json>, NodeError> {
    let reading = reading(condition, kind)?;
    let operator = condition.comparison_operator;
    if !is_known(reading, operator) {
        return Err(NodeError::new(
            ErrorKind::InvalidCondition,
            format!("Invalid condition: {}", operator.as_str()),
        ));
    }
    let expected = expected(condition, reading, pool)?;
    let mut kept = Vec::new();
    for item in items {
        if keeps(condition, kind, &item, &expected, reading)? {
            kept.push(item);
        }
    }
    Ok(kept)
}

fn reading(condition: &FilterCondition, kind: VariableType) -> Result<Reading, NodeError> {
    match kind {
        VariableType::ArrayNumber => Ok(Reading::Number),
        VariableType::ArrayBoolean => Ok(Reading::Boolean),
        VariableType::ArrayFile => match condition.key.as_str() {
            "size" => Ok(Reading::Number),
            "type" | "transfer_method" => Ok(Reading::OneOf),
            key if file::ATTRIBUTES.contains(&key) => Ok(Reading::Text),
            key => Err(super::sort::invalid_key(key)),
        },
        _ => Ok(Reading::Text),
    }
}

const fn is_known(reading: Reading, operator: Operator) -> bool {
    match reading {
        Reading::Text => matches!(
            operator,
            Operator::Contains
                | Operator::NotContains
                | Operator::StartWith
                | Operator::EndWith
                | Operator::Is
                | Operator::IsNot
                | Operator::In
                | Operator::NotIn
                | Operator::Empty
                | Operator::NotEmpty
        ),
        Reading::Number => matches!(
            operator,
            Operator::Equal
                | Operator::NotEqual
                | Operator::Greater
                | Operator::Less
                | Operator::GreaterOrEqual
                | Operator::LessOrEqual
        ),
        Reading::Boolean => matches!(operator, Operator::Is | Operator::IsNot),
        Reading::OneOf => matches!(operator, Operator::In | Operator::NotIn),
    }
}

/// The expected value with its templates filled in, of the type that the reading wants.
fn expected(condition: &FilterCondition, reading: Reading, pool: &Pool) -> Result<Json, NodeError> {
    let wrong = || {
        NodeError::new(
            ErrorKind::InvalidFilterValue,
            format!(
                "Invalid filter value: {}",
                crate::python::str(&condition.value)
            ),
        )
    };
    let value = match &condition.value {
        Json::String(template) => Json::String(fill(template, pool)?),
        other => other.clone(),
    };
    match (reading, value) {
        (Reading::Text | Reading::Boolean, value) if condition.comparison_operator.is_unary() => {
            Ok(value)
        }
        (Reading::Text, value @ Json::Array(_)) if is_membership(condition) => Ok(value),
        (Reading::Number, Json::String(text)) => Num::parse(&text)
            .ok()
            .and_then(Num::to_json)
            .ok_or_else(wrong),
        (Reading::Text, value @ Json::String(_))
        | (Reading::Number, value @ Json::Number(_))
        | (Reading::Boolean, value @ Json::Bool(_))
        | (Reading::OneOf, value @ Json::Array(_)) => Ok(value),
        (Reading::Boolean, Json::String(text)) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" => Ok(Json::Bool(true)),
            "false" | "0" => Ok(Json::Bool(false)),
            _ => Err(wrong()),
        },
        _ => Err(wrong()),
    }
}

const fn is_membership(condition: &FilterCondition) -> bool {
    matches!(
        condition.comparison_operator,
        Operator::In | Operator::NotIn
    )
}

fn keeps(
    condition: &FilterCondition,
    kind: VariableType,
    item: &Json,
    expected: &Json,
    reading: Reading,
) -> Result<bool, NodeError> {
    let nothing = Map::new();
    let actual = if kind == VariableType::ArrayFile {
        let members = item.as_object().unwrap_or(&nothing);
        file::attribute(members, &condition.key)
            .ok_or_else(|| super::sort::invalid_key(&condition.key))?
    } else {
        item
    };
    let operator = condition.comparison_operator;
    if reading != Reading::Text {
        return holds(operator, actual, expected);
    }
    let text = actual.as_str().unwrap_or_default();
    match (operator, expected.as_str()) {
        // "In" a text means: it occurs there.
        (Operator::In, Some(within)) => Ok(within.contains(text)),
        (Operator::NotIn, Some(within)) => Ok(!within.contains(text)),
        // Unlike in conditions, an empty text contains nothing but the empty text.
        (Operator::Contains, Some(part)) => Ok(text.contains(part)),
        (Operator::NotContains, Some(part)) => Ok(!text.contains(part)),
        (Operator::StartWith, Some(part)) => Ok(text.starts_with(part)),
        (Operator::EndWith, Some(part)) => Ok(text.ends_with(part)),
        _ => holds(operator, &Json::from(text), expected),
    }
}
