//! `/v1/workflows/logs`: what was run of the app of the key.

use actix_web::web::{Data, Json};
use gatewright_conversation_service::{Conversations, LogFilter};
use gatewright_http_kit::{
    error::{ServiceErrorBody, ServiceFailure},
    extract::{Query, ServiceFormat, Then},
    input::{number::WholeNumber, text::Text},
    page::Page,
};
use gatewright_http_runs::{
    log::{Moment, RunState, WorkflowLog},
    wire::LIMIT,
};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::key::KeyedApp;

/// Which logs. All conditions hold together.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct LogsQuery {
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
    /// The first is 1.
    #[param(inline)]
    page: Option<WholeNumber<1, 99_999>>,
    /// 20 by default.
    #[param(inline)]
    limit: Option<WholeNumber<1, 100>>,
}

/// What was run of the app of the key, the newest first.
#[utoipa::path(
    get, path = "/v1/workflows/logs", operation_id = "workflow_logs",
    params(LogsQuery),
    security(("app_key" = [])),
    responses((status = 200, body = Page<WorkflowLog>), (status = 400, body = ServiceErrorBody),
        (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn list(
    conversations: Data<Conversations>,
    request: Then<KeyedApp, Query<LogsQuery, ServiceFormat>>,
) -> Result<Json<Page<WorkflowLog>>, ServiceFailure> {
    let Then(KeyedApp(app), query) = request;
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
    let found = conversations.logs(&app, &filter, page, limit).await?;
    let rows = found.rows.into_iter().map(WorkflowLog::from).collect();
    Ok(Json(Page::new(page, limit, found.total, rows)))
}
