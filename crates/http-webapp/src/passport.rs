//! `/api/passport`: who visits the page of an app gets what every other route wants to see.

use actix_web::{
    HttpRequest,
    web::{Data, Json},
};
use gatewright_http_kit::{
    error::{ServiceErrorBody, ServiceFailure},
    extract::{Query, RequestCtx, ServiceFormat},
    input::text::Text,
};
use gatewright_run_service::Visitors;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::visitor::shown;

/// Who the visitor is, where the page knows.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PassportQuery {
    /// A name that the page gives its visitor; whoever has it again has the same conversations. Others must not guess it.
    #[param(inline)]
    user_id: Option<Text>,
}

/// What a visitor shows from then on.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PassportBody {
    /// For the header `X-App-Passport`; good for 90 days.
    access_token: String,
}

/// A passport for the page of an app, by the code in its address. Who shows one that is still good gets another one for the same visitor.
#[utoipa::path(
    get, path = "/api/passport", operation_id = "passport",
    params(PassportQuery, ("X-App-Code" = String, Header, description = "The code in the address of the page.")),
    responses((status = 200, body = PassportBody), (status = 401, body = ServiceErrorBody),
        (status = 404, body = ServiceErrorBody), (status = 429, body = ServiceErrorBody),
        (status = "default", body = ServiceErrorBody)),
)]
pub(crate) async fn passport(
    visitors: Data<Visitors>,
    ctx: RequestCtx,
    request: HttpRequest,
    query: Query<PassportQuery, ServiceFormat>,
) -> Result<Json<PassportBody>, ServiceFailure> {
    let name = query.into_inner().user_id.map(Text::into_inner);
    let token = visitors.welcome(&ctx, shown(&request), name.as_deref());
    Ok(Json(PassportBody {
        access_token: token.await?,
    }))
}
