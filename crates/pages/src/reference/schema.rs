//! What a schema of an OpenAPI document says, as rows; and an example of it.

use serde_json::{Map, Value, json};

/// Deeper than any of our bodies: ends what refers to itself.
const DEEPEST: usize = 6;
const METHODS_OF_UNION: [&str; 3] = ["oneOf", "anyOf", "allOf"];

/// A member of a body, wherever it stands in it.
pub(super) struct Row {
    /// For example `data[].id`.
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) text: String,
}

/// The components that `$ref` names.
#[derive(Clone, Copy)]
pub(super) struct Schemas<'a>(pub(super) &'a Value);

impl<'a> Schemas<'a> {
    /// What a schema stands for: references are followed, and of a union with null the other is taken.
    fn resolve(self, schema: &'a Value) -> &'a Value {
        if let Some(name) = schema["$ref"].as_str() {
            let name = name.rsplit('/').next().unwrap_or_default();
            return self.resolve(&self.0["components"]["schemas"][name]);
        }
        let unions = METHODS_OF_UNION
            .iter()
            .filter_map(|kind| schema[kind].as_array());
        let mut members = unions.flatten();
        match members.find(|member| member["type"] != "null") {
            Some(member) => self.resolve(member),
            None => schema,
        }
    }

    pub(super) fn rows(self, schema: &'a Value) -> Vec<Row> {
        let mut rows = vec![];
        self.push_rows(schema, "", DEEPEST, &mut rows);
        rows
    }

    fn push_rows(self, schema: &'a Value, path: &str, depth: usize, rows: &mut Vec<Row>) {
        let schema = self.resolve(schema);
        if depth == 0 {
            return;
        }
        if schema["items"].is_object() {
            return self.push_rows(&schema["items"], &format!("{path}[]"), depth - 1, rows);
        }
        let required = schema["required"].as_array();
        for (name, member) in schema["properties"].as_object().into_iter().flatten() {
            let name_here = match path {
                "" => name.clone(),
                _ => format!("{path}.{name}"),
            };
            let is_required = required.is_some_and(|all| all.contains(&json!(name)));
            let kind = self.kind(member);
            rows.push(Row {
                name: name_here.clone(),
                kind: if is_required {
                    kind
                } else {
                    format!("{kind}, optional")
                },
                text: text(member["description"].as_str()),
            });
            self.push_rows(member, &name_here, depth - 1, rows);
        }
    }

    /// The type, as people say it.
    pub(super) fn kind(self, schema: &'a Value) -> String {
        let resolved = self.resolve(schema);
        let plain = |kind: &str| match kind {
            "array" => format!("array of {}", self.kind(&resolved["items"])),
            other => other.to_owned(),
        };
        match &resolved["type"] {
            Value::String(kind) => plain(kind),
            Value::Array(kinds) => {
                let kinds = kinds.iter().filter_map(Value::as_str);
                kinds.map(plain).collect::<Vec<_>>().join(" or ")
            }
            _ => "anything".to_owned(),
        }
    }

    /// A body of this shape.
    pub(super) fn example(self, schema: &'a Value) -> Value {
        self.example_within(schema, DEEPEST)
    }

    fn example_within(self, schema: &'a Value, depth: usize) -> Value {
        let schema = self.resolve(schema);
        if depth == 0 {
            return Value::Null;
        }
        if let Some(members) = schema["properties"].as_object() {
            let of = |(name, member): (&String, &'a Value)| {
                (name.clone(), self.example_within(member, depth - 1))
            };
            return Value::Object(members.iter().map(of).collect::<Map<_, _>>());
        }
        match schema["type"].as_str() {
            Some("array") => json!([self.example_within(&schema["items"], depth - 1)]),
            Some("boolean") => json!(false),
            Some("integer" | "number") => json!(0),
            Some("object") => json!({}),
            _ => json!("…"),
        }
    }
}

/// Descriptions are Markdown in small: paragraphs become one, ticks go.
pub(super) fn text(description: Option<&str>) -> String {
    let message = description.unwrap_or_default().split_whitespace();
    message.collect::<Vec<_>>().join(" ").replace('`', "")
}
