//! Drafts and versions as the console is told them.

use gatewright_usecase_apps::{Person, Variable, WorkflowView};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// Who made or changed something.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PersonBody {
    id: String,
    name: String,
    email: String,
}

impl From<&Person> for PersonBody {
    fn from(person: &Person) -> Self {
        Self {
            id: person.id.to_string(),
            name: person.name.clone(),
            email: person.email.clone(),
        }
    }
}

/// A draft or a version.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WorkflowBody {
    id: String,
    /// `{nodes, edges, viewport}`.
    #[schema(value_type = Object)]
    graph: Map<String, Value>,
    #[schema(value_type = Object)]
    features: Map<String, Value>,
    /// What tells one draft from the next.
    hash: String,
    /// `draft`, or the time of its publication.
    version: String,
    marked_name: String,
    marked_comment: String,
    created_by: Option<PersonBody>,
    /// When the workflow was made, in Unix seconds.
    created_at: i64,
    updated_by: Option<PersonBody>,
    /// When the workflow was last changed, in Unix seconds.
    updated_at: i64,
    /// Whether it is published as a tool: never before tools come.
    tool_published: bool,
    /// Secrets are masked.
    #[schema(value_type = Vec<Object>)]
    environment_variables: Vec<Variable>,
    #[schema(value_type = Vec<Object>)]
    conversation_variables: Vec<Variable>,
    #[schema(value_type = Vec<Object>)]
    rag_pipeline_variables: Vec<Value>,
    /// Not counted here.
    version_number: Option<u32>,
}

impl From<WorkflowView> for WorkflowBody {
    fn from(view: WorkflowView) -> Self {
        let (workflow, content) = (view.workflow, view.content);
        let environment = content.environment_variables.iter();
        Self {
            id: workflow.id.to_string(),
            hash: content.hash(),
            environment_variables: environment.map(Variable::masked).collect(),
            graph: content.graph,
            features: content.features,
            version: workflow.version,
            marked_name: workflow.marked_name,
            marked_comment: workflow.marked_comment,
            created_by: view.created_by.as_ref().map(PersonBody::from),
            created_at: workflow.created_at.timestamp(),
            updated_by: view.updated_by.as_ref().map(PersonBody::from),
            updated_at: workflow.updated_at.timestamp(),
            tool_published: false,
            conversation_variables: content.conversation_variables,
            rag_pipeline_variables: content.rag_pipeline_variables,
            version_number: None,
        }
    }
}

/// A draft was saved.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SavedDraft {
    /// `success`.
    pub(super) result: &'static str,
    /// What the next save must bring.
    pub(super) hash: String,
    /// When the draft was saved, in Unix seconds.
    pub(super) updated_at: i64,
}
