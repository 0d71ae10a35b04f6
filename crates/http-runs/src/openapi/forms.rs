//! Forms of runs for programs: looked at and answered, by people with an account and by those whom an identity provider vouches for.

use std::{future::Future, pin::Pin};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    web::{Data, Json, Path},
};
use gatewright_domain::member::Capability;
use gatewright_http_kit::{
    error::{ErrorBody, OpenApiFailure},
    extract::{AnySubject, ApiFormat, Body, RequestCtx, Then},
};
use gatewright_run_service::{Creator, FormAnswer, FormSurface, RunService};
use gatewright_usecase_apps::{Apps, OpenApp, ReachableApp};
use gatewright_usecase_device::bearer::Caller;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::{Answered, FormDefinition, failure::NotRun};

/// An answer to a form.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct FormSubmission {
    /// The id of the button that was pressed.
    action: String,
    /// By the names of the form's fields; others are dropped.
    #[schema(value_type = Object)]
    inputs: Map<String, Value>,
}

/// Who may use the app of the path: its members who run apps, and whoever may use it without an account.
pub(crate) struct AppCaller {
    caller: Caller,
    target: ReachableApp,
}

impl AppCaller {
    fn surface(&self) -> FormSurface {
        FormSurface::Program(self.target.app.id)
    }

    fn account(&self) -> Option<Creator> {
        match &self.caller {
            Caller::Account(identity) => Some(Creator::Account(identity.account.id.0)),
            Caller::External(_) => None,
        }
    }
}

impl FromRequest for AppCaller {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let caller = AnySubject::from_request(request, payload);
        let apps = Data::<Apps>::from_request(request, payload);
        let id = request.match_info().get("app_id").map(str::to_owned);
        Box::pin(async move {
            let AnySubject(caller) = caller.await?;
            let (apps, id) = (apps.await?, id.unwrap_or_default());
            let target = match &caller {
                Caller::Account(identity) => {
                    let open = OpenApp {
                        needed: Some(Capability::BeMember),
                    };
                    apps.reach(&identity.workspaces, &id, open).await
                }
                Caller::External(_) => apps.reach_external(&id).await,
            };
            let target = target.map_err(NotRun::from).map_err(OpenApiFailure::from)?;
            Ok(Self { caller, target })
        })
    }
}

/// What a form asks.
#[utoipa::path(
    get, path = "/openapi/v1/apps/{app_id}/form/human_input/{form_token}", operation_id = "get_app_form",
    extensions(("x-also-at" = json!(["GET /openapi/v1/apps/{app_id}/human-input-forms/{form_token}"]))),
    params(("app_id" = String, Path), ("form_token" = String, Path)),
    security(("bearer" = [])),
    responses((status = 200, body = FormDefinition), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 412, body = ErrorBody), (status = "default", body = ErrorBody)),
)]
pub(crate) async fn form(
    runs: Data<RunService>,
    ctx: RequestCtx,
    caller: AppCaller,
    path: Path<(String, String)>,
) -> Result<Json<FormDefinition>, OpenApiFailure> {
    let (_, token) = path.into_inner();
    let form = runs.form(&ctx, caller.surface(), &token).await?;
    Ok(Json(form.into()))
}

/// Answers a form; its run goes on.
#[utoipa::path(
    post, path = "/openapi/v1/apps/{app_id}/form/human_input/{form_token}", operation_id = "submit_app_form",
    request_body = FormSubmission,
    extensions(("x-also-at" = json!(["POST /openapi/v1/apps/{app_id}/human-input-forms/{form_token}:submit"]))),
    params(("app_id" = String, Path), ("form_token" = String, Path)),
    security(("bearer" = [])),
    responses((status = 200, body = Answered), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 412, body = ErrorBody), (status = "default", body = ErrorBody)),
)]
pub(crate) async fn submit(
    runs: Data<RunService>,
    ctx: RequestCtx,
    request: Then<AppCaller, Body<FormSubmission, ApiFormat>>,
    path: Path<(String, String)>,
) -> Result<Json<Answered>, OpenApiFailure> {
    let Then(caller, body) = request;
    let (_, token) = path.into_inner();
    let body = body.into_inner();
    let answer = FormAnswer {
        action: body.action,
        inputs: body.inputs,
        by: caller.account(),
    };
    runs.submit_form(&ctx, caller.surface(), &token, answer)
        .await?;
    Ok(Json(Answered {}))
}
