//! What a workflow does, between its columns and its types. Variables are stored as an object keyed by their
//! names, secrets among them encrypted; in memory they are in clear, and the wire gets them masked.

use gatewright_domain::{IdGen, error::Unavailable, ids::WorkspaceId};
use gatewright_dsl::{
    Scope, Variable, WorkflowPart,
    draft::{current_features, draft_hash},
};
use gatewright_storage_apps::workflow::Content;
use serde_json::{Map, Value, json};

use crate::SecretKeys;

/// What a workflow does.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WorkflowContent {
    /// `{nodes, edges, viewport}`.
    pub graph: Map<String, Value>,
    /// What the app shows and takes beside its graph.
    pub features: Map<String, Value>,
    /// One value for all runs; secrets in clear.
    pub environment_variables: Vec<Variable>,
    /// One value for each conversation.
    pub conversation_variables: Vec<Variable>,
    /// Of knowledge pipelines.
    pub rag_pipeline_variables: Vec<Value>,
}

impl WorkflowContent {
    /// What tells one draft from the next.
    pub fn hash(&self) -> String {
        draft_hash(&self.graph)
    }

    /// As it stands in a file.
    pub(crate) fn into_part(self) -> WorkflowPart {
        WorkflowPart {
            graph: self.graph,
            features: self.features,
            environment_variables: self.environment_variables,
            conversation_variables: self.conversation_variables,
            rag_pipeline_variables: self.rag_pipeline_variables,
        }
    }

    /// Out of a file. Variables without an id get one.
    pub(crate) fn of_part(part: WorkflowPart, ids: &dyn IdGen) -> Self {
        Self {
            graph: part.graph,
            features: part.features,
            environment_variables: with_ids(part.environment_variables, ids),
            conversation_variables: with_ids(part.conversation_variables, ids),
            rag_pipeline_variables: part.rag_pipeline_variables,
        }
    }

    /// Out of the columns. What cannot be read is left out, and a secret that does not open is empty.
    pub(crate) fn read(keys: &SecretKeys, workspace: WorkspaceId, content: &Content) -> Self {
        let features = current_features(object(&content.features));
        let environment = variables(&content.environment_variables, Scope::Environment);
        let open = |variable: Variable| {
            if !variable.is_secret() {
                return variable;
            }
            let stored = variable.value.as_str().unwrap_or_default();
            let clear = keys.open(workspace, stored).unwrap_or_default();
            let value = Value::String(clear);
            Variable { value, ..variable }
        };
        Self {
            graph: object(&content.graph),
            features,
            environment_variables: environment.into_iter().map(open).collect(),
            conversation_variables: variables(&content.conversation_variables, Scope::Conversation),
            rag_pipeline_variables: values(&content.rag_pipeline_variables),
        }
    }

    /// Into the columns.
    ///
    /// # Errors
    /// When a secret cannot be encrypted.
    pub(crate) fn store(
        &self,
        keys: &SecretKeys,
        workspace: WorkspaceId,
    ) -> Result<Content, Unavailable> {
        let mut environment = Vec::with_capacity(self.environment_variables.len());
        for variable in &self.environment_variables {
            let mut variable = variable.clone();
            if variable.is_secret() {
                let clear = variable.value.as_str().unwrap_or_default();
                variable.value = Value::String(keys.seal(workspace, clear)?);
            }
            environment.push(variable);
        }
        Ok(Content {
            graph: text(&self.graph),
            features: text(&self.features),
            environment_variables: by_name(&environment, Scope::Environment),
            conversation_variables: by_name(&self.conversation_variables, Scope::Conversation),
            rag_pipeline_variables: pipeline_by_name(&self.rag_pipeline_variables),
        })
    }
}

/// Each with an id: its own, or a new one.
pub(crate) fn with_ids(variables: Vec<Variable>, ids: &dyn IdGen) -> Vec<Variable> {
    let with_id = |variable: Variable| Variable {
        id: variable.id.or_else(|| Some(ids.new_uuid().to_string())),
        ..variable
    };
    variables.into_iter().map(with_id).collect()
}

fn object(text: &str) -> Map<String, Value> {
    match serde_json::from_str(text) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    }
}

fn text(members: &Map<String, Value>) -> String {
    serde_json::to_string(members).unwrap_or_default()
}

/// The values of an object, or the items of a list: older rows have lists.
fn values(text: &str) -> Vec<Value> {
    match serde_json::from_str(text) {
        Ok(Value::Object(members)) => members.into_iter().map(|(_, value)| value).collect(),
        Ok(Value::Array(items)) => items,
        _ => vec![],
    }
}

fn variables(text: &str, scope: Scope) -> Vec<Variable> {
    let read = |value: &Value| match Variable::read(value, scope) {
        Ok(variable) => Some(variable),
        Err(error) => {
            tracing::warn!(
                event = "app.variable_unreadable",
                %error,
                "a stored variable cannot be read"
            );
            None
        }
    };
    values(text).iter().filter_map(read).collect()
}

fn by_name(variables: &[Variable], scope: Scope) -> String {
    let mut members = Map::new();
    for variable in variables {
        let mut value = json!(variable);
        value["selector"] = json!([scope.namespace(), variable.name]);
        members.insert(variable.name.clone(), value);
    }
    text(&members)
}

fn pipeline_by_name(variables: &[Value]) -> String {
    let name = |value: &Value| value["variable"].as_str().unwrap_or_default().to_owned();
    let members = variables.iter().map(|value| (name(value), value.clone()));
    text(&members.collect())
}

#[cfg(test)]
mod tests {
    use gatewright_auth::keys::MasterKeys;
    use uuid::Uuid;

    use super::*;

    fn keys() -> SecretKeys {
        SecretKeys::new(&MasterKeys::new(&[7; 32], []))
    }

    fn variable(scope: Scope, value: Value) -> Variable {
        Variable::read(&value, scope).unwrap()
    }

    #[test]
    fn content_is_read_back_as_stored_and_its_secret_is_not_in_the_row() {
        let workspace = WorkspaceId(Uuid::from_u128(1));
        let secret =
            json!({"id": "e1", "name": "TOKEN", "value_type": "secret", "value": "s3cret"});
        let number = json!({"id": "c1", "name": "n", "value_type": "number", "value": 1.5});
        let content = WorkflowContent {
            graph: object(r#"{"nodes":[],"edges":[]}"#),
            features: object(r#"{"opening_statement":"hi"}"#),
            environment_variables: vec![variable(Scope::Environment, secret)],
            conversation_variables: vec![variable(Scope::Conversation, number)],
            rag_pipeline_variables: vec![],
        };
        let row = content.store(&keys(), workspace).unwrap();
        assert!(!row.environment_variables.contains("s3cret"));
        assert!(row.environment_variables.starts_with(r#"{"TOKEN":"#));
        assert_eq!(WorkflowContent::read(&keys(), workspace, &row), content);
        let elsewhere = WorkspaceId(Uuid::from_u128(2));
        let elsewhere = WorkflowContent::read(&keys(), elsewhere, &row);
        assert_eq!(elsewhere.environment_variables[0].value, "");
    }
}
