//! Errors of the SSO branch: `{"error": code}` with the status of device-flow.md §5, or, for a
//! browser on its way, a page that says it.

use std::fmt;

use actix_web::{HttpRequest, HttpResponse, ResponseError};
use gatewright_auth::origin::PublicUrls;
use gatewright_domain::Classify;

use super::{ConsoleErrorBody, REASON, Surface, classified::Classified, oauth, ours, redirect};

/// An error of the SSO branch, and where a navigating browser is sent with it.
#[derive(Debug)]
pub struct SsoFailure {
    error: Box<Classified>,
    page: Option<String>,
    surface: Surface,
}

impl<E: Classify> From<E> for SsoFailure {
    fn from(error: E) -> Self {
        Self {
            error: Box::new(error.into()),
            page: None,
            surface: Surface::Protocol,
        }
    }
}

impl SsoFailure {
    /// In the shape of the route: a provider's redirect URI stands on the console's surface, whichever
    /// branch it ends.
    #[must_use]
    pub fn on_route(mut self, request: &HttpRequest) -> Self {
        self.surface = Surface::of(request.path());
        self
    }

    /// Said by a page, to which the browser is sent.
    #[must_use]
    pub fn on_page(mut self, urls: &PublicUrls) -> Self {
        let code = self.error.class.code.replace(' ', "_");
        self.page = Some(urls.page(&format!("/device?sso_error={code}")));
        self
    }

    fn answer(&self) -> HttpResponse {
        self.error.log();
        let reason = self.error.reason();
        if let Some(page) = &self.page {
            return redirect(page).insert_header((REASON, reason)).finish();
        }
        let (status, code) = (self.error.status(), self.error.class.code);
        let mut builder = self.error.builder();
        if status.is_client_error() {
            builder.insert_header((REASON, reason.replace(' ', "_")));
        }
        if self.surface != Surface::Console {
            return builder.json(oauth::body(code));
        }
        let mut body = ConsoleErrorBody::new(status, code, &self.error.message);
        body.error = Some(code.into());
        builder.json(body)
    }
}

impl fmt::Display for SsoFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl ResponseError for SsoFailure {
    fn error_response(&self) -> HttpResponse {
        ours(self.answer())
    }
}
