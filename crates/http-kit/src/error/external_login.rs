//! Errors of sign-in through an identity provider: a sentence for the sign-in page, or
//! `{"error": sentence}` as console.md §7.7 has it.

use std::fmt;

use actix_web::{HttpRequest, HttpResponse, ResponseError, http::StatusCode};
use gatewright_auth::origin::PublicUrls;
use gatewright_usecase_identity::console::ExternalLoginError;

use super::{
    ConsoleErrorBody, REASON, RETRY_AFTER_OUTAGE, log_outage, ours, redirect, retry_after,
};
use crate::extract::is_navigation;

/// An error, and where a navigating browser is sent with it.
#[derive(Debug)]
pub struct ExternalLoginFailure {
    error: ExternalLoginError,
    page: Option<String>,
}

impl ExternalLoginFailure {
    /// For a script.
    pub fn plain(error: ExternalLoginError) -> Self {
        Self { error, page: None }
    }

    /// For a browser on its way to a page.
    pub fn on_the_way(error: ExternalLoginError, request: &HttpRequest, urls: &PublicUrls) -> Self {
        let navigates = is_navigation(request);
        let shown = navigates && !matches!(error, ExternalLoginError::UnknownProvider);
        Self {
            page: shown.then(|| page(&error, urls)),
            error,
        }
    }
}

/// Our own page takes codes only: a page that shows any text of a link shows an attacker's too.
fn page(error: &ExternalLoginError, urls: &PublicUrls) -> String {
    if urls.has_own_pages() {
        return urls.page(&format!("/signin?error={}", error.code()));
    }
    let message = serde_urlencoded::to_string([("message", error.to_string())]);
    urls.page(&format!("/signin?{}", message.unwrap_or_default()))
}

impl fmt::Display for ExternalLoginFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl ExternalLoginFailure {
    fn answer(&self) -> HttpResponse {
        if let ExternalLoginError::Unavailable(outage) = &self.error {
            log_outage(outage);
        }
        let reason = (REASON, self.error.code());
        if let Some(page) = &self.page {
            return redirect(page).insert_header(reason).finish();
        }
        let status = match &self.error {
            ExternalLoginError::UnknownProvider
            | ExternalLoginError::InvalidState
            | ExternalLoginError::ProviderMalformed
            | ExternalLoginError::CodeTooLong
            | ExternalLoginError::NotProved => StatusCode::BAD_REQUEST,
            ExternalLoginError::ProviderUnavailable | ExternalLoginError::OriginUnset => {
                StatusCode::BAD_GATEWAY
            }
            ExternalLoginError::RateLimited { .. } => StatusCode::TOO_MANY_REQUESTS,
            ExternalLoginError::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::FORBIDDEN,
        };
        let mut builder = HttpResponse::build(status);
        match &self.error {
            ExternalLoginError::RateLimited { retry_after: wait } => {
                retry_after(&mut builder, *wait);
            }
            ExternalLoginError::Unavailable(_) => retry_after(&mut builder, RETRY_AFTER_OUTAGE),
            _ => {}
        }
        let text = match &self.error {
            ExternalLoginError::Unavailable(_) => "temporarily_unavailable".to_owned(),
            other => other.to_string(),
        };
        let mut body = ConsoleErrorBody::new(status, self.error.code(), &text);
        body.error = Some(text.into());
        builder.insert_header(reason).json(body)
    }
}

impl ResponseError for ExternalLoginFailure {
    fn error_response(&self) -> HttpResponse {
        ours(self.answer())
    }
}
