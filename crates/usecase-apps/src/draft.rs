//! The draft of an app: what its editor shows and saves.

use gatewright_domain::ids::{AppId, WorkflowId, WorkspaceId};
use gatewright_dsl::{
    Scope, Variable,
    draft::{check_features, check_hash, check_save},
};
use gatewright_storage_apps::{
    app::App,
    workflow::{self, DRAFT, Workflow},
};
use gatewright_storage_kit::Conn;
use gatewright_usecase_kit::Ctx;
use serde_json::{Map, Value};

use crate::{
    Actor, AppError, Apps, WorkflowContent, WorkflowView,
    actor::Act,
    apps::{get, get_for_update, mode_of, require_graph},
    content::with_ids,
    view,
};

/// What an editor saves.
#[derive(Debug, Clone)]
pub struct DraftSave {
    /// `{nodes, edges, viewport}`.
    pub graph: Map<String, Value>,
    /// What the app shows and takes beside its graph. None: as stored.
    pub features: Option<Map<String, Value>>,
    /// The hash of what the editor began with.
    pub hash: Option<String>,
    /// One value for all runs.
    pub environment_variables: VariableSave,
    /// One value for each conversation.
    pub conversation_variables: VariableSave,
}

/// What becomes of the variables of a draft.
#[derive(Debug, Clone)]
pub enum VariableSave {
    /// The variables stay as they are.
    Keep,
    /// These and no others, as they came.
    Replace(Vec<Value>),
    /// These are added or take the place of those with their ids; those with the second ids go.
    Patch(Vec<Value>, Vec<String>),
}

impl VariableSave {
    /// What is stored afterwards. A secret that comes back masked keeps its value.
    fn apply(self, scope: Scope, stored: Vec<Variable>) -> Result<Vec<Variable>, AppError> {
        let read = |values: &[Value]| Variable::read_all(values, scope);
        Ok(match self {
            Self::Keep => stored,
            Self::Replace(values) => {
                let saved = read(&values)?.into_iter();
                saved.map(|one| one.unmasked(&stored)).collect()
            }
            Self::Patch(values, deleted) => {
                let saved = read(&values)?.into_iter();
                let saved: Vec<Variable> = saved.map(|one| one.unmasked(&stored)).collect();
                let is_gone = |one: &Variable| {
                    let id = one.id.as_deref().unwrap_or_default();
                    deleted.iter().any(|gone| gone == id)
                };
                let replaced = |one: &Variable| saved.iter().find(|new| new.id == one.id);
                let mut result: Vec<Variable> = stored
                    .iter()
                    .filter(|one| !is_gone(one))
                    .map(|one| replaced(one).unwrap_or(one).clone())
                    .collect();
                let is_new = |new: &&Variable| stored.iter().all(|one| one.id != new.id);
                result.extend(saved.iter().filter(is_new).cloned());
                result
            }
        })
    }
}

impl Apps {
    /// The draft of an app.
    pub async fn draft(&self, workspace: WorkspaceId, id: AppId) -> Result<WorkflowView, AppError> {
        let mut conn = self.pool.get().await?;
        require_graph(get(&mut conn, workspace, id).await?)?;
        let draft = workflow::find_draft(&mut conn, workspace, id).await?;
        let draft = draft.ok_or(AppError::DraftMissing)?;
        let views = view::workflows(&mut conn, &self.secrets, vec![draft]).await?;
        views.into_iter().next().ok_or(AppError::DraftMissing)
    }

    /// Saves a draft, unless somebody else has saved since its editor began. With the hash that the next save must
    /// bring.
    pub async fn save_draft(
        &self,
        ctx: &Ctx,
        actor: Actor,
        id: AppId,
        save: DraftSave,
    ) -> Result<(Workflow, String), AppError> {
        let mut tx = self.pool.begin().await?;
        let app = get_for_update(&mut tx, actor.workspace, id).await?;
        let app = require_graph(app)?;
        let stored = workflow::find_draft(&mut tx, actor.workspace, id).await?;
        let before = stored
            .as_ref()
            .map(|draft| WorkflowContent::read(&self.secrets, actor.workspace, &draft.content));
        let hash = before.as_ref().map(WorkflowContent::hash);
        check_hash(hash.as_deref(), save.hash.as_deref())?;
        if let Some(features) = &save.features {
            check_features(mode_of(&app)?, features)?;
        }
        check_save(&save.graph)?;
        let before = before.unwrap_or_default();
        let ids = self.env.ids.as_ref();
        let environment = save.environment_variables;
        let environment = environment.apply(Scope::Environment, before.environment_variables)?;
        let conversation = save.conversation_variables;
        let conversation =
            conversation.apply(Scope::Conversation, before.conversation_variables)?;
        let content = WorkflowContent {
            graph: save.graph,
            features: save.features.unwrap_or(before.features),
            environment_variables: with_ids(environment, ids),
            conversation_variables: with_ids(conversation, ids),
            rag_pipeline_variables: before.rag_pipeline_variables,
        };
        let draft = self
            .write_draft(&mut tx, Act { ctx, actor }, &app, stored, &content)
            .await?;
        tx.commit().await?;
        Ok((draft, content.hash()))
    }

    /// Writes the draft of an app whose row the caller holds.
    pub(crate) async fn write_draft(
        &self,
        conn: &mut Conn,
        act: Act<'_>,
        app: &App,
        stored: Option<Workflow>,
        content: &WorkflowContent,
    ) -> Result<Workflow, AppError> {
        let Act { ctx, actor } = act;
        let content = content.store(&self.secrets, actor.workspace)?;
        if let Some(draft) = stored {
            let home = act.actor.workspace;
            workflow::update_content(conn, home, draft.id, &content, act.change()).await?;
            return Ok(Workflow {
                content,
                updated_by: Some(actor.account),
                updated_at: ctx.now,
                ..draft
            });
        }
        let draft = Workflow {
            id: WorkflowId::generate(self.env.ids.as_ref()),
            workspace: actor.workspace,
            app: app.id,
            kind: kind_of(app).to_owned(),
            version: DRAFT.to_owned(),
            marked_name: String::new(),
            marked_comment: String::new(),
            content,
            created_by: actor.account,
            created_at: ctx.now,
            updated_by: None,
            updated_at: ctx.now,
        };
        workflow::insert(conn, &draft).await?;
        Ok(draft)
    }
}

/// What `workflows.type` says of the workflow of an app.
pub(crate) fn kind_of(app: &App) -> &'static str {
    if app.mode == "workflow" {
        "workflow"
    } else {
        "chat"
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn stored() -> Vec<Variable> {
        let values = [
            json!({"id": "1", "name": "a", "value_type": "secret", "value": "s3cret"}),
            json!({"id": "2", "name": "b", "value_type": "string", "value": "x"}),
        ];
        Variable::read_all(&values, Scope::Environment).unwrap()
    }

    fn after(save: VariableSave) -> Vec<(String, Value)> {
        let saved = save.apply(Scope::Environment, stored()).unwrap();
        saved.into_iter().map(|one| (one.name, one.value)).collect()
    }

    #[test]
    fn variables_stay_are_replaced_or_patched_and_a_masked_secret_keeps_its_value() {
        let masked = json!({"id": "1", "name": "a", "value_type": "secret",
            "value": gatewright_dsl::MASK});
        let renamed = json!({"id": "2", "name": "c", "value_type": "string", "value": "y"});
        let new = json!({"id": "3", "name": "d", "value_type": "number", "value": 1});
        let secret = ("a".to_owned(), json!("s3cret"));
        let (b, c) = (("b".to_owned(), json!("x")), ("c".to_owned(), json!("y")));
        let d = ("d".to_owned(), json!(1));
        assert_eq!(after(VariableSave::Keep), [secret.clone(), b]);
        assert_eq!(
            after(VariableSave::Replace(vec![masked.clone()])),
            std::slice::from_ref(&secret)
        );
        assert_eq!(after(VariableSave::Replace(vec![])), []);
        assert_eq!(
            after(VariableSave::Patch(vec![renamed, new], vec![])),
            [secret, c, d]
        );
        assert_eq!(
            after(VariableSave::Patch(vec![], vec!["1".into(), "2".into()])),
            []
        );
    }
}
