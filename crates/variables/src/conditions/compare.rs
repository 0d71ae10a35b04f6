//! One operator, one value, one expectation.

use std::cmp::Ordering;

use serde_json::Value as Json;

use super::Operator;
use crate::{
    NodeError,
    python::{
        self,
        arithmetic::{Num, equal, truth},
    },
};

/// Whether the operator holds between the actual value and the expected one. Fails when the operator does not
/// know the type of one of them.
///
/// Null and empty values are no errors: nothing is equal, larger, smaller or contained; both `is` and `is not`
/// are false for null.
pub fn holds(operator: Operator, actual: &Json, expected: &Json) -> Result<bool, NodeError> {
    match operator {
        Operator::Contains => contains(actual, expected),
        Operator::NotContains => Ok(!contains(actual, expected)?),
        Operator::StartWith => affix(actual, expected, |a, b| a.starts_with(b)),
        Operator::EndWith => affix(actual, expected, |a, b| a.ends_with(b)),
        Operator::Is => is(actual, expected),
        Operator::IsNot => Ok(!actual.is_null() && !is(actual, expected)?),
        Operator::Empty => Ok(!truth(actual)),
        Operator::NotEmpty => Ok(truth(actual)),
        Operator::In => is_in(actual, expected),
        Operator::NotIn => Ok(!is_in(actual, expected)?),
        Operator::AllOf => all_of(actual, expected),
        Operator::Equal => is_equal(actual, expected),
        Operator::NotEqual => Ok(!actual.is_null() && !is_equal(actual, expected)?),
        Operator::Greater => order(actual, expected, Ordering::is_gt),
        Operator::Less => order(actual, expected, Ordering::is_lt),
        Operator::GreaterOrEqual => order(actual, expected, Ordering::is_ge),
        Operator::LessOrEqual => order(actual, expected, Ordering::is_le),
        Operator::Null | Operator::NotExists => Ok(actual.is_null()),
        Operator::NotNull | Operator::Exists => Ok(!actual.is_null()),
    }
}

fn wrong_actual(wanted: &str) -> NodeError {
    NodeError::value(format!("Invalid actual value type: {wanted}"))
}

fn wrong_expected(wanted: &str) -> NodeError {
    NodeError::value(format!("Invalid expected value type: {wanted}"))
}

fn contains(actual: &Json, expected: &Json) -> Result<bool, NodeError> {
    match actual {
        actual if !truth(actual) => Ok(false),
        Json::String(text) => Ok(text.contains(&python::str(expected))),
        Json::Array(items) => Ok(has(items, expected)),
        _ => Err(wrong_actual("string or array")),
    }
}

/// Whether a list has an element. Files write every expectation as text, so a number in the list is found by a
/// text that is this number.
fn has(items: &[Json], wanted: &Json) -> bool {
    let number = match wanted {
        Json::String(text) => Num::parse(text).ok(),
        _ => None,
    };
    items.iter().any(|item| {
        equal(item, wanted)
            || (item.is_number()
                && number.is_some_and(|number| {
                    Num::of(item).and_then(|item| item.compare(number)) == Some(Ordering::Equal)
                }))
    })
}

fn affix(
    actual: &Json,
    expected: &Json,
    test: impl Fn(&str, &str) -> bool,
) -> Result<bool, NodeError> {
    if !truth(actual) {
        return Ok(false);
    }
    let actual = actual.as_str().ok_or_else(|| wrong_actual("string"))?;
    let expected = expected.as_str().ok_or_else(|| wrong_expected("string"))?;
    Ok(test(actual, expected))
}

fn is(actual: &Json, expected: &Json) -> Result<bool, NodeError> {
    match actual {
        Json::Null => Ok(false),
        Json::String(_) | Json::Bool(_) => Ok(actual == expected),
        _ => Err(wrong_actual("string or boolean")),
    }
}

fn is_in(actual: &Json, expected: &Json) -> Result<bool, NodeError> {
    if !truth(actual) {
        return Ok(false);
    }
    let list = expected.as_array().ok_or_else(|| wrong_expected("array"))?;
    Ok(has(list, actual))
}

fn all_of(actual: &Json, expected: &Json) -> Result<bool, NodeError> {
    if !truth(actual) {
        return Ok(false);
    }
    let items = actual.as_array().ok_or_else(|| wrong_actual("array"))?;
    let wanted = expected.as_array().ok_or_else(|| wrong_expected("array"))?;
    Ok(wanted.iter().all(|wanted| has(items, wanted)))
}

/// Numbers, and booleans: those ask whether the expected value is true or false.
fn is_equal(actual: &Json, expected: &Json) -> Result<bool, NodeError> {
    let actual_number = match actual {
        Json::Null => return Ok(false),
        Json::Bool(actual) => return Ok(*actual == truth(expected)),
        Json::Number(_) => Num::of(actual),
        _ => None,
    }
    .ok_or_else(|| wrong_actual("number or boolean"))?;
    let expected_number = match actual_number {
        Num::Int(_) => to_int(expected)?,
        Num::Float(_) => Num::Float(to_number(expected)?.as_f64()),
    };
    Ok(actual_number.compare(expected_number) == Some(Ordering::Equal))
}

fn order(
    actual: &Json,
    expected: &Json,
    test: impl Fn(Ordering) -> bool,
) -> Result<bool, NodeError> {
    if actual.is_null() {
        return Ok(false);
    }
    let actual = Num::of(actual).ok_or_else(|| wrong_actual("number"))?;
    Ok(actual.compare(to_number(expected)?).is_some_and(test))
}

/// `int(value)`: of a text, its digits; of a number, its whole part.
#[allow(clippy::cast_possible_truncation)]
fn to_int(value: &Json) -> Result<Num, NodeError> {
    match value {
        Json::String(text) => Num::parse_int(text),
        value => match Num::of(value) {
            Some(Num::Float(float)) => Ok(Num::Int(float as i128)),
            Some(number) => Ok(number),
            None => Err(wrong_expected("number")),
        },
    }
}

fn to_number(value: &Json) -> Result<Num, NodeError> {
    match value {
        Json::String(text) => Num::parse(text),
        value => Num::of(value).ok_or_else(|| wrong_expected("number")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// `T` true, `F` false, `E` error.
    fn character(operator: Operator, actual: &Json, expected: &Json) -> char {
        match holds(operator, actual, expected) {
            Ok(true) => 'T',
            Ok(false) => 'F',
            Err(_) => 'E',
        }
    }

    #[test]
    fn operator_answers_for_every_type_of_value() {
        use Operator as O;
        let actual = [
            json!(null),
            json!(""),
            json!("abc"),
            json!(0),
            json!(7),
            json!(1.5),
            json!(false),
            json!(true),
            json!([]),
            json!(["a", "b"]),
            json!([1, 7]),
            json!({}),
            json!({"a": 1}),
        ];
        //                    null "" abc 0 7 1.5 false true [] [a,b] [1,7] {} {a}
        for (operator, expected, answers) in [
            (O::Contains, json!("a"), "FFTFEEFEFTFFE"),
            (O::NotContains, json!("a"), "TTFTEETETFTTE"),
            (O::Contains, json!("7"), "FFFFEEFEFFTFE"),
            (O::Contains, json!(7), "FFFFEEFEFFTFE"),
            (O::StartWith, json!("ab"), "FFTFEEFEFEEFE"),
            (O::EndWith, json!("bc"), "FFTFEEFEFEEFE"),
            (O::StartWith, json!(["ab"]), "FFEFEEFEFEEFE"),
            (O::Is, json!("abc"), "FFTEEEFFEEEEE"),
            (O::IsNot, json!("abc"), "FTFEEETTEEEEE"),
            (O::Is, json!(true), "FFFEEEFTEEEEE"),
            (O::IsNot, json!(true), "FTTEEETFEEEEE"),
            (O::Empty, json!(null), "TTFTFFTFTFFTF"),
            (O::NotEmpty, json!(null), "FFTFTTFTFTTFT"),
            (O::In, json!(["abc", "7"]), "FFTFFFFFFFFFF"),
            (O::NotIn, json!(["abc", "7"]), "TTFTTTTTTTTTT"),
            (O::In, json!([7, true]), "FFFFTFFTFFFFF"),
            (O::In, json!("abc"), "FFEFEEFEFEEFE"),
            (O::AllOf, json!(["b", "a"]), "FFEFEEFEFTFFE"),
            (O::AllOf, json!(["a", "c"]), "FFEFEEFEFFFFE"),
            (O::AllOf, json!("a"), "FFEFEEFEFEEFE"),
            (O::Equal, json!("7"), "FEEFTFFTEEEEE"),
            (O::NotEqual, json!("7"), "FEETFTTFEEEEE"),
            (O::Equal, json!("1.5"), "FEEEETFTEEEEE"),
            (O::Equal, json!(""), "FEEEEETFEEEEE"),
            (O::Equal, json!("x"), "FEEEEEFTEEEEE"),
            (O::Equal, json!(null), "FEEEEETFEEEEE"),
            (O::Greater, json!("1"), "FEEFTTFFEEEEE"),
            (O::Less, json!("1.5"), "FEETFFTTEEEEE"),
            (O::GreaterOrEqual, json!("1.5"), "FEEFTTFFEEEEE"),
            (O::LessOrEqual, json!(1), "FEETFFTTEEEEE"),
            (O::Greater, json!("x"), "FEEEEEEEEEEEE"),
            (O::Null, json!(null), "TFFFFFFFFFFFF"),
            (O::NotNull, json!(null), "FTTTTTTTTTTTT"),
            (O::Exists, json!(null), "FTTTTTTTTTTTT"),
            (O::NotExists, json!(null), "TFFFFFFFFFFFF"),
        ] {
            let got: String = actual
                .iter()
                .map(|value| character(operator, value, &expected))
                .collect();
            assert_eq!(got, answers, "{operator:?} {expected}");
        }
    }
}
