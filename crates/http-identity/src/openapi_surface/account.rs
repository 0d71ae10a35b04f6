//! The caller's account and its device sessions (device-flow.md §10).

use actix_web::web::{Data, Json, Path};
use chrono::SecondsFormat;
use gatewright_domain::{bearer_token::BearerToken, ids::TokenId, workspace::default_workspace};
use gatewright_usecase_device::bearer::{BearerRouteError, Bearers, SessionQuery};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    PageNumber, PageSize,
    device_poll::{SubjectAccount, SubjectWorkspace},
};
use gatewright_http_kit::{
    error::{ErrorBody, OpenApiFailure},
    extract::{AnySubject, ApiFormat, FullScope, PathId, Query, RequestCtx, Require, Then},
    input::number::WholeNumber,
    page::Page,
};

/// Who the bearer stands for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AccountResponse {
    /// Always `account`.
    subject_type: &'static str,
    /// The account's address as it is now.
    subject_email: String,
    /// Always null for accounts.
    subject_issuer: Option<String>,
    account: SubjectAccount,
    workspaces: Vec<SubjectWorkspace>,
    default_workspace_id: Option<String>,
}

/// Who the bearer stands for, with all workspaces, the oldest first.
#[utoipa::path(
    get, path = "/openapi/v1/account", operation_id = "get_account",
    security(("bearer" = [])),
    responses((status = 200, body = AccountResponse), (status = "default", body = ErrorBody)),
)]
pub(crate) async fn get_account(
    bearers: Data<Bearers>,
    caller: Require<FullScope>,
) -> Result<Json<AccountResponse>, OpenApiFailure> {
    let identity = caller.identity;
    bearers.charge_identity(&identity).await?;
    let account = &identity.account;
    Ok(Json(AccountResponse {
        subject_type: "account",
        subject_email: account.email.clone(),
        subject_issuer: None,
        account: account.as_ref().into(),
        workspaces: identity
            .workspaces
            .iter()
            .map(SubjectWorkspace::from)
            .collect(),
        default_workspace_id: default_workspace(&identity.workspaces).map(|w| w.id.to_string()),
    }))
}

/// One device session.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionRow {
    /// The token's public id.
    id: String,
    prefix: String,
    client_id: String,
    device_label: String,
    /// ISO 8601 ending in Z.
    created_at: String,
    /// ISO 8601 ending in Z.
    expires_at: String,
    /// ISO 8601 ending in Z; exact to about a minute, null before the first use.
    last_used_at: Option<String>,
}

impl From<BearerToken> for SessionRow {
    fn from(token: BearerToken) -> Self {
        let show =
            |at: chrono::DateTime<chrono::Utc>| at.to_rfc3339_opts(SecondsFormat::Micros, true);
        Self {
            id: token.id.to_string(),
            prefix: token.prefix,
            client_id: token.client_id,
            device_label: token.device_label,
            created_at: show(token.created_at),
            expires_at: show(token.expires_at),
            last_used_at: token.last_used_at.map(show),
        }
    }
}

/// The page of sessions that is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct SessionListQuery {
    /// The first is 1, which is the default.
    #[param(inline)]
    page: Option<PageNumber>,
    /// Rows of a page; 100 by default.
    #[param(inline)]
    limit: Option<PageSize>,
}

/// The caller's live device sessions, newest first.
#[utoipa::path(
    get, path = "/openapi/v1/account/sessions", operation_id = "list_sessions",
    params(SessionListQuery),
    security(("bearer" = [])),
    responses((status = 200, body = Page<SessionRow>), (status = "default", body = ErrorBody)),
)]
pub(crate) async fn list_sessions(
    bearers: Data<Bearers>,
    ctx: RequestCtx,
    query: Then<AnySubject, Query<SessionListQuery, ApiFormat>>,
) -> Result<Json<Page<SessionRow>>, OpenApiFailure> {
    let Then(caller, query) = query;
    let query = query.into_inner();
    let page = query.page.map_or(1, WholeNumber::get);
    let limit = query.limit.map_or(100, WholeNumber::get);
    let wanted = SessionQuery { page, limit };
    let found = bearers.list_sessions(&ctx, &caller.0, wanted).await?;
    let rows = found.sessions.into_iter().map(SessionRow::from).collect();
    Ok(Json(Page::new(page, limit, found.total, rows)))
}

/// The session was ended.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RevokedResponse {
    /// Always `revoked`.
    status: &'static str,
}

const REVOKED: RevokedResponse = RevokedResponse { status: "revoked" };

/// Ends the session of the presented bearer.
#[utoipa::path(
    delete, path = "/openapi/v1/account/sessions/self", operation_id = "revoke_own_session",
    security(("bearer" = [])),
    responses((status = 200, body = RevokedResponse), (status = "default", body = ErrorBody)),
)]
pub(crate) async fn revoke_own_session(
    bearers: Data<Bearers>,
    ctx: RequestCtx,
    caller: AnySubject,
) -> Result<Json<RevokedResponse>, OpenApiFailure> {
    let own = caller.0.principal().token_id;
    bearers.revoke_session(&ctx, &caller.0, own).await?;
    Ok(Json(REVOKED))
}

/// Ends one of the caller's sessions. Ending a dead one again succeeds.
#[utoipa::path(
    delete, path = "/openapi/v1/account/sessions/{session_id}", operation_id = "revoke_session",
    params(("session_id" = String, Path, description = "The token's public id")),
    security(("bearer" = [])),
    responses((status = 200, body = RevokedResponse), (status = 404, body = ErrorBody), (status = "default", body = ErrorBody)),
)]
pub(crate) async fn revoke_session(
    bearers: Data<Bearers>,
    ctx: RequestCtx,
    caller: AnySubject,
    session_id: Path<PathId<TokenId>>,
) -> Result<Json<RevokedResponse>, OpenApiFailure> {
    let id = session_id.or(BearerRouteError::SessionNotFound)?;
    bearers.revoke_session(&ctx, &caller.0, id).await?;
    Ok(Json(REVOKED))
}
