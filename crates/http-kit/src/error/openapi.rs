//! `ErrorBody` (device-flow.md §2.4).

use std::fmt;

use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header},
};
use gatewright_domain::{Classify as _, ErrorKind, error::Unavailable, member::MemberRefusal};
use gatewright_usecase_device::{
    bearer::BearerRouteError,
    device::{DecideError, LookupError, StartError},
};
use gatewright_usecase_identity::{console::ConsoleError, member::MemberError};
use serde::Serialize;
use utoipa::ToSchema;

use super::{REASON, RETRY_AFTER_OUTAGE, log_outage, ours, retry_after};
use crate::extract::FieldProblem;

/// The canonical error object. Absent members are omitted.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ErrorBody {
    /// A semantic code; treat the list as open.
    pub code: String,
    /// Text for people.
    pub message: String,
    /// The HTTP status again.
    pub status: u16,
    /// The next step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// What is wrong with which field. Never contains what was submitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<Vec<FieldProblem>>,
    /// RFC 6749 §5.2, beside the rest, on the protocol routes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl ErrorBody {
    /// With a status, a code and a text; nothing else.
    pub fn new(status: StatusCode, code: &str, message: &str) -> Self {
        Self {
            code: code.to_owned(),
            message: message.to_owned(),
            status: status.as_u16(),
            hint: None,
            details: None,
            error: None,
        }
    }
}

/// An error on a route of `/openapi/v1`.
#[derive(Debug)]
pub enum OpenApiFailure {
    /// The bearer.
    Bearer(BearerRouteError),
    /// 422 with details.
    Query(Vec<FieldProblem>),
    /// 400 with details, on the protocol routes.
    Body(Vec<FieldProblem>),
    /// 413.
    TooLarge,
    /// 429, with the seconds to wait.
    RateLimited(u64),
    /// 503.
    Unavailable(Unavailable),
    /// A device flow that cannot begin.
    Start(StartError),
    /// A decision that cannot be taken.
    Decide(DecideError),
    /// Members of workspaces.
    Member(MemberError),
    /// 404: switched off.
    NotOffered,
    /// 401 `invalid_client` (RFC 6749 §5.2).
    InvalidClient,
    /// 403: the role in the workspace does not suffice.
    Role,
    /// What stands in the way of a console session on approve and deny.
    Session(ConsoleError),
}

macro_rules! from {
    ($($error:ty => $variant:ident),+ $(,)?) => {$(
        impl From<$error> for OpenApiFailure {
            fn from(error: $error) -> Self {
                Self::$variant(error)
            }
        }
    )+};
}

from! {
    BearerRouteError => Bearer,
    Unavailable => Unavailable,
    StartError => Start,
    DecideError => Decide,
    MemberError => Member,
    ConsoleError => Session,
}

impl From<LookupError> for OpenApiFailure {
    fn from(error: LookupError) -> Self {
        match error {
            LookupError::RateLimited { retry_after } => Self::RateLimited(retry_after),
            LookupError::Unavailable(unavailable) => Self::Unavailable(unavailable),
        }
    }
}

impl fmt::Display for OpenApiFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl OpenApiFailure {
    fn answer(&self) -> HttpResponse {
        match self {
            Self::Bearer(error) => bearer(error),
            Self::Query(details) => invalid(
                StatusCode::UNPROCESSABLE_ENTITY,
                "invalid_param",
                details,
                None,
            ),
            Self::Body(details) => invalid(
                StatusCode::BAD_REQUEST,
                "bad_request",
                details,
                Some("invalid_request"),
            ),
            Self::TooLarge => plain(
                StatusCode::PAYLOAD_TOO_LARGE,
                "request_entity_too_large",
                "The body is too large.",
            ),
            Self::RateLimited(seconds) => rate_limited(*seconds),
            Self::Unavailable(error) => outage(error),
            Self::Start(error) => start(error),
            Self::Decide(error) => decide(error),
            Self::Member(error) => member(error),
            Self::Role => role(),
            Self::NotOffered => plain(
                StatusCode::NOT_FOUND,
                "not_found",
                "The requested URL was not found on the server.",
            ),
            Self::InvalidClient => invalid_client(),
            Self::Session(error) => session(error),
        }
    }
}

impl ResponseError for OpenApiFailure {
    fn error_response(&self) -> HttpResponse {
        ours(self.answer())
    }
}

fn plain(status: StatusCode, code: &str, message: &str) -> HttpResponse {
    HttpResponse::build(status).json(ErrorBody::new(status, code, message))
}

fn invalid(
    status: StatusCode,
    code: &str,
    details: &[FieldProblem],
    error: Option<&str>,
) -> HttpResponse {
    let mut body = ErrorBody::new(status, code, "Request validation failed");
    body.details = Some(details.to_vec());
    body.error = error.map(str::to_owned);
    HttpResponse::build(status).json(body)
}

fn rate_limited(seconds: u64) -> HttpResponse {
    let status = StatusCode::TOO_MANY_REQUESTS;
    let mut builder = HttpResponse::build(status);
    retry_after(&mut builder, seconds);
    builder.json(ErrorBody::new(status, "too_many_requests", "rate_limited"))
}

fn outage(error: &Unavailable) -> HttpResponse {
    log_outage(error);
    unavailable("service_unavailable", None)
}

fn unavailable(code: &str, hint: Option<&str>) -> HttpResponse {
    let status = StatusCode::SERVICE_UNAVAILABLE;
    let mut builder = HttpResponse::build(status);
    retry_after(&mut builder, RETRY_AFTER_OUTAGE);
    let mut body = ErrorBody::new(status, code, "Internal Server Error");
    body.hint = hint.map(str::to_owned);
    builder.json(body)
}

fn bearer(error: &BearerRouteError) -> HttpResponse {
    match error {
        BearerRouteError::Unavailable(error) => return outage(error),
        BearerRouteError::Disabled => {
            return unavailable(
                "bearer_disabled",
                Some("ENABLE_OAUTH_BEARER is false on this server"),
            );
        }
        BearerRouteError::RateLimited { retry_after } => return rate_limited(*retry_after),
        _ => {}
    }
    let message = error.to_string();
    match error.kind() {
        ErrorKind::Unauthenticated => {
            let challenge = if matches!(error, BearerRouteError::Missing) {
                r#"Bearer realm="openapi""#
            } else {
                r#"Bearer realm="openapi", error="invalid_token""#
            };
            let status = StatusCode::UNAUTHORIZED;
            HttpResponse::build(status)
                .insert_header((header::WWW_AUTHENTICATE, challenge))
                .insert_header((REASON, error.code()))
                .json(ErrorBody::new(status, "unauthorized", &message))
        }
        ErrorKind::Forbidden => {
            let status = StatusCode::FORBIDDEN;
            HttpResponse::build(status)
                .insert_header((
                    header::WWW_AUTHENTICATE,
                    r#"Bearer realm="openapi", error="insufficient_scope""#,
                ))
                .insert_header((REASON, error.code()))
                .json(ErrorBody::new(status, "forbidden", &message))
        }
        _ => plain(StatusCode::NOT_FOUND, "not_found", &message),
    }
}

fn start(error: &StartError) -> HttpResponse {
    match error {
        StartError::UnsupportedClient => {
            super::oauth::domain(StatusCode::BAD_REQUEST, "unsupported_client")
        }
        StartError::ConsoleUrlUnset => super::oauth::console_url_unset(),
        StartError::RateLimited { retry_after } => rate_limited(*retry_after),
        StartError::Unavailable(error) => outage(error),
    }
}

fn decide(error: &DecideError) -> HttpResponse {
    let domain = super::oauth::domain;
    match error {
        DecideError::BearerDisabled => unavailable(
            "bearer_disabled",
            Some("ENABLE_OAUTH_BEARER is false on this server"),
        ),
        DecideError::RateLimited { retry_after } => rate_limited(*retry_after),
        DecideError::LookupRequired => {
            let mut response = domain(StatusCode::NOT_FOUND, "expired_or_unknown");
            let reason = header::HeaderValue::from_static("lookup_required");
            response.headers_mut().insert(
                header::HeaderName::from_static("x-gatewright-reason"),
                reason,
            );
            response
        }
        DecideError::ExpiredOrUnknown => domain(StatusCode::NOT_FOUND, "expired_or_unknown"),
        DecideError::AlreadyResolved => domain(StatusCode::CONFLICT, "already_resolved"),
        DecideError::AccountInactive => plain(
            StatusCode::BAD_REQUEST,
            "account_not_initialized",
            "The account has not been initialized yet.",
        ),
        DecideError::Unavailable(error) => outage(error),
    }
}

/// Before approve and deny: set-up and session problems, in the shapes that the page knows.
fn session(error: &ConsoleError) -> HttpResponse {
    match error {
        ConsoleError::Unavailable(error) => outage(error),
        ConsoleError::Csrf(reason) => {
            let mut response = super::oauth::domain(StatusCode::FORBIDDEN, "csrf_mismatch");
            if let Ok(value) = header::HeaderValue::from_str(&reason.to_string()) {
                response.headers_mut().insert(
                    header::HeaderName::from_static("x-gatewright-reason"),
                    value,
                );
            }
            response
        }
        ConsoleError::NotSetup | ConsoleError::NotInitValidated | ConsoleError::Banned => {
            HttpResponse::Unauthorized()
                .insert_header((header::WWW_AUTHENTICATE, r#"Bearer realm="api""#))
                .insert_header((REASON, error.code()))
                .json(ErrorBody::new(
                    StatusCode::UNAUTHORIZED,
                    error.code(),
                    &error.to_string(),
                ))
        }
        ConsoleError::NotInitialized => {
            plain(StatusCode::BAD_REQUEST, error.code(), &error.to_string())
        }
        other => {
            let reason = match other {
                ConsoleError::Unauthorized(reason) => reason,
                _ => "no_account",
            };
            let status = StatusCode::UNAUTHORIZED;
            HttpResponse::build(status)
                .insert_header((REASON, reason))
                .json(ErrorBody::new(status, "unauthorized", "Unauthorized."))
        }
    }
}

fn invalid_client() -> HttpResponse {
    let status = StatusCode::UNAUTHORIZED;
    let message = "The client is unknown, or its secret is wrong.";
    let mut body = ErrorBody::new(status, "invalid_client", message);
    body.error = Some("invalid_client".into());
    HttpResponse::build(status)
        .insert_header((header::WWW_AUTHENTICATE, r#"Basic realm="introspection""#))
        .insert_header((REASON, "invalid_client"))
        .json(body)
}

fn role() -> HttpResponse {
    let status = StatusCode::FORBIDDEN;
    HttpResponse::build(status)
        .insert_header((REASON, "role_insufficient"))
        .json(ErrorBody::new(status, "forbidden", "insufficient role"))
}

/// device-flow.md §11.5–11.7.
fn member(error: &MemberError) -> HttpResponse {
    let bad = |message: &str| plain(StatusCode::BAD_REQUEST, "bad_request", message);
    match error {
        MemberError::Refused(MemberRefusal::NotPermitted) => {
            bad("No permission to do that to this member.")
        }
        MemberError::Refused(refusal) => bad(&refusal.to_string()),
        MemberError::InvalidRole => bad("Invalid role."),
        MemberError::OwnerStays => bad(&error.to_string()),
        MemberError::NotFound => plain(StatusCode::NOT_FOUND, "not_found", "member not found"),
        MemberError::LimitExceeded => {
            let status = StatusCode::FORBIDDEN;
            let mut body = ErrorBody::new(status, "member_limit_exceeded", &error.to_string());
            body.hint = Some("raise GATEWRIGHT_MAX_MEMBERS, or remove a member".into());
            HttpResponse::build(status)
                .insert_header((REASON, "member_limit_exceeded"))
                .json(body)
        }
        MemberError::RateLimited { retry_after }
        | MemberError::RecipientRateLimited { retry_after } => rate_limited(*retry_after),
        MemberError::Unavailable(error) => outage(error),
    }
}
