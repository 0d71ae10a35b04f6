//! JSON schemas (draft 7) that builders write for objects. Nothing is fetched, patterns are bounded.

use std::fmt;

use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::Value as Json;

/// The longest schema, in bytes of text.
pub const MAX_SCHEMA_BYTES: usize = 64 << 10;
/// How often a pattern may go back before it counts as not matching.
const BACKTRACK_LIMIT: usize = 100_000;
/// The most bytes that a compiled pattern takes.
const PATTERN_BYTES: usize = 1 << 20;
/// The most characters of a message: it may quote the value.
const MAX_MESSAGE: usize = 500;

/// A schema, ready to check values.
pub struct JsonSchema(Validator);

/// A text or value that is no schema of ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SchemaError {
    /// Longer than [`MAX_SCHEMA_BYTES`].
    #[error("the JSON schema is longer than {MAX_SCHEMA_BYTES} bytes")]
    TooLong,
    /// The text is no JSON.
    #[error("the JSON schema is not JSON: {0}")]
    NotJson(String),
    /// It is no schema, or refers to something outside of it or around in a circle.
    #[error("not a JSON schema: {0}")]
    Invalid(String),
}

impl JsonSchema {
    /// A schema from its text.
    pub fn parse(text: &str) -> Result<Self, SchemaError> {
        if text.len() > MAX_SCHEMA_BYTES {
            return Err(SchemaError::TooLong);
        }
        let schema: Json =
            serde_json::from_str(text).map_err(|error| SchemaError::NotJson(error.to_string()))?;
        Self::build(&schema)
    }

    /// A schema from its value.
    pub fn compile(schema: &Json) -> Result<Self, SchemaError> {
        if schema.to_string().len() > MAX_SCHEMA_BYTES {
            return Err(SchemaError::TooLong);
        }
        Self::build(schema)
    }

    fn build(schema: &Json) -> Result<Self, SchemaError> {
        let patterns = PatternOptions::fancy_regex()
            .backtrack_limit(BACKTRACK_LIMIT)
            .size_limit(PATTERN_BYTES)
            .dfa_size_limit(PATTERN_BYTES);
        jsonschema::options()
            .with_draft(Draft::Draft7)
            .with_pattern_options(patterns)
            .build(schema)
            .map(Self)
            .map_err(|error| SchemaError::Invalid(shorten(&error.to_string())))
    }

    /// Checks a value; the error is the first thing that is wrong with it, in English.
    pub fn check(&self, value: &Json) -> Result<(), String> {
        self.0
            .validate(value)
            .map_err(|error| shorten(&error.to_string()))
    }
}

fn shorten(text: &str) -> String {
    text.chars().take(MAX_MESSAGE).collect()
}

impl fmt::Debug for JsonSchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JsonSchema(…)")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn value_is_checked_by_the_schema() {
        let text = r#"{"type":"object","properties":{"a":{"type":"number"}},"required":["a"]}"#;
        let schema = JsonSchema::parse(text).unwrap();
        assert_eq!(schema.check(&json!({"a": 1})), Ok(()));
        let missing = schema.check(&json!({})).unwrap_err();
        assert!(
            missing.contains("\"a\" is a required property"),
            "{missing}"
        );
        assert!(schema.check(&json!({"a": "x"})).is_err());
        let long = schema.check(&json!({"a": "x".repeat(10_000)})).unwrap_err();
        assert!(long.len() <= MAX_MESSAGE);
    }

    #[test]
    fn hostile_schema_is_refused_or_bounded() {
        for text in [
            "",
            "[",
            r#"{"type": "no such type"}"#,
            r#"{"$ref": "http://127.0.0.1:1/schema"}"#,
            r#"{"$ref": "file:///etc/passwd"}"#,
            r##"{"$ref": "#/definitions/missing"}"##,
            r#"{"pattern": "("}"#,
            &format!("{}1{}", "[".repeat(200), "]".repeat(200)),
            &format!(r#"{{"title": "{}"}}"#, "x".repeat(MAX_SCHEMA_BYTES)),
        ] {
            let head: String = text.chars().take(60).collect();
            assert!(JsonSchema::parse(text).is_err(), "{head}");
        }
        let slow = JsonSchema::compile(&json!({"pattern": "^(a|a)*\\1$"})).unwrap();
        assert!(
            slow.check(&json!(format!("{}b", "a".repeat(5_000))))
                .is_err()
        );
    }

    #[test]
    fn schema_that_refers_to_itself_ends() {
        for schema in [
            json!({"$ref": "#"}),
            json!({"allOf": [{"$ref": "#"}]}),
            json!({"definitions": {"a": {"$ref": "#/definitions/b"}, "b": {"$ref": "#/definitions/a"}},
                "$ref": "#/definitions/a"}),
            json!({"properties": {"a": {"$ref": "#"}}, "anyOf": [{"$ref": "#"}, true]}),
            json!({"not": {"$ref": "#"}}),
        ] {
            if let Ok(compiled) = JsonSchema::compile(&schema) {
                let _either = compiled.check(&json!({"a": {"a": 1}}));
            }
        }
        let tree = json!({"properties": {"child": {"$ref": "#"}}, "type": "object"});
        let tree = JsonSchema::compile(&tree).unwrap();
        assert_eq!(tree.check(&json!({"child": {"child": {}}})), Ok(()));
        assert!(tree.check(&json!({"child": {"child": 1}})).is_err());
    }
}
