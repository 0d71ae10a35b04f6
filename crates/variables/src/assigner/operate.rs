//! One operation on one variable.

use serde_json::Value as Json;

use super::Operation;
use crate::{
    ErrorKind, NodeError, Value, Variable, VariableType,
    python::{self, arithmetic::Num},
};

/// The variable after an operation. `input` is ignored by operations that take none.
///
/// Fails when the variable's type does not know the operation (`OperationNotSupportedError`) and when the input
/// does not fit or divides by zero (`InvalidInputValueError`).
pub fn apply(
    variable: &Variable,
    operation: Operation,
    input: &Json,
) -> Result<Variable, NodeError> {
    let kind = variable.kind();
    match operation {
        Operation::OverWrite | Operation::Set => typed(kind, input.clone(), input),
        Operation::Clear => Ok(cleared(kind)),
        Operation::Append | Operation::Extend | Operation::RemoveFirst | Operation::RemoveLast => {
            change_list(variable, operation, input)
        }
        Operation::Add | Operation::Subtract | Operation::Multiply | Operation::Divide => {
            compute(variable, operation, input)
        }
    }
}

fn unsupported(operation: Operation, kind: VariableType) -> NodeError {
    NodeError::new(
        ErrorKind::OperationNotSupported,
        format!(
            "Operation {} is not supported for type {kind}",
            operation.as_str()
        ),
    )
}

pub(super) fn invalid(input: &Json) -> NodeError {
    let shown: String = python::str(input).chars().take(200).collect();
    NodeError::new(
        ErrorKind::InvalidInputValue,
        format!("Invalid input value {shown}"),
    )
}

fn typed(kind: VariableType, value: Json, input: &Json) -> Result<Variable, NodeError> {
    // A variable that holds nothing yet takes anything.
    if kind == VariableType::None {
        return Ok(Variable::infer(value));
    }
    Variable::typed(kind, value).map_err(|_| invalid(input))
}

fn cleared(kind: VariableType) -> Variable {
    Variable::typed(kind, kind.zero()).unwrap_or_else(|_| Variable::none())
}

fn change_list(
    variable: &Variable,
    operation: Operation,
    input: &Json,
) -> Result<Variable, NodeError> {
    let kind = variable.kind();
    let items = match variable.json() {
        Json::Array(items) if kind.is_array() => items,
        _ => return Err(unsupported(operation, kind)),
    };
    let fits = |item: &Json| kind.element().is_none_or(|element| element.accepts(item));
    let items: Vec<Json> = match operation {
        Operation::Append if fits(input) => items.iter().chain([input]).cloned().collect(),
        Operation::Extend => {
            let more = input.as_array().ok_or_else(|| invalid(input))?;
            if !more.iter().all(fits) {
                return Err(invalid(input));
            }
            items.iter().chain(more).cloned().collect()
        }
        Operation::RemoveFirst => items.iter().skip(1).cloned().collect(),
        Operation::RemoveLast => items[..items.len().saturating_sub(1)].to_vec(),
        _ => return Err(invalid(input)),
    };
    typed(kind, Json::Array(items), input)
}

fn compute(variable: &Variable, operation: Operation, input: &Json) -> Result<Variable, NodeError> {
    let kind = variable.kind();
    let current = number(variable.json()).ok_or_else(|| unsupported(operation, kind))?;
    let other = number(input).ok_or_else(|| invalid(input))?;
    let result = match operation {
        Operation::Add => whole_or_broken(current, other, i128::checked_add, |a, b| a + b),
        Operation::Subtract => whole_or_broken(current, other, i128::checked_sub, |a, b| a - b),
        Operation::Multiply => whole_or_broken(current, other, i128::checked_mul, |a, b| a * b),
        _ if other.as_f64() == 0.0 => return Err(invalid(input)),
        _ => Num::Float(current.as_f64() / other.as_f64()),
    };
    let value = result.to_json().ok_or_else(|| {
        NodeError::new(
            ErrorKind::VariableOperator,
            format!("The result of {} is not a number", operation.as_str()),
        )
    })?;
    Ok(Variable::infer(Value::from(value)))
}

/// A number that is no boolean.
fn number(value: &Json) -> Option<Num> {
    value.is_number().then(|| Num::of(value)).flatten()
}

/// Whole numbers stay whole as long as they can.
fn whole_or_broken(
    a: Num,
    b: Num,
    whole: impl Fn(i128, i128) -> Option<i128>,
    broken: impl Fn(f64, f64) -> f64,
) -> Num {
    match (a, b) {
        (Num::Int(x), Num::Int(y)) => whole(x, y).map(Num::Int),
        _ => None,
    }
    .unwrap_or_else(|| Num::Float(broken(a.as_f64(), b.as_f64())))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn op(name: &str) -> Operation {
        serde_json::from_value(json!(name)).unwrap()
    }

    /// Type, value, operation, input, and what becomes of it: a value or an error.
    const OPERATIONS: &str = r#"
        string        | "a"        | over-write   | "b"       | "b"
        string        | "a"        | set          | ""        | ""
        string        | "a"        | over-write   | 1         | InvalidInputValueError
        string        | "a"        | over-write   | null      | InvalidInputValueError
        number        | 1          | over-write   | 2.5       | 2.5
        number        | 1.5        | over-write   | 2         | 2
        number        | 1          | over-write   | true      | InvalidInputValueError
        boolean       | true       | set          | false     | false
        object        | {}         | over-write   | {"a":1}   | {"a":1}
        object        | {}         | over-write   | []        | InvalidInputValueError
        array[string] | []         | over-write   | ["a"]     | ["a"]
        array[string] | []         | over-write   | [1]       | InvalidInputValueError
        string        | "a"        | clear        | null      | ""
        number        | 5          | clear        | null      | 0
        boolean       | true       | clear        | null      | false
        object        | {"a":1}    | clear        | null      | {}
        array[number] | [1]        | clear        | null      | []
        array[string] | ["a"]      | append       | "b"       | ["a","b"]
        array[string] | []         | append       | 1         | InvalidInputValueError
        array[string] | []         | append       | null      | InvalidInputValueError
        array[number] | []         | append       | 1.5       | [1.5]
        array[object] | []         | append       | {"a":1}   | [{"a":1}]
        array[boolean]| []         | append       | true      | [true]
        array[any]    | [1]        | append       | ["x"]     | [1,["x"]]
        array[string] | ["a"]      | extend       | ["b","c"] | ["a","b","c"]
        array[string] | ["a"]      | extend       | "b"       | InvalidInputValueError
        array[string] | ["a"]      | extend       | ["b",1]   | InvalidInputValueError
        array[string] | ["a","b"]  | remove-first | null      | ["b"]
        array[string] | ["a","b"]  | remove-last  | null      | ["a"]
        array[string] | []         | remove-first | null      | []
        array[string] | []         | remove-last  | null      | []
        string        | "a"        | append       | "b"       | OperationNotSupportedError
        object        | {}         | remove-last  | null      | OperationNotSupportedError
        number        | 1          | +=           | 2         | 3
        number        | 1          | +=           | 0.5       | 1.5
        number        | 1          | -=           | 2         | -1
        number        | 3          | *=           | 2         | 6
        number        | 4          | /=           | 2         | 2.0
        number        | 4          | /=           | 0         | InvalidInputValueError
        number        | 4          | /=           | 0.0       | InvalidInputValueError
        number        | 1          | +=           | "2"       | InvalidInputValueError
        number        | 1          | +=           | true      | InvalidInputValueError
        number        | 9223372036854775807  | += | 1         | 9223372036854775808
        number        | 18446744073709551615 | *= | 2         | 3.6893488147419103e19
        number        | 1e308      | *=           | 10        | VariableOperatorNodeError
        string        | "a"        | +=           | "b"       | OperationNotSupportedError
        boolean       | true       | +=           | 1         | OperationNotSupportedError
    "#;

    #[test]
    fn operation_changes_a_variable_or_says_why_not() {
        let json = |text: &str| serde_json::from_str::<Json>(text);
        for row in OPERATIONS.lines().filter(|row| row.contains('|')) {
            let [kind, current, operation, input, result] =
                row.split('|').map(str::trim).collect::<Vec<_>>()[..]
            else {
                panic!("five columns: {row}");
            };
            let kind: VariableType = kind.parse().unwrap();
            let variable = Variable::typed(kind, json(current).unwrap()).unwrap();
            match apply(&variable, op(operation), &json(input).unwrap()) {
                Ok(after) => {
                    assert_eq!(Some(after.json()), json(result).ok().as_ref(), "{row}");
                    assert_eq!(after.kind().exposed(), kind.exposed(), "{row}");
                }
                Err(error) => assert_eq!(error.error_type(), result, "{row}"),
            }
        }
    }

    #[test]
    fn message_names_operation_and_type_or_the_value() {
        let text = Variable::infer("a");
        let message =
            |operation, input: Json| apply(&text, op(operation), &input).unwrap_err().message;
        assert_eq!(
            message("+=", json!(1)),
            "Operation += is not supported for type string"
        );
        assert_eq!(message("set", json!([true])), "Invalid input value [True]");
    }

    #[test]
    fn name_of_every_operation_reads_back() {
        for operation in Operation::ALL {
            assert_eq!(op(operation.as_str()), operation);
        }
    }
}
