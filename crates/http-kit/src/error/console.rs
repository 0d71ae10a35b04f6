//! `{code, message, status}` (console.md §1.4).

use std::fmt;

use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header},
};
use gatewright_domain::{Classify as _, ErrorKind, error::Unavailable};
use gatewright_usecase_identity::{
    account::AccountError,
    console::{ConsoleError, RefreshError},
    member::MemberError,
};
use gatewright_usecase_workspace::{file::FileError, workspace::BelongingError};
use serde::Serialize;
use utoipa::ToSchema;

use super::{REASON, RETRY_AFTER_OUTAGE, log_outage, ours, retry_after};
use crate::extract::{FieldProblem, UploadProblem};

/// The console's error object.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ConsoleErrorBody {
    /// A code that the web console may compare.
    pub code: String,
    /// Text for people; the web console shows it.
    pub message: String,
    /// The HTTP status again.
    pub status: u16,
    /// The field that is wrong, where one is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub params: Option<String>,
    /// `fail`, when a session cannot be renewed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<&'static str>,
    /// The code again, when there are as many API keys as there may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom: Option<&'static str>,
    /// On set-up, init and version the object of the reference's other envelope; on the routes of
    /// identity providers the message again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<serde_json::Value>,
}

impl ConsoleErrorBody {
    /// With a status, a code and a text; nothing else.
    pub fn new(status: StatusCode, code: &str, message: &str) -> Self {
        Self {
            code: code.to_owned(),
            message: message.to_owned(),
            status: status.as_u16(),
            params: None,
            result: None,
            custom: None,
            error: None,
        }
    }
}

/// An error on a route of `/console/api`.
#[derive(Debug)]
pub enum ConsoleFailure {
    /// Sign-in and sessions.
    Console(ConsoleError),
    /// A session that cannot be renewed.
    Refresh(RefreshError),
    /// Accounts.
    Account(AccountError),
    /// Members of workspaces.
    Member(MemberError),
    /// Tags and API keys.
    Belonging(BelongingError),
    /// Files.
    File(FileError),
    /// An upload that cannot be read.
    Upload(UploadProblem),
    /// 400 `invalid_param`.
    Fields(Vec<FieldProblem>),
    /// 400 `bad_request`: the body is not JSON.
    Malformed,
    /// 415: the body does not even claim to be JSON.
    NotJson,
    /// 413.
    TooLarge,
    /// 503.
    Unavailable(Unavailable),
}

impl From<ConsoleError> for ConsoleFailure {
    fn from(error: ConsoleError) -> Self {
        Self::Console(error)
    }
}

impl From<RefreshError> for ConsoleFailure {
    fn from(error: RefreshError) -> Self {
        Self::Refresh(error)
    }
}

impl From<AccountError> for ConsoleFailure {
    fn from(error: AccountError) -> Self {
        Self::Account(error)
    }
}

impl From<MemberError> for ConsoleFailure {
    fn from(error: MemberError) -> Self {
        Self::Member(error)
    }
}

impl From<BelongingError> for ConsoleFailure {
    fn from(error: BelongingError) -> Self {
        Self::Belonging(error)
    }
}

impl From<FileError> for ConsoleFailure {
    fn from(error: FileError) -> Self {
        Self::File(error)
    }
}

impl From<UploadProblem> for ConsoleFailure {
    fn from(problem: UploadProblem) -> Self {
        match problem {
            UploadProblem::File(error) => Self::File(error),
            other => Self::Upload(other),
        }
    }
}

impl From<Unavailable> for ConsoleFailure {
    fn from(error: Unavailable) -> Self {
        Self::Unavailable(error)
    }
}

impl fmt::Display for ConsoleFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl ConsoleFailure {
    fn answer(&self) -> HttpResponse {
        match self {
            Self::Console(error) => console(error),
            Self::Refresh(error) => refresh(error),
            Self::Account(error) => account(error),
            Self::Member(error) => member(error),
            Self::Belonging(error) => belonging(error),
            Self::File(error) => file(error),
            Self::Upload(problem) => upload(problem),
            Self::Fields(problems) => fields(problems),
            Self::Malformed => plain(
                StatusCode::BAD_REQUEST,
                "bad_request",
                "Invalid JSON payload received or JSON payload is empty.",
            ),
            Self::NotJson => plain(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "The request must have Content-Type: application/json.",
            ),
            Self::TooLarge => plain(
                StatusCode::PAYLOAD_TOO_LARGE,
                "request_entity_too_large",
                "The body is too large.",
            ),
            Self::Unavailable(error) => outage(error),
        }
    }
}

impl ResponseError for ConsoleFailure {
    fn error_response(&self) -> HttpResponse {
        ours(self.answer())
    }
}

fn plain(status: StatusCode, code: &str, message: &str) -> HttpResponse {
    HttpResponse::build(status).json(ConsoleErrorBody::new(status, code, message))
}

fn fields(problems: &[FieldProblem]) -> HttpResponse {
    let first = problems.first();
    let message = first.map_or_else(|| "Invalid request.".to_owned(), FieldProblem::sentence);
    let mut body = ConsoleErrorBody::new(StatusCode::BAD_REQUEST, "invalid_param", &message);
    body.params = first.and_then(|problem| problem.loc.first().cloned());
    HttpResponse::BadRequest().json(body)
}

fn outage(error: &Unavailable) -> HttpResponse {
    log_outage(error);
    let status = StatusCode::SERVICE_UNAVAILABLE;
    let mut builder = HttpResponse::build(status);
    retry_after(&mut builder, RETRY_AFTER_OUTAGE);
    builder.json(ConsoleErrorBody::new(
        status,
        "service_unavailable",
        "A service that this request needs did not answer. Try again.",
    ))
}

fn status_of(kind: ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::Unauthenticated => StatusCode::UNAUTHORIZED,
        ErrorKind::Forbidden => StatusCode::FORBIDDEN,
        ErrorKind::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::Conflict => StatusCode::CONFLICT,
        ErrorKind::Invalid => StatusCode::BAD_REQUEST,
        ErrorKind::Unavailable | ErrorKind::Internal => StatusCode::SERVICE_UNAVAILABLE,
    }
}

fn reason_of(error: &ConsoleError) -> String {
    match error {
        ConsoleError::Unauthorized(reason) => (*reason).to_owned(),
        ConsoleError::Csrf(reason) => reason.to_string(),
        ConsoleError::NoAccount => "no_account".to_owned(),
        ConsoleError::Banned => "account_banned".to_owned(),
        ConsoleError::PasswordLoginDisabled => "feature_disabled".to_owned(),
        ConsoleError::RoleInsufficient => "role_insufficient".to_owned(),
        other => other.code().to_owned(),
    }
}

fn console(error: &ConsoleError) -> HttpResponse {
    if let ConsoleError::Unavailable(unavailable) = error {
        return outage(unavailable);
    }
    let status = status_of(error.kind());
    let mut builder = HttpResponse::build(status);
    if status == StatusCode::UNAUTHORIZED || status == StatusCode::FORBIDDEN {
        builder.insert_header((REASON, reason_of(error)));
    }
    match error {
        ConsoleError::NoAccount => {
            let body = ConsoleErrorBody::new(status, "unauthorized", "Unauthorized.");
            return builder.json(body);
        }
        ConsoleError::LoginThrottled {
            retry_after: seconds,
        }
        | ConsoleError::RateLimited {
            retry_after: seconds,
        } => retry_after(&mut builder, *seconds),
        _ => {}
    }
    if status == StatusCode::UNAUTHORIZED {
        builder.insert_header((header::WWW_AUTHENTICATE, r#"Bearer realm="api""#));
    }
    builder.json(ConsoleErrorBody::new(
        status,
        error.code(),
        &error.to_string(),
    ))
}

fn refresh(error: &RefreshError) -> HttpResponse {
    match error {
        RefreshError::Unavailable(unavailable) => outage(unavailable),
        RefreshError::RateLimited {
            retry_after: seconds,
        } => console(&ConsoleError::RateLimited {
            retry_after: *seconds,
        }),
        RefreshError::Missing | RefreshError::Invalid(_) | RefreshError::Several => {
            let reason = match error {
                RefreshError::Invalid(reason) => reason,
                RefreshError::Several => "several_refresh_tokens",
                _ => "refresh_missing",
            };
            let status = StatusCode::UNAUTHORIZED;
            let mut body = ConsoleErrorBody::new(status, "unauthorized", &error.to_string());
            // What the stock console's own refresh looks at (console.md §7.2).
            body.result = Some("fail");
            HttpResponse::build(status)
                .insert_header((REASON, reason.to_owned()))
                .json(body)
        }
    }
}

fn account(error: &AccountError) -> HttpResponse {
    let status = status_of(error.kind());
    let mut builder = HttpResponse::build(status);
    match error {
        AccountError::Unavailable(unavailable) => return outage(unavailable),
        AccountError::MailsExhausted {
            retry_after: seconds,
        }
        | AccountError::MailTooSoon {
            retry_after: seconds,
            ..
        }
        | AccountError::RateLimited {
            retry_after: seconds,
        } => {
            retry_after(&mut builder, *seconds);
        }
        _ => {}
    }
    if status == StatusCode::FORBIDDEN {
        builder.insert_header((REASON, reason_of_account(error)));
    }
    builder.json(ConsoleErrorBody::new(
        status,
        error.code(),
        &error.to_string(),
    ))
}

fn reason_of_account(error: &AccountError) -> &'static str {
    match error {
        AccountError::FeatureDisabled => "feature_disabled",
        other => other.code(),
    }
}

fn member(error: &MemberError) -> HttpResponse {
    let status = status_of(error.kind());
    let mut builder = HttpResponse::build(status);
    let (code, message) = (error.code(), error.to_string());
    match error {
        MemberError::Unavailable(unavailable) => return outage(unavailable),
        MemberError::RateLimited {
            retry_after: seconds,
        }
        | MemberError::RecipientRateLimited {
            retry_after: seconds,
        } => {
            retry_after(&mut builder, *seconds);
        }
        MemberError::LimitExceeded => {}
        _ if status == StatusCode::FORBIDDEN => {
            builder.insert_header((REASON, "role_insufficient"));
        }
        _ => {}
    }
    builder.json(ConsoleErrorBody::new(status, code, &message))
}

fn belonging(error: &BelongingError) -> HttpResponse {
    let message = error.to_string();
    match error {
        BelongingError::NotFound => plain(StatusCode::NOT_FOUND, "not_found", &message),
        BelongingError::NameTaken => plain(StatusCode::BAD_REQUEST, "invalid_param", &message),
        BelongingError::TooManyKeys => {
            let status = StatusCode::BAD_REQUEST;
            let code = "max_keys_exceeded";
            let mut body = ConsoleErrorBody::new(status, code, &message);
            // The member that the reference says it in.
            body.custom = Some(code);
            HttpResponse::build(status).json(body)
        }
        BelongingError::Unavailable(unavailable) => outage(unavailable),
    }
}

fn file(error: &FileError) -> HttpResponse {
    let status = match error {
        FileError::Unavailable(unavailable) => return outage(unavailable),
        FileError::RateLimited {
            retry_after: seconds,
        } => {
            let status = status_of(error.kind());
            let mut builder = HttpResponse::build(status);
            retry_after(&mut builder, *seconds);
            return builder.json(ConsoleErrorBody::new(
                status,
                error.code(),
                &error.to_string(),
            ));
        }
        FileError::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        FileError::UnsupportedType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        other => status_of(other.kind()),
    };
    plain(status, error.code(), &error.to_string())
}

fn upload(problem: &UploadProblem) -> HttpResponse {
    let (code, message) = match problem {
        UploadProblem::NoFile => ("no_file_uploaded", "Please upload your file."),
        UploadProblem::TooManyFiles => ("too_many_files", "Only one file is allowed."),
        UploadProblem::Malformed => ("bad_request", "The request could not be read."),
        UploadProblem::File(error) => return file(error),
    };
    plain(StatusCode::BAD_REQUEST, code, message)
}
