//! The JSON Schema of what a run of an app takes.

use serde_json::{Map, Value, json};

/// The dialect of JSON Schema that input schemas are written in.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Of an app of this mode with this form. What has no schema (checkboxes, JSON objects) is left out.
pub(super) fn of(mode: &str, form: &[Value]) -> Value {
    let (mut properties, mut required) = (Map::new(), vec![]);
    for field in form {
        let Some((kind, field)) = field.as_object().and_then(|one| one.iter().next()) else {
            continue;
        };
        let Some(schema) = of_field(kind, field) else {
            continue;
        };
        let name = field["variable"].as_str().unwrap_or_default();
        if name.is_empty() {
            continue;
        }
        properties.insert(name.to_owned(), schema);
        if field["required"] == true {
            required.push(name);
        }
    }
    let inputs = json!({"type": "object", "properties": properties, "required": required,
        "additionalProperties": false});
    if matches!(mode, "chat" | "agent-chat" | "advanced-chat") {
        let query = json!({"type": "string", "minLength": 1});
        json!({"$schema": DIALECT, "type": "object",
            "properties": {"query": query, "inputs": inputs}, "required": ["query", "inputs"]})
    } else {
        json!({"$schema": DIALECT, "type": "object",
            "properties": {"inputs": inputs}, "required": ["inputs"]})
    }
}

/// Of an app that nothing is published of.
pub(super) fn of_nothing() -> Value {
    json!({"$schema": DIALECT, "type": "object", "properties": {}, "required": []})
}

fn of_field(kind: &str, field: &Value) -> Option<Value> {
    let mut schema = match kind {
        "text-input" | "paragraph" | "select" => json!({"type": "string"}),
        "number" => json!({"type": "number"}),
        "file" => file(),
        "file-list" => json!({"type": "array", "items": file()}),
        _ => return None,
    };
    let label = field["label"].as_str().filter(|label| !label.is_empty());
    let title = label.or(field["variable"].as_str().filter(|name| !name.is_empty()));
    if let Some(title) = title {
        schema["title"] = title.into();
    }
    match kind {
        "select" => {
            schema["enum"] = field["options"]
                .as_array()
                .cloned()
                .unwrap_or_default()
                .into();
        }
        "text-input" | "paragraph" => {
            if let Some(max) = field["max_length"].as_u64().filter(|max| *max > 0) {
                schema["maxLength"] = max.into();
            }
        }
        _ => {}
    }
    Some(schema)
}

fn file() -> Value {
    let text = json!({"type": "string"});
    json!({"type": "object", "properties": {"type": text, "transfer_method": text, "url": text,
        "upload_file_id": text}, "additionalProperties": true})
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A recording of Dify 1.14.2.
    #[test]
    fn schema_of_a_workflow_s_form_is_dify_s() {
        let form = [
            json!({"text-input": {"label": "text", "max_length": 5, "required": true, "variable": "text"}}),
            json!({"paragraph": {"label": "para", "max_length": 20, "required": false, "variable": "para"}}),
            json!({"number": {"label": "num", "max_length": 48, "required": true, "variable": "num"}}),
            json!({"select": {"label": "pick", "options": ["A", "B"], "required": true, "variable": "pick"}}),
            json!({"checkbox": {"label": "flag", "required": true, "variable": "flag"}}),
            json!({"json_object": {"label": "obj", "required": false, "variable": "obj"}}),
        ];
        let expected = r#"{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{"inputs":{"type":"object","properties":{"text":{"type":"string","title":"text","maxLength":5},"para":{"type":"string","title":"para","maxLength":20},"num":{"type":"number","title":"num"},"pick":{"type":"string","title":"pick","enum":["A","B"]}},"required":["text","num","pick"],"additionalProperties":false}},"required":["inputs"]}"#;
        assert_eq!(of("workflow", &form).to_string(), expected);
    }

    #[test]
    fn chats_take_a_query_too() {
        let schema = of("advanced-chat", &[]);
        assert_eq!(schema["required"], json!(["query", "inputs"]));
        assert_eq!(schema["properties"]["query"]["minLength"], 1);
        assert_eq!(of_nothing()["properties"], json!({}));
    }

    #[test]
    fn files_are_objects_and_lists_of_them() {
        let field = json!({"variable": "f", "label": "", "required": false});
        assert_eq!(of_field("file", &field).unwrap()["title"], "f");
        let list = of_field("file-list", &field).unwrap();
        assert_eq!(list["items"]["properties"]["url"]["type"], "string");
    }
}
