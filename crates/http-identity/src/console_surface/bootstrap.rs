//! First start and versions (console.md §7.1).

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Json},
};
use gatewright_auth::console::ConsoleSettings;
use gatewright_domain::{Secret, text::visible_name};
use gatewright_usecase_identity::console::{Setup, SetupCommand, SetupStatus};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::session::ResultBody;
use crate::input::{EmailAddress, NewPassword};
use gatewright_http_kit::{
    cookies::{self, CookiePolicy},
    error::{BootstrapFailure, ConsoleErrorBody},
    extract::{Body, BootstrapFormat, RequestCtx, read_query},
    input::text::{Limited, SecretText, Text},
};

/// The format of application definitions that this API speaks.
const APP_DSL_VERSION: &str = "0.6.0";
/// More of a version than anybody's console has is not sent back.
const MAX_VERSION_CHARS: usize = 32;

/// The server answers.
#[utoipa::path(get, path = "/console/api/ping", responses((status = 200, body = ResultBody)))]
pub(crate) async fn ping() -> Json<ResultBody> {
    Json(ResultBody { result: "pong" })
}

/// Which version the caller runs.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct VersionQuery {
    /// What the caller compares with.
    current_version: String,
}

/// Features that depend on the version.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VersionFeatures {
    can_replace_logo: bool,
    model_load_balancing_enabled: bool,
}

/// The server's version. No update server is asked.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VersionResponse {
    /// The caller's own: there is nothing to update to from here.
    version: String,
    release_date: &'static str,
    release_notes: &'static str,
    can_auto_update: bool,
    features: VersionFeatures,
}

/// The caller's own version, so that no console shows an update; makes no outbound call.
#[utoipa::path(
    get, path = "/console/api/version", operation_id = "console_version", params(VersionQuery),
    responses((status = 200, body = VersionResponse), (status = 422, body = ConsoleErrorBody)),
)]
pub(crate) async fn version(
    request: HttpRequest,
    settings: Data<ConsoleSettings>,
) -> Result<Json<VersionResponse>, BootstrapFailure> {
    let query: VersionQuery =
        read_query(&request).map_err(|problems| BootstrapFailure::Validation {
            parameter: "query",
            problems,
        })?;
    let current = query.current_version;
    Ok(Json(VersionResponse {
        version: current.chars().take(MAX_VERSION_CHARS).collect(),
        release_date: "",
        release_notes: "",
        can_auto_update: false,
        features: VersionFeatures {
            can_replace_logo: settings.can_replace_logo,
            model_load_balancing_enabled: settings.model_load_balancing,
        },
    }))
}

/// The format of application definitions.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DslVersionResponse {
    app_dsl_version: &'static str,
}

/// The format of application definitions that this API speaks.
#[utoipa::path(get, path = "/console/api/app-dsl-version", responses((status = 200, body = DslVersionResponse)))]
pub(crate) async fn dsl_version() -> Json<DslVersionResponse> {
    Json(DslVersionResponse {
        app_dsl_version: APP_DSL_VERSION,
    })
}

/// Whether the installation is set up.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SetupStatusResponse {
    /// `not_started` or `finished`.
    step: &'static str,
    /// ISO 8601 without zone; UTC.
    setup_at: Option<String>,
}

/// Whether the installation is set up.
#[utoipa::path(get, path = "/console/api/setup", responses((status = 200, body = SetupStatusResponse)))]
pub(crate) async fn get_setup(
    setup: Data<Setup>,
) -> Result<Json<SetupStatusResponse>, BootstrapFailure> {
    Ok(Json(match setup.status().await? {
        SetupStatus::NotStarted => SetupStatusResponse {
            step: "not_started",
            setup_at: None,
        },
        SetupStatus::Finished(at) => SetupStatusResponse {
            step: "finished",
            setup_at: at.map(|at| at.format("%Y-%m-%dT%H:%M:%S").to_string()),
        },
    }))
}

/// The name of the first account.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(try_from = "Limited")]
#[schema(value_type = String, max_length = 30)]
pub(crate) struct FirstAccountName(String);

impl TryFrom<Limited> for FirstAccountName {
    type Error = String;

    fn try_from(text: Limited) -> Result<Self, String> {
        let name = visible_name(&text.plain()?);
        if name.chars().count() > 30 {
            return Err("String should have at most 30 characters".to_owned());
        }
        Ok(Self(name))
    }
}

/// The first account.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct SetupRequest {
    email: EmailAddress,
    name: FirstAccountName,
    /// The password in clear.
    password: NewPassword,
    /// For example `en-US`.
    language: Option<Text>,
}

impl From<SetupRequest> for SetupCommand {
    fn from(input: SetupRequest) -> Self {
        Self {
            email: input.email.into_inner(),
            name: input.name.0,
            password: input.password.into_inner(),
            language: input.language.map(Text::into_inner),
        }
    }
}

fn init_proof(
    setup: &Setup,
    policy: &CookiePolicy,
    ctx: &RequestCtx,
    request: &HttpRequest,
) -> Option<String> {
    let held = policy.held(request, &cookies::INIT);
    held.the_one(|init| setup.is_init_proof(init, ctx.now))
        .ok()?
}

/// Makes the first account and its workspace. Of any number of callers one wins.
#[utoipa::path(
    post, path = "/console/api/setup", request_body = SetupRequest,
    responses(
        (status = 201, body = ResultBody),
        (status = 401, body = ConsoleErrorBody, description = "`not_init_validated`"),
        (status = 403, body = ConsoleErrorBody, description = "`already_setup`"),
        (status = 422, body = ConsoleErrorBody),
    ),
)]
pub(crate) async fn set_up(
    setup: Data<Setup>,
    policy: Data<CookiePolicy>,
    ctx: RequestCtx,
    request: HttpRequest,
    body: Body<SetupRequest, BootstrapFormat>,
) -> Result<HttpResponse, BootstrapFailure> {
    let init = init_proof(&setup, &policy, &ctx, &request);
    let command = body.into_inner().into();
    setup.run(&ctx, init.as_deref(), command).await?;
    Ok(HttpResponse::Created().json(ResultBody { result: "success" }))
}

/// Whether the init password needs no giving any more.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InitStatusResponse {
    /// `finished` or `not_started`.
    status: &'static str,
}

/// Whether the init password needs no giving any more.
#[utoipa::path(get, path = "/console/api/init", responses((status = 200, body = InitStatusResponse)))]
pub(crate) async fn get_init(
    setup: Data<Setup>,
    policy: Data<CookiePolicy>,
    ctx: RequestCtx,
    request: HttpRequest,
) -> Result<Json<InitStatusResponse>, BootstrapFailure> {
    let init = init_proof(&setup, &policy, &ctx, &request);
    let is_finished = setup.is_init_finished(init.as_deref(), ctx.now).await?;
    Ok(Json(InitStatusResponse {
        status: if is_finished {
            "finished"
        } else {
            "not_started"
        },
    }))
}

/// A password of at most 128 characters.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(try_from = "SecretText")]
#[schema(value_type = String, max_length = 128)]
pub(crate) struct InitPassword(Secret);

impl TryFrom<SecretText> for InitPassword {
    type Error = &'static str;

    fn try_from(password: SecretText) -> Result<Self, Self::Error> {
        if password.expose().chars().count() > 128 {
            return Err("String should have at most 128 characters");
        }
        Ok(Self(password.into_inner()))
    }
}

/// The init password.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct InitRequest {
    password: InitPassword,
}

/// Checks `INIT_PASSWORD`, which must be known to set up where it is set.
#[utoipa::path(
    post, path = "/console/api/init", request_body = InitRequest,
    responses(
        (status = 201, body = ResultBody),
        (status = 401, body = ConsoleErrorBody, description = "`init_validate_failed`"),
        (status = 403, body = ConsoleErrorBody, description = "`already_setup`"),
        (status = 422, body = ConsoleErrorBody),
        (status = 429, body = ConsoleErrorBody),
    ),
)]
pub(crate) async fn init(
    setup: Data<Setup>,
    policy: Data<CookiePolicy>,
    ctx: RequestCtx,
    body: Body<InitRequest, BootstrapFormat>,
) -> Result<HttpResponse, BootstrapFailure> {
    let proof = setup
        .validate_init(&ctx, &body.into_inner().password.0)
        .await?;
    Ok(HttpResponse::Created()
        .cookie(policy.init(proof))
        .json(ResultBody { result: "success" }))
}
