//! Sign-in at pages of apps, as the community edition answers: nobody has to, and nobody can.

use std::fmt;

use actix_web::{
    HttpRequest,
    web::{Data, Json},
};
use gatewright_domain::{Class, Classify};
use gatewright_http_kit::{
    error::{ServiceErrorBody, ServiceFailure},
    extract::{Query, RequestCtx, ServiceFormat},
    input::text::Text,
};
use gatewright_http_runs::wire::Success;
use gatewright_run_service::{Shown, Visitors};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::visitor::shown;

/// Whose state is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct LoginStatusQuery {
    /// The code in the address of the page.
    #[param(inline)]
    app_code: Option<Text>,
    /// The name that the page gives its visitor.
    #[param(inline)]
    user_id: Option<Text>,
}

/// What a page has to do before it can be used.
#[derive(Debug, Serialize, ToSchema)]
#[allow(clippy::struct_field_names, reason = "the names are those of the wire")]
pub(crate) struct LoginStatus {
    /// Whether the visitor need not sign in: always, where a page is named.
    logged_in: bool,
    /// Whether their passport is good, and not so old that they should fetch another one.
    app_logged_in: bool,
}

/// What the page has to do: a passport that is over, or soon will be, is to be fetched anew.
#[utoipa::path(
    get, path = "/api/login/status", operation_id = "web_login_status",
    params(LoginStatusQuery),
    responses((status = 200, body = LoginStatus), (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn status(
    visitors: Data<Visitors>,
    ctx: RequestCtx,
    request: HttpRequest,
    query: Query<LoginStatusQuery, ServiceFormat>,
) -> Result<Json<LoginStatus>, ServiceFailure> {
    let query = query.into_inner();
    let code = query.app_code.and_then(Text::filled);
    let name = query.user_id.and_then(Text::filled);
    let shown = Shown {
        code: code.as_deref(),
        ..shown(&request)
    };
    let is_in = match shown.code {
        Some(_) => visitors.is_in(&ctx, shown, name.as_deref()).await?,
        None => false,
    };
    Ok(Json(LoginStatus {
        logged_in: code.is_some(),
        app_logged_in: is_in,
    }))
}

/// Leaves the page. There is nothing here to forget: the page forgets its passport.
#[utoipa::path(
    post, path = "/api/logout", operation_id = "web_logout",
    responses((status = 200, body = Success), (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn logout() -> Json<Success> {
    Json(Success::default())
}

/// What only the enterprise product has.
#[derive(Debug)]
struct Enterprise;

impl std::error::Error for Enterprise {}

impl fmt::Display for Enterprise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("The requested URL was not found on the server.")
    }
}

impl Classify for Enterprise {
    fn class(&self) -> Class<'_> {
        Class::not_found("not_found").because("enterprise_only")
    }
}

fn none() -> ServiceFailure {
    Enterprise.into()
}

/// Signs in with a password: where the enterprise product is only.
#[utoipa::path(post, path = "/api/login", operation_id = "web_login",
    responses((status = 404, body = ServiceErrorBody), (status = "default", body = ServiceErrorBody)))]
pub(crate) async fn login() -> Result<Json<Success>, ServiceFailure> {
    Err(none())
}

/// Sends a code to sign in with: where the enterprise product is only.
#[utoipa::path(post, path = "/api/email-code-login", operation_id = "web_email_code",
    responses((status = 404, body = ServiceErrorBody), (status = "default", body = ServiceErrorBody)))]
pub(crate) async fn email_code() -> Result<Json<Success>, ServiceFailure> {
    Err(none())
}

/// Signs in with a code: where the enterprise product is only.
#[utoipa::path(post, path = "/api/email-code-login/validity", operation_id = "web_email_code_login",
    responses((status = 404, body = ServiceErrorBody), (status = "default", body = ServiceErrorBody)))]
pub(crate) async fn email_code_login() -> Result<Json<Success>, ServiceFailure> {
    Err(none())
}

/// Sends a code to set a password with: where the enterprise product is only.
#[utoipa::path(post, path = "/api/forgot-password", operation_id = "web_forgot_password",
    responses((status = 404, body = ServiceErrorBody), (status = "default", body = ServiceErrorBody)))]
pub(crate) async fn forgot_password() -> Result<Json<Success>, ServiceFailure> {
    Err(none())
}

/// Checks such a code: where the enterprise product is only.
#[utoipa::path(post, path = "/api/forgot-password/validity", operation_id = "web_forgot_password_check",
    responses((status = 404, body = ServiceErrorBody), (status = "default", body = ServiceErrorBody)))]
pub(crate) async fn forgot_password_check() -> Result<Json<Success>, ServiceFailure> {
    Err(none())
}

/// Sets a password: where the enterprise product is only.
#[utoipa::path(post, path = "/api/forgot-password/resets", operation_id = "web_password_reset",
    responses((status = 404, body = ServiceErrorBody), (status = "default", body = ServiceErrorBody)))]
pub(crate) async fn password_reset() -> Result<Json<Success>, ServiceFailure> {
    Err(none())
}
