//! A form that was sent without a script: a run begins, and the page that answers has what came of it.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Path};
use gatewright_http_kit::extract::RequestCtx;
use gatewright_pages_kit::form::{PageForm, PartedForm, PartedRunForm, RunForm, status_of};
use gatewright_run_form::{
    fields::{InputProblem, MESSAGE, inputs},
    problem,
    reading::{Read, Reading},
};
use gatewright_run_service::{Asked, RunServiceError, StartRun, Surface, UnknownConversation};
use gatewright_usecase_kit::Ctx;
use serde_json::Value;
use uuid::Uuid;

use crate::{
    guest::{Guest, Known},
    open::{BESIDE, Kind, Open},
    rounds,
    services::Services,
    view::{Page, Shown},
};

/// The name of a button that asks a suggested question.
pub(crate) const SUGGESTION: &str = "suggestion";
/// The name of the field that has the conversation that goes on.
pub(crate) const CONVERSATION: &str = "conversation";

/// Takes a form.
pub(crate) async fn post<K: Kind>(
    services: Services,
    ctx: RequestCtx,
    code: Path<String>,
    RunForm(sent): RunForm,
) -> HttpResponse {
    let open = match Open::find::<K>(&services, &code, &sent.request).await {
        Ok(open) => open,
        Err(answer) => return answer,
    };
    let guest = Guest::new(&services, &ctx, &open);
    let form = Form {
        services: &services,
        ctx: &ctx,
        open: &open,
        guest: &guest,
        sent: &sent,
    };
    form.answer(None).await
}

/// Takes a form with files: they come with it.
pub(crate) async fn post_with_files<K: Kind>(
    services: Services,
    ctx: RequestCtx,
    code: Path<String>,
    PartedRunForm(sent): PartedRunForm,
) -> HttpResponse {
    let PartedForm { form, parts } = sent;
    let request: HttpRequest = form.request.clone();
    let open = match Open::find::<K>(&services, &code, &request).await {
        Ok(open) => open,
        Err(answer) => return answer,
    };
    let guest = Guest::new(&services, &ctx, &open);
    let reading = Reading::new(&guest, &open.declared, &services.files, &ctx, form);
    let Read { form, problem } = match reading.all(parts).await {
        Ok(read) => read,
        Err(answer) => return answer,
    };
    let form = Form {
        services: &services,
        ctx: &ctx,
        open: &open,
        guest: &guest,
        sent: &form,
    };
    form.answer(problem).await
}

/// A form that was filled in.
struct Form<'a> {
    services: &'a Services,
    ctx: &'a Ctx,
    open: &'a Open,
    guest: &'a Guest<'a>,
    sent: &'a PageForm,
}

/// Why no run began.
enum NotBegun {
    /// An input that does not fit.
    Misfit(InputProblem),
    /// Anything else that keeps a run from beginning.
    Refused(RunServiceError),
}

impl Form<'_> {
    /// Begins a run, waits for it, and shows what came of it; or shows the form again, with what is wrong with it.
    async fn answer(&self, problem: Option<InputProblem>) -> HttpResponse {
        let known = match self.guest.known(self.sent).await {
            Ok(known) => known,
            Err(answer) => return answer,
        };
        let begun = match problem {
            Some(problem) => Err(NotBegun::Misfit(problem)),
            None => self.begin(&known).await,
        };
        let shown = match begun {
            Ok(shown) => shown,
            Err(NotBegun::Refused(error @ RunServiceError::Unavailable(_))) => {
                return problem::of_run(self.open.language, &error);
            }
            Err(refusal) => self.refused(refusal),
        };
        let conversation = shown.conversation.or_else(|| self.conversation());
        let rounds = match conversation.filter(|_| self.open.is_chat()) {
            Some(conversation) => {
                let (services, open) = (self.services, self.open);
                let found = rounds::of_conversation(services, self.ctx, open, &known, conversation);
                match found.await {
                    Ok(rounds) => rounds,
                    Err(answer) => return answer,
                }
            }
            None => vec![],
        };
        let shown = Shown {
            conversation: conversation.filter(|_| !rounds.is_empty()),
            passport: Some(known.passport),
            rounds,
            ..shown
        };
        Page::new(self.open, shown, Some(self.sent)).show()
    }

    /// Begins a run and waits until it has ended, or waits for a person.
    async fn begin(&self, known: &Known) -> Result<Shown, NotBegun> {
        let open = self.open;
        let asked = self.asked().map_err(NotBegun::Misfit)?;
        let inputs = inputs(open.language, &open.declared, self.sent);
        let mut inputs = inputs.map_err(NotBegun::Misfit)?;
        let files = match inputs.remove(BESIDE) {
            Some(Value::Array(files)) => files,
            _ => vec![],
        };
        let start = StartRun {
            surface: Surface::WebApp,
            version: None,
            inputs,
            files,
            caller: known.visitor.as_caller(),
            asked,
        };
        let runs = &self.services.runs;
        let handle = runs.start_known(self.ctx, open.app.clone(), start).await;
        let handle = handle.map_err(NotBegun::Refused)?;
        let mut reader = handle.reader(false);
        while let Ok(Some(_)) = reader.next().await {}
        let message = handle.plan.message.as_ref();
        let conversation = message.and_then(|message| message.conversation_id.parse().ok());
        let outcome = if open.is_chat() {
            None
        } else {
            let trace = runs.trace(open.app.workspace, open.app.id, handle.plan.key.run_id);
            let trace = trace.await.map_err(NotBegun::Refused)?;
            Some(rounds::of_run(open, trace))
        };
        Ok(Shown {
            outcome,
            conversation,
            ..Shown::default()
        })
    }

    /// What is said, to an app that answers in conversations.
    fn asked(&self) -> Result<Option<Asked>, InputProblem> {
        if !self.open.is_chat() {
            return Ok(None);
        }
        let suggested = self.sent.value(SUGGESTION);
        let message = match suggested {
            "" => self.sent.value(MESSAGE).replace("\r\n", "\n"),
            suggested => suggested.to_owned(),
        };
        if message.trim().is_empty() {
            let words = self.open.language.t("Write a message.", "请输入消息。");
            return Err(InputProblem {
                name: MESSAGE.to_owned(),
                words: words.to_owned(),
            });
        }
        let unknown = UnknownConversation::Refused;
        Ok(Some(Asked::new(message, self.conversation(), unknown)))
    }

    fn conversation(&self) -> Option<Uuid> {
        self.sent.value(CONVERSATION).parse().ok()
    }

    fn refused(&self, refusal: NotBegun) -> Shown {
        let language = self.open.language;
        let problem = match refusal {
            NotBegun::Misfit(problem) => problem,
            NotBegun::Refused(RunServiceError::Input(input)) => {
                let words = problem::words_of_input(language, &input);
                InputProblem::of_input(&input.variable, words)
            }
            NotBegun::Refused(other) => {
                return Shown {
                    status: status_of(&other),
                    error: Some(problem::words_of_run(language, &other)),
                    ..Shown::default()
                };
            }
        };
        let text = language.t(
            "Check what you filled in. Nothing was sent to the app.",
            "请检查填写的内容，尚未发送给应用。",
        );
        Shown {
            status: StatusCode::BAD_REQUEST,
            error: Some(text.to_owned()),
            problem: Some(problem),
            ..Shown::default()
        }
    }
}
