//! The parameters of an app: what its page shows and takes.

use serde_json::{Map, Value, json};

use crate::{SystemParameters, WorkflowContent};

/// What an app shows and takes. Members that are objects are told as they are stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameters {
    /// The first words of a chat.
    pub opening_statement: Value,
    /// Questions to begin with.
    pub suggested_questions: Value,
    /// Whether answers suggest more.
    pub suggested_questions_after_answer: Value,
    /// Whether people may speak.
    pub speech_to_text: Value,
    /// Whether answers are read out.
    pub text_to_speech: Value,
    /// Whether answers name their sources.
    pub retriever_resource: Value,
    /// Whether annotations answer.
    pub annotation_reply: Value,
    /// Whether more answers can be asked for.
    pub more_like_this: Value,
    /// The fields of the form, each an object of one member.
    pub user_input_form: Vec<Value>,
    /// Whether words are watched.
    pub sensitive_word_avoidance: Value,
    /// Which files are taken.
    pub file_upload: Value,
    /// The limits on files that clients have to know.
    pub system_parameters: SystemParameters,
}

impl Parameters {
    /// Of an app with a graph: its features, and the variables of its start node.
    pub(crate) fn of_workflow(content: &WorkflowContent, system: SystemParameters) -> Self {
        Self::of(&content.features, start_form(&content.graph), system)
    }

    /// Of a classic app.
    pub(crate) fn of_model_config(config: &Map<String, Value>, system: SystemParameters) -> Self {
        let form = config.get("user_input_form").and_then(Value::as_array);
        Self::of(config, form.cloned().unwrap_or_default(), system)
    }

    fn of(features: &Map<String, Value>, form: Vec<Value>, system: SystemParameters) -> Self {
        let member = |key: &str, default: Value| {
            let value = features.get(key).filter(|value| !value.is_null());
            value.cloned().unwrap_or(default)
        };
        let off = || json!({"enabled": false});
        let moderation = json!({"enabled": false, "type": "", "configs": []});
        let upload = json!({"image": {"enabled": false, "number_limits": 3, "detail": "high",
            "transfer_methods": ["remote_url", "local_file"]}});
        Self {
            opening_statement: member("opening_statement", Value::Null),
            suggested_questions: member("suggested_questions", json!([])),
            suggested_questions_after_answer: member("suggested_questions_after_answer", off()),
            speech_to_text: member("speech_to_text", off()),
            text_to_speech: member("text_to_speech", off()),
            retriever_resource: member("retriever_resource", off()),
            annotation_reply: member("annotation_reply", off()),
            more_like_this: member("more_like_this", off()),
            user_input_form: form,
            sensitive_word_avoidance: member("sensitive_word_avoidance", moderation),
            file_upload: member("file_upload", upload),
            system_parameters: system,
        }
    }
}

/// The variables of the start node, each under its type.
fn start_form(graph: &Map<String, Value>) -> Vec<Value> {
    let nodes = graph.get("nodes").and_then(Value::as_array);
    let start = nodes
        .into_iter()
        .flatten()
        .map(|node| &node["data"])
        .find(|data| data["type"] == "start");
    let variables = start.and_then(|data| data["variables"].as_array());
    let field = |variable: &Value| {
        let kind = variable["type"].as_str()?.to_owned();
        let field = Map::from_iter([(kind, variable.clone())]);
        Some(Value::Object(field))
    };
    variables.into_iter().flatten().filter_map(field).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SYSTEM: SystemParameters = SystemParameters {
        image_file_size_limit: 10,
        video_file_size_limit: 100,
        audio_file_size_limit: 50,
        file_size_limit: 15,
        workflow_file_upload_limit: 10,
    };

    #[test]
    fn form_of_a_graph_is_the_variables_of_its_start_node() {
        let graph = json!({"nodes": [
            {"data": {"type": "end"}},
            {"data": {"type": "start", "variables": [
                {"type": "text-input", "variable": "name"}, {"variable": "typeless"}]}}
        ]});
        let content = WorkflowContent {
            graph: graph.as_object().unwrap().clone(),
            ..WorkflowContent::default()
        };
        let parameters = Parameters::of_workflow(&content, SYSTEM);
        let field = json!({"text-input": {"type": "text-input", "variable": "name"}});
        assert_eq!(parameters.user_input_form, [field]);
        assert_eq!(parameters.speech_to_text, json!({"enabled": false}));
    }
}
