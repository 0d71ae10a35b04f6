//! Answers that are objects: how a model is asked for one by a JSON Schema, and how its text becomes one.

use serde_json::{Map, Value, json};

use crate::{
    call::ChatCall,
    entity::{Feature, ModelEntity},
    lenient_json,
    message::{Message, Part, Role},
};

/// The name that vendors are told for the schema.
const NAME: &str = "llm_response";

/// The parameter that names the form of the answer: `text`, `json_object` or `json_schema`.
pub const RESPONSE_FORMAT: &str = "response_format";
/// The parameter with the schema, as JSON text: `{"schema": …, "name": …}`.
pub const JSON_SCHEMA: &str = "json_schema";

/// The text holds no object. Its text is what clients get.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Failed to parse structured output: Failed to parse structured output: {0}")]
pub struct NoObject(pub String);

/// Asks for an object that fits the schema: by the model's own way if it has one, else in words, as instructions
/// behind those that are there.
pub fn ask(call: &mut ChatCall, schema: &Value, entity: &ModelEntity) {
    if entity.can(Feature::StructuredOutput) {
        let named = json!({"schema": schema, "name": NAME}).to_string();
        call.parameters.insert(JSON_SCHEMA.to_owned(), named.into());
        if entity.offers(RESPONSE_FORMAT, "json_schema") {
            let format = Value::from("json_schema");
            call.parameters.insert(RESPONSE_FORMAT.to_owned(), format);
        }
        return;
    }
    let mut forms = ["JSON", "json_object"].into_iter();
    if let Some(form) = forms.find(|form| entity.offers(RESPONSE_FORMAT, form)) {
        let format = Value::from(form);
        call.parameters.insert(RESPONSE_FORMAT.to_owned(), format);
    }
    instruct(&mut call.messages, schema);
}

fn instruct(messages: &mut Vec<Message>, schema: &Value) {
    let words = format!(
        "Answer with one JSON object and nothing else: no explanation, no code fence. It must be valid against \
         this JSON Schema:\n{schema}"
    );
    match messages.first_mut() {
        Some(first) if first.role == Role::System => {
            first.parts.push(Part::Text(format!("\n\n{words}")));
        }
        _ => messages.insert(0, Message::system(words)),
    }
}

/// The object in an answer: JSON, or what can be made out of it; of a list its first object, of a list without
/// one an empty object. Whether it fits the schema is not looked at here.
pub fn read(text: &str) -> Result<Map<String, Value>, NoObject> {
    match lenient_json::read(text) {
        Some(Value::Object(object)) => Ok(object),
        Some(Value::Array(items)) => {
            let mut objects = items.into_iter().filter_map(|item| match item {
                Value::Object(object) => Some(object),
                _ => None,
            });
            Ok(objects.next().unwrap_or_default())
        }
        _ => Err(NoObject(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{entity::ModelType, parameter::of_language_model};

    fn entity(features: Vec<Feature>, offers_schema: bool) -> ModelEntity {
        ModelEntity {
            name: "m".to_owned(),
            label: "m".to_owned(),
            model_type: ModelType::Llm,
            mode: crate::Mode::Chat,
            features,
            context_size: None,
            parameter_rules: of_language_model(1, offers_schema),
            pricing: None,
        }
    }

    #[test]
    fn a_model_is_asked_by_its_own_way_or_in_words() {
        let schema = json!({"type": "object"});
        let asked = |entity: &ModelEntity, system: &str| {
            let mut call = ChatCall::new(vec![Message::system(system)], Map::new());
            ask(&mut call, &schema, entity);
            (Value::Object(call.parameters), call.messages[0].text())
        };
        let by_schema = entity(vec![Feature::StructuredOutput], true);
        let named = r#"{"schema":{"type":"object"},"name":"llm_response"}"#;
        let (parameters, system) = asked(&by_schema, "S");
        assert_eq!(
            parameters,
            json!({"json_schema": named, "response_format": "json_schema"})
        );
        assert_eq!(system, "S");
        let (parameters, system) = asked(&entity(vec![], true), "S");
        assert_eq!(parameters, json!({"response_format": "json_object"}));
        assert!(system.starts_with("S\n\n") && system.ends_with(r#"{"type":"object"}"#));
        assert_eq!(asked(&entity(vec![], false), "S").0, json!({}));
    }

    #[test]
    fn the_object_of_an_answer_is_found_as_recorded() {
        for (text, object) in [
            ("{\"name\": 5}", Some(json!({"name": 5}))),
            ("[1,2]", Some(json!({}))),
            ("[1,{\"a\":1}]", Some(json!({"a": 1}))),
            ("not { json", Some(json!({}))),
            ("plain words", None),
            ("\"text\"", None),
            ("", None),
        ] {
            let read = read(text).map(Value::Object);
            assert_eq!(read.as_ref().ok(), object.as_ref(), "{text}");
        }
        assert_eq!(
            read("plain words").unwrap_err().to_string(),
            "Failed to parse structured output: Failed to parse structured output: plain words"
        );
    }
}
