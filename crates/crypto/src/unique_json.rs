//! JSON objects in which no name comes twice, at any depth: with two, two readers may believe different ones.

use std::fmt;

use serde::{Deserialize, Deserializer, de};
use serde_json::{Map, Value};

/// An object whose names are unique, and so are those of the objects within it.
pub struct UniqueObject(pub Map<String, Value>);

/// Any value; the objects within it have unique names.
struct UniqueValue(Value);

struct AnyValue;

impl<'de> de::Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = vec![];
        while let Some(UniqueValue(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: de::MapAccess<'de>>(self, members: A) -> Result<Value, A::Error> {
        object(members).map(Value::Object)
    }
}

struct Object;

impl<'de> de::Visitor<'de> for Object {
    type Value = Map<String, Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: de::MapAccess<'de>>(self, members: A) -> Result<Self::Value, A::Error> {
        object(members)
    }
}

fn object<'de, A: de::MapAccess<'de>>(mut members: A) -> Result<Map<String, Value>, A::Error> {
    let mut object = Map::new();
    while let Some((name, UniqueValue(value))) = members.next_entry::<String, _>()? {
        if object.insert(name, value).is_some() {
            return Err(de::Error::custom("a name comes twice"));
        }
    }
    Ok(object)
}

impl<'de> Deserialize<'de> for UniqueValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue).map(Self)
    }
}

impl<'de> Deserialize<'de> for UniqueObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Object).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_with_a_duplicate_name_is_refused() {
        assert!(serde_json::from_str::<UniqueObject>(r#"{"a":1,"b":2}"#).is_ok());
        assert!(serde_json::from_str::<UniqueObject>(r#"{"a":1,"a":2}"#).is_err());
        assert!(serde_json::from_str::<UniqueObject>("[1]").is_err());
    }

    #[test]
    fn json_with_a_duplicate_name_in_a_nested_object_is_refused() {
        for bad in [
            r#"{"a":{"b":1,"b":2}}"#,
            r#"{"a":[{"b":1},{"c":1,"c":1}]}"#,
            r#"{"a":{"b":{"c":{"d":null,"d":null}}}}"#,
            // The same name, spelled with an escape.
            r#"{"a":{"b":1,"\u0062":2}}"#,
        ] {
            assert!(serde_json::from_str::<UniqueObject>(bad).is_err(), "{bad}");
        }
        // The same name in two objects is none that comes twice.
        let good = r#"{"a":{"b":1},"b":[{"a":1},{"a":2}]}"#;
        assert!(serde_json::from_str::<UniqueObject>(good).is_ok());
    }

    #[test]
    fn json_without_duplicates_parses_as_without_the_check() {
        let text = r#"{"null":null,"yes":true,"big":18446744073709551615,"low":-9223372036854775808,
            "part":1.5,"huge":1e300,"text":"a\u00e4\n","list":[1,"b",[],{}],"map":{"z":1,"a":{}}}"#;
        let UniqueObject(read) = serde_json::from_str(text).unwrap();
        assert_eq!(
            Value::Object(read),
            serde_json::from_str::<Value>(text).unwrap()
        );
    }

    #[test]
    fn json_depth_is_limited() {
        let deep = |levels: usize| format!("{}1{}", r#"{"a":"#.repeat(levels), "}".repeat(levels));
        assert!(serde_json::from_str::<UniqueObject>(&deep(100)).is_ok());
        assert!(serde_json::from_str::<UniqueObject>(&deep(200)).is_err());
    }
}
