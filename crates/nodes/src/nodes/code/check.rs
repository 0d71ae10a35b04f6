//! Whether what a program returned is what it was declared to return; the texts are those that builders know.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::{Shape, Type};
use crate::fields::Fields;

const MAX_CHARS: usize = 400_000;
const MAX_TEXTS: usize = 30;
const MAX_NUMBERS: usize = 1000;
const MAX_DEPTH: usize = 5;
const MAX_PLACES: usize = 20;

/// The outputs in their declared order. Nothing declared: anything goes, within the limits.
pub(super) fn outputs(
    declared: &[(String, Shape)],
    mut result: BTreeMap<String, Json>,
) -> Result<Fields, String> {
    let mut fields = Fields::new();
    if declared.is_empty() {
        for (name, value) in result {
            let value = loose(&name, value, 1)?;
            fields.set(name, value);
        }
        return Ok(fields);
    }
    for (name, shape) in declared {
        let value = result
            .remove(name)
            .ok_or_else(|| format!("Output {name} is missing."))?;
        fields.set(name.as_str(), shaped(name, shape, value, 1)?);
    }
    none_left(&result)?;
    Ok(fields)
}

fn shaped(name: &str, shape: &Shape, value: Json, depth: usize) -> Result<Json, String> {
    if depth > MAX_DEPTH {
        return Err(format!("Depth limit {MAX_DEPTH} reached, object too deep."));
    }
    match (shape.kind, value) {
        (_, Json::Null) => Ok(Json::Null),
        (Type::String, value) => text(name, value),
        (Type::Number, value) => number(name, value),
        (Type::Boolean, value) => boolean(name, value),
        (Type::Object, value) => object(name, shape, value, depth),
        (Type::Strings, value) => list(name, value, MAX_TEXTS, text),
        (Type::Numbers, value) => list(name, value, MAX_NUMBERS, number),
        (Type::Booleans, value) => list(name, value, MAX_NUMBERS, boolean),
        (Type::Objects, value) => list(name, value, MAX_TEXTS, |name, value| match value {
            Json::Null => Ok(value),
            value => object(name, shape, value, depth + 1),
        }),
    }
}

fn object(name: &str, shape: &Shape, value: Json, depth: usize) -> Result<Json, String> {
    let Json::Object(members) = value else {
        return Err(format!(
            "Output {name} is not an object, got <class '{}'> instead.",
            python_type(&value)
        ));
    };
    let Some(children) = &shape.children else {
        let members = members.into_iter().map(|(key, value)| {
            let value = loose(&format!("{name}.{key}"), value, depth + 1)?;
            Ok((key, value))
        });
        return members
            .collect::<Result<Map<_, _>, String>>()
            .map(Json::Object);
    };
    let mut members: BTreeMap<String, Json> = members.into_iter().collect();
    let mut checked = Map::new();
    for (key, child) in children {
        let path = format!("{name}.{key}");
        let value = members
            .remove(key)
            .ok_or_else(|| format!("Output {path} is missing."))?;
        checked.insert(key.clone(), shaped(&path, child, value, depth + 1)?);
    }
    none_left(&members)?;
    Ok(Json::Object(checked))
}

/// Everything that was returned is declared.
fn none_left(members: &BTreeMap<String, Json>) -> Result<(), String> {
    if members.is_empty() {
        return Ok(());
    }
    Err("Not all output parameters are validated.".to_owned())
}

/// A value without a declared shape: only its size counts.
fn loose(name: &str, value: Json, depth: usize) -> Result<Json, String> {
    if depth > MAX_DEPTH {
        return Err(format!("Depth limit {MAX_DEPTH} reached, object too deep."));
    }
    match value {
        Json::String(_) => text(name, value),
        Json::Number(_) => number(name, value),
        Json::Array(items) => {
            let numbers = items
                .iter()
                .all(|item| item.is_number() || item.is_boolean());
            short(
                name,
                items.len(),
                if numbers { MAX_NUMBERS } else { MAX_TEXTS },
            )?;
            let items = items.into_iter().enumerate();
            let items = items.map(|(at, item)| loose(&format!("{name}[{at}]"), item, depth + 1));
            items.collect::<Result<_, _>>().map(Json::Array)
        }
        Json::Object(members) => {
            let members = members.into_iter().map(|(key, value)| {
                let value = loose(&format!("{name}.{key}"), value, depth + 1)?;
                Ok((key, value))
            });
            members
                .collect::<Result<Map<_, _>, String>>()
                .map(Json::Object)
        }
        other => Ok(other),
    }
}

fn list(
    name: &str,
    value: Json,
    most: usize,
    item: impl Fn(&str, Json) -> Result<Json, String>,
) -> Result<Json, String> {
    let Json::Array(items) = value else {
        return Err(format!(
            "Output {name} is not an array, got <class '{}'> instead.",
            python_type(&value)
        ));
    };
    short(name, items.len(), most)?;
    let items = items.into_iter().enumerate();
    items
        .map(|(at, value)| item(&format!("{name}[{at}]"), value))
        .collect::<Result<_, _>>()
        .map(Json::Array)
}

fn short(name: &str, length: usize, most: usize) -> Result<(), String> {
    if length > most {
        return Err(format!(
            "The length of output variable `{name}` must be less than {most} elements."
        ));
    }
    Ok(())
}

/// A text; U+0000 goes, for PostgreSQL cannot store it.
fn text(name: &str, value: Json) -> Result<Json, String> {
    match value {
        Json::String(text) if text.len() > MAX_CHARS && text.chars().count() > MAX_CHARS => {
            Err(format!(
                "The length of output variable `{name}` must be less than {MAX_CHARS} characters"
            ))
        }
        Json::String(text) if text.contains('\0') => Ok(Json::String(text.replace('\0', ""))),
        Json::Null | Json::String(_) => Ok(value),
        other => Err(format!(
            "Output {name} must be a string, got {} instead.",
            python_type(&other)
        )),
    }
}

fn boolean(name: &str, value: Json) -> Result<Json, String> {
    match value {
        Json::Null | Json::Bool(_) => Ok(value),
        other => Err(format!(
            "Output {name} is not a boolean, got <class '{}'> instead.",
            python_type(&other)
        )),
    }
}

fn number(name: &str, value: Json) -> Result<Json, String> {
    let Json::Number(number) = &value else {
        return match value {
            Json::Null => Ok(value),
            other => Err(format!(
                "Output {name} is not a number, got <class '{}'> instead.",
                python_type(&other)
            )),
        };
    };
    let (least, most) = (i64::MIN, i64::MAX);
    #[allow(clippy::cast_precision_loss)] // the bound itself is only a bound
    let fits = number.as_i64().is_some()
        || number.as_f64().is_some_and(|n| n.abs() <= most as f64) && !number.is_u64();
    if !fits {
        return Err(format!(
            "Output variable `{name}` is out of range, it must be between {least} and {most}."
        ));
    }
    let printed = number.to_string();
    let places = printed
        .split_once('.')
        .map_or(0, |(_, places)| places.len());
    if places > MAX_PLACES {
        return Err(format!(
            "Output variable `{name}` has too high precision, it must be less than {MAX_PLACES} digits."
        ));
    }
    Ok(value)
}

/// A value's type as Python names it.
pub(super) fn python_type(value: &Json) -> &'static str {
    match value {
        Json::Null => "NoneType",
        Json::Bool(_) => "bool",
        Json::Number(number) if number.is_f64() => "float",
        Json::Number(_) => "int",
        Json::String(_) => "str",
        Json::Array(_) => "list",
        Json::Object(_) => "dict",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn checked(kind: &str, value: Json) -> Result<Json, String> {
        let kind: Type = serde_json::from_value(json!(kind)).unwrap();
        let shape = Shape {
            kind,
            children: None,
        };
        let result = BTreeMap::from([("x".to_owned(), value)]);
        outputs(&[("x".to_owned(), shape)], result).map(|fields| fields.get("x").unwrap().clone())
    }

    #[test]
    fn values_of_the_declared_type_pass() {
        for (kind, value) in [
            ("string", json!("a")),
            ("number", json!(1)),
            ("number", json!(1.5)),
            ("boolean", json!(true)),
            ("object", json!({"a": [1, {"b": null}]})),
            ("array[string]", json!(["a", null])),
            ("array[number]", json!(vec![1; 1000])),
            ("array[object]", json!([{"a": 1}])),
            ("array[boolean]", json!([true])),
            ("string", json!(null)),
        ] {
            assert_eq!(checked(kind, value.clone()), Ok(value), "{kind}");
        }
        assert_eq!(checked("string", json!("a\0b")), Ok(json!("ab")));
    }

    #[test]
    fn other_values_fail_with_the_text_that_builders_know() {
        let deep = json!({"a": {"b": {"c": {"d": {"e": 1}}}}});
        for (kind, value, text) in [
            (
                "string",
                json!(1),
                "Output x must be a string, got int instead.",
            ),
            (
                "number",
                json!("1"),
                "Output x is not a number, got <class 'str'> instead.",
            ),
            (
                "object",
                json!([]),
                "Output x is not an object, got <class 'list'> instead.",
            ),
            (
                "array[string]",
                json!({}),
                "Output x is not an array, got <class 'dict'> instead.",
            ),
            (
                "array[string]",
                json!(["a", 1.5]),
                "Output x[1] must be a string, got float instead.",
            ),
            (
                "array[string]",
                json!(vec!["a"; 31]),
                "The length of output variable `x` must be less than 30 elements.",
            ),
            (
                "array[number]",
                json!(vec![1; 1001]),
                "The length of output variable `x` must be less than 1000 elements.",
            ),
            (
                "string",
                json!("a".repeat(400_001)),
                "The length of output variable `x` must be less than 400000 characters",
            ),
            (
                "number",
                json!(u64::MAX),
                "Output variable `x` is out of range, it must be between -9223372036854775808 and 9223372036854775807.",
            ),
            ("object", deep, "Depth limit 5 reached, object too deep."),
        ] {
            assert_eq!(checked(kind, value), Err(text.to_owned()), "{kind}");
        }
    }

    #[test]
    fn declared_members_must_be_there_and_no_others() {
        let kind = Type::Number;
        let child = Shape {
            kind,
            children: None,
        };
        let kind = Type::Object;
        let children = Some(vec![("n".to_owned(), child)]);
        let shape = [("x".to_owned(), Shape { kind, children })];
        for (value, result) in [
            (json!({"n": 1}), Ok(())),
            (json!({}), Err("Output x.n is missing.".to_owned())),
            (
                json!({"n": 1, "m": 1}),
                Err("Not all output parameters are validated.".to_owned()),
            ),
        ] {
            let given = BTreeMap::from([("x".to_owned(), value)]);
            assert_eq!(outputs(&shape, given).map(|_| ()), result);
        }
    }
}
