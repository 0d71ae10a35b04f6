//! What a conversation remembers, read and set from outside.

use chrono::{DateTime, Utc};
use gatewright_storage_runs::{
    conversation_list::Place,
    conversation_variable::{self, TimedVariable, VariableRow as Row},
};
use gatewright_usecase_kit::Ctx;
use serde_json::Value;
use uuid::Uuid;

use crate::{ConversationError, Conversations, Talker, Window};

/// Variables among which one is looked for by its name.
const MAX_SEARCHED: i64 = 1_000;

/// A variable of a conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct VariableRow {
    /// The variable as the app declares it.
    pub id: Uuid,
    /// What the app calls it.
    pub name: String,
    /// `string`, `number`, `boolean`, `object`, `array[string]`, …
    pub value_type: String,
    /// What it holds.
    pub value: Value,
    /// What it is for.
    pub description: String,
    /// When the conversation got it, in UTC.
    pub created_at: DateTime<Utc>,
    /// When it was last written, in UTC.
    pub updated_at: DateTime<Utc>,
}

/// Which part of a list of variables.
#[derive(Debug, Clone, Default)]
pub struct VariableList {
    /// The one of this name alone.
    pub name: Option<String>,
    /// The last one that was shown; none: from the beginning on.
    pub last: Option<Uuid>,
    /// At most so many.
    pub limit: u32,
}

impl From<TimedVariable> for VariableRow {
    fn from(row: TimedVariable) -> Self {
        let data: Value = serde_json::from_str(&row.data).unwrap_or_default();
        let text = |member: &str| data[member].as_str().unwrap_or_default().to_owned();
        Self {
            id: row.id,
            name: text("name"),
            value_type: shown_type(data["value_type"].as_str().unwrap_or("string")).to_owned(),
            description: text("description"),
            value: data["value"].clone(),
            created_at: row.created_at.and_utc(),
            updated_at: row.updated_at.and_utc(),
        }
    }
}

/// Rows of before have numbers by their kinds.
fn shown_type(stored: &str) -> &str {
    match stored {
        "integer" | "float" => "number",
        other => other,
    }
}

impl Conversations {
    /// A part of what a conversation of the talker's remembers, in the order in which the conversation got it.
    ///
    /// # Errors
    /// When they have no such conversation, the last one is none of its variables, or PostgreSQL does not answer.
    pub async fn variables(
        &self,
        talker: &Talker,
        conversation: Uuid,
        request: &VariableList,
    ) -> Result<Window<VariableRow>, ConversationError> {
        self.find(talker, conversation).await?;
        self.variables_of(conversation, request).await
    }

    /// The same. Whose conversation it is is the caller's business.
    pub(crate) async fn variables_of(
        &self,
        conversation: Uuid,
        request: &VariableList,
    ) -> Result<Window<VariableRow>, ConversationError> {
        let mut conn = self.pool.get().await?;
        let after = match request.last {
            None => None,
            Some(last) => {
                let found = conversation_variable::find(&mut conn, conversation, last).await?;
                let found = found.ok_or(ConversationError::VariableNotFound)?;
                Some(Place {
                    at: found.created_at,
                    id: found.id,
                })
            }
        };
        // A value may hold what the database's own reader of JSON does not take, so that names are compared here.
        let limit = match request.name {
            Some(_) => MAX_SEARCHED,
            None => i64::from(request.limit) + 1,
        };
        let rows = conversation_variable::list_part(&mut conn, conversation, after, limit).await?;
        let rows = rows.into_iter().map(VariableRow::from);
        let is_wanted = |row: &VariableRow| {
            let mut wanted = request.name.iter();
            wanted.all(|name| row.name == *name)
        };
        Ok(Window::of(rows.filter(is_wanted).collect(), request.limit))
    }

    /// Gives a variable of a conversation of the talker's another value of its type. A round that is being answered goes on with the
    /// value that it began with.
    ///
    /// # Errors
    /// When there is no such variable, the value is of another type, or PostgreSQL does not answer.
    pub async fn set_variable(
        &self,
        ctx: &Ctx,
        talker: &Talker,
        conversation: Uuid,
        variable: Uuid,
        value: Value,
    ) -> Result<VariableRow, ConversationError> {
        self.find(talker, conversation).await?;
        let mut tx = self.pool.begin().await?;
        let found = conversation_variable::find_for_update(&mut tx, conversation, variable).await?;
        let found = found.ok_or(ConversationError::VariableNotFound)?;
        let row = VariableRow::from(found.clone());
        if !fits(&row.value_type, &value) {
            return Err(ConversationError::VariableMistyped {
                name: row.name,
                expected: row.value_type,
                got: kind_of(&value),
            });
        }
        let mut data: Value = serde_json::from_str(&found.data).unwrap_or_default();
        data["value_type"] = row.value_type.as_str().into();
        data["value"] = value;
        let new = Row {
            id: variable,
            conversation_id: conversation,
            app_id: talker.app.0,
            data: data.to_string(),
            at: ctx.now,
        };
        conversation_variable::update(&mut tx, &[new]).await?;
        tx.commit().await?;
        Ok(VariableRow {
            value: data["value"].take(),
            updated_at: ctx.now,
            ..row
        })
    }
}

/// Whether a value is of this type. Files are set by runs alone.
fn fits(value_type: &str, value: &Value) -> bool {
    let item = value_type
        .strip_prefix("array[")
        .and_then(|rest| rest.strip_suffix(']'));
    match (item, value) {
        (Some("any"), Value::Array(_)) => true,
        (Some(item), Value::Array(items)) => items.iter().all(|one| fits(item, one)),
        (None, Value::Array(_)) => value_type == "array",
        (None, Value::String(_)) => matches!(value_type, "string" | "secret"),
        (None, Value::Number(_)) => value_type == "number",
        (None, Value::Bool(_)) => value_type == "boolean",
        (None, Value::Object(_)) => value_type == "object",
        _ => false,
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "none",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn value_fits_its_type_and_no_other() {
        for (value_type, value, expected) in [
            ("string", json!("a"), true),
            ("string", json!(1), false),
            ("string", json!(null), false),
            ("number", json!(1.5), true),
            ("number", json!("1"), false),
            ("boolean", json!(false), true),
            ("boolean", json!(0), false),
            ("object", json!({"a": null}), true),
            ("object", json!([]), false),
            ("array[string]", json!(["a"]), true),
            ("array[string]", json!([]), true),
            ("array[string]", json!(["a", 1]), false),
            ("array[number]", json!([1, 2.5]), true),
            ("array[object]", json!([{}]), true),
            ("array[boolean]", json!([true]), true),
            ("array[any]", json!([1, "a"]), true),
            ("file", json!({}), false),
            ("array[file]", json!([{}]), false),
        ] {
            assert_eq!(fits(value_type, &value), expected, "{value_type} {value}");
        }
    }
}
