//! The form of an app, sent: a run begins, and its page is next.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use gatewright_domain::{file::FileOwner, ids::AppId};
use gatewright_http_files::Uploader;
use gatewright_http_kit::extract::{PathId, RequestCtx};
use gatewright_run_service::{
    Asked, Caller, InputField, RunService, RunServiceError, StartRun, Surface, UnknownConversation,
};
use gatewright_usecase_apps::{App, Apps};
use gatewright_usecase_files::Files;
use uuid::Uuid;

use super::{
    CHATFLOW, HERE, Visit,
    app::{NoForm, View, declared, form, render},
};
use gatewright_pages_kit::{
    form::{PageForm, PartedForm, status_of},
    guard::{require_token, sent_by, signed_in},
    page::onward,
};
use gatewright_run_form::{
    fields::{self, Field, InputProblem, MESSAGE, inputs},
    problem,
    reading::{Read, Reading, Sender},
};

/// Begins a run.
pub(super) async fn post(
    apps: Data<Apps>,
    runs: Data<RunService>,
    ctx: RequestCtx,
    path: Path<PathId<AppId>>,
    sent: PageForm,
) -> HttpResponse {
    let begun = async {
        let session = sent_by(&sent, HERE).await?;
        let visit = Visit::within(session, sent.language)?;
        let asked = Wanted::of(visit, &apps, &runs, path.into_inner()).await?;
        asked.begin(&runs, &ctx, &sent, None).await
    };
    match begun.await {
        Ok(answer) | Err(answer) => answer,
    }
}

/// Begins a run that is given files: they come with the form.
pub(super) async fn post_with_files(
    apps: Data<Apps>,
    runs: Data<RunService>,
    files: Data<Files>,
    ctx: RequestCtx,
    path: Path<PathId<AppId>>,
    sent: PartedForm,
) -> HttpResponse {
    let begun = async {
        let PartedForm { form, parts } = sent;
        let session = signed_in(&form.request, HERE).await?;
        let visit = Visit::within(session, form.language)?;
        let asked = Wanted::of(visit, &apps, &runs, path.into_inner()).await?;
        let reading = Reading::new(&asked.visit, &asked.declared, &files, &ctx, form);
        let Read { form, problem } = reading.all(parts).await?;
        asked.begin(&runs, &ctx, &form, problem).await
    };
    match begun.await {
        Ok(answer) | Err(answer) => answer,
    }
}

impl Sender for Visit {
    /// The form must be from a page of this session: its token stands before its files.
    async fn uploader(&self, form: &PageForm) -> Result<Uploader, HttpResponse> {
        require_token(form, &self.session, HERE)?;
        Ok(Uploader {
            owner: FileOwner::Account(self.session.account.id),
            workspace: self.workspace.id,
        })
    }
}

/// An app that is to run, and what its runs take.
struct Wanted {
    visit: Visit,
    app: App,
    declared: Vec<InputField>,
}

impl Wanted {
    async fn of(
        visit: Visit,
        apps: &Apps,
        runs: &RunService,
        id: PathId<AppId>,
    ) -> Result<Self, HttpResponse> {
        let app = visit.app(apps, id).await?;
        match declared(&visit, runs, &app).await {
            Ok(declared) => Ok(Self {
                visit,
                app,
                declared,
            }),
            // The page says why.
            Err(NoForm::Because(_)) => Err(onward(&format!("/apps/{}", app.id))),
            Err(NoForm::Answer(answer)) => Err(answer),
        }
    }

    /// Begins a run, and leads to its page; or shows the form again, with what is wrong with it.
    async fn begin(
        self,
        runs: &RunService,
        ctx: &RequestCtx,
        sent: &PageForm,
        problem: Option<InputProblem>,
    ) -> Result<HttpResponse, HttpResponse> {
        let form = Form {
            visit: &self.visit,
            app: &self.app,
            declared: &self.declared,
            sent,
        };
        let begun = match problem {
            Some(problem) => Err(form.wrong(&problem)),
            None => form.start(runs, ctx).await,
        };
        let view = match begun {
            Ok(run) => return Ok(onward(&format!("/apps/{}/runs/{run}", self.app.id))),
            Err(NotStarted::Answer(answer)) => return Err(answer),
            Err(NotStarted::Shown(view)) => view,
        };
        render(&self.visit, runs, self.app, &sent.request, view).await
    }
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
            surface: Surface::People,
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
        match runs.start_known(ctx, self.app.clone(), start).await {
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
        let filled = |name: &str| Some(self.sent.value(&fields::name(name)).to_owned());
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
