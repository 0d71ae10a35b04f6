//! `/api/form/human_input`: forms of runs, for whoever has their link: the token in it is the credential.

use actix_web::web::{Data, Json, Path};
use gatewright_http_kit::{
    error::{ServiceErrorBody, ServiceFailure},
    extract::{Body, RequestCtx, ServiceFormat},
};
use gatewright_http_runs::{Answered, FormDefinition, wire::NoForm};
use gatewright_run_service::{FormAnswer, FormSurface, RunService};
use gatewright_usecase_apps::{Apps, SiteError};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::app::WebSite;

/// How the app of a form presents itself.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FormSite {
    site: WebSite,
}

/// What a form asks, and for which app.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WebForm {
    #[serde(flatten)]
    form: FormDefinition,
    /// Null when the app has no site any more.
    site: Option<FormSite>,
}

/// What a form asks.
#[utoipa::path(
    get, path = "/api/form/human_input/{form_token}", operation_id = "web_form",
    params(("form_token" = String, Path)),
    responses((status = 200, body = WebForm), (status = 404, body = ServiceErrorBody),
        (status = 412, body = ServiceErrorBody), (status = 429, body = ServiceErrorBody),
        (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn form(
    runs: Data<RunService>,
    apps: Data<Apps>,
    ctx: RequestCtx,
    token: Path<String>,
) -> Result<Json<WebForm>, ServiceFailure> {
    runs.charge_form(&ctx).await?;
    let form = runs.form(&ctx, FormSurface::Page, &token).await;
    let form = form.map_err(NoForm)?;
    let site = match apps.site_of(form.app).await {
        Ok(site) => Some(FormSite {
            site: WebSite::new(site, None),
        }),
        Err(SiteError::Gone | SiteError::Closed) => None,
        Err(error) => return Err(error.into()),
    };
    Ok(Json(WebForm {
        form: form.into(),
        site,
    }))
}

/// An answer to a form.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct WebFormAnswer {
    /// The id of the button that was pressed.
    action: String,
    /// By the names of the form's fields; others are dropped.
    #[schema(value_type = Object)]
    inputs: Map<String, Value>,
}

/// Answers a form; its run goes on.
#[utoipa::path(
    post, path = "/api/form/human_input/{form_token}", operation_id = "answer_web_form", request_body = WebFormAnswer,
    params(("form_token" = String, Path)),
    responses((status = 200, body = Answered), (status = 400, body = ServiceErrorBody), (status = 404, body = ServiceErrorBody),
        (status = 412, body = ServiceErrorBody), (status = 429, body = ServiceErrorBody),
        (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn submit(
    runs: Data<RunService>,
    ctx: RequestCtx,
    token: Path<String>,
    body: Body<WebFormAnswer, ServiceFormat>,
) -> Result<Json<Answered>, ServiceFailure> {
    runs.charge_form(&ctx).await?;
    let body = body.into_inner();
    let answer = FormAnswer {
        action: body.action,
        inputs: body.inputs,
        by: None,
    };
    let kept = runs.submit_form(&ctx, FormSurface::Page, &token, answer);
    kept.await.map_err(NoForm)?;
    Ok(Json(Answered {}))
}
