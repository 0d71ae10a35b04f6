//! `/v1/conversations/{c_id}/variables`: what a conversation remembers.

use actix_web::web::{Data, Json, Path};
use gatewright_conversation_service::{ConversationError, Conversations, VariableList};
use gatewright_http_kit::{
    error::{ServiceErrorBody, ServiceFailure},
    extract::{PathId, Query, RequestCtx, ServiceFormat, Then},
    input::{number::WholeNumber, text::Text},
    page::Scroll,
};
use gatewright_http_runs::{
    conversation::{ConversationVariable, scroll},
    wire::{LIMIT, MaybeId, require_chat},
};
use serde::Deserialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{
    key::KeyedApp,
    request::{EndUserName, ForAnyUser},
};

/// Which variables of which conversation are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct VariablesQuery {
    /// Whose conversation it is; nobody's in particular by default.
    #[param(inline)]
    user: Option<EndUserName>,
    /// The last one that was shown.
    #[param(inline)]
    last_id: Option<MaybeId>,
    /// 20 by default.
    #[param(inline)]
    limit: Option<WholeNumber<1, 100>>,
    /// The one of this name alone.
    #[param(inline)]
    variable_name: Option<Text>,
}

/// What a conversation of the user's remembers.
#[utoipa::path(
    get, path = "/v1/conversations/{c_id}/variables", operation_id = "conversation_variables",
    params(("c_id" = String, Path), VariablesQuery),
    security(("app_key" = [])),
    responses((status = 200, body = Scroll<ConversationVariable>), (status = 400, body = ServiceErrorBody),
        (status = 404, body = ServiceErrorBody), (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn list(
    conversations: Data<Conversations>,
    id: Path<PathId<Uuid>>,
    request: Then<KeyedApp, Query<VariablesQuery, ServiceFormat>>,
) -> Result<Json<Scroll<ConversationVariable>>, ServiceFailure> {
    let Then(KeyedApp(app), query) = request;
    require_chat(&app)?;
    let query = query.into_inner();
    let id = id.or(ConversationError::NotFound)?;
    let talker = conversations
        .talker(&app, &EndUserName::of(query.user))
        .await?;
    let limit = query.limit.map_or(LIMIT, WholeNumber::get);
    let request = VariableList {
        name: query.variable_name.map(Text::into_inner),
        last: query.last_id.and_then(MaybeId::get),
        limit,
    };
    let window = conversations.variables(&talker, id, &request).await?;
    Ok(Json(scroll(limit, window)))
}

/// Another value of a variable.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct VariableRequest {
    /// Of the variable's type.
    value: Value,
    /// Whose conversation it is; nobody's in particular by default.
    #[schema(inline)]
    user: Option<EndUserName>,
}

/// Gives a variable of a conversation of the user's another value.
#[utoipa::path(
    put, path = "/v1/conversations/{c_id}/variables/{variable_id}", operation_id = "set_conversation_variable",
    request_body = VariableRequest,
    params(("c_id" = String, Path), ("variable_id" = String, Path)),
    security(("app_key" = [])),
    responses((status = 200, body = ConversationVariable), (status = 400, body = ServiceErrorBody),
        (status = 404, body = ServiceErrorBody), (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn set(
    conversations: Data<Conversations>,
    ctx: RequestCtx,
    path: Path<(PathId<Uuid>, PathId<Uuid>)>,
    request: ForAnyUser<VariableRequest>,
) -> Result<Json<ConversationVariable>, ServiceFailure> {
    let ForAnyUser { app, body } = request;
    require_chat(&app)?;
    let id = path.0.or(ConversationError::NotFound)?;
    let variable = path.1.or(ConversationError::VariableNotFound)?;
    let talker = conversations
        .talker(&app, &EndUserName::of(body.user))
        .await?;
    let set = conversations
        .set_variable(&ctx, &talker, id, variable, body.value)
        .await?;
    Ok(Json(set.into()))
}
