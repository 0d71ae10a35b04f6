//! A run: where it stands, what came out, its nodes; and stopping it.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::{Data, Path},
};
use askama::Template;
use gatewright_domain::ids::AppId;
use gatewright_http_kit::extract::PathId;
use gatewright_run_service::{RunService, RunTrace, Talk};
use gatewright_usecase_apps::{App, Apps};
use serde::Deserialize;
use uuid::Uuid;

use super::{HERE, Visit, progress::Progress, state::RunState};
use gatewright_pages_kit::{
    form::PageForm,
    guard::{csrf_token, sent_by},
    page::{Page, onward, show_app},
};
use gatewright_run_form::{fields, problem};

/// An app and a run of it, in a path.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct RunPath {
    app: PathId<AppId>,
    run: PathId<Uuid>,
}

/// A run that somebody may see.
pub(super) struct Seen {
    pub(super) visit: Visit,
    pub(super) app: App,
    pub(super) trace: RunTrace,
}

impl Seen {
    /// For whoever asks for a page.
    pub(super) async fn of(
        apps: &Apps,
        runs: &RunService,
        path: &RunPath,
        request: &HttpRequest,
    ) -> Result<Self, HttpResponse> {
        Self::by(Visit::of(request).await?, apps, runs, path).await
    }

    async fn by(
        visit: Visit,
        apps: &Apps,
        runs: &RunService,
        path: &RunPath,
    ) -> Result<Self, HttpResponse> {
        let app = visit.app(apps, path.app).await?;
        let trace = visit.run(runs, &app, path.run).await?;
        Ok(Self { visit, app, trace })
    }

    /// The form for what one says next.
    fn go_on(&self, talk: &Talk, csrf_token: String) -> GoOn {
        let inputs = self.trace.inputs().into_iter();
        let own = inputs.filter(|(name, _)| !name.starts_with("sys."));
        GoOn {
            conversation: talk.conversation,
            csrf_token,
            hidden: own
                .map(|(name, value)| (fields::name(&name), fields::text(&value)))
                .collect(),
        }
    }

    /// The path of its page.
    pub(super) fn path(&self) -> String {
        format!("/apps/{}/runs/{}", self.app.id, self.trace.run.id)
    }
}

/// What one says next in a conversation.
struct GoOn {
    conversation: Uuid,
    csrf_token: String,
    /// The other inputs, as they were: names of fields and values.
    hidden: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "run.html")]
struct RunPage {
    page: Page,
    app_path: String,
    path: String,
    run: Uuid,
    state: RunState,
    go_on: Option<GoOn>,
}

/// Shows a run.
pub(super) async fn get(
    apps: Data<Apps>,
    runs: Data<RunService>,
    path: Path<RunPath>,
    request: HttpRequest,
) -> HttpResponse {
    let seen = match Seen::of(&apps, &runs, &path, &request).await {
        Ok(seen) => seen,
        Err(answer) => return answer,
    };
    let mut progress = runs
        .watch(seen.app.id, seen.trace.run.id)
        .map(Progress::new);
    if let Some(progress) = &mut progress {
        progress.catch_up();
    }
    let talk = match runs.talk(&seen.trace).await {
        Ok(talk) => talk,
        Err(error) => return problem::of_run(seen.visit.language, &error),
    };
    let text = progress.as_ref().map_or("", Progress::text);
    let token = csrf_token(&request, &seen.visit.session);
    let go_on = talk.as_ref().filter(|_| seen.visit.is_own(&seen.trace));
    let shown = RunPage {
        go_on: go_on.map(|talk| seen.go_on(talk, token.clone())),
        page: seen.visit.page(&seen.app.name),
        app_path: format!("/apps/{}", seen.app.id),
        path: seen.path(),
        run: seen.trace.run.id,
        state: RunState::new(&seen.visit, &seen.trace, token, text)
            .within(talk.as_ref())
            .at(seen.path()),
    };
    show_app(StatusCode::OK, &shown)
}

/// Stops a run.
pub(super) async fn stop(
    apps: Data<Apps>,
    runs: Data<RunService>,
    path: Path<RunPath>,
    sent: PageForm,
) -> HttpResponse {
    match ask_to_stop(&apps, &runs, &path, &sent).await {
        Ok(answer) | Err(answer) => answer,
    }
}

async fn ask_to_stop(
    apps: &Apps,
    runs: &RunService,
    path: &RunPath,
    sent: &PageForm,
) -> Result<HttpResponse, HttpResponse> {
    let session = sent_by(sent, HERE).await?;
    let visit = Visit::within(session, sent.language)?;
    let seen = Seen::by(visit, apps, runs, path).await?;
    let task = seen.trace.task_id.to_string();
    let stopped = runs.stop(seen.app.id, &task).await;
    stopped.map_err(|error| problem::of_run(seen.visit.language, &error))?;
    Ok(onward(&seen.path()))
}

/// Everything that came out of a run, as a file.
pub(super) async fn outputs(
    apps: Data<Apps>,
    runs: Data<RunService>,
    path: Path<RunPath>,
    request: HttpRequest,
) -> HttpResponse {
    let run = match Seen::of(&apps, &runs, &path, &request).await {
        Ok(seen) => seen.trace.run,
        Err(answer) => return answer,
    };
    let name = format!("attachment; filename=\"{}.json\"", run.id);
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .insert_header((header::CONTENT_DISPOSITION, name))
        .body(run.outputs.unwrap_or_else(|| "{}".to_owned()))
}
