//! An app: what it takes, as a form, and the runs that there were.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use askama::Template;
use gatewright_domain::ids::AppId;
use gatewright_http_kit::extract::PathId;
use gatewright_run_service::{InputField, RunLine, RunService, RunServiceError, RunsOf};
use gatewright_usecase_apps::{App, Apps};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{CHATFLOW, Visit, words};
use gatewright_pages_kit::{
    guard::csrf_token,
    link::Link,
    page::{Page, show_app},
    pager::ROWS,
    time::{When, Zone},
    unavailable::unavailable,
};
use gatewright_run_form::{
    fields::{Field, fields, message_field, text},
    icon::emoji,
    problem,
};

/// A run in the list.
struct Entry {
    path: String,
    status: &'static str,
    tone: &'static str,
    when: When,
    duration: Option<String>,
    /// Somebody else began it.
    is_others: bool,
}

#[derive(Template)]
#[template(path = "app.html")]
struct AppPage {
    page: Page,
    path: String,
    icon: Option<String>,
    kind: &'static str,
    description: String,
    csrf_token: String,
    /// Why it does not run; then it has no form.
    refusal: Option<String>,
    fields: Vec<Field>,
    /// Whether files can be sent with them.
    takes_files: bool,
    runs: Vec<Entry>,
    /// Whether these are not the latest ones.
    is_older: bool,
    /// The link to the runs before these.
    older: Option<String>,
}

/// What is shown of an app, beside what it is.
pub(super) struct View {
    pub(super) status: StatusCode,
    pub(super) error: Option<String>,
    /// The form; or why there is none.
    pub(super) form: Result<Vec<Field>, String>,
    /// The runs that are shown began before this one.
    pub(super) before: Option<Uuid>,
}

/// Shows an app.
pub(super) async fn get(
    apps: Data<Apps>,
    runs: Data<RunService>,
    path: Path<PathId<AppId>>,
    link: Link,
    request: HttpRequest,
) -> HttpResponse {
    match visit(&apps, &runs, path.into_inner(), &link, &request).await {
        Ok(answer) | Err(answer) => answer,
    }
}

async fn visit(
    apps: &Apps,
    runs: &RunService,
    id: PathId<AppId>,
    link: &Link,
    request: &HttpRequest,
) -> Result<HttpResponse, HttpResponse> {
    let visit = Visit::of(request).await?;
    let app = visit.app(apps, id).await?;
    let again = repeated(&visit, runs, &app, link).await?;
    let form = match declared(&visit, runs, &app).await {
        Ok(declared) => {
            let message = again.get("sys.query").map(text).unwrap_or_default();
            let filled = |name: &str| again.get(name).map(text);
            Ok(form(&visit, &app, &declared, message, filled))
        }
        Err(NoForm::Because(refusal)) => Err(refusal),
        Err(NoForm::Answer(answer)) => return Err(answer),
    };
    let view = View {
        status: StatusCode::OK,
        error: None,
        form,
        before: link.get("before").and_then(|id| id.parse().ok()),
    };
    render(&visit, runs, app, request, view).await
}

/// The fields of an app's form: what is said to it first, when it answers in conversations.
pub(super) fn form(
    visit: &Visit,
    app: &App,
    declared: &[InputField],
    message: String,
    filled: impl Fn(&str) -> Option<String>,
) -> Vec<Field> {
    let mut all = fields(declared, |field| filled(&field.variable));
    if app.mode == CHATFLOW {
        let label = visit.language.t("Message", "消息");
        all.insert(0, message_field(label, message));
    }
    all
}

/// The inputs of the run that is to be repeated; none are none.
async fn repeated(
    visit: &Visit,
    runs: &RunService,
    app: &App,
    link: &Link,
) -> Result<Map<String, Value>, HttpResponse> {
    let Some(id) = link.get("again").and_then(|id| id.parse().ok()) else {
        return Ok(Map::new());
    };
    let found = runs.trace(visit.workspace.id, app.id, id).await;
    let found = found.map_err(|error| problem::of_run(visit.language, &error))?;
    let shown = found.filter(|trace| visit.may_see(trace));
    Ok(shown.map(|trace| trace.inputs()).unwrap_or_default())
}

/// Why an app has no form.
pub(super) enum NoForm {
    /// It does not run; why, in words.
    Because(String),
    /// Nothing is shown of it now.
    Answer(HttpResponse),
}

/// What a run takes.
pub(super) async fn declared(
    visit: &Visit,
    runs: &RunService,
    app: &App,
) -> Result<Vec<InputField>, NoForm> {
    if !matches!(app.mode.as_str(), "workflow" | CHATFLOW) {
        let text = visit.language.t(
            "Apps of this kind cannot be run from here yet.",
            "暂不支持在此运行这类应用。",
        );
        return Err(NoForm::Because(text.to_owned()));
    }
    let found = runs.input_fields_of(app.clone()).await;
    found.map_err(|error| match error {
        RunServiceError::Unavailable(error) => NoForm::Answer(unavailable(visit.language, &error)),
        other => NoForm::Because(problem::words_of_run(visit.language, &other)),
    })
}

/// The page of an app, as this visitor sees it.
pub(super) async fn render(
    visit: &Visit,
    runs: &RunService,
    app: App,
    request: &HttpRequest,
    view: View,
) -> Result<HttpResponse, HttpResponse> {
    let which = RunsOf {
        tenant: visit.workspace.id.0,
        app: app.id.0,
        account: (!visit.sees_all()).then_some(visit.session.account.id.0),
        before: view.before,
    };
    let listed = runs.list(which, ROWS + 1).await;
    let listed = listed.map_err(|error| problem::of_run(visit.language, &error))?;
    let older = listed.get(usize::from(ROWS)).is_some();
    let listed = listed.into_iter().take(usize::from(ROWS));
    let path = format!("/apps/{}", app.id);
    let entries: Vec<RunLine> = listed.collect();
    let last = entries.last().map(|run| run.id).filter(|_| older);
    let (fields, refusal) = match view.form {
        Ok(fields) => (fields, None),
        Err(refusal) => (vec![], Some(refusal)),
    };
    let shown = AppPage {
        page: visit.page(&app.name).with_error(view.error),
        icon: emoji(app.icon.kind.as_deref(), app.icon.content.as_deref()),
        kind: words::mode(visit.language, &app.mode),
        description: app.description,
        csrf_token: csrf_token(request, &visit.session),
        refusal,
        takes_files: fields.iter().any(|field| field.files.is_some()),
        fields,
        is_older: view.before.is_some(),
        older: last.map(|run| format!("{path}?before={run}#runs")),
        runs: entries
            .into_iter()
            .map(|run| entry(visit, &path, &run))
            .collect(),
        path,
    };
    Ok(show_app(view.status, &shown))
}

fn entry(visit: &Visit, path: &str, run: &RunLine) -> Entry {
    let account = visit.session.account.id.0;
    Entry {
        path: format!("{path}/runs/{}", run.id),
        status: words::status(visit.language, &run.status),
        tone: words::tone(&run.status),
        when: Zone::of(&visit.session.account).show(run.created_at.and_utc()),
        duration: run
            .finished_at
            .map(|_| words::duration(visit.language, run.elapsed_time)),
        is_others: run.created_by_role != "account" || run.created_by != account,
    }
}
