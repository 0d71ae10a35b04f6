//! What a page's form sends: read like every other body, from our own pages only, and answered with a
//! page when it is wrong.

use actix_multipart::Multipart;
use actix_web::{
    FromRequest, HttpMessage as _, HttpRequest, HttpResponse, ResponseError,
    dev::Payload,
    http::{
        StatusCode,
        header::{CONTENT_LENGTH, HeaderName, HeaderValue},
    },
    web::Data,
};
use gatewright_auth::origin::PublicUrls;
use gatewright_domain::Classify;
use gatewright_usecase_identity::console::Setup;
use std::{fmt, future::Future, pin::Pin};

use crate::page::{MessagePage, Page, PageLanguage, show};
use gatewright_http_kit::error::{self, ours};
use gatewright_http_kit::operation::Facts;
use gatewright_http_kit::{
    extract::{Unreadable, comes_from_own_page, form_pairs},
    input::{self, FieldProblem, object_of},
};
use serde::de::DeserializeOwned;

/// Bytes of a form with all its files.
const MAX_WITH_FILES: u64 = 512 << 20;

/// A form of one of our pages. A page elsewhere that posts here (to sign somebody in as somebody else,
/// for one) is refused before anything is read; and what was read has each field once.
pub struct PageForm {
    /// What was typed, in the order of the form.
    pub fields: Vec<(String, String)>,
    /// The language that the browser asks for.
    pub language: PageLanguage,
    /// The request, for its cookies.
    pub request: HttpRequest,
}

impl PageForm {
    /// Reads it, or says in words what is wrong.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, String> {
        let filled = self.fields.iter().filter(|(_, value)| !value.is_empty());
        input::read(object_of(filled.cloned()))
            .map_err(|problems| field_words(self.language, &problems))
    }

    /// One value, empty when absent: to be shown again.
    pub fn value(&self, name: &str) -> &str {
        let found = self.fields.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }
}

impl FromRequest for PageForm {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        read_form(request, payload, PublicUrls::is_own_origin)
    }
}

/// A form of a page that may stand at the web app's address: of a run's form, which mails open there, and of the page of an app.
pub struct RunForm(pub PageForm);

impl FromRequest for RunForm {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let form = read_form(request, payload, PublicUrls::is_form_origin);
        Box::pin(async move { form.await.map(Self) })
    }
}

/// A form with files, of one of our pages: its parts are read by whoever knows what they are.
pub struct PartedForm {
    /// Without its fields, which were not read yet.
    pub form: PageForm,
    /// What was sent, not yet read.
    pub parts: Multipart,
}

impl FromRequest for PartedForm {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        read_parts(request, payload, PublicUrls::is_own_origin)
    }
}

/// A form with files, of a page that may stand at the web app's address.
pub struct PartedRunForm(pub PartedForm);

impl FromRequest for PartedRunForm {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let form = read_parts(request, payload, PublicUrls::is_form_origin);
        Box::pin(async move { form.await.map(Self) })
    }
}

/// A page that says that a form cannot be read.
pub fn unreadable(language: PageLanguage, problem: Unreadable) -> HttpResponse {
    FormRefusal::unreadable(language, problem).error_response()
}

/// Reads a form from pages of the origins that `is_own` takes.
fn read_form(
    request: &HttpRequest,
    payload: &mut Payload,
    is_own: fn(&PublicUrls, &str) -> bool,
) -> <PageForm as FromRequest>::Future {
    let request = request.clone();
    let (payload, limit) = (payload.take(), Facts::max_body(&request));
    Box::pin(async move {
        let urls = Data::<PublicUrls>::extract(&request).await?;
        let language = PageLanguage::of(&request);
        if !comes_from_own_page(&request, |origin| is_own(&urls, origin)) {
            return Err(FormRefusal::foreign(language, &urls).into());
        }
        let media_type = request.content_type().trim().to_ascii_lowercase();
        let fields = form_pairs(&media_type, payload, limit).await;
        Ok(PageForm {
            fields: fields.map_err(|problem| FormRefusal::unreadable(language, problem))?,
            language,
            request,
        })
    })
}

/// Reads the beginning of a form with files, from pages of the origins that `is_own` takes.
fn read_parts(
    request: &HttpRequest,
    payload: &mut Payload,
    is_own: fn(&PublicUrls, &str) -> bool,
) -> <PartedForm as FromRequest>::Future {
    let request = request.clone();
    let parts = Multipart::from_request(&request, payload);
    Box::pin(async move {
        let urls = Data::<PublicUrls>::extract(&request).await?;
        let language = PageLanguage::of(&request);
        if !comes_from_own_page(&request, |origin| is_own(&urls, origin)) {
            return Err(FormRefusal::foreign(language, &urls).into());
        }
        let refused = |problem| FormRefusal::unreadable(language, problem);
        if request.content_type() != "multipart/form-data" {
            return Err(refused(Unreadable::MediaType).into());
        }
        let length = request.headers().get(CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        if length.is_some_and(|length| length > MAX_WITH_FILES) {
            return Err(refused(Unreadable::TooLarge).into());
        }
        let parts = parts.await.map_err(|_| refused(Unreadable::Syntax))?;
        let form = PageForm {
            fields: vec![],
            language,
            request,
        };
        Ok(PartedForm { form, parts })
    })
}

/// What is wrong with fields, for people.
pub fn field_words(language: PageLanguage, problems: &[FieldProblem]) -> String {
    let sentence = |problem: &FieldProblem| match language {
        PageLanguage::English => problem.sentence(),
        PageLanguage::Chinese => field_in_chinese(problem).to_owned(),
    };
    problems.iter().map(sentence).collect::<Vec<_>>().join(" ")
}

fn field_in_chinese(problem: &FieldProblem) -> &'static str {
    match problem.loc.first().map_or("", String::as_str) {
        "email" | "emails" => "邮箱地址不正确。",
        "password" | "current" | "repeated" | "init_password" => {
            "密码至少 8 个字符，且须包含字母和数字。"
        }
        "name" => "名称长度不符合要求。",
        "code" | "token" => "请输入验证码。",
        "timezone" => "时区不正确，例如 Asia/Shanghai。",
        "interface_language" => "不支持该语言。",
        "from" | "until" => "日期不正确，例如 2026-11-24。",
        _ => "填写内容有误，请检查后重试。",
    }
}

/// A form that nothing is done with, and a page that says why.
#[derive(Debug)]
pub struct FormRefusal {
    language: PageLanguage,
    status: StatusCode,
    lines: Vec<String>,
    /// The address at which the pages are.
    public_address: Option<String>,
    reason: &'static str,
}

impl FormRefusal {
    /// Of another site; or of a page of ours, opened at another address than the public one, which
    /// cannot be told apart.
    fn foreign(language: PageLanguage, urls: &PublicUrls) -> Self {
        let public_address = urls.api().map(|api| format!("{}/", api.as_str()));
        let first = language.t(
            "This form was not sent from the public address of this site. Nothing was done.",
            "此表单不是从本站的公开地址提交的，未执行任何操作。",
        );
        let second = match &public_address {
            Some(address) => language
                .t(
                    "If you opened the page yourself, your browser used a different address, perhaps http instead of https. Open {address} and fill in the form there.",
                    "如果页面是您自己打开的，则浏览器使用了不同的地址，例如 http 而非 https。请打开 {address} 重新填写表单。",
                )
                .replace("{address}", address),
            None => language
                .t(
                    "Open the page on this site and fill in the form again.",
                    "请在本站打开页面，重新填写表单。",
                )
                .to_owned(),
        };
        Self {
            language,
            status: StatusCode::FORBIDDEN,
            lines: vec![first.to_owned(), second],
            public_address,
            reason: "foreign_origin",
        }
    }

    fn unreadable(language: PageLanguage, problem: Unreadable) -> Self {
        let (status, reason) = match problem {
            Unreadable::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "form_too_large"),
            Unreadable::MediaType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "form_media_type"),
            Unreadable::Syntax => (StatusCode::BAD_REQUEST, "form_unreadable"),
            Unreadable::Repeated => (StatusCode::BAD_REQUEST, "form_field_repeated"),
        };
        let text = language.t(
            "This form could not be read: it is too large, damaged, or repeats a field. Nothing was done. Go back, reload the page, and fill in the form again.",
            "无法读取此表单：内容过大、已损坏或字段重复。未执行任何操作。请返回并刷新页面，重新填写表单。",
        );
        Self {
            language,
            status,
            lines: vec![text.to_owned()],
            public_address: None,
            reason,
        }
    }
}

impl fmt::Display for FormRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason)
    }
}

impl FormRefusal {
    fn answer(&self) -> HttpResponse {
        let address = self.public_address.iter();
        let mut answer = show(
            self.status,
            &MessagePage {
                page: Page::new(self.language, "Request refused", "请求被拒绝"),
                lines: self.lines.clone(),
                button: None,
                links: address.map(|at| (at.clone(), at.clone())).collect(),
            },
        );
        let name = HeaderName::from_static("x-gatewright-reason");
        let reason = HeaderValue::from_static(self.reason);
        answer.headers_mut().insert(name, reason);
        answer
    }
}

impl ResponseError for FormRefusal {
    fn error_response(&self) -> HttpResponse {
        ours(self.answer())
    }
}

/// Whether somebody has set the installation up; pages send everybody to `/install` before.
pub async fn is_installed(setup: &Setup) -> bool {
    setup.require_finished().await.is_ok()
}

/// The status of a page that shows an error.
pub fn status_of(error: &impl Classify) -> StatusCode {
    error::status_of(error.kind())
}

/// What went wrong, for people: in their language where it is frequent.
pub fn message(language: PageLanguage, code: &str, english: &str) -> String {
    let chinese = match code {
        "authentication_failed" => "邮箱或密码错误。",
        "email_code_login_limit" | "too_many_requests" => "尝试次数过多，请稍后重试。",
        "account_banned" => "该账户已被锁定。",
        "email_code_error" => "验证码错误。",
        "invalid_or_expired_token" => "链接或验证码已过期，请重新开始。",
        "password_mismatch" | "repeat_password_not_match" => "两次输入的密码不一致。",
        "sign_in_to_accept" => "该邮箱已有账户，请登录后重新打开链接。",
        "owner-must-transfer" => "请先转让工作空间的所有权，然后再退出。",
        "unauthorized" => "您的会话已结束，请重新登录。",
        "already_activate" => "邀请无效、已过期或已被使用。",
        "current_password_incorrect" => "当前密码错误。",
        "fresh_sign_in_required" => "此操作要求您在最近 10 分钟内登录过。请退出并重新登录后再试。",
        "forbidden" => "此功能未开放，或您没有权限。",
        "email_already_in_use" => "该邮箱已被使用。",
        "not_allowed_create_workspace" => {
            "您尚未加入任何工作空间，且无权创建。请联系管理员邀请您。"
        }
        "cannot-operate-self" => "不能对自己执行此操作。",
        "invalid-role" => "无法授予该角色。",
        "member-not-found" | "not_found" => "未找到，可能已被移除。",
        "limit_exceeded" => "成员数量已达上限。",
        "too_many_keys" => "密钥数量已达上限（10 个）。",
        "invalid_email" => "邮箱地址不正确。",
        "password_reset_rate_limit_exceeded"
        | "email_code_login_rate_limit_exceeded"
        | "email_register_rate_limit_exceeded" => {
            "近期发送的邮件过多，请稍后重试（最长 15 分钟）。"
        }
        "email_send_ip_limit" => "请求过多，请稍后重试。",
        "service_unavailable" => "服务暂时没有响应，请稍后重试。",
        "invalid_param" => "密码至少 8 个字符，且须包含字母和数字。",
        _ => "出现错误，请重试。",
    };
    let english = match code {
        "service_unavailable" => "The service is not responding. Try again in a minute.",
        _ => english,
    };
    language.t(english, chinese).to_owned()
}
