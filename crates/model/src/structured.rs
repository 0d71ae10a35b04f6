//! Answers that are objects: how a model is asked for one by a JSON Schema. What its text becomes is the node's.

use serde_json::{Value, json};

use crate::{
    call::ChatCall,
    entity::{Feature, ModelEntity},
    message::{Message, Part, Role},
};

/// The name that vendors are told for the schema.
const NAME: &str = "llm_response";

/// The parameter that names the form of the answer: `text`, `json_object` or `json_schema`.
pub const RESPONSE_FORMAT: &str = "response_format";
/// The parameter with the schema, as JSON text: `{"schema": …, "name": …}`.
pub const JSON_SCHEMA: &str = "json_schema";

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

#[cfg(test)]
mod tests {
    use serde_json::Map;

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
}
