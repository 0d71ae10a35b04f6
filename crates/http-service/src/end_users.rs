//! `/v1/end-users`: whom the holder of the key named.

use actix_web::web::{Data, Json, Path};
use gatewright_conversation_service::{ConversationError, Conversations, EndUser};
use gatewright_http_kit::{
    error::{ServiceErrorBody, ServiceFailure},
    extract::PathId,
    time::iso,
};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::key::KeyedApp;

/// A user of the app.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EndUserDetail {
    id: Uuid,
    tenant_id: Uuid,
    app_id: Option<Uuid>,
    /// `service-api`, `browser`, …
    #[serde(rename = "type")]
    kind: String,
    external_user_id: Option<String>,
    name: Option<String>,
    /// Whether nobody in particular.
    is_anonymous: bool,
    /// What the caller calls them.
    session_id: String,
    /// ISO 8601 without zone, UTC.
    created_at: String,
    /// ISO 8601 without zone, UTC.
    updated_at: String,
}

impl From<EndUser> for EndUserDetail {
    fn from(row: EndUser) -> Self {
        Self {
            id: row.id,
            tenant_id: row.tenant_id,
            app_id: row.app_id,
            kind: row.kind,
            external_user_id: row.external_user_id,
            name: row.name,
            is_anonymous: row.is_anonymous,
            session_id: row.session_id,
            created_at: iso(row.created_at.and_utc()),
            updated_at: iso(row.updated_at.and_utc()),
        }
    }
}

/// A user of the app of the key.
#[utoipa::path(
    get, path = "/v1/end-users/{end_user_id}", operation_id = "end_user",
    params(("end_user_id" = String, Path)),
    security(("app_key" = [])),
    responses((status = 200, body = EndUserDetail), (status = 404, body = ServiceErrorBody),
        (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn find(
    conversations: Data<Conversations>,
    caller: KeyedApp,
    id: Path<PathId<Uuid>>,
) -> Result<Json<EndUserDetail>, ServiceFailure> {
    let id = id.or(ConversationError::EndUserNotFound)?;
    Ok(Json(conversations.end_user(&caller.0, id).await?.into()))
}
