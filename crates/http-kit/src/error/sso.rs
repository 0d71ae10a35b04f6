//! Errors of the SSO branch: `{"error": code}` with the status of device-flow.md §5, or, for a
//! browser on its way, a page that says it.

use std::fmt;

use actix_web::{HttpRequest, HttpResponse, ResponseError, http::StatusCode};
use gatewright_auth::{origin::PublicUrls, sso::ProviderError};
use gatewright_domain::{Classify as _, ErrorKind};
use gatewright_usecase_device::device::SsoError;

use super::{
    ConsoleErrorBody, Place, REASON, RETRY_AFTER_OUTAGE, log_outage, oauth, ours, redirect,
    retry_after,
};
use crate::extract::is_navigation;

/// An error of the SSO branch, and where a navigating browser is sent with it.
#[derive(Debug)]
pub struct SsoFailure {
    error: SsoError,
    page: Option<String>,
    place: Place,
}

impl From<SsoError> for SsoFailure {
    fn from(error: SsoError) -> Self {
        Self {
            error,
            page: None,
            place: Place::Protocol,
        }
    }
}

impl SsoFailure {
    /// On a route that browsers navigate to: they get a page instead of JSON. That the branch does
    /// not exist is said to them as to everybody.
    pub fn on_the_way(error: SsoError, request: &HttpRequest, urls: &PublicUrls) -> Self {
        let navigates = is_navigation(request);
        // The address of somebody with an account is the one case that the page itself handles.
        let always = matches!(error, SsoError::EmailBelongsToAccount);
        let shown = (navigates && !matches!(error, SsoError::NotOffered)) || always;
        let code = error.code().replace(' ', "_");
        Self {
            error,
            page: shown.then(|| urls.page(&format!("/device?sso_error={code}"))),
            // A provider's redirect URI stands on the console's surface, whichever branch it ends.
            place: Place::of(request.path()),
        }
    }
}

impl fmt::Display for SsoFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

fn status(error: &SsoError) -> StatusCode {
    match error {
        SsoError::ConsoleApiUrlUnset => StatusCode::BAD_GATEWAY,
        SsoError::Broker(_) | SsoError::Provider(ProviderError::Unavailable(_))
            if error.kind() == ErrorKind::Unavailable =>
        {
            StatusCode::BAD_GATEWAY
        }
        _ => match error.kind() {
            ErrorKind::Invalid => StatusCode::BAD_REQUEST,
            ErrorKind::Unauthenticated => StatusCode::UNAUTHORIZED,
            ErrorKind::Forbidden => StatusCode::FORBIDDEN,
            ErrorKind::NotFound => StatusCode::NOT_FOUND,
            ErrorKind::Conflict => StatusCode::CONFLICT,
            ErrorKind::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            ErrorKind::Unavailable | ErrorKind::Internal => StatusCode::SERVICE_UNAVAILABLE,
        },
    }
}

/// What the header says in one word: more than the body, where the body must not say it.
fn reason(error: &SsoError) -> &str {
    match error {
        SsoError::LookupRequired => "lookup_required",
        other => other.code(),
    }
}

impl SsoFailure {
    fn answer(&self) -> HttpResponse {
        match &self.error {
            SsoError::Unavailable(outage) => log_outage(outage),
            SsoError::Broker(error) => {
                tracing::warn!(cause = ?error, "the broker did not begin a round trip");
            }
            _ => {}
        }
        if let Some(page) = &self.page {
            return redirect(page)
                .insert_header((REASON, reason(&self.error)))
                .finish();
        }
        let status = status(&self.error);
        let mut builder = HttpResponse::build(status);
        match &self.error {
            SsoError::RateLimited { retry_after: wait } => retry_after(&mut builder, *wait),
            _ if status == StatusCode::SERVICE_UNAVAILABLE => {
                retry_after(&mut builder, RETRY_AFTER_OUTAGE);
            }
            _ => {}
        }
        if status.is_client_error() {
            builder.insert_header((REASON, reason(&self.error).replace(' ', "_")));
        }
        let code = self.error.code();
        if self.place != Place::Console {
            return builder.json(oauth::body(code));
        }
        let mut body = ConsoleErrorBody::new(status, code, &self.error.to_string());
        body.error = Some(code.into());
        builder.json(body)
    }
}

impl ResponseError for SsoFailure {
    fn error_response(&self) -> HttpResponse {
        ours(self.answer())
    }
}
