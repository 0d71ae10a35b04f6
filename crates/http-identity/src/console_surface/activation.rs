//! Taking up an invitation (console.md §7.6).

use actix_web::web::{Data, Json};
use gatewright_usecase_identity::account::{Accounts, Activation, InvitationView, ProfileChange};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::session::{ResultBody, SUCCESS};
use crate::input::{GuestName, LanguageTag, Timezone};
use gatewright_http_kit::input::text::{SecretText, Text};
use gatewright_http_kit::{
    error::{ConsoleErrorBody, ConsoleFailure},
    extract::{Body, ConsoleFormat, MaybeSignedIn, Query, RequestCtx},
};

/// Taking up an invitation.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ActivateRequest {
    token: Text,
    /// Required of somebody new, as the next two. Of an account that is ready nothing changes.
    name: Option<GuestName>,
    interface_language: Option<LanguageTag>,
    timezone: Option<Timezone>,
    /// Must be the invited one, when it is given.
    email: Option<Text>,
    /// Must be the workspace of the invitation, when it is given.
    workspace_id: Option<Text>,
    /// A first password, for somebody new.
    password: Option<SecretText>,
}

/// The invitation that is looked at.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct InvitationQuery {
    #[param(inline)]
    token: Text,
    #[param(inline)]
    email: Option<Text>,
    #[param(inline)]
    workspace_id: Option<Text>,
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
    get, path = "/console/api/activate/check", operation_id = "check_invitation", params(InvitationQuery),
    responses((status = 200, body = InvitationCheck), (status = 400, body = ConsoleErrorBody)),
)]
pub(crate) async fn check(
    accounts: Data<Accounts>,
    ctx: RequestCtx,
    query: Query<InvitationQuery, ConsoleFormat>,
) -> Result<Json<InvitationCheck>, ConsoleFailure> {
    let input = query.into_inner();
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
        token: input.token.into_inner(),
        email: input.email.map(Text::into_inner),
        workspace: input.workspace_id.map(Text::into_inner),
        password: input.password.map(SecretText::into_inner),
        profile: ProfileChange {
            name: input.name.map(GuestName::into_inner),
            interface_language: input.interface_language.map(LanguageTag::into_inner),
            interface_theme: Some("light".into()),
            timezone: input.timezone.map(Timezone::into_inner),
            avatar: None,
        },
        // The console shows the workspace next: the one that was joined.
        is_entered: true,
    };
    accounts.activate(&ctx, who.0.as_ref(), command).await?;
    Ok(Json(SUCCESS))
}
