//! A list of conditions, with the values of a pool.

use serde_json::{Value as Json, json};

use super::{Condition, LogicalOperator, Operator, files, holds};
use crate::{NodeError, Pool, Selector, Template, VariableType, pool::Found, render::Form};

/// The longest text that a condition compares with, in bytes.
const MAX_EXPECTED: usize = 1 << 20;

/// Bytes that all conditions of a list compare, at most: records hold what was compared.
const MAX_COMPARED: usize = 16 << 20;

/// What came out of a list of conditions.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// What was compared, for the node's inputs: `{actual_value, expected_value, comparison_operator}`; unary
    /// operators and questions about files are not listed.
    pub inputs: Vec<Json>,
    /// The answers, up to the one that decided.
    pub results: Vec<bool>,
    /// Whether the list holds.
    pub holds: bool,
}

/// Evaluates conditions in their order until the answer is known. No conditions do not hold. Fails when a
/// variable is missing, or when an operator does not know a value's type.
pub fn evaluate(
    conditions: &[Condition],
    logical: LogicalOperator,
    pool: &Pool,
) -> Result<Evaluation, NodeError> {
    let mut evaluation = Evaluation {
        inputs: Vec::new(),
        results: Vec::new(),
        holds: false,
    };
    let mut left = MAX_COMPARED;
    for condition in conditions {
        let answer = evaluate_one(condition, pool, &mut evaluation.inputs, &mut left)?;
        evaluation.results.push(answer);
        evaluation.holds = answer;
        if answer == (logical == LogicalOperator::Or) {
            break;
        }
    }
    Ok(evaluation)
}

fn evaluate_one(
    condition: &Condition,
    pool: &Pool,
    inputs: &mut Vec<Json>,
    left: &mut usize,
) -> Result<bool, NodeError> {
    let operator = condition.comparison_operator;
    let found = pool
        .get(&condition.variable_selector)
        .ok_or_else(|| missing(&condition.variable_selector))?;
    if let (VariableType::ArrayFile, Some(files)) = (found.kind(), found.json().as_array())
        && asks_about_files(operator)
    {
        let questions = condition.sub_variable_condition.as_ref().ok_or_else(|| {
            NodeError::value("A condition on a list of files needs a sub-variable condition")
        })?;
        return files::holds_for_files(questions, files);
    }
    if operator.is_unary() {
        return holds(operator, found.json(), &Json::Null);
    }
    let expected = expected_value(&condition.value, &found, pool)?;
    let compared = found.bytes() + expected.as_str().map_or(0, str::len);
    *left = left
        .checked_sub(compared)
        .ok_or_else(|| NodeError::value("The conditions compare more than 16 MiB"))?;
    inputs.push(json!({
        "actual_value": found.json(),
        "expected_value": expected,
        "comparison_operator": operator.as_str(),
    }));
    holds(operator, found.json(), &expected)
}

/// Which operators look at the attributes of the files in a list; the others look at the list.
const fn asks_about_files(operator: Operator) -> bool {
    matches!(
        operator,
        Operator::Contains | Operator::NotContains | Operator::AllOf
    )
}

fn missing(selector: &Selector) -> NodeError {
    NodeError::value(format!("Variable {selector} not found"))
}

/// The expectation with its templates filled in; for booleans it is read as one.
fn expected_value(value: &Json, actual: &Found<'_>, pool: &Pool) -> Result<Json, NodeError> {
    let value = match value {
        Json::String(template) => Template::parse(template)
            .render(pool, Form::Text, MAX_EXPECTED)
            .map(Json::String)
            .map_err(|error| NodeError::value(error.to_string()))?,
        other => other.clone(),
    };
    if !matches!(
        actual.kind(),
        VariableType::Boolean | VariableType::ArrayBoolean
    ) {
        return Ok(value);
    }
    match value {
        Json::Array(items) => items.iter().map(to_boolean).collect(),
        value => to_boolean(&value),
    }
}

/// `true`, `false`, 1 and 0, as values or as texts in any case; null stays.
fn to_boolean(value: &Json) -> Result<Json, NodeError> {
    let wrong = || NodeError::value("Expected value of a boolean must be true or false");
    match value {
        Json::Bool(_) | Json::Null => Ok(value.clone()),
        Json::Number(number) => match number.as_f64() {
            Some(0.0) => Ok(Json::Bool(false)),
            Some(_) => Ok(Json::Bool(true)),
            None => Err(wrong()),
        },
        Json::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" => Ok(Json::Bool(true)),
            "false" | "0" => Ok(Json::Bool(false)),
            _ => Err(wrong()),
        },
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Variable;

    fn pool() -> Pool {
        let mut pool = Pool::default();
        for (name, value) in [
            ("num", json!(12)),
            ("text", json!("hello")),
            ("yes", json!(true)),
            ("flags", json!([true, true])),
            ("nothing", json!(null)),
            (
                "files",
                json!([{"dify_model_identity": "__dify__file__", "type": "image"}]),
            ),
        ] {
            pool.set("s", name, Variable::infer(value)).unwrap();
        }
        pool
    }

    fn condition(name: &str, operator: &str, value: Json) -> Condition {
        serde_json::from_value(json!({
            "id": "c", "varType": "any", "variable_selector": ["s", name], "comparison_operator": operator,
            "value": value,
        }))
        .unwrap()
    }

    fn all(conditions: &[Condition]) -> Result<Evaluation, NodeError> {
        evaluate(conditions, LogicalOperator::And, &pool())
    }

    #[test]
    fn expectation_is_a_template_and_is_read_by_the_variable_s_type() {
        for (name, operator, value, answer) in [
            ("num", "=", json!("{{#s.num#}}"), Some(true)),
            ("text", "is", json!("{{#s.text#}}"), Some(true)),
            ("text", "contains", json!("{{#s.missing#}}"), Some(false)),
            ("yes", "is", json!("true"), Some(true)),
            ("yes", "is", json!("{{#s.yes#}}"), Some(true)),
            ("yes", "is", json!(false), Some(false)),
            ("yes", "is not", json!("0"), Some(true)),
            ("yes", "=", json!("false"), Some(false)),
            ("yes", "is", json!("yes"), None),
            ("flags", "contains", json!("true"), Some(true)),
            ("flags", "all of", json!(["true", "false"]), Some(false)),
            ("nothing", "is", json!(""), Some(false)),
            ("nothing", "empty", json!(""), Some(true)),
            ("files", "not empty", json!(""), Some(true)),
            ("files", "contains", json!(""), None),
        ] {
            let got = all(&[condition(name, operator, value.clone())]).map(|e| e.holds);
            assert_eq!(got.ok(), answer, "{name} {operator} {value}");
        }
    }

    #[test]
    fn evaluation_stops_when_the_answer_is_known() {
        let yes = condition("num", "≥", json!("10"));
        let no = condition("num", "<", json!("10"));
        let bad = condition("missing", "<", json!("10"));
        for (logical, conditions, results, holds) in [
            (
                LogicalOperator::And,
                vec![&yes, &no, &bad],
                vec![true, false],
                false,
            ),
            (
                LogicalOperator::Or,
                vec![&no, &yes, &bad],
                vec![false, true],
                true,
            ),
            (
                LogicalOperator::And,
                vec![&yes, &yes],
                vec![true, true],
                true,
            ),
            (
                LogicalOperator::Or,
                vec![&no, &no],
                vec![false, false],
                false,
            ),
            (LogicalOperator::And, vec![], vec![], false),
        ] {
            let conditions: Vec<Condition> = conditions.into_iter().cloned().collect();
            let evaluation = evaluate(&conditions, logical, &pool()).unwrap();
            assert_eq!((evaluation.results, evaluation.holds), (results, holds));
        }
    }

    #[test]
    fn missing_variable_fails_whatever_is_asked() {
        for operator in ["exists", "not exists", "empty", "is"] {
            let error = all(&[condition("missing", operator, json!("x"))]).unwrap_err();
            assert_eq!(error.to_string(), "Variable ['s', 'missing'] not found");
            assert_eq!(error.error_type(), "ValueError");
        }
    }

    #[test]
    fn unary_operators_are_not_listed_in_the_inputs() {
        let conditions = [
            condition("num", "not empty", json!("")),
            condition("num", "≥", json!("10")),
        ];
        let inputs = all(&conditions).unwrap().inputs;
        assert_eq!(
            serde_json::to_string(&inputs).unwrap(),
            r#"[{"actual_value":12,"expected_value":"10","comparison_operator":"≥"}]"#
        );
    }
}
