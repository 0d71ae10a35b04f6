//! `/v1/form/human_input`: forms of runs of the app of the key, looked at and answered.

use actix_web::web::{Data, Json, Path};
use gatewright_http_kit::{
    error::{ServiceErrorBody, ServiceFailure},
    extract::RequestCtx,
};
use gatewright_http_runs::{
    Answered, FormDefinition,
    wire::{NoForm, NotRun},
};
use gatewright_run_service::{FormAnswer, FormSurface, RunService};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::{
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
