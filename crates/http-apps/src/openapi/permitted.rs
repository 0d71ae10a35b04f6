//! Apps for people without an account.

use actix_web::{
    HttpRequest,
    web::{Data, Json, Path},
};
use gatewright_http_kit::{
    error::{ErrorBody, OpenApiFailure},
    extract::{AnySubject, read_query},
    input::number::WholeNumber,
    page::Page,
};
use gatewright_usecase_apps::{Apps, Filter, Page as Asked};
use gatewright_usecase_device::bearer::{BearerRouteError, Caller};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    apps::{MODES, ProgramAppRow},
    describe::{Blocks, DescribeQuery, ProgramApp},
    failure::NotDone,
};
use crate::input::{NamePart, ProgramMode};

/// The page of apps, and what they are filtered by.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct PermittedQuery {
    /// The first is 1, which is the default.
    #[param(inline)]
    page: Option<WholeNumber<1, 1_000_000>>,
    /// Rows of a page; 20 by default.
    #[param(inline)]
    limit: Option<WholeNumber<1, 200>>,
    #[param(inline)]
    mode: Option<ProgramMode>,
    /// A part of the name, in any case.
    #[param(inline)]
    name: Option<NamePart>,
}

/// That the caller has no account: whoever has one asks elsewhere.
fn require_external(caller: &Caller) -> Result<(), BearerRouteError> {
    match caller {
        Caller::External(_) => Ok(()),
        Caller::Account(_) => Err(BearerRouteError::UnsupportedTokenType),
    }
}

/// Apps that somebody without an account may use, the newest first.
#[utoipa::path(
    get, path = "/openapi/v1/permitted-external-apps", operation_id = "list_permitted_apps", params(PermittedQuery),
    security(("bearer" = [])),
    responses((status = 200, body = Page<ProgramAppRow>), (status = 403, body = ErrorBody), (status = "default", body = ErrorBody)),
)]
pub(crate) async fn list(
    apps: Data<Apps>,
    caller: AnySubject,
    request: HttpRequest,
) -> Result<Json<Page<ProgramAppRow>>, OpenApiFailure> {
    require_external(&caller.0)?;
    let query: PermittedQuery = read_query(&request).map_err(OpenApiFailure::Query)?;
    let asked = Asked {
        number: query.page.map_or(1, WholeNumber::get),
        limit: query.limit.map_or(20, WholeNumber::get),
    };
    let modes = query.mode.map(|mode| vec![mode.as_str()]);
    let filter = Filter {
        modes: modes.unwrap_or_else(|| MODES.to_vec()),
        name: query.name.and_then(NamePart::wanted),
        ..Filter::default()
    };
    let found = apps.list_external(&filter, asked).await.map_err(NotDone)?;
    let rows = found.apps.iter().map(ProgramAppRow::external).collect();
    Ok(Json(Page::new(
        asked.number,
        asked.limit,
        found.total,
        rows,
    )))
}

/// What an app is and takes, for somebody without an account.
#[utoipa::path(
    get, path = "/openapi/v1/permitted-external-apps/{app_id}", operation_id = "describe_permitted_app",
    params(("app_id" = String, Path), DescribeQuery), security(("bearer" = [])),
    responses((status = 200, body = ProgramApp), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = "default", body = ErrorBody)),
)]
pub(crate) async fn describe(
    apps: Data<Apps>,
    caller: AnySubject,
    request: HttpRequest,
    app_id: Path<String>,
) -> Result<Json<ProgramApp>, OpenApiFailure> {
    require_external(&caller.0)?;
    let reached = apps.reach_external(&app_id).await.map_err(NotDone)?;
    let query: DescribeQuery = read_query(&request).map_err(OpenApiFailure::Query)?;
    let blocks = Blocks::read(query.fields())?;
    let description = apps.describe(reached.app).await.map_err(NotDone)?;
    Ok(Json(ProgramApp::new(&description, blocks)))
}
