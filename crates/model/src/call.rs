//! One call of a model.

use serde_json::{Map, Value};

use crate::{message::Message, tool::Tool};

/// What a model is asked. Which model and whose key stand behind the port.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ChatCall {
    /// What is said, in order. A model of mode completion gets their texts.
    pub messages: Vec<Message>,
    /// Parameters as the app has them (`temperature`, `max_tokens`, …), passed on as they are; ranges are the
    /// vendor's business. `response_format` and `json_schema` are those of [`crate::structured`].
    pub parameters: Map<String, Value>,
    /// What may be called.
    pub tools: Vec<Tool>,
    /// Texts at which the model stops.
    pub stop: Vec<String>,
    /// Who asks, for the vendor's own watch on abuse: an opaque id.
    pub user: Option<String>,
}

impl ChatCall {
    /// With parameters as an app stores them: `stop` among them becomes the stop words.
    pub fn new(messages: Vec<Message>, mut parameters: Map<String, Value>) -> Self {
        let stop = match parameters.remove("stop") {
            Some(Value::String(word)) => vec![word],
            Some(Value::Array(words)) => {
                let texts = words.iter().filter_map(Value::as_str);
                texts.map(str::to_owned).collect()
            }
            _ => vec![],
        };
        let stop = stop.into_iter().filter(|word| !word.is_empty()).collect();
        Self {
            messages,
            parameters,
            stop,
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn stop_words_are_taken_out_of_the_parameters() {
        for (stop, words) in [
            (json!(["END", ""]), vec!["END"]),
            (json!("END"), vec!["END"]),
            (json!(null), vec![]),
            (json!([]), vec![]),
        ] {
            let parameters = json!({"temperature": 0.2, "stop": stop});
            let call = ChatCall::new(vec![], parameters.as_object().unwrap().clone());
            assert_eq!(call.stop, words);
            assert_eq!(Value::Object(call.parameters), json!({"temperature": 0.2}));
        }
    }
}
