//! `/v1/form/human_input`: forms of runs of the app of the key, looked at and answered.

use std::fmt;

use actix_web::web::{Data, Json, Path};
use gatewright_domain::{Class, Classify};
use gatewright_http_kit::{
    error::{ServiceErrorBody, ServiceFailure},
    extract::RequestCtx,
};
use gatewright_http_runs::{Answered, FormDefinition};
use gatewright_run_service::{FormAnswer, FormError, FormSurface, RunService};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::{
    failure::NotRun,
    key::KeyedApp,
    request::{EndUserName, ForUser},
};

/// An answer to a form.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct HumanInputAnswer {
    /// The id of the button that was pressed.
    action: String,
    /// By the names of the form's fields; others are dropped.
    #[schema(value_type = Object)]
    inputs: Map<String, Value>,
    /// The user of the app who answers.
    #[schema(inline)]
    user: EndUserName,
}

/// What a form asks.
#[utoipa::path(
    get, path = "/v1/form/human_input/{form_token}", operation_id = "human_input_form",
    params(("form_token" = String, Path)),
    security(("app_key" = [])),
    responses((status = 200, body = FormDefinition), (status = 404, body = ServiceErrorBody),
        (status = 412, body = ServiceErrorBody), (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn form(
    runs: Data<RunService>,
    ctx: RequestCtx,
    caller: KeyedApp,
    token: Path<String>,
) -> Result<Json<FormDefinition>, ServiceFailure> {
    let surface = FormSurface::Program(caller.0.id);
    let form = runs.form(&ctx, surface, &token).await.map_err(NoForm)?;
    Ok(Json(form.into()))
}

/// Answers a form; its run goes on.
#[utoipa::path(
    post, path = "/v1/form/human_input/{form_token}", operation_id = "answer_human_input_form", request_body = HumanInputAnswer,
    params(("form_token" = String, Path)),
    security(("app_key" = [])),
    responses((status = 200, body = Answered), (status = 400, body = ServiceErrorBody), (status = 404, body = ServiceErrorBody),
        (status = 412, body = ServiceErrorBody), (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn submit(
    runs: Data<RunService>,
    ctx: RequestCtx,
    token: Path<String>,
    request: ForUser<HumanInputAnswer>,
) -> Result<Json<Answered>, ServiceFailure> {
    let ForUser { app, body } = request;
    let user = body.user.into_inner();
    let by = runs.known_user(&app, &user).await.map_err(NotRun::from)?;
    let answer = FormAnswer {
        action: body.action,
        inputs: body.inputs,
        by,
    };
    let surface = FormSurface::Program(app.id);
    let kept = runs.submit_form(&ctx, surface, &token, answer).await;
    kept.map_err(NoForm)?;
    Ok(Json(Answered {}))
}

/// Why there is no form: this surface does not tell a token of another surface from none.
#[derive(Debug)]
struct NoForm(FormError);

impl std::error::Error for NoForm {}

impl fmt::Display for NoForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            FormError::OtherSurface => FormError::NotFound.fmt(f),
            other => other.fmt(f),
        }
    }
}

impl Classify for NoForm {
    fn class(&self) -> Class<'_> {
        match &self.0 {
            FormError::NotFound | FormError::OtherSurface => Class::not_found("not_found"),
            other => other.class(),
        }
    }
}
