//! `/console/api/apps/{app_id}/workflow-app-logs`: what was run of an app, by whom.

use actix_web::web::{Data, Json};
use gatewright_conversation_service::{Conversations, LogFilter};
use gatewright_http_kit::{
    error::{ConsoleErrorBody, ConsoleFailure},
    extract::{ConsoleFormat, Query, Then, WorkspaceMember},
    input::{number::WholeNumber, text::Text},
    page::Page,
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::app_here::{AppHere, GRAPH};
use crate::{
    log::{Moment, RunState, WorkflowLog},
    wire::LIMIT,
};

/// Which logs. All conditions hold together.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AppLogsQuery {
    /// In inputs, outputs, or the name of the user, in any case; or the id of the run. Its first 30 characters count.
    #[param(inline)]
    keyword: Option<Text>,
    /// How the run stands.
    #[param(inline)]
    status: Option<RunState>,
    /// Not later than this.
    #[serde(rename = "created_at__before")]
    #[param(inline)]
    before: Option<Moment>,
    /// Not earlier than this.
    #[serde(rename = "created_at__after")]
    #[param(inline)]
    after: Option<Moment>,
    /// The name of the user for whom it was run.
    #[param(inline)]
    created_by_end_user_session_id: Option<Text>,
    /// The mail address of the member of the workspace who ran it.
    #[param(inline)]
    created_by_account: Option<Text>,
    /// Whether what set the run off is wanted, where that is known.
    #[serde(rename = "detail")]
    _detail: Option<bool>,
    /// The first is 1.
    #[param(inline)]
    page: Option<WholeNumber<1, 99_999>>,
    /// 20 by default.
    #[param(inline)]
    limit: Option<WholeNumber<1, 100>>,
}

/// What was run of an app, the newest first; runs of the draft have no log.
#[utoipa::path(
    get, path = "/console/api/apps/{app_id}/workflow-app-logs", operation_id = "list_workflow_app_logs",
    params(("app_id" = String, Path), AppLogsQuery), security(("session" = [], "csrf" = [])),
    responses((status = 200, body = Page<WorkflowLog>), (status = 400, body = ConsoleErrorBody),
        (status = 403, body = ConsoleErrorBody), (status = 404, body = ConsoleErrorBody)),
)]
pub(crate) async fn list(
    conversations: Data<Conversations>,
    request: Then<AppHere<WorkspaceMember>, Query<AppLogsQuery, ConsoleFormat>>,
) -> Result<Json<Page<WorkflowLog>>, ConsoleFailure> {
    let Then(asked, query) = request;
    asked.require(GRAPH)?;
    let query = query.into_inner();
    let page = query.page.map_or(1, WholeNumber::get);
    let limit = query.limit.map_or(LIMIT, WholeNumber::get);
    let filter = LogFilter {
        keyword: query.keyword.and_then(Text::filled),
        status: query.status.map(RunState::as_str),
        from: query.after.map(Moment::get),
        to: query.before.map(Moment::get),
        session: query.created_by_end_user_session_id.and_then(Text::filled),
        account: query.created_by_account.and_then(Text::filled),
    };
    let found = conversations.logs(&asked.app, &filter, page, limit).await?;
    let rows = found.rows.into_iter().map(WorkflowLog::from).collect();
    Ok(Json(Page::new(page, limit, found.total, rows)))
}
