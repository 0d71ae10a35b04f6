//! The assigner of version 2: several operations, one after the other.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use super::{Operation, apply, operate::invalid};
use crate::{ErrorKind, NodeError, Pool, Selector, Variable, VariableType, pool};

/// Where an operation's input comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InputType {
    /// From a variable: the item's value is a selector.
    Variable,
    /// The item's value itself.
    Constant,
}

/// An operation, as workflow files and records have it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Assignment {
    /// The variable that changes.
    pub variable_selector: Selector,
    /// Where the input comes from.
    pub input_type: InputType,
    /// What is done.
    pub operation: Operation,
    /// The input: a selector or a constant. Constants of other types than text may be written as text.
    #[serde(default)]
    pub value: Json,
}

/// A variable after all operations.
#[derive(Clone, Debug, PartialEq)]
pub struct Assigned {
    /// The variable that changed.
    pub selector: Selector,
    /// Its new value.
    pub variable: Variable,
}

/// Does the operations in their order; each sees what those before it did. Gives every changed variable once, in
/// the order of its first change; the pool itself stays as it is.
///
/// Fails as a whole: when a variable is missing, cannot be assigned, or an operation fails.
pub fn assign(items: &[Assignment], pool: &Pool) -> Result<Vec<Assigned>, NodeError> {
    let mut pool = pool.clone();
    let mut changed: Vec<Assigned> = Vec::new();
    for item in items {
        let selector = &item.variable_selector;
        let variable = assignable(selector, &pool)?.clone();
        let input = input_of(item, variable.kind(), &pool)?;
        let after = apply(&variable, item.operation, &input)?;
        pool.set(selector.node(), selector.name(), after.clone())
            .map_err(|error| NodeError::new(ErrorKind::VariableOperator, error.to_string()))?;
        match changed.iter_mut().find(|c| c.selector == *selector) {
            Some(earlier) => earlier.variable = after,
            None => changed.push(Assigned {
                selector: selector.clone(),
                variable: after,
            }),
        }
    }
    Ok(changed)
}

/// The variable to change: a whole one, and neither the system's nor the environment's.
pub(super) fn assignable<'a>(
    selector: &Selector,
    pool: &'a Pool,
) -> Result<&'a Variable, NodeError> {
    if !selector.path().is_empty() || [pool::SYSTEM, pool::ENVIRONMENT].contains(&selector.node()) {
        return Err(NodeError::new(
            ErrorKind::VariableOperator,
            format!("Variable {selector} cannot be assigned"),
        ));
    }
    pool.variable(selector.node(), selector.name())
        .ok_or_else(|| not_found(selector))
}

pub(super) fn not_found(selector: &Selector) -> NodeError {
    NodeError::new(
        ErrorKind::VariableNotFound,
        format!("Variable {selector} not found"),
    )
}

fn input_of(item: &Assignment, kind: VariableType, pool: &Pool) -> Result<Json, NodeError> {
    if !item.operation.takes_input() {
        return Ok(Json::Null);
    }
    match item.input_type {
        InputType::Variable if item.operation == Operation::Set => Err(NodeError::new(
            ErrorKind::InputTypeNotSupported,
            "Input type variable is not supported for operation set",
        )),
        InputType::Variable => {
            let selector = Selector::from_json(&item.value).map_err(|_| invalid(&item.value))?;
            let found = pool.get(&selector).ok_or_else(|| not_found(&selector))?;
            Ok(found.json().clone())
        }
        InputType::Constant => constant(&item.value, wanted(item.operation, kind)),
    }
}

/// The type of an operation's constant.
fn wanted(operation: Operation, kind: VariableType) -> VariableType {
    match operation {
        Operation::Append => kind.element().unwrap_or(VariableType::None),
        _ => kind,
    }
}

/// A constant: a text is read as JSON where another type is wanted.
fn constant(value: &Json, wanted: VariableType) -> Result<Json, NodeError> {
    match value {
        Json::String(text)
            if !matches!(
                wanted,
                VariableType::String | VariableType::Secret | VariableType::None
            ) =>
        {
            serde_json::from_str(text.trim()).map_err(|_| invalid(value))
        }
        other => Ok(other.clone()),
    }
}

/// What the record's process data shows: the new values by name, and `__updated_variables`.
pub fn updated_variables(changed: &[Assigned]) -> Map<String, Json> {
    let mut shown: Map<String, Json> = changed
        .iter()
        .map(|c| (c.selector.name().to_owned(), c.variable.json().clone()))
        .collect();
    let list: Vec<Json> = changed
        .iter()
        .map(|c| {
            json!({
                "name": c.selector.name(),
                "selector": c.selector,
                "value_type": c.variable.kind(),
                "new_value": c.variable.json(),
            })
        })
        .collect();
    shown.insert("__updated_variables".to_owned(), Json::Array(list));
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool() -> Pool {
        let mut pool = Pool::default();
        let list = Variable::typed(VariableType::ArrayString, json!([])).unwrap();
        pool.set("conversation", "list", list).unwrap();
        for (node, name, value) in [
            ("loop", "n", json!(0)),
            ("loop", "acc", json!("w")),
            ("loop", "o", json!({"a": 1})),
            ("loop", "yes", json!(true)),
            ("grow", "output", json!("w+0")),
            ("sys", "query", json!("q")),
        ] {
            pool.set(node, name, Variable::infer(value)).unwrap();
        }
        pool
    }

    fn items(list: Json) -> Vec<Assignment> {
        serde_json::from_value(list).unwrap()
    }

    #[test]
    fn record_of_an_assigner_is_kept_byte_for_byte() {
        let items = items(json!([
            {"input_type": "constant", "operation": "+=", "value": 1, "variable_selector": ["loop", "n"],
                "write_mode": "over-write"},
            {"input_type": "variable", "operation": "over-write", "value": ["grow", "output"],
                "variable_selector": ["loop", "acc"], "write_mode": "over-write"},
        ]));
        assert_eq!(
            serde_json::to_string(&items[0]).unwrap(),
            r#"{"variable_selector":["loop","n"],"input_type":"constant","operation":"+=","value":1}"#
        );
        let shown = updated_variables(&assign(&items, &pool()).unwrap());
        assert_eq!(
            serde_json::to_string(&shown).unwrap(),
            r#"{"n":1,"acc":"w+0","__updated_variables":[{"name":"n","selector":["loop","n"],"value_type":"integer","new_value":1},{"name":"acc","selector":["loop","acc"],"value_type":"string","new_value":"w+0"}]}"#
        );
    }

    #[test]
    fn later_operation_sees_what_earlier_ones_did() {
        let twice = json!({"input_type": "constant", "operation": "+=", "value": "2", "variable_selector": ["loop", "n"]});
        let append = json!({"input_type": "variable", "operation": "append", "value": ["loop", "acc"],
            "variable_selector": ["conversation", "list"]});
        let set = json!({"input_type": "constant", "operation": "set", "value": "new", "variable_selector": ["loop", "acc"]});
        let pool = pool();
        let changed = assign(&items(json!([twice, append, set, append, twice])), &pool).unwrap();
        let shown: Vec<(String, &Json)> = changed
            .iter()
            .map(|c| (c.selector.dotted(), c.variable.json()))
            .collect();
        assert_eq!(
            shown,
            [
                ("loop.n".to_owned(), &json!(4)),
                ("conversation.list".to_owned(), &json!(["w", "new"])),
                ("loop.acc".to_owned(), &json!("new")),
            ]
        );
        assert_eq!(pool.variable("loop", "n").unwrap().json(), &json!(0));
    }

    #[test]
    fn constant_is_read_by_the_variable_s_type() {
        for (name, operation, value, result) in [
            ("n", "set", json!("7"), Some(json!(7))),
            ("n", "set", json!(" 1.5 "), Some(json!(1.5))),
            ("n", "set", json!("many"), None),
            ("n", "set", json!("\"7\""), None),
            ("acc", "set", json!("7"), Some(json!("7"))),
            ("o", "set", json!("{\"b\": 2}"), Some(json!({"b": 2}))),
            ("o", "set", json!("[]"), None),
            ("yes", "set", json!("false"), Some(json!(false))),
            ("n", "clear", json!(null), Some(json!(0))),
        ] {
            let item = json!([{"input_type": "constant", "operation": operation, "value": value,
                "variable_selector": ["loop", name]}]);
            let got = assign(&items(item), &pool()).map(|c| c[0].variable.json().clone());
            assert_eq!(got.ok(), result, "{name} {value}");
        }
    }

    #[test]
    fn assignment_that_cannot_be_done_says_which_error_it_is() {
        for (selector, input, operation, value, class) in [
            (
                json!(["loop", "no"]),
                "constant",
                "set",
                json!(1),
                "VariableNotFoundError",
            ),
            (
                json!(["loop", "n"]),
                "variable",
                "over-write",
                json!(["no", "no"]),
                "VariableNotFoundError",
            ),
            (
                json!(["loop", "n"]),
                "variable",
                "over-write",
                json!([]),
                "InvalidInputValueError",
            ),
            (
                json!(["loop", "n"]),
                "variable",
                "set",
                json!(["loop", "n"]),
                "InputTypeNotSupportedError",
            ),
            (
                json!(["sys", "query"]),
                "constant",
                "set",
                json!("x"),
                "VariableOperatorNodeError",
            ),
            (
                json!(["loop", "o", "a"]),
                "constant",
                "set",
                json!(1),
                "VariableOperatorNodeError",
            ),
            (
                json!(["loop", "acc"]),
                "constant",
                "+=",
                json!("1"),
                "OperationNotSupportedError",
            ),
        ] {
            let item = json!([{"input_type": input, "operation": operation, "value": value,
                "variable_selector": selector}]);
            let error = assign(&items(item), &pool()).unwrap_err();
            assert_eq!(error.error_type(), class, "{selector} {operation}");
        }
        let missing = json!([{"input_type": "constant", "operation": "clear", "variable_selector": ["loop", "no"]}]);
        let error = assign(&items(missing), &pool()).unwrap_err();
        assert_eq!(error.message, "Variable ['loop', 'no'] not found");
    }
}
