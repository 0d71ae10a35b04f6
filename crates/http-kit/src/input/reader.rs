//! A deserializer over a parsed value whose errors are the problems that people and clients are told of.

use serde::{
    Deserializer,
    de::{
        DeserializeSeed, SeqAccess, Visitor,
        value::{BorrowedStrDeserializer, MapAccessDeserializer},
    },
    forward_to_deserialize_any,
};
use serde_json::{Map, Value};

use super::{collect::Progress, members::Members, problem::Invalid};

/// One value; `None` stands for a member that is absent.
#[derive(Clone, Copy)]
pub(super) struct Reader<'de> {
    value: Option<&'de Value>,
    /// For the outermost object, while problems are collected.
    progress: Option<&'de Progress>,
}

impl<'de> Reader<'de> {
    pub(super) fn of(value: Option<&'de Value>) -> Self {
        Self {
            value,
            progress: None,
        }
    }

    pub(super) fn outermost(value: &'de Value, progress: Option<&'de Progress>) -> Self {
        Self {
            value: Some(value),
            progress,
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
        let truth = match self.present()? {
            Value::Bool(truth) => Some(*truth),
            Value::String(text) => spelled(&text.to_ascii_lowercase()),
            Value::Number(number) => match number.as_u64() {
                Some(0) => Some(false),
                Some(1) => Some(true),
                _ => None,
            },
            _ => None,
        };
        truth.ok_or_else(|| Invalid::new("bool_parsing", "Input should be a valid boolean"))
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

/// The spellings that Dify takes.
fn spelled(text: &str) -> Option<bool> {
    match text {
        "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" => Some(false),
        _ => None,
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
        item.map(|item| seed.deserialize(Reader::of(Some(item))))
            .transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}
