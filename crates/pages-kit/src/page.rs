//! The shell of a page: its language, its title, what went wrong; and the headers that all pages have.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
};
use askama::Template;
use gatewright_domain::workspace::Role;
use gatewright_http_kit::error::redirect;

/// Another page, to be read: reloading it sends nothing again.
pub fn onward(path: &str) -> HttpResponse {
    redirect(path).status(StatusCode::SEE_OTHER).finish()
}

/// Nothing is loaded but our style sheet; forms go to us alone; never in a frame.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
    base-uri 'none'; frame-ancestors 'none'";

/// The same for pages of apps, which may load our script and hear from us.
const APP_POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The languages that pages are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageLanguage {
    /// English of the United States.
    English,
    /// Chinese in simplified characters.
    Chinese,
}

impl PageLanguage {
    /// What the browser asks for first, of what there is.
    pub fn of(request: &HttpRequest) -> Self {
        Self::wanted(request).unwrap_or(Self::English)
    }

    /// What the browser asks for first, if there is any of it.
    pub fn wanted(request: &HttpRequest) -> Option<Self> {
        let wanted = request.headers().get(header::ACCEPT_LANGUAGE);
        let wanted = wanted
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let mut tags = wanted.split(',').map(|tag| tag.trim().to_ascii_lowercase());
        tags.find_map(|tag| Self::of_tag(&tag))
    }

    /// The language of a tag such as `zh-Hans`; none when nothing is written in it.
    pub fn of_tag(tag: &str) -> Option<Self> {
        match tag.get(..2) {
            Some("zh") => Some(Self::Chinese),
            Some("en") => Some(Self::English),
            _ => None,
        }
    }

    /// The text in this language.
    pub fn t<'a>(self, english: &'a str, chinese: &'a str) -> &'a str {
        match self {
            Self::English => english,
            Self::Chinese => chinese,
        }
    }

    /// What a role is called.
    pub fn role(self, role: Role) -> &'static str {
        match (self, role) {
            (Self::English, Role::Normal) => "member",
            (Self::English, Role::DatasetOperator) => "knowledge admin",
            (Self::English, role) => role.as_str(),
            (Self::Chinese, Role::Owner) => "所有者",
            (Self::Chinese, Role::Admin) => "管理员",
            (Self::Chinese, Role::Editor) => "编辑者",
            (Self::Chinese, Role::Normal) => "成员",
            (Self::Chinese, Role::DatasetOperator) => "知识库管理员",
        }
    }

    /// `lang`, and what accounts made here speak.
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en-US",
            Self::Chinese => "zh-Hans",
        }
    }
}

/// What every page has.
pub struct Page {
    /// The language that it is in.
    pub language: PageLanguage,
    /// Its heading, and the title of the window.
    pub title: String,
    /// What went wrong, said on top.
    pub error: Option<String>,
    /// What went well, said on top.
    pub notice: Option<String>,
    /// The way around, for somebody who is signed in.
    pub navigation: Vec<NavLink>,
}

/// A link of the way around.
pub struct NavLink {
    /// What the link says.
    pub label: String,
    /// Where it leads to.
    pub path: &'static str,
    /// Whether it is the page itself.
    pub is_here: bool,
}

impl Page {
    /// A page of this title, without more.
    pub fn new(language: PageLanguage, english: &str, chinese: &str) -> Self {
        Self {
            language,
            title: language.t(english, chinese).to_owned(),
            error: None,
            notice: None,
            navigation: vec![],
        }
    }

    /// With the way around.
    #[must_use]
    pub fn with_navigation(mut self, navigation: Vec<NavLink>) -> Self {
        self.navigation = navigation;
        self
    }

    /// With what went wrong, if anything did.
    #[must_use]
    pub fn with_error(mut self, error: Option<String>) -> Self {
        self.error = error;
        self
    }
}

/// A field of a form.
pub struct Input {
    /// The name that the browser sends.
    pub name: &'static str,
    /// What a person reads beside it.
    pub label: String,
    /// The `type` of the element.
    pub kind: &'static str,
    /// What a browser may fill in (HTML, `autocomplete`).
    pub autocomplete: &'static str,
    /// What stands in it already.
    pub value: String,
    /// A sentence below it.
    pub hint: Option<String>,
    /// Whether it must be filled in.
    pub is_required: bool,
    /// Values and what they are called, when one of them is chosen.
    pub choices: Vec<(String, String)>,
}

impl Input {
    /// An empty field that must be filled in.
    pub fn new(
        name: &'static str,
        kind: &'static str,
        autocomplete: &'static str,
        label: &str,
    ) -> Self {
        Self {
            name,
            label: label.to_owned(),
            kind,
            autocomplete,
            value: String::new(),
            hint: None,
            is_required: true,
            choices: vec![],
        }
    }

    /// With values to choose from.
    #[must_use]
    pub fn with_choices(mut self, choices: Vec<(String, String)>) -> Self {
        self.choices = choices;
        self
    }

    /// With what stands in it already.
    #[must_use]
    pub fn with_value(mut self, value: &str) -> Self {
        value.clone_into(&mut self.value);
        self
    }

    /// With a sentence below it.
    #[must_use]
    pub fn with_hint(mut self, hint: &str) -> Self {
        self.hint = Some(hint.to_owned());
        self
    }
}

/// A page with one form.
#[derive(Template)]
#[template(path = "form.html")]
pub struct FormPage {
    /// The shell around the form.
    pub page: Page,
    /// A sentence above the form.
    pub intro: Option<String>,
    /// Where the form is sent to.
    pub action: &'static str,
    /// Names and values that are not shown.
    pub hidden: Vec<(&'static str, String)>,
    /// What is filled in, in its order.
    pub fields: Vec<Input>,
    /// What the button says.
    pub submit: String,
    /// Labels and addresses below the form.
    pub links: Vec<(String, String)>,
}

impl FormPage {
    /// Without fields it is one button, where a session confirms something; otherwise nothing.
    fn is_form(&self) -> bool {
        let confirms = |(name, _): &(&str, String)| *name == "csrf_token";
        !self.fields.is_empty() || self.hidden.iter().any(confirms)
    }
}

/// A page that says something.
#[derive(Template)]
#[template(path = "message.html")]
pub struct MessagePage {
    /// The shell around the text.
    pub page: Page,
    /// Each a paragraph of its own: what turns the direction of writing in one reaches no other.
    pub lines: Vec<String>,
    /// What the button says, and where it leads.
    pub button: Option<(String, &'static str)>,
    /// Labels and addresses below the text.
    pub links: Vec<(String, String)>,
}

impl MessagePage {
    /// A page of one sentence.
    pub fn saying(page: Page, line: String) -> Self {
        Self {
            page,
            lines: vec![line],
            button: None,
            links: vec![],
        }
    }
}

/// A page as an answer. It loads no script.
pub fn show(status: StatusCode, template: &impl Template) -> HttpResponse {
    show_under(POLICY, status, template)
}

/// A page of apps as an answer.
pub fn show_app(status: StatusCode, template: &impl Template) -> HttpResponse {
    show_under(APP_POLICY, status, template)
}

/// A page under a policy of its own (CSP).
pub fn show_under(policy: &str, status: StatusCode, template: &impl Template) -> HttpResponse {
    match template.render() {
        Ok(html) => HttpResponse::build(status)
            .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
            .insert_header((header::CONTENT_SECURITY_POLICY, policy))
            .insert_header((header::VARY, "Accept-Language"))
            // To ourselves, so that browsers say with a form where it comes from; to nobody else.
            .insert_header((header::REFERRER_POLICY, "same-origin"))
            .body(html),
        Err(error) => {
            tracing::error!(event = "page.template_failed", %error, "a page cannot be written");
            HttpResponse::ServiceUnavailable().finish()
        }
    }
}
