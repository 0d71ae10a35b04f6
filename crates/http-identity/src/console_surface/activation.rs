//! Taking up an invitation (console.md §7.6).

use actix_web::{
    HttpRequest,
    web::{Data, Json},
};
use gatewright_domain::Secret;
use gatewright_usecase_identity::account::{Accounts, Activation, InvitationView, ProfileChange};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::session::{ResultBody, SUCCESS};
use gatewright_http_kit::body;
use gatewright_http_kit::{
    error::{ConsoleErrorBody, ConsoleFailure},
    extract::{Body, ConsoleFormat, Fields, MaybeSignedIn, RequestCtx, query_pairs},
};

body! {
    /// Taking up an invitation.
    ActivateRequest {
        token: String as String = text,
        /// Required of somebody new, as the next two. Of an account that is ready nothing changes.
        name: Option<String> as Option<String> = optional_short_name,
        interface_language: Option<String> as Option<String> = optional_language,
        timezone: Option<String> as Option<String> = optional_timezone,
        /// Must be the invited one, when it is given.
        email: Option<String> as Option<String> = optional,
        /// The same.
        workspace_id: Option<String> as Option<String> = optional,
        /// A first password, for somebody new.
        password: Option<Secret> as Option<String> = optional_secret,
    }
}

body! {
    /// Which invitation.
    InvitationQuery {
        token: String as String = text,
        email: Option<String> as Option<String> = optional,
        workspace_id: Option<String> as Option<String> = optional,
    }
}

/// Which invitation, for the document.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "the schema; what is read is `InvitationQuery`")]
pub(crate) struct InvitationParams {
    token: String,
    email: Option<String>,
    workspace_id: Option<String>,
}

/// What an invitation is to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InvitationData {
    workspace_name: String,
    workspace_id: String,
    email: String,
    /// `pending` of somebody new; where no mail takes links, of everybody.
    account_status: &'static str,
    /// Whether whoever takes it up has to send `name`, `interface_language` and `timezone`.
    requires_setup: bool,
}

/// Whether an invitation is good.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InvitationCheck {
    is_valid: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<InvitationData>,
}

impl From<Option<InvitationView>> for InvitationCheck {
    fn from(view: Option<InvitationView>) -> Self {
        Self {
            is_valid: view.is_some(),
            data: view.map(|view| InvitationData {
                account_status: view.account.as_str(),
                requires_setup: view.requires_setup(),
                workspace_name: view.workspace_name,
                workspace_id: view.workspace.to_string(),
                email: view.email,
            }),
        }
    }
}

/// Whether an invitation is good, and what it is to.
#[utoipa::path(
    get, path = "/console/api/activate/check", operation_id = "check_invitation", params(InvitationParams),
    responses((status = 200, body = InvitationCheck), (status = 400, body = ConsoleErrorBody)),
)]
pub(crate) async fn check(
    accounts: Data<Accounts>,
    ctx: RequestCtx,
    request: HttpRequest,
) -> Result<Json<InvitationCheck>, ConsoleFailure> {
    let fields = Fields::from_pairs(query_pairs(request.query_string()));
    let input: InvitationQuery = fields.read().map_err(ConsoleFailure::Fields)?;
    let (email, workspace) = (input.email.as_deref(), input.workspace_id.as_deref());
    let view = accounts.check_invitation(&ctx, &input.token, email, workspace);
    Ok(Json(view.await?.into()))
}

/// Takes the invitation up: whoever is new gets an account by it, whoever has one accepts while signed in.
#[utoipa::path(
    post, path = "/console/api/activate", operation_id = "activate", request_body = ActivateRequest,
    responses(
        (status = 200, body = ResultBody),
        (status = 400, body = ConsoleErrorBody, description = "`invalid_param`: somebody new does not say who they are"),
        (status = 403, body = ConsoleErrorBody, description = "`already_activate`, `sign_in_to_accept`"),
    ),
)]
pub(crate) async fn activate(
    accounts: Data<Accounts>,
    ctx: RequestCtx,
    who: MaybeSignedIn,
    body: Body<ActivateRequest, ConsoleFormat>,
) -> Result<Json<ResultBody>, ConsoleFailure> {
    let input = body.into_inner();
    let command = Activation {
        token: input.token,
        email: input.email,
        workspace: input.workspace_id,
        password: input.password,
        profile: ProfileChange {
            name: input.name,
            interface_language: input.interface_language,
            interface_theme: Some("light".into()),
            timezone: input.timezone,
            avatar: None,
        },
        // The console shows the workspace next: the one that was joined.
        is_entered: true,
    };
    accounts.activate(&ctx, who.0.as_ref(), command).await?;
    Ok(Json(SUCCESS))
}
