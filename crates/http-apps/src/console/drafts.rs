//! The draft of an app.

use actix_web::web::{Data, Json, Path};
use gatewright_domain::ids::AppId;
use gatewright_http_kit::{
    error::{ConsoleErrorBody, ConsoleFailure},
    extract::{
        Body, BodyFormat, ConsoleFormat, EditsApps, InWorkspace, PathId, RequestCtx, Then,
        Unreadable,
    },
    input::{FieldProblem, list::List, text::Text},
};
use gatewright_usecase_apps::{Apps, DraftSave, VariableSave};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    actor, app_id,
    workflow_body::{SavedDraft, WorkflowBody},
};
use crate::input::{JsonList, JsonObject};

/// As the console's other routes, and also what a page sends while it closes: JSON as plain text.
pub(crate) struct ClosingFormat;

impl BodyFormat for ClosingFormat {
    const TAKES_FORMS: bool = false;
    const TAKES_TEXT: bool = true;
    type Failure = ConsoleFailure;

    fn unreadable(problem: Unreadable) -> ConsoleFailure {
        ConsoleFormat::unreadable(problem)
    }

    fn invalid(problems: Vec<FieldProblem>) -> ConsoleFailure {
        ConsoleFormat::invalid(problems)
    }
}

/// The draft of an app; its secrets are masked.
#[utoipa::path(
    get, path = "/console/api/apps/{app_id}/workflows/draft", operation_id = "get_draft",
    params(("app_id" = String, Path)), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = WorkflowBody), (status = 403, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn get(
    apps: Data<Apps>,
    here: InWorkspace<EditsApps>,
    id: Path<PathId<AppId>>,
) -> Result<Json<WorkflowBody>, ConsoleFailure> {
    let draft = apps.draft(here.workspace.id, app_id(&id)?).await?;
    Ok(Json(draft.into()))
}

/// A draft as its editor saves it.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct SyncDraft {
    /// `{nodes, edges, viewport}`.
    graph: JsonObject,
    /// May be absent only when nothing but the graph is saved.
    features: Option<JsonObject>,
    /// Of the draft that the editor began with.
    hash: Option<Text>,
    /// All of them; absent: none, unless a patch says which change.
    environment_variables: Option<JsonList>,
    /// Those that change; absent: as `environment_variables` says.
    environment_variable_patch: Option<VariablePatch>,
    /// All of them; absent: none.
    conversation_variables: Option<JsonList>,
    /// Save the graph, and nothing else.
    #[serde(rename = "_is_collaborative")]
    is_collaborative: Option<bool>,
}

/// Ids of variables that go.
type GoneIds = List<String, 0, 1000>;

/// Variables that change.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct VariablePatch {
    /// New ones, and those that take the place of the ones with their ids.
    environment_variables: Option<JsonList>,
    /// Ids of those that go.
    #[schema(inline)]
    deleted_environment_variable_ids: Option<GoneIds>,
}

impl SyncDraft {
    fn into_save(self) -> Result<DraftSave, ConsoleFailure> {
        let is_graph_alone = self.is_collaborative == Some(true);
        if self.features.is_none() && !is_graph_alone {
            let problem = FieldProblem::new("missing", "features", "Field required");
            return Err(ConsoleFailure::Fields(vec![problem]));
        }
        let list = |list: Option<JsonList>| list.map(JsonList::into_inner).unwrap_or_default();
        let environment_variables = match (self.environment_variable_patch, is_graph_alone) {
            (_, true) => VariableSave::Keep,
            (Some(patch), false) => {
                let deleted = patch.deleted_environment_variable_ids;
                let deleted = deleted.map(List::into_inner).unwrap_or_default();
                VariableSave::Patch(list(patch.environment_variables), deleted)
            }
            (None, false) => VariableSave::Replace(list(self.environment_variables)),
        };
        Ok(DraftSave {
            graph: self.graph.into_inner(),
            features: if is_graph_alone {
                None
            } else {
                self.features.map(JsonObject::into_inner)
            },
            hash: self.hash.map(Text::into_inner),
            environment_variables,
            conversation_variables: if is_graph_alone {
                VariableSave::Keep
            } else {
                VariableSave::Replace(list(self.conversation_variables))
            },
        })
    }
}

/// Saves the draft of an app, unless somebody else has saved since its editor began.
#[utoipa::path(
    post, path = "/console/api/apps/{app_id}/workflows/draft", operation_id = "save_draft", request_body = SyncDraft,
    params(("app_id" = String, Path)), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = SavedDraft), (status = 400, body = ConsoleErrorBody), (status = 403, body = ConsoleErrorBody),
        (status = 404, body = ConsoleErrorBody), (status = 409, body = ConsoleErrorBody)),
)]
pub(crate) async fn save(
    apps: Data<Apps>,
    ctx: RequestCtx,
    id: Path<PathId<AppId>>,
    body: Then<InWorkspace<EditsApps>, Body<SyncDraft, ClosingFormat>>,
) -> Result<Json<SavedDraft>, ConsoleFailure> {
    let Then(here, body) = body;
    let save = body.into_inner().into_save()?;
    let (draft, hash) = apps
        .save_draft(&ctx, actor(&here), app_id(&id)?, save)
        .await?;
    Ok(Json(SavedDraft {
        result: "success",
        hash,
        updated_at: draft.updated_at.timestamp(),
    }))
}
