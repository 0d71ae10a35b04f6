//! The assigner of version 1: one variable, one of three modes.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{
    Assigned, Operation, apply,
    run::{assignable, not_found},
};
use crate::{ErrorKind, NodeError, Pool, Selector};

/// How the variable changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WriteMode {
    /// It takes the input.
    OverWrite,
    /// A list gets the input as one more element.
    Append,
    /// It becomes empty.
    Clear,
}

/// What the node does, as workflow files have it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AssignmentV1 {
    /// The variable that changes.
    pub assigned_variable_selector: Selector,
    /// How the input changes the variable.
    pub write_mode: WriteMode,
    /// The input: files that clear may have an empty one.
    #[serde(default)]
    pub input_variable_selector: Json,
}

/// Does it. Fails when a variable is missing, cannot be assigned, or the input does not fit.
pub fn assign_v1(assignment: &AssignmentV1, pool: &Pool) -> Result<Assigned, NodeError> {
    let selector = &assignment.assigned_variable_selector;
    let variable = assignable(selector, pool)?;
    let (operation, input) = match assignment.write_mode {
        WriteMode::Clear => (Operation::Clear, Json::Null),
        WriteMode::OverWrite => (Operation::OverWrite, input(assignment, pool)?),
        WriteMode::Append => (Operation::Append, input(assignment, pool)?),
    };
    Ok(Assigned {
        selector: selector.clone(),
        variable: apply(variable, operation, &input)?,
    })
}

fn input(assignment: &AssignmentV1, pool: &Pool) -> Result<Json, NodeError> {
    let selector = Selector::from_json(&assignment.input_variable_selector)
        .map_err(|error| NodeError::new(ErrorKind::VariableOperator, error.to_string()))?;
    let found = pool.get(&selector).ok_or_else(|| not_found(&selector))?;
    Ok(found.json().clone())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{Variable, VariableType};

    #[test]
    fn variable_changes_by_its_mode() {
        let mut pool = Pool::default();
        let list = Variable::typed(VariableType::ArrayString, json!(["a"])).unwrap();
        pool.set("conversation", "list", list).unwrap();
        pool.set("conversation", "text", Variable::infer("old"))
            .unwrap();
        pool.set("llm", "text", Variable::infer("new")).unwrap();
        for (name, mode, input, result) in [
            (
                "text",
                "over-write",
                json!(["llm", "text"]),
                Ok(json!("new")),
            ),
            ("text", "clear", json!([]), Ok(json!(""))),
            (
                "list",
                "append",
                json!(["llm", "text"]),
                Ok(json!(["a", "new"])),
            ),
            ("list", "clear", json!(null), Ok(json!([]))),
            (
                "list",
                "over-write",
                json!(["llm", "text"]),
                Err("InvalidInputValueError"),
            ),
            (
                "text",
                "append",
                json!(["llm", "text"]),
                Err("OperationNotSupportedError"),
            ),
            (
                "text",
                "over-write",
                json!(["llm", "no"]),
                Err("VariableNotFoundError"),
            ),
            (
                "text",
                "over-write",
                json!([]),
                Err("VariableOperatorNodeError"),
            ),
            ("no", "clear", json!([]), Err("VariableNotFoundError")),
        ] {
            let assignment: AssignmentV1 = serde_json::from_value(json!({
                "assigned_variable_selector": ["conversation", name], "write_mode": mode,
                "input_variable_selector": input,
            }))
            .unwrap();
            let got = assign_v1(&assignment, &pool);
            let got = got
                .map(|a| a.variable.json().clone())
                .map_err(|e| e.error_type());
            assert_eq!(got, result, "{name} {mode}");
        }
    }
}
