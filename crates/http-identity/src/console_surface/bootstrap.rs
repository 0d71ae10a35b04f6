//! First start and versions (console.md §7.1).

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Json},
};
use gatewright_auth::console::ConsoleSettings;
use gatewright_domain::{
    Secret,
    account::{Email, check_password_policy},
    text::visible_name,
};
use gatewright_usecase_identity::console::{Setup, SetupCommand, SetupStatus};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::session::ResultBody;
use gatewright_http_kit::{
    cookies::{self, CookiePolicy},
    error::{BootstrapFailure, ConsoleErrorBody},
    extract::{Body, BootstrapFormat, FieldProblem, Fields, FromFields, RequestCtx, query_pairs},
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
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "the documentation; the query is read by hand")]
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
    let pairs = query_pairs(request.query_string());
    let current = pairs.iter().find(|(name, _)| name == "current_version");
    let Some((_, current)) = current else {
        let problems = vec![FieldProblem::new(
            "missing",
            "current_version",
            "Field required",
        )];
        return Err(BootstrapFailure::Validation {
            parameter: "query",
            problems,
        });
    };
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

/// The first account.
#[derive(Debug, ToSchema)]
#[allow(dead_code, reason = "the schema; what is read is `SetupInput`")]
pub(crate) struct SetupRequest {
    email: String,
    /// At most 30 characters.
    name: String,
    /// In clear; at least 8 characters with a letter and a digit.
    password: String,
    /// For example `en-US`.
    language: Option<String>,
}

pub(crate) struct SetupInput(SetupCommand);

impl FromFields for SetupInput {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let email: Option<Email> = fields.parsed("email");
        let name = fields.text("name").map(|name| visible_name(&name));
        if name.as_ref().is_some_and(|name| name.chars().count() > 30) {
            fields.problem(
                "string_too_long",
                "name",
                "String should have at most 30 characters",
            );
        }
        let password = fields.secret("password");
        if let Some(Err(problem)) = password.as_ref().map(|p| check_password_policy(p.expose())) {
            fields.problem("value_error", "password", problem);
        }
        let language = fields.optional_text("language");
        Some(Self(SetupCommand {
            email: email?,
            name: name?,
            password: password?,
            language,
        }))
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
    body: Body<SetupInput, BootstrapFormat>,
) -> Result<HttpResponse, BootstrapFailure> {
    let init = init_proof(&setup, &policy, &ctx, &request);
    setup
        .run(&ctx, init.as_deref(), body.into_inner().0)
        .await?;
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

/// The init password.
#[derive(Debug, ToSchema)]
#[allow(dead_code, reason = "the schema; what is read is `InitInput`")]
pub(crate) struct InitRequest {
    /// At most 128 characters.
    password: String,
}

pub(crate) struct InitInput(Secret);

impl FromFields for InitInput {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let password = fields.secret("password")?;
        if password.expose().chars().count() > 128 {
            fields.problem(
                "string_too_long",
                "password",
                "String should have at most 128 characters",
            );
        }
        Some(Self(password))
    }
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
    body: Body<InitInput, BootstrapFormat>,
) -> Result<HttpResponse, BootstrapFailure> {
    let proof = setup.validate_init(&ctx, &body.into_inner().0).await?;
    Ok(HttpResponse::Created()
        .cookie(policy.init(proof))
        .json(ResultBody { result: "success" }))
}
