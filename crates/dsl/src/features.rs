//! The features of a workflow: their shape when they are saved, and the shape that readers know.

use serde_json::{Map, Value, json};

use crate::{mode::AppMode, python};

/// A feature of the wrong shape: 400, code `invalid_param`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FeatureError {
    /// A member of another type.
    #[error("{key} must be of {expected} type")]
    Type {
        /// The name of the feature.
        key: &'static str,
        /// `dict`, `string`, `list`.
        expected: &'static str,
    },
    /// `enabled` is no boolean.
    #[error("enabled in {0} must be of boolean type")]
    Enabled(&'static str),
    /// A suggested question is no text.
    #[error("Elements in suggested_questions list must be of string type")]
    Question,
    /// Moderation that is on, and does not say how.
    #[error("sensitive_word_avoidance.type is required")]
    ModerationType,
}

/// What can be switched on, in workflows and in chatflows.
const SWITCHES_OF_ALL: [&str; 3] = ["file_upload", "text_to_speech", "sensitive_word_avoidance"];

/// What can be switched on in chatflows only.
const SWITCHES_OF_CHATFLOWS: [&str; 3] = [
    "speech_to_text",
    "retriever_resource",
    "suggested_questions_after_answer",
];

/// Whether the features of an app of this mode have the right shape. What is empty or unknown is right.
pub fn check_features(mode: AppMode, features: &Map<String, Value>) -> Result<(), FeatureError> {
    for key in SWITCHES_OF_ALL {
        check_switch(features, key)?;
    }
    if let Some(moderation) = given(features, "sensitive_word_avoidance")
        && moderation["enabled"] == true
        && python::is_falsy(&moderation["type"])
    {
        return Err(FeatureError::ModerationType);
    }
    if mode != AppMode::AdvancedChat {
        return Ok(());
    }
    for key in SWITCHES_OF_CHATFLOWS {
        check_switch(features, key)?;
    }
    if given(features, "opening_statement").is_some_and(|value| !value.is_string()) {
        let (key, expected) = ("opening_statement", "string");
        return Err(FeatureError::Type { key, expected });
    }
    match given(features, "suggested_questions") {
        None => Ok(()),
        Some(Value::Array(questions)) if questions.iter().all(Value::is_string) => Ok(()),
        Some(Value::Array(_)) => Err(FeatureError::Question),
        Some(_) => Err(FeatureError::Type {
            key: "suggested_questions",
            expected: "list",
        }),
    }
}

fn given<'a>(features: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    features.get(key).filter(|value| !python::is_falsy(value))
}

fn check_switch(features: &Map<String, Value>, key: &'static str) -> Result<(), FeatureError> {
    match given(features, key) {
        None => Ok(()),
        Some(Value::Object(feature)) => match feature.get("enabled") {
            None | Some(Value::Bool(_)) => Ok(()),
            Some(value) if python::is_falsy(value) => Ok(()),
            Some(_) => Err(FeatureError::Enabled(key)),
        },
        Some(_) => Err(FeatureError::Type {
            key,
            expected: "dict",
        }),
    }
}

/// The features as readers know them: an upload of images alone (`file_upload.image.enabled`, as files of
/// old versions have it) becomes an upload of files that takes images. Everything else stays as it is.
#[must_use]
pub fn current_features(mut features: Map<String, Value>) -> Map<String, Value> {
    if let Some(Value::Object(upload)) = features.get_mut("file_upload") {
        upgrade_upload(upload);
    }
    features
}

fn upgrade_upload(upload: &mut Map<String, Value>) {
    let is_on = |image: &Value| image["enabled"] == true;
    // The newer shape keeps the old member beside its own.
    let is_old =
        upload.get("image").is_some_and(is_on) && !upload.contains_key("allowed_file_types");
    if !is_old {
        return;
    }
    let Some(image) = upload.remove("image") else {
        return;
    };
    let of_image = |key: &str, otherwise: Value| match &image[key] {
        Value::Null => otherwise,
        value => value.clone(),
    };
    let methods = of_image("transfer_methods", json!(["remote_url", "local_file"]));
    upload.insert("enabled".to_owned(), Value::Bool(true));
    upload.insert(
        "number_limits".to_owned(),
        of_image("number_limits", json!(3)),
    );
    upload.insert("allowed_file_upload_methods".to_owned(), methods);
    upload.insert("allowed_file_types".to_owned(), json!(["image"]));
    upload.insert("allowed_file_extensions".to_owned(), json!([]));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn feature_of_the_wrong_shape_is_refused() {
        let cases = [
            (
                json!({"file_upload": "x"}),
                "file_upload must be of dict type",
            ),
            (
                json!({"text_to_speech": {"enabled": "yes"}}),
                "enabled in text_to_speech must be of boolean type",
            ),
            (
                json!({"sensitive_word_avoidance": {"enabled": true}}),
                "sensitive_word_avoidance.type is required",
            ),
            (
                json!({"opening_statement": 1}),
                "opening_statement must be of string type",
            ),
            (
                json!({"suggested_questions": "x"}),
                "suggested_questions must be of list type",
            ),
            (
                json!({"suggested_questions": [1]}),
                "Elements in suggested_questions list must be of string type",
            ),
            (
                json!({"speech_to_text": [1]}),
                "speech_to_text must be of dict type",
            ),
            (
                json!({"retriever_resource": {"enabled": 1}}),
                "enabled in retriever_resource must be of boolean type",
            ),
        ];
        for (features, message) in cases {
            let error = check_features(AppMode::AdvancedChat, &members(features)).unwrap_err();
            assert_eq!(error.to_string(), message);
        }
    }

    #[test]
    fn feature_that_is_empty_unknown_or_of_chatflows_only_passes() {
        let empty = json!({"file_upload": null, "speech_to_text": {}, "opening_statement": "", "suggested_questions": [], "zzz": 1});
        assert_eq!(
            check_features(AppMode::AdvancedChat, &members(empty)),
            Ok(())
        );
        let of_chatflows = json!({"opening_statement": 1, "speech_to_text": "x"});
        assert_eq!(
            check_features(AppMode::Workflow, &members(of_chatflows)),
            Ok(())
        );
    }

    #[test]
    fn upload_of_images_becomes_an_upload_of_files() {
        let old = json!({"opening_statement": "hi", "file_upload": {"image": {"enabled": true, "number_limits": 2, "transfer_methods": ["local_file"]}}});
        let new = json!({"opening_statement": "hi", "file_upload": {
            "enabled": true, "number_limits": 2, "allowed_file_upload_methods": ["local_file"],
            "allowed_file_types": ["image"], "allowed_file_extensions": []
        }});
        assert_eq!(Value::Object(current_features(members(old))), new);
        for unchanged in [
            new,
            json!({"file_upload": {"image": {"enabled": false}}}),
            json!({"file_upload": {"enabled": true, "fileUploadConfig": {}}}),
            json!({"file_upload": {"enabled": true, "allowed_file_types": ["document"], "image": {"enabled": true}}}),
            json!({"file_upload": null}),
            json!({}),
        ] {
            assert_eq!(
                Value::Object(current_features(members(unchanged.clone()))),
                unchanged
            );
        }
    }
}
