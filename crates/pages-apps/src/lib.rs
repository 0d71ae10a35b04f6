//! `/apps`: the apps of the workspace, run by hand. A list, an app with its form and its runs, a run as it goes on.
//!
//! They work without a script; one of ours keeps a run's page up to date.
//!
//! Members see the runs that they began themselves; whoever may edit apps sees everybody's, and what went through each node.

mod app;
mod list;
mod live;
mod progress;
mod run;
mod run_form;
mod start;
mod state;
mod words;

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{self, ServiceConfig},
};
use gatewright_domain::{
    ids::AppId,
    member::Capability,
    workspace::{MemberWorkspace, Role},
};
use gatewright_http_kit::{extract::PathId, operation::Facts};
use gatewright_run_service::{RunService, RunServiceError, RunTrace};
use gatewright_usecase_apps::{App, AppError, Apps};
use gatewright_usecase_kit::ConsoleIdentity;
use uuid::Uuid;

use gatewright_pages_kit::{
    guard::{Destination, back, navigation, signed_in},
    page::{MessagePage, Page, PageLanguage, show},
    routes::{PageFile, QUICK, Routes},
    unavailable::unavailable,
};

/// The mode of apps that answer in conversations.
const CHATFLOW: &str = "advanced-chat";
const HERE: Destination = Destination::Apps;

/// The one script of pages: it keeps a run's page up to date.
const SCRIPT: PageFile = PageFile {
    path: "/runs.js",
    media_type: "text/javascript; charset=utf-8",
    text: include_str!("runs.js"),
};

/// Registers the page of a form that a run waits for: mails lead to it, whatever console there is.
pub fn mount_run_form(config: &mut ServiceConfig) {
    Routes(config)
        .route("/form/{form_token}", web::get().to(run_form::get), QUICK)
        .route("/form/{form_token}", web::post().to(run_form::post), QUICK);
}

/// Registers the pages of apps.
pub fn mount(config: &mut ServiceConfig) {
    SCRIPT.mount(config);
    Routes(config)
        .route("/apps", web::get().to(list::get), QUICK)
        .route("/apps/{app}", web::get().to(app::get), QUICK)
        .route("/apps/{app}/run", web::post().to(start::post), Facts::LARGE)
        .route(
            "/apps/{app}/run/files",
            web::post().to(start::post_with_files),
            Facts::UPLOAD,
        )
        .route("/apps/{app}/runs/{run}", web::get().to(run::get), QUICK)
        .route(
            "/apps/{app}/runs/{run}/stop",
            web::post().to(run::stop),
            QUICK,
        )
        .route(
            "/apps/{app}/runs/{run}/outputs",
            web::get().to(run::outputs),
            QUICK,
        )
        .route(
            "/apps/{app}/runs/{run}/events",
            web::get().to(live::get),
            QUICK,
        );
}

/// Somebody who is signed in, in the workspace that they work in.
struct Visit {
    session: ConsoleIdentity,
    workspace: MemberWorkspace,
    language: PageLanguage,
}

impl Visit {
    async fn of(request: &HttpRequest) -> Result<Self, HttpResponse> {
        let session = signed_in(request, HERE).await?;
        Self::within(session, PageLanguage::of(request))
    }

    #[allow(clippy::result_large_err, reason = "an answer, sent at once")]
    fn within(session: ConsoleIdentity, language: PageLanguage) -> Result<Self, HttpResponse> {
        match session.current_workspace().cloned() {
            Some(workspace) => Ok(Self {
                session,
                workspace,
                language,
            }),
            None => Err(back(Destination::Account, "")),
        }
    }

    fn role(&self) -> Role {
        self.workspace.role
    }

    /// Whether everybody's runs are shown, and what went through each node.
    fn sees_all(&self) -> bool {
        self.role().may(Capability::EditApps)
    }

    /// An app of the workspace; 404 when it has none of that id.
    async fn app(&self, apps: &Apps, id: PathId<AppId>) -> Result<App, HttpResponse> {
        let found = match id.or(AppError::NotFound) {
            Ok(id) => apps.find(self.workspace.id, id).await,
            Err(error) => Err(error),
        };
        match found {
            Ok(app) => Ok(app),
            Err(AppError::Unavailable(error)) => Err(unavailable(self.language, &error)),
            Err(_) => Err(self.missing(
                self.language.t("App not found", "应用不存在"),
                self.language.t(
                    "There is no such app in this workspace. It may have been deleted, or it belongs to another workspace: switch to that one first.",
                    "此工作空间中没有该应用。它可能已被删除，或属于其他工作空间：请先切换到那个工作空间。",
                ),
            )),
        }
    }

    /// A run of the app that is shown to them; 404 when there is none, or when it is somebody else's.
    async fn run(
        &self,
        runs: &RunService,
        app: &App,
        id: PathId<Uuid>,
    ) -> Result<RunTrace, HttpResponse> {
        let found = match id.or(()) {
            Ok(id) => runs.trace(self.workspace.id, app.id, id).await,
            Err(()) => Ok(None),
        };
        match found {
            Ok(Some(trace)) if self.may_see(&trace) => Ok(trace),
            Err(RunServiceError::Unavailable(error)) => Err(unavailable(self.language, &error)),
            _ => Err(self.missing(
                self.language.t("Run not found", "运行不存在"),
                self.language.t(
                    "There is no such run of this app, or somebody else began it.",
                    "该应用没有此运行，或此运行由其他人发起。",
                ),
            )),
        }
    }

    fn may_see(&self, trace: &RunTrace) -> bool {
        self.sees_all() || self.is_own(trace)
    }

    /// Whether they began it.
    fn is_own(&self, trace: &RunTrace) -> bool {
        let run = &trace.run;
        run.created_by_role == "account" && run.created_by == self.session.account.id.0
    }

    fn page(&self, title: &str) -> Page {
        Page::new(self.language, title, title).with_navigation(navigation(self.language, HERE))
    }

    fn missing(&self, title: &str, text: &str) -> HttpResponse {
        let mut told = MessagePage::saying(self.page(title), text.to_owned());
        let label = self.language.t("All apps", "所有应用").to_owned();
        told.links = vec![(label, HERE.path().to_owned())];
        show(StatusCode::NOT_FOUND, &told)
    }
}
