//! A deserializer over a parsed object whose errors are the problems that people and clients are told of.

use std::cell::Cell;

use serde::{
    Deserializer,
    de::{
        DeserializeOwned, DeserializeSeed, MapAccess, SeqAccess, Visitor,
        value::{BorrowedStrDeserializer, MapAccessDeserializer},
    },
    forward_to_deserialize_any,
};
use serde_json::{Map, Value};

use super::problem::{FieldProblem, Invalid};

/// Members nobody asked for that are told of, of one request.
const MAX_EXTRA: usize = 5;

/// Reads a type, or says what is wrong: the first problem of each member of the object, in the order of
/// the type's declaration; before them, where the type denies them, members that it does not know.
///
/// # Errors
/// The problems, at least one.
pub fn read<T: DeserializeOwned>(object: Map<String, Value>) -> Result<T, Vec<FieldProblem>> {
    let object = Value::Object(object);
    let first = match read_at::<T>(&object, None) {
        Ok(value) => return Ok(value),
        Err((problem, _)) => problem,
    };
    let all = problems::<T>(&object);
    Err(if all.is_empty() { vec![first] } else { all })
}

/// A derived `Deserialize` ends at its first error. So it is run again from the member after that one,
/// until every member was looked at; what it says of those that it was not shown does not count.
fn problems<T: DeserializeOwned>(object: &Value) -> Vec<FieldProblem> {
    let (mut problems, mut extra) = (vec![], 0);
    let progress = Progress::default();
    loop {
        let from = progress.next.get();
        let Err((problem, is_extra)) = read_at::<T>(object, Some(&progress)) else {
            return problems;
        };
        let reached = progress.next.get();
        if progress.is_over.get() || reached == from {
            return problems;
        }
        problems.push(problem);
        extra += usize::from(is_extra);
        if extra == MAX_EXTRA {
            progress.next.set(reached.max(progress.unknown.get()));
        }
    }
}

fn read_at<'de, T: DeserializeOwned>(
    object: &'de Value,
    progress: Option<&'de Progress>,
) -> Result<T, (FieldProblem, bool)> {
    let reader = Reader {
        value: Some(object),
        progress,
    };
    serde_path_to_error::deserialize(reader).map_err(|error| {
        let path = error.path().clone();
        let invalid = error.into_inner();
        let is_extra = invalid.is_extra();
        (FieldProblem::at(&path, invalid), is_extra)
    })
}

/// How far the members of the outermost object were looked at.
#[derive(Default)]
struct Progress {
    /// The place of the next one.
    next: Cell<usize>,
    /// How many of them, at the front, the type does not know.
    unknown: Cell<usize>,
    /// Whether the last one was reached without an error.
    is_over: Cell<bool>,
}

/// One value; `None` stands for a member that is absent.
#[derive(Clone, Copy)]
struct Reader<'de> {
    value: Option<&'de Value>,
    /// For the outermost object, while problems are collected.
    progress: Option<&'de Progress>,
}

impl<'de> Reader<'de> {
    fn of(value: &'de Value) -> Self {
        Self {
            value: Some(value),
            progress: None,
        }
    }

    /// The value, which is neither absent nor null.
    fn present(self) -> Result<&'de Value, Invalid> {
        match self.value {
            None | Some(Value::Null) => Err(Invalid::missing()),
            Some(value) => Ok(value),
        }
    }

    fn text(self) -> Result<&'de str, Invalid> {
        let text = self.present()?.as_str();
        text.ok_or_else(|| Invalid::new("string_type", "Input should be a valid string"))
    }

    /// A whole number; forms and queries have it as text.
    fn whole(self) -> Result<i64, Invalid> {
        let value = self.present()?;
        let number = match value {
            Value::String(text) => text.trim().parse().ok(),
            other => other.as_i64(),
        };
        number.ok_or_else(|| Invalid::new("int_parsing", "Input should be a valid integer"))
    }

    fn fraction(self) -> Result<f64, Invalid> {
        let value = self.present()?;
        let number = match value {
            Value::String(text) => text.trim().parse().ok(),
            other => other.as_f64(),
        };
        number.ok_or_else(|| Invalid::new("float_parsing", "Input should be a valid number"))
    }

    fn truth(self) -> Result<bool, Invalid> {
        match self.present()? {
            Value::Bool(truth) => Ok(*truth),
            Value::String(text) if text == "true" => Ok(true),
            Value::String(text) if text == "false" => Ok(false),
            _ => Err(Invalid::new(
                "bool_parsing",
                "Input should be a valid boolean",
            )),
        }
    }

    fn list(self) -> Result<Items<'de>, Invalid> {
        match self.present()? {
            Value::Array(list) => Ok(Items(list.iter())),
            _ => Err(Invalid::new("list_type", "Input should be a valid list")),
        }
    }

    fn members(self) -> Result<&'de Map<String, Value>, Invalid> {
        match self.present()? {
            Value::Object(object) => Ok(object),
            _ => Err(Invalid::new(
                "dict_type",
                "Input should be a valid dictionary",
            )),
        }
    }
}

macro_rules! numbers {
    ($($method:ident)+ => $read:ident, $visit:ident) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Invalid> {
            visitor.$visit(self.$read()?)
        }
    )+};
}

impl<'de> Deserializer<'de> for Reader<'de> {
    type Error = Invalid;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Invalid> {
        match self.value.ok_or_else(Invalid::missing)? {
            Value::Null => visitor.visit_unit(),
            Value::Bool(truth) => visitor.visit_bool(*truth),
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Array(list) => visitor.visit_seq(Items(list.iter())),
            Value::Object(object) => visitor.visit_map(Members::of(object)),
            Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(n), ..) => visitor.visit_u64(n),
                (_, Some(n), _) => visitor.visit_i64(n),
                (.., n) => visitor.visit_f64(n.unwrap_or(f64::NAN)),
            },
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Invalid> {
        match self.value {
            None | Some(Value::Null) => visitor.visit_none(),
            Some(_) => visitor.visit_some(self),
        }
    }

    numbers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
        => whole, visit_i64
    }

    numbers! { deserialize_f32 deserialize_f64 => fraction, visit_f64 }

    numbers! { deserialize_bool => truth, visit_bool }

    numbers! {
        deserialize_str deserialize_string deserialize_char deserialize_identifier
        => text, visit_borrowed_str
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Invalid> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Invalid> {
        visitor.visit_seq(self.list()?)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Invalid> {
        visitor.visit_seq(self.list()?)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Invalid> {
        visitor.visit_seq(self.list()?)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Invalid> {
        visitor.visit_map(Members::of(self.members()?))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Invalid> {
        let object = self.members()?;
        visitor.visit_map(Members::declared(object, fields, self.progress))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Invalid> {
        match self.value {
            Some(Value::Object(object)) => {
                visitor.visit_enum(MapAccessDeserializer::new(Members::of(object)))
            }
            _ => visitor.visit_enum(BorrowedStrDeserializer::new(self.text()?)),
        }
    }

    forward_to_deserialize_any! {
        i128 u128 bytes byte_buf unit unit_struct ignored_any
    }
}

struct Items<'de>(std::slice::Iter<'de, Value>);

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Invalid;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Invalid> {
        let item = self.0.next();
        item.map(|item| seed.deserialize(Reader::of(item)))
            .transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

/// The members of an object, one after the other.
struct Members<'de> {
    entries: Vec<(&'de str, Option<&'de Value>)>,
    next: usize,
    progress: Option<&'de Progress>,
}

impl<'de> Members<'de> {
    /// In the order of the object.
    fn of(object: &'de Map<String, Value>) -> Self {
        let present = |(name, value): (&'de String, &'de Value)| (name.as_str(), Some(value));
        Self {
            entries: object.iter().map(present).collect(),
            next: 0,
            progress: None,
        }
    }

    /// Those that are not declared, then the declared ones in their order. While problems are collected
    /// absent ones are among them: whoever cannot do without says so.
    fn declared(
        object: &'de Map<String, Value>,
        fields: &'static [&'static str],
        progress: Option<&'de Progress>,
    ) -> Self {
        let mut members = Self::of(object);
        members.entries.retain(|(name, _)| !fields.contains(name));
        let unknown = members.entries.len();
        let declared = fields.iter().map(|name| (*name, object.get(*name)));
        let shown = declared.filter(|(_, value)| value.is_some() || progress.is_some());
        members.entries.extend(shown);
        if let Some(progress) = progress {
            progress.unknown.set(unknown);
            members.next = progress.next.get();
        }
        members.progress = progress;
        members
    }
}

impl<'de> MapAccess<'de> for Members<'de> {
    type Error = Invalid;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Invalid> {
        let Some((name, _)) = self.entries.get(self.next) else {
            if let Some(progress) = self.progress {
                progress.is_over.set(true);
            }
            return Ok(None);
        };
        self.next += 1;
        if let Some(progress) = self.progress {
            progress.next.set(self.next);
        }
        seed.deserialize(BorrowedStrDeserializer::new(name))
            .map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Invalid> {
        let (_, value) = self.entries[self.next - 1];
        seed.deserialize(Reader {
            value,
            progress: None,
        })
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.entries.len().saturating_sub(self.next))
    }
}

#[cfg(test)]
mod tests;
