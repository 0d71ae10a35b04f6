//! Lists of texts, with a maximum.

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ArrayBuilder, RefOr, Schema},
};
use uuid::Uuid;

use super::{
    refuse,
    text::{Id, MAX_CHARS},
};

/// What a list can be of. The problem of an item is told as one of the list.
pub trait Item: Sized {
    /// Why an item is none, and the kind of that problem.
    const PROBLEM: (&'static str, &'static str);

    /// Of a text of at most 4096 characters, none of them a control character.
    fn of(text: String) -> Option<Self>;
}

impl Item for String {
    const PROBLEM: (&'static str, &'static str) =
        ("string_type", "Each item should be a valid string");

    fn of(text: String) -> Option<Self> {
        Some(text)
    }
}

impl Item for Id {
    const PROBLEM: (&'static str, &'static str) = ("value_error", "Each item should be a UUID");

    fn of(text: String) -> Option<Self> {
        Uuid::try_parse(&text).ok().map(Self)
    }
}

/// From `MIN` to `MAX` of something that is written as text.
#[derive(Debug, Clone)]
pub struct List<T, const MIN: usize, const MAX: usize>(Vec<T>);

impl<T, const MIN: usize, const MAX: usize> List<T, MIN, MAX> {
    /// The items in the order in which they came.
    pub fn into_inner(self) -> Vec<T> {
        self.0
    }
}

impl<T, const MIN: usize, const MAX: usize> std::ops::Deref for List<T, MIN, MAX> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<'de, T: Item, const MIN: usize, const MAX: usize> Deserialize<'de> for List<T, MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let items = Vec::<Value>::deserialize(deserializer)?;
        let (kind, msg) = String::PROBLEM;
        if !items.iter().all(Value::is_string) {
            return Err(refuse(kind, msg));
        }
        if items.len() > MAX {
            let msg = format!("List should have at most {MAX} items");
            return Err(refuse("too_long", &msg));
        }
        if items.len() < MIN {
            let items = if MIN == 1 { "item" } else { "items" };
            let msg = format!("List should have at least {MIN} {items}");
            return Err(refuse("too_short", &msg));
        }
        let mut list = Vec::with_capacity(items.len());
        for item in items {
            let Value::String(text) = item else { continue };
            if text.chars().count() > MAX_CHARS || text.chars().any(char::is_control) {
                return Err(refuse(kind, msg));
            }
            let (kind, msg) = T::PROBLEM;
            list.push(T::of(text).ok_or_else(|| refuse(kind, msg))?);
        }
        Ok(Self(list))
    }
}

impl<T: PartialSchema, const MIN: usize, const MAX: usize> PartialSchema for List<T, MIN, MAX> {
    fn schema() -> RefOr<Schema> {
        ArrayBuilder::new()
            .items(T::schema())
            .min_items((MIN > 0).then_some(MIN))
            .max_items(Some(MAX))
            .into()
    }
}

impl<T: PartialSchema, const MIN: usize, const MAX: usize> ToSchema for List<T, MIN, MAX> {}
