//! Conditions on lists of files: they ask about the attributes of each.

use serde_json::{Map, Value as Json};

use super::{LogicalOperator, SubCondition, SubConditions, holds};
use crate::{ErrorKind, NodeError, file};

/// Whether the questions hold for the files: each for at least one of them, or for all of them when its operator
/// has a "not" in it.
pub(super) fn holds_for_files(
    questions: &SubConditions,
    files: &[Json],
) -> Result<bool, NodeError> {
    let mut answers = questions
        .conditions
        .iter()
        .map(|question| holds_for(question, files))
        .collect::<Result<Vec<bool>, NodeError>>()?
        .into_iter();
    Ok(match questions.logical_operator {
        LogicalOperator::And => answers.all(|answer| answer),
        LogicalOperator::Or => answers.any(|answer| answer),
    })
}

fn holds_for(question: &SubCondition, files: &[Json]) -> Result<bool, NodeError> {
    let is_extension = question.key == "extension";
    let expected = if is_extension {
        dotted(&question.value)
    } else {
        question.value.clone()
    };
    let nothing = Map::new();
    let mut answers = Vec::with_capacity(files.len());
    for item in files {
        let members = item.as_object().unwrap_or(&nothing);
        let actual = file::attribute(members, &question.key).ok_or_else(|| {
            NodeError::new(
                ErrorKind::Value,
                format!("'{}' is not an attribute of a file", question.key),
            )
        })?;
        let actual = if is_extension {
            &dotted(actual)
        } else {
            actual
        };
        answers.push(holds(question.comparison_operator, actual, &expected)?);
    }
    let mut answers = answers.into_iter();
    Ok(if question.comparison_operator.is_negative() {
        answers.all(|answer| answer)
    } else {
        answers.any(|answer| answer)
    })
}

/// Extensions are written with and without their dot: compare them with it.
fn dotted(value: &Json) -> Json {
    match value {
        Json::String(text) if !text.is_empty() && !text.starts_with('.') => {
            Json::String(format!(".{text}"))
        }
        Json::Array(items) => items.iter().map(dotted).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn file(kind: &str, name: &str, size: u64) -> Json {
        let extension = name.rsplit('.').next().unwrap();
        json!({"dify_model_identity": "__dify__file__", "type": kind, "filename": name, "size": size,
            "extension": format!(".{extension}"), "transfer_method": "local_file"})
    }

    #[test]
    fn question_holds_for_one_file_or_with_not_for_all() {
        let files = [file("image", "a.png", 10), file("document", "b.pdf", 2000)];
        for (key, operator, value, answer) in [
            ("type", "in", json!(["image"]), Some(true)),
            ("type", "in", json!(["video"]), Some(false)),
            ("type", "not in", json!(["video"]), Some(true)),
            ("type", "not in", json!(["image"]), Some(false)),
            ("extension", "is", json!("pdf"), Some(true)),
            ("extension", "is", json!(".pdf"), Some(true)),
            ("extension", "is not", json!("pdf"), Some(false)),
            ("extension", "contains", json!("pn"), Some(true)),
            ("name", "start with", json!("b"), Some(true)),
            ("name", "not contains", json!("."), Some(false)),
            ("size", ">", json!("1000"), Some(true)),
            ("size", ">", json!("3000"), Some(false)),
            ("url", "empty", json!(""), Some(true)),
            ("related_id", "not exists", json!(""), Some(true)),
            ("size", "contains", json!("1"), None),
            ("filename", "is", json!("a.png"), None),
        ] {
            let question = json!({"conditions": [{"key": key, "comparison_operator": operator, "value": value}]});
            let questions: SubConditions = serde_json::from_value(question.clone()).unwrap();
            assert_eq!(
                holds_for_files(&questions, &files).ok(),
                answer,
                "{question}"
            );
        }
    }

    #[test]
    fn questions_combine_by_their_own_operator() {
        let files = [file("image", "a.png", 10)];
        for (operator, answer) in [("and", false), ("or", true)] {
            let questions: SubConditions = serde_json::from_value(json!({
                "logical_operator": operator,
                "conditions": [
                    {"key": "type", "comparison_operator": "in", "value": ["image"]},
                    {"key": "size", "comparison_operator": ">", "value": "100"},
                ],
            }))
            .unwrap();
            assert_eq!(holds_for_files(&questions, &files), Ok(answer));
        }
    }
}
