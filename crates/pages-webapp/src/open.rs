//! An app whose page is open, by the code in its address.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
};
use gatewright_domain::Classify as _;
use gatewright_pages_kit::{
    form::{message, status_of},
    page::{MessagePage, Page, PageLanguage, show},
    unavailable::unavailable,
};
use gatewright_run_form::problem;
use gatewright_run_service::{InputField, RunServiceError, VisitError};
use gatewright_usecase_apps::{App, AppError, Parameters, Site, SiteError};
use serde_json::{Value, json};

use crate::{policy::Rules, services::Services};

/// The mode of apps that answer in conversations.
const CHATFLOW: &str = "advanced-chat";
/// What files beside a message are called, as a run calls them.
pub(crate) const BESIDE: &str = "sys.files";
/// Files beside a message, where the app does not say how many.
const USUAL_FILES: u64 = 3;

/// A kind of page.
pub(crate) trait Kind {
    /// The first part of its path.
    const PATH: &'static str;
    /// The modes of apps that it shows.
    const MODE: &'static str;
}

/// A chat that fills the window.
pub(crate) struct Chat;
/// A chat in a bubble on another site.
pub(crate) struct Bubble;
/// A form, and what comes of it.
pub(crate) struct Workflow;

impl Kind for Chat {
    const PATH: &'static str = "chat";
    const MODE: &'static str = CHATFLOW;
}

impl Kind for Bubble {
    const PATH: &'static str = "chatbot";
    const MODE: &'static str = CHATFLOW;
}

impl Kind for Workflow {
    const PATH: &'static str = "workflow";
    const MODE: &'static str = "workflow";
}

/// An open page.
pub(crate) struct Open {
    pub(crate) app: App,
    pub(crate) site: Site,
    pub(crate) language: PageLanguage,
    pub(crate) rules: Rules,
    /// The code in its address.
    pub(crate) code: String,
    /// The first part of its path.
    pub(crate) kind: &'static str,
    /// What a run takes.
    pub(crate) declared: Vec<InputField>,
    /// What the app says of its page.
    pub(crate) parameters: Parameters,
}

impl Open {
    /// The page of this kind with a code; or an answer that says why there is none.
    pub(crate) async fn find<K: Kind>(
        services: &Services,
        code: &str,
        request: &HttpRequest,
    ) -> Result<Self, HttpResponse> {
        let language = PageLanguage::of(request);
        let app = services.apps.open_by_code(code).await;
        let app = app.map_err(|error| closed(language, error))?;
        let site = services.apps.site_of(app.id).await;
        let site = site.map_err(|error| closed(language, error))?;
        let language = PageLanguage::wanted(request)
            .or_else(|| PageLanguage::of_tag(&site.look.default_language))
            .unwrap_or(language);
        if app.mode != K::MODE {
            return Err(elsewhere(language, &app, code));
        }
        let declared = services.runs.input_fields_of(app.clone()).await;
        let declared = declared.map_err(|error| problem::of_run(language, &error))?;
        let parameters = match services.apps.parameters(&app).await {
            Ok(Some(parameters)) => parameters,
            Ok(None) => return Err(problem::of_run(language, &AppError::NotPublished.into())),
            Err(error) => return Err(problem::of_run(language, &RunServiceError::from(error))),
        };
        let mut declared: Vec<InputField> = declared.into_iter().filter(|one| !one.hide).collect();
        declared.extend(beside(language, &app, &parameters.file_upload));
        Ok(Self {
            rules: Rules::of(&services.http, &services.urls).narrowed(&site.look),
            code: code.to_owned(),
            kind: K::PATH,
            app,
            site,
            language,
            declared,
            parameters,
        })
    }

    /// The path of the page.
    pub(crate) fn path(&self) -> String {
        format!("/{}/{}", self.kind, self.code)
    }

    /// Whether it is a chat.
    pub(crate) fn is_chat(&self) -> bool {
        self.app.mode == CHATFLOW
    }
}

/// The field for files beside a message, when the app takes some.
fn beside(language: PageLanguage, app: &App, feature: &Value) -> Option<InputField> {
    if app.mode != CHATFLOW || feature["enabled"] != true {
        return None;
    }
    let most = feature["number_limits"].as_u64().unwrap_or(USUAL_FILES);
    let field = json!({
        "variable": BESIDE,
        "label": language.t("Files", "文件"),
        "type": "file-list",
        "max_length": most.max(1),
        "allowed_file_types": feature["allowed_file_types"],
        "allowed_file_extensions": feature["allowed_file_extensions"],
        "allowed_file_upload_methods": feature["allowed_file_upload_methods"],
    });
    serde_json::from_value(field).ok()
}

/// Where the page of an app of another mode is; or that there is none.
fn elsewhere(language: PageLanguage, app: &App, code: &str) -> HttpResponse {
    let kind = match app.mode.as_str() {
        CHATFLOW => Chat::PATH,
        "workflow" => Workflow::PATH,
        _ => return problem::of_run(language, &RunServiceError::from(AppError::WrongMode)),
    };
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, format!("/{kind}/{code}")))
        .finish()
}

/// There is no such page; whether it is closed or never was is nobody's business.
fn closed(language: PageLanguage, error: SiteError) -> HttpResponse {
    if let SiteError::Unavailable(error) = error {
        return unavailable(language, &error);
    }
    let page = Page::new(language, "Page not found", "页面不存在");
    let line = language.t(
        "There is no app at this address. Its owner may have closed the page.",
        "此地址没有应用。应用的所有者可能已关闭此页面。",
    );
    let said = MessagePage::saying(page, line.to_owned());
    show(StatusCode::NOT_FOUND, &said)
}

/// A visitor who is not let in.
pub(crate) fn not_let_in(language: PageLanguage, error: VisitError) -> HttpResponse {
    match error {
        VisitError::Site(error) => closed(language, error),
        VisitError::NoPage => closed(language, SiteError::Gone),
        VisitError::Unavailable(error) => unavailable(language, &error),
        other => {
            let page = Page::new(language, "Try again later", "请稍后重试");
            let text = message(language, other.code(), &other.to_string());
            show(status_of(&other), &MessagePage::saying(page, text))
        }
    }
}
