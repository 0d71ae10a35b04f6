//! What a classic app is, between its columns and its JSON. An absent column has the value that clients expect.

use gatewright_domain::ids::AccountId;
use gatewright_storage_apps::model_config::{Members, ModelConfig};
use serde_json::{Map, Value, json};

/// A configuration as it is told and exported.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelConfigView {
    /// All members, in the order in which they are told.
    pub members: Map<String, Value>,
    /// Who made it.
    pub created_by: Option<AccountId>,
    /// When it was made, in UTC.
    pub created_at: chrono::DateTime<chrono::Utc>,
    /// Who changed it last.
    pub updated_by: Option<AccountId>,
    /// When it was last changed, in UTC.
    pub updated_at: chrono::DateTime<chrono::Utc>,
}

impl From<&ModelConfig> for ModelConfigView {
    fn from(config: &ModelConfig) -> Self {
        Self {
            members: members(&config.members),
            created_by: config.created_by,
            created_at: config.created_at,
            updated_by: config.updated_by,
            updated_at: config.updated_at,
        }
    }
}

/// All members, in the order in which they are told.
pub(crate) fn members(stored: &Members) -> Map<String, Value> {
    let off = json!({"enabled": false});
    let parsed = |text: &Option<String>, default: Value| {
        let value = text
            .as_deref()
            .and_then(|text| serde_json::from_str(text).ok());
        value
            .filter(|value: &Value| !value.is_null())
            .unwrap_or(default)
    };
    let moderation = json!({"enabled": false, "type": "", "config": {}});
    let agent = json!({"enabled": false, "strategy": null, "tools": [], "prompt": null});
    let upload = json!({"image": {"enabled": false, "number_limits": 3, "detail": "high",
        "transfer_methods": ["remote_url", "local_file"]}});
    let members = json!({
        "opening_statement": stored.opening_statement,
        "suggested_questions": parsed(&stored.suggested_questions, json!([])),
        "suggested_questions_after_answer":
            parsed(&stored.suggested_questions_after_answer, off.clone()),
        "speech_to_text": parsed(&stored.speech_to_text, off.clone()),
        "text_to_speech": parsed(&stored.text_to_speech, off.clone()),
        "retriever_resource": parsed(&stored.retriever_resource, json!({"enabled": true})),
        "annotation_reply": off.clone(),
        "more_like_this": parsed(&stored.more_like_this, off),
        "sensitive_word_avoidance": parsed(&stored.sensitive_word_avoidance, moderation),
        "external_data_tools": parsed(&stored.external_data_tools, json!([])),
        "model": parsed(&stored.model, Value::Null),
        "user_input_form": parsed(&stored.user_input_form, json!([])),
        "dataset_query_variable": stored.dataset_query_variable,
        "pre_prompt": stored.pre_prompt,
        "agent_mode": parsed(&stored.agent_mode, agent),
        "prompt_type": stored.prompt_type,
        "chat_prompt_config": parsed(&stored.chat_prompt_config, json!({})),
        "completion_prompt_config": parsed(&stored.completion_prompt_config, json!({})),
        "dataset_configs": parsed(&stored.dataset_configs, json!({"retrieval_model": "multiple"})),
        "file_upload": parsed(&stored.file_upload, upload),
    });
    match members {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

/// The columns of what a file says.
pub(crate) fn of_file(config: &Map<String, Value>) -> Members {
    let present = |key: &str| config.get(key).filter(|value| !value.is_null());
    let json = |key: &str| present(key).map(Value::to_string);
    let plain = |key: &str| {
        let value = present(key)?;
        let text = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        // No column takes it.
        Some(text.replace('\0', ""))
    };
    Members {
        opening_statement: plain("opening_statement"),
        suggested_questions: json("suggested_questions"),
        suggested_questions_after_answer: json("suggested_questions_after_answer"),
        speech_to_text: json("speech_to_text"),
        text_to_speech: json("text_to_speech"),
        more_like_this: json("more_like_this"),
        model: json("model"),
        user_input_form: json("user_input_form"),
        dataset_query_variable: plain("dataset_query_variable"),
        pre_prompt: plain("pre_prompt"),
        agent_mode: json("agent_mode"),
        sensitive_word_avoidance: json("sensitive_word_avoidance"),
        retriever_resource: json("retriever_resource"),
        prompt_type: plain("prompt_type").unwrap_or_else(|| "simple".to_owned()),
        chat_prompt_config: json("chat_prompt_config"),
        completion_prompt_config: json("completion_prompt_config"),
        dataset_configs: json("dataset_configs"),
        external_data_tools: json("external_data_tools"),
        file_upload: json("file_upload"),
    }
}

/// The columns of a new app of a mode.
pub(crate) fn of_new(mode: &str) -> Members {
    let model =
        json!({"provider": "openai", "name": "gpt-4o", "mode": "chat", "completion_params": {}});
    let is_completion = mode == "completion";
    let form = json!([{"paragraph":
        {"label": "Query", "variable": "query", "required": true, "default": ""}}]);
    Members {
        model: Some(model.to_string()),
        user_input_form: is_completion.then(|| form.to_string()),
        pre_prompt: is_completion.then(|| "{{query}}".to_owned()),
        prompt_type: "simple".to_owned(),
        ..Members::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_of_a_file_are_told_as_they_stand_there() {
        let file = json!({"pre_prompt": "hi", "model": {"provider": "p", "name": "n"},
            "suggested_questions": ["a"], "prompt_type": "advanced", "unknown": 1});
        let told = members(&of_file(file.as_object().unwrap()));
        for (key, value) in file.as_object().unwrap() {
            let expected = (key != "unknown").then_some(value);
            assert_eq!(told.get(key), expected, "{key}");
        }
        assert_eq!(told["retriever_resource"], json!({"enabled": true}));
    }

    #[test]
    fn new_completion_app_asks_for_a_query() {
        let told = members(&of_new("completion"));
        assert_eq!(told["pre_prompt"], "{{query}}");
        assert_eq!(told["user_input_form"][0]["paragraph"]["variable"], "query");
        assert_eq!(members(&of_new("chat"))["user_input_form"], json!([]));
    }
}
