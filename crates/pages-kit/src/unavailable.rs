//! What a page says when something that it needs does not answer.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
};
use gatewright_domain::error::Unavailable;

use crate::{
    form::message,
    page::{MessagePage, Page, PageLanguage, show},
};

/// A store did not answer: a page says so too.
pub fn unavailable(language: PageLanguage, error: &Unavailable) -> HttpResponse {
    tracing::error!(
        event = "http.dependency_failed",
        dependency = error.dependency,
        cause = %error.source,
        "a page cannot be shown"
    );
    let page = Page::new(language, "Service unavailable", "服务暂时不可用");
    let mut answer = show(
        StatusCode::SERVICE_UNAVAILABLE,
        &MessagePage::saying(page, message(language, "service_unavailable", "")),
    );
    let soon = header::HeaderValue::from_static("1");
    answer.headers_mut().insert(header::RETRY_AFTER, soon);
    answer
}
