//! `/v1/app/feedbacks`: what people say of the answers of the app of the key.

use actix_web::web::{Data, Json};
use gatewright_conversation_service::{Conversations, Feedback};
use gatewright_http_kit::{
    error::{ServiceErrorBody, ServiceFailure},
    extract::{Query, ServiceFormat, Then},
    input::number::WholeNumber,
    time::iso,
};
use gatewright_http_runs::wire::LIMIT;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::key::KeyedApp;

/// Which page of the list is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct FeedbacksQuery {
    /// The first is 1.
    #[param(inline)]
    page: Option<WholeNumber<1, 99_999>>,
    /// 20 by default.
    #[param(inline)]
    limit: Option<WholeNumber<1, 101>>,
}

/// What somebody says of an answer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AppFeedback {
    id: Uuid,
    app_id: Uuid,
    conversation_id: Uuid,
    message_id: Uuid,
    /// `like` or `dislike`.
    rating: String,
    /// In their own words.
    content: Option<String>,
    /// `user`, or `admin` for a member of the workspace.
    from_source: String,
    from_end_user_id: Option<Uuid>,
    from_account_id: Option<Uuid>,
    /// ISO 8601 without zone, UTC.
    created_at: String,
    /// ISO 8601 without zone, UTC.
    updated_at: String,
}

impl From<Feedback> for AppFeedback {
    fn from(row: Feedback) -> Self {
        Self {
            id: row.id,
            app_id: row.app_id,
            conversation_id: row.conversation_id,
            message_id: row.message_id,
            rating: row.rating,
            content: row.content,
            from_source: row.from_source,
            from_end_user_id: row.from_end_user_id,
            from_account_id: row.from_account_id,
            created_at: iso(row.created_at.and_utc()),
            updated_at: iso(row.updated_at.and_utc()),
        }
    }
}

/// A page of what people say.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AppFeedbacks {
    /// The newest first.
    data: Vec<AppFeedback>,
}

/// What people say of the answers of the app of the key.
#[utoipa::path(
    get, path = "/v1/app/feedbacks", operation_id = "app_feedbacks",
    params(FeedbacksQuery),
    security(("app_key" = [])),
    responses((status = 200, body = AppFeedbacks), (status = 400, body = ServiceErrorBody),
        (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn list(
    conversations: Data<Conversations>,
    request: Then<KeyedApp, Query<FeedbacksQuery, ServiceFormat>>,
) -> Result<Json<AppFeedbacks>, ServiceFailure> {
    let Then(KeyedApp(app), query) = request;
    let query = query.into_inner();
    let page = query.page.map_or(1, WholeNumber::get);
    let limit = query.limit.map_or(LIMIT, WholeNumber::get);
    let rows = conversations.feedbacks(&app, page, limit).await?;
    let data = rows.into_iter().map(AppFeedback::from).collect();
    Ok(Json(AppFeedbacks { data }))
}
