//! What is said to an app, and what a conversation makes of it: its name, its introduction, the values that it remembers.

use gatewright_domain::IdGen;
use gatewright_dsl::Variable;
use gatewright_engine::{Declared, Micros};
use gatewright_run_events::Json;
use gatewright_storage_runs::{conversation::Conversation, conversation_variable::StoredVariable};
use gatewright_usecase_apps::Runnable;
use gatewright_usecase_runs::{
    ConversationVariable, Dialogue, Question, QuestionFile, execution_id, storable,
};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::service::Ground;

/// What is said to an app that answers in conversations.
#[derive(Debug, Clone)]
pub struct Asked {
    /// What is asked; a blank question is a question.
    pub query: String,
    /// The conversation that goes on; none: a new one begins.
    pub conversation: Option<Uuid>,
    /// What happens when the caller has no such conversation.
    pub unknown: UnknownConversation,
    /// The message that it follows; the nil id: whichever came before; none: it begins a thread.
    pub parent_message_id: Option<Uuid>,
    /// Whether a conversation that begins is named by a model; else it keeps the beginning of the question.
    pub named_by_model: bool,
}

impl Asked {
    /// A question that follows whichever message came before in its conversation.
    pub fn new(query: String, conversation: Option<Uuid>, unknown: UnknownConversation) -> Self {
        Self {
            query,
            conversation,
            unknown,
            parent_message_id: Some(Uuid::nil()),
            named_by_model: false,
        }
    }

    /// The same; a conversation that begins is named by a model, or not.
    #[must_use]
    pub fn named_by_model(self, named_by_model: bool) -> Self {
        Self {
            named_by_model,
            ..self
        }
    }
}

/// What happens when a caller names a conversation that they don't have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnknownConversation {
    /// A new one begins, as on `/v1`.
    Begins,
    /// The caller is told so.
    Refused,
}

/// Characters of a question that a conversation is called by.
const NAME_CHARS: usize = 20;
/// Characters of a name between braces.
const MAX_PLACE_CHARS: usize = 30;

/// A conversation that goes on.
pub(crate) struct Known {
    /// The row of it.
    pub(crate) conversation: Conversation,
    /// What it remembers.
    pub(crate) variables: Vec<StoredVariable>,
}

/// The next round of a conversation, or the first one of a new one.
pub(crate) fn dialogue(
    ground: &Ground,
    asked: &Asked,
    known: Option<&Known>,
    ids: &dyn IdGen,
    now: Micros,
) -> Dialogue {
    let conversation = known.map(|known| &known.conversation);
    let stored = known.map_or(&[][..], |known| &known.variables);
    let inputs = &ground.inputs;
    let query = storable(&asked.query).into_owned();
    Dialogue {
        conversation_id: conversation.map_or_else(|| ids.new_uuid(), |known| known.id),
        message_id: ids.new_uuid(),
        asked_at: now,
        variables: variables(&ground.runnable, stored),
        question: Some(Question {
            name: name(&query),
            query,
            inputs: Json::of(inputs).unwrap_or_else(|_| Json::object()),
            files: ground.files.iter().map(file).collect(),
            parent_message_id: asked.parent_message_id,
            dialogue_count: conversation.map_or(1, |known| known.dialogue_count.saturating_add(1)),
            introduction: storable(&introduction(&ground.runnable.content.features, inputs))
                .into_owned(),
        }),
        output_rule: None,
    }
}

/// What is stored of a file that came with a question.
fn file(value: &Value) -> QuestionFile {
    let text = |name: &str| value[name].as_str().map(str::to_owned);
    QuestionFile {
        kind: text("type").unwrap_or_default(),
        transfer_method: text("transfer_method").unwrap_or_default(),
        url: text("remote_url").filter(|url| !url.is_empty()),
        upload_file_id: text("related_id").and_then(|id| id.parse().ok()),
    }
}

/// The variables that the app declares for its conversations, with what this one has of them.
pub(crate) fn variables(
    runnable: &Runnable,
    stored: &[StoredVariable],
) -> Vec<ConversationVariable> {
    let declared = runnable.content.conversation_variables.iter();
    let read = |variable: &Variable| {
        let id = variable_id(runnable.app.id.0, variable);
        let kept = stored.iter().find(|row| row.id == id);
        let kept = kept.and_then(|row| serde_json::from_str::<Value>(&row.data).ok());
        let declared = json!(variable);
        let of = |member: &str| {
            let kept = kept.as_ref().and_then(|kept| kept.get(member));
            kept.unwrap_or(&declared[member]).clone()
        };
        ConversationVariable {
            id,
            name: variable.name.clone(),
            value_type: of("value_type").as_str().unwrap_or("string").to_owned(),
            description: variable.description.clone(),
            value: Json::from(of("value")),
            is_new: kept.is_none(),
        }
    };
    declared.map(read).collect()
}

/// Ids of variables in files from elsewhere are any text, those of the table are not.
fn variable_id(app: Uuid, variable: &Variable) -> Uuid {
    let declared = variable.id.as_deref().unwrap_or_default();
    let of_name = || {
        let number = |sum: u64, byte: u8| sum.wrapping_mul(31).wrapping_add(u64::from(byte));
        execution_id(app, variable.name.bytes().fold(7, number))
    };
    declared.parse().unwrap_or_else(|_| of_name())
}

/// A variable as its row has it, with this value.
pub(crate) fn variable_data(
    variable: &ConversationVariable,
    value_type: &str,
    value: &Value,
) -> String {
    let data = json!({
        "id": variable.id, "name": variable.name, "description": variable.description,
        "selector": ["conversation", variable.name], "value_type": value_type, "value": value,
    });
    data.to_string()
}

/// The variables of a conversation as the engine takes them.
pub(crate) fn declared(dialogue: &Dialogue) -> Vec<Declared> {
    let declared = |variable: &ConversationVariable| Declared {
        name: variable.name.clone(),
        value_type: variable.value_type.clone(),
        value: variable.value.to_value().unwrap_or_default(),
    };
    dialogue.variables.iter().map(declared).collect()
}

/// What lists call a conversation until somebody, or a model, calls it otherwise.
fn name(query: &str) -> String {
    let mut rest = query.chars();
    let start: String = rest.by_ref().take(NAME_CHARS).collect();
    match (start.is_empty(), rest.next()) {
        (true, _) => "New conversation".to_owned(),
        (false, None) => start,
        (false, Some(_)) => format!("{start}…"),
    }
}

/// The opening statement, with the inputs that it names; a name that no input has stays, in single braces (recorded).
fn introduction(features: &Map<String, Value>, inputs: &Map<String, Value>) -> String {
    let statement = features.get("opening_statement").and_then(Value::as_str);
    let mut text = statement.unwrap_or_default().to_owned();
    for (name, value) in inputs {
        let place = format!("{{{{{name}}}}}");
        if text.contains(&place) {
            let shown = match value {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            text = text.replace(&place, &shown);
        }
    }
    defused(&text)
}

/// A place that nothing fills, or that a value brought in, loses a pair of braces, as in Dify.
fn defused(text: &str) -> String {
    let (mut told, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, behind)) = rest.split_once("{{") {
        told.push_str(before);
        let name = behind.split_once("}}").filter(|(name, _)| is_name(name));
        rest = match name {
            Some((name, behind)) => {
                told.push('{');
                told.push_str(name);
                told.push('}');
                behind
            }
            None => {
                told.push_str("{{");
                behind
            }
        };
    }
    told.push_str(rest);
    told
}

fn is_name(text: &str) -> bool {
    let may_begin = |c: char| c.is_ascii_alphabetic() || c == '_';
    text.len() <= MAX_PLACE_CHARS
        && text.starts_with(may_begin)
        && text.chars().all(|c| may_begin(c) || c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conversation_is_called_by_the_beginning_of_its_first_question() {
        for (query, expected) in [
            ("", "New conversation"),
            ("x", "x"),
            ("exactly twenty chars", "exactly twenty chars"),
            ("exactly twenty chars!", "exactly twenty chars…"),
            ("éééééééééééééééééééééé", "éééééééééééééééééééé…"),
        ] {
            assert_eq!(name(query), expected);
        }
    }

    #[test]
    fn opening_statement_is_filled_with_the_inputs_that_it_names() {
        let features =
            json!({"opening_statement": "Hi {{who}}{{none}}, {{count}} of {{what}} {{}} {{a b}}"});
        let inputs = json!({"who": "Ada", "count": 3, "none": null});
        let text = introduction(features.as_object().unwrap(), inputs.as_object().unwrap());
        assert_eq!(text, "Hi Ada, 3 of {what} {{}} {{a b}}");
        assert_eq!(introduction(&Map::new(), &Map::new()), "");
    }
}
