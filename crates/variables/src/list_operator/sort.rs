//! Sorting: texts by their characters, numbers by their value, files by an attribute.

use std::cmp::Ordering;

use serde_json::{Map, Value as Json};

use super::{Direction, OrderBy};
use crate::{ErrorKind, NodeError, VariableType, file, python::arithmetic::Num};

pub(super) fn invalid_key(key: &str) -> NodeError {
    NodeError::new(ErrorKind::InvalidKey, format!("Invalid key: {key}"))
}

/// Sorts; equal elements keep their order, in both directions.
pub(super) fn sort(
    items: &mut [Json],
    kind: VariableType,
    order: &OrderBy,
) -> Result<(), NodeError> {
    let of_files = kind == VariableType::ArrayFile;
    if of_files && !file::ATTRIBUTES.contains(&order.key.as_str()) {
        return Err(invalid_key(&order.key));
    }
    items.sort_by(|a, b| {
        let ordering = if of_files {
            compare(attribute(a, &order.key), attribute(b, &order.key))
        } else {
            compare(a, b)
        };
        match order.value {
            Direction::Asc => ordering,
            Direction::Desc => ordering.reverse(),
        }
    });
    Ok(())
}

fn attribute<'a>(item: &'a Json, key: &str) -> &'a Json {
    static NOTHING: Json = Json::Null;
    let members: Option<&Map<String, Json>> = item.as_object();
    members
        .and_then(|members| file::attribute(members, key))
        .unwrap_or(&NOTHING)
}

/// Null first, as if it were empty; within a list all others are of one type.
fn compare(a: &Json, b: &Json) -> Ordering {
    match (a, b) {
        (Json::String(a), Json::String(b)) => a.cmp(b),
        (a, b) => match (Num::of(a), Num::of(b)) {
            (Some(a), Some(b)) => a.compare(b).unwrap_or(Ordering::Equal),
            _ => b.is_null().cmp(&a.is_null()),
        },
    }
}
