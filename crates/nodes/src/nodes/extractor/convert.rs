//! Whether what a model gave fits the parameters, and what becomes of it either way.

use serde_json::{Map, Value as Json, json};

use super::data::{Parameter, Type};

/// The first thing that is wrong, in the words that builders know.
pub(super) fn check(parameters: &[Parameter], given: &Map<String, Json>) -> Result<(), String> {
    if given.len() != parameters.len() {
        return Err("Invalid number of parameters".to_owned());
    }
    for parameter in parameters {
        let name = &parameter.name;
        let Some(value) = given.get(name) else {
            if parameter.required {
                return Err(format!("Parameter {name} is required"));
            }
            continue;
        };
        if let (Some(options), Json::String(text)) = (&parameter.options, value)
            && !options.contains(text)
        {
            return Err(format!("Invalid `select` value for parameter {name}"));
        }
        if !fits(parameter.kind, value) {
            return Err(wrong_type(parameter, value));
        }
    }
    Ok(())
}

fn fits(kind: Type, value: &Json) -> bool {
    let all = |is: fn(&Json) -> bool| value.as_array().is_some_and(|items| items.iter().all(is));
    match kind {
        Type::String => value.is_string(),
        Type::Number => value.is_number(),
        Type::Boolean => value.is_boolean(),
        Type::Strings => all(Json::is_string),
        Type::Numbers => all(Json::is_number),
        Type::Objects => all(Json::is_object),
        Type::Booleans => all(Json::is_boolean),
    }
}

fn wrong_type(parameter: &Parameter, value: &Json) -> String {
    let (actual, python) = match value {
        Json::Null => ("none", "NoneType"),
        Json::Bool(_) => ("boolean", "bool"),
        Json::Number(number) if number.is_f64() => ("float", "float"),
        Json::Number(_) => ("integer", "int"),
        Json::String(_) => ("string", "str"),
        Json::Array(_) => (
            gatewright_variables::VariableType::of(value).as_str(),
            "list",
        ),
        Json::Object(_) => ("object", "dict"),
    };
    let shown = match value {
        Json::String(text) => text.chars().take(200).collect(),
        other => other.to_string().chars().take(200).collect::<String>(),
    };
    format!(
        "Invalid value for parameter {}, expected segment type: {}, actual_type: {actual}, python_type: <class '{python}'>, value: {shown}",
        parameter.name,
        parameter.kind.name(),
    )
}

/// The value as the parameter's type, its zero when that cannot be.
pub(super) fn converted(parameter: &Parameter, value: Option<&Json>) -> Json {
    let items = |item: fn(&Json) -> Option<Json>| match value {
        Some(Json::Array(items)) => items.iter().filter_map(item).collect(),
        _ => json!([]),
    };
    match parameter.kind {
        Type::String => value.and_then(text).unwrap_or_else(|| json!("")),
        Type::Number => value.and_then(number).unwrap_or_else(|| json!(0)),
        Type::Boolean => value.and_then(boolean).unwrap_or_else(|| json!(false)),
        Type::Strings => items(text),
        Type::Numbers => items(number),
        Type::Objects => items(|item| item.is_object().then(|| item.clone())),
        Type::Booleans => items(boolean),
    }
}

fn text(value: &Json) -> Option<Json> {
    value.is_string().then(|| value.clone())
}

/// A number, or a text that is one: whole unless it has a point.
fn number(value: &Json) -> Option<Json> {
    match value {
        Json::Number(_) => Some(value.clone()),
        Json::String(text) if text.contains('.') => text
            .trim()
            .parse::<f64>()
            .ok()
            .and_then(serde_json::Number::from_f64)
            .map(Json::Number),
        Json::String(text) => text.trim().parse::<i64>().ok().map(Json::from),
        _ => None,
    }
}

fn boolean(value: &Json) -> Option<Json> {
    match value {
        Json::Bool(_) => Some(value.clone()),
        Json::Number(number) => number.as_i64().map(|number| Json::Bool(number != 0)),
        _ => None,
    }
}
