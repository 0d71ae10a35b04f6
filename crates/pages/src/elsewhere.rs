//! Where a browser comes to that leads nowhere: an address that nobody serves, and a way in that this
//! installation has closed. Both are pages with a way on; programs get the API's answers as ever.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::Data,
};
use gatewright_auth::origin::PublicUrls;
use gatewright_http_kit::error::not_found;

use gatewright_pages_kit::page::{MessagePage, Page, PageLanguage, show};

/// Whether a person's browser asks for a page to be shown. Browsers say so (Fetch Metadata); an older
/// one asks for HTML by name. A program does neither: `*/*` is no wish for a page.
fn is_navigation(request: &HttpRequest) -> bool {
    let text = |name: &str| {
        let value = request.headers().get(name);
        value
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    };
    match text("sec-fetch-mode") {
        "" => text("accept").contains("text/html"),
        mode => mode == "navigate",
    }
}

/// What nobody registered, outside of the APIs, where a person may have come by a link: a browser gets a
/// page, everybody else the answer of the APIs.
pub async fn nowhere(request: HttpRequest) -> HttpResponse {
    if is_navigation(&request) {
        return missing(&request);
    }
    let mut answer = not_found(request).await;
    let vary = header::HeaderValue::from_static("Accept, Sec-Fetch-Mode");
    answer.headers_mut().append(header::VARY, vary);
    answer
}

/// 404, with a way home.
fn missing(request: &HttpRequest) -> HttpResponse {
    let language = PageLanguage::of(request);
    let page = Page::new(language, "Page not found", "页面不存在");
    let line = language.t(
        "There is nothing at this address. It may be mistyped, or the link may be out of date.",
        "此地址没有内容。地址可能有误，或链接已失效。",
    );
    let home = request
        .app_data::<Data<PublicUrls>>()
        .map_or_else(|| "/".to_owned(), |urls| urls.page("/"));
    let mut message = MessagePage::saying(page, line.to_owned());
    message.links = vec![(
        language.t("Go to the start page", "返回首页").to_owned(),
        home,
    )];
    let mut answer = show(StatusCode::NOT_FOUND, &message);
    answer.headers_mut().append(
        header::VARY,
        header::HeaderValue::from_static("Accept, Sec-Fetch-Mode"),
    );
    answer
}

/// 403: this way in is switched off here. Says what to do instead.
pub(super) fn closed(
    request: &HttpRequest,
    english: &str,
    chinese: &str,
    why: &str,
    why_chinese: &str,
) -> HttpResponse {
    let language = PageLanguage::of(request);
    let page = Page::new(language, english, chinese);
    let mut message = MessagePage::saying(page, language.t(why, why_chinese).to_owned());
    message.links = vec![(
        language
            .t("Go to the sign-in page", "前往登录页面")
            .to_owned(),
        "/signin".to_owned(),
    )];
    show(StatusCode::FORBIDDEN, &message)
}
