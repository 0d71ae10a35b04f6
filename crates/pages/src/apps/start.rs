//! The form of an app, sent: a run begins, and its page is next.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use gatewright_domain::ids::AppId;
use gatewright_http_kit::{
    error::redirect,
    extract::{PathId, RequestCtx},
};
use gatewright_run_service::{
    Asked, Caller, InputField, RunService, RunServiceError, StartRun, UnknownConversation,
};
use gatewright_usecase_apps::{App, Apps};
use uuid::Uuid;

use super::{
    CHATFLOW, HERE, Visit,
    app::{NoForm, View, declared, form, render},
    fields::{Field, InputProblem, MESSAGE, inputs},
    problem,
};
use crate::{
    form::{PageForm, status_of},
    guard::sent_by,
};

/// Begins a run.
pub(super) async fn post(
    apps: Data<Apps>,
    runs: Data<RunService>,
    ctx: RequestCtx,
    path: Path<PathId<AppId>>,
    sent: PageForm,
) -> HttpResponse {
    match begin(&apps, &runs, &ctx, path.into_inner(), &sent).await {
        Ok(answer) | Err(answer) => answer,
    }
}

async fn begin(
    apps: &Apps,
    runs: &RunService,
    ctx: &RequestCtx,
    id: PathId<AppId>,
    sent: &PageForm,
) -> Result<HttpResponse, HttpResponse> {
    let session = sent_by(sent, HERE).await?;
    let visit = Visit::within(session, sent.language)?;
    let app = visit.app(apps, id).await?;
    let path = format!("/apps/{}", app.id);
    let declared = match declared(&visit, runs, &app).await {
        Ok(declared) => declared,
        // The page says why.
        Err(NoForm::Because(_)) => return Ok(to(&path)),
        Err(NoForm::Answer(answer)) => return Err(answer),
    };
    let form = Form {
        visit: &visit,
        app: &app,
        declared: &declared,
        sent,
    };
    let view = match form.start(runs, ctx).await {
        Ok(run) => return Ok(to(&format!("{path}/runs/{run}"))),
        Err(NotStarted::Answer(answer)) => return Err(answer),
        Err(NotStarted::Shown(view)) => view,
    };
    render(&visit, runs, app, &sent.request, view).await
}

/// A form that was filled in.
struct Form<'a> {
    visit: &'a Visit,
    app: &'a App,
    declared: &'a [InputField],
    sent: &'a PageForm,
}

/// Why no run began.
enum NotStarted {
    /// The form again, with what is wrong with it.
    Shown(View),
    /// Nothing is shown of the app now.
    Answer(HttpResponse),
}

impl Form<'_> {
    /// Begins a run; its id.
    async fn start(&self, runs: &RunService, ctx: &RequestCtx) -> Result<Uuid, NotStarted> {
        let language = self.visit.language;
        let asked = self.asked().map_err(|problem| self.wrong(&problem))?;
        let inputs = inputs(language, self.declared, self.sent);
        let inputs = inputs.map_err(|problem| self.wrong(&problem))?;
        let account = &self.visit.session.account;
        let start = StartRun {
            app: self.app.id,
            version: None,
            inputs,
            files: vec![],
            asked,
            caller: Caller::Account {
                id: account.id.0,
                name: account.name.clone(),
                email: account.email.clone(),
            },
        };
        match runs.start(ctx, start).await {
            Ok(handle) => Ok(handle.plan.key.run_id),
            Err(error) => Err(self.refused(&error)),
        }
    }

    /// What is said, to an app that answers in conversations; in the conversation that goes on, if one does.
    fn asked(&self) -> Result<Option<Asked>, InputProblem> {
        if self.app.mode != CHATFLOW {
            return Ok(None);
        }
        let message = self.sent.value(MESSAGE).replace("\r\n", "\n");
        if message.trim().is_empty() {
            let words = self.visit.language.t("Write a message.", "请输入消息。");
            return Err(InputProblem {
                name: MESSAGE.to_owned(),
                words: words.to_owned(),
            });
        }
        let conversation = self.sent.value("conversation").parse().ok();
        let unknown = UnknownConversation::Refused;
        Ok(Some(Asked::new(message, conversation, unknown)))
    }

    fn fields(&self) -> Vec<Field> {
        let message = self.sent.value(MESSAGE).to_owned();
        let filled = |name: &str| Some(self.sent.value(&format!("input.{name}")).to_owned());
        form(self.visit, self.app, self.declared, message, filled)
    }

    fn wrong(&self, problem: &InputProblem) -> NotStarted {
        let text = self.visit.language.t(
            "Check what you filled in. Nothing was run.",
            "请检查填写的内容，尚未运行。",
        );
        let mut fields = self.fields();
        problem.show(&mut fields);
        NotStarted::Shown(View {
            status: StatusCode::BAD_REQUEST,
            error: Some(text.to_owned()),
            form: Ok(fields),
            before: None,
        })
    }

    fn refused(&self, error: &RunServiceError) -> NotStarted {
        let language = self.visit.language;
        match error {
            RunServiceError::Unavailable(_) => NotStarted::Answer(problem::of_run(language, error)),
            RunServiceError::Input(input) => {
                let words = problem::words_of_input(language, input);
                self.wrong(&InputProblem::of_input(&input.variable, words))
            }
            other => NotStarted::Shown(View {
                status: status_of(other),
                error: Some(problem::words_of_run(language, other)),
                form: Ok(self.fields()),
                before: None,
            }),
        }
    }
}

/// Another page, to be read: reloading it sends nothing again.
pub(super) fn to(path: &str) -> HttpResponse {
    redirect(path).status(StatusCode::SEE_OTHER).finish()
}
