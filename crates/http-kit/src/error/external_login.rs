//! Errors of sign-in through an identity provider: a sentence for the sign-in page, or
//! `{"error": sentence}` as console.md §7.7 has it.

use std::fmt;

use actix_web::{HttpResponse, ResponseError};
use gatewright_auth::origin::PublicUrls;
use gatewright_domain::Classify;

use super::{ConsoleErrorBody, REASON, classified::Classified, ours, redirect};

/// An error, and where a navigating browser is sent with it.
#[derive(Debug)]
pub struct ExternalLoginFailure {
    error: Box<Classified>,
    page: Option<String>,
}

impl<E: Classify> From<E> for ExternalLoginFailure {
    fn from(error: E) -> Self {
        Self {
            error: Box::new(error.into()),
            page: None,
        }
    }
}

impl ExternalLoginFailure {
    /// Said by the sign-in page, to which the browser is sent. Our own takes codes only: a page that
    /// shows any text of a link shows an attacker's too.
    #[must_use]
    pub fn on_page(mut self, urls: &PublicUrls) -> Self {
        let Classified { class, message, .. } = &*self.error;
        self.page = Some(if urls.has_own_pages() {
            urls.page(&format!("/signin?error={}", class.code))
        } else {
            let message = serde_urlencoded::to_string([("message", message)]);
            urls.page(&format!("/signin?{}", message.unwrap_or_default()))
        });
        self
    }

    fn answer(&self) -> HttpResponse {
        self.error.log();
        let reason = (REASON, self.error.reason());
        if let Some(page) = &self.page {
            return redirect(page).insert_header(reason).finish();
        }
        let text = self.error.text("temporarily_unavailable");
        let mut body = ConsoleErrorBody::new(self.error.status(), self.error.class.code, text);
        body.error = Some(text.into());
        self.error.builder().insert_header(reason).json(body)
    }
}

impl fmt::Display for ExternalLoginFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl ResponseError for ExternalLoginFailure {
    fn error_response(&self) -> HttpResponse {
        ours(self.answer())
    }
}
