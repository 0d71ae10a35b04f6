//! Who judges what is said to an app, and what it says, where no list of words does.

use std::sync::Arc;

use futures_util::{FutureExt as _, future, future::BoxFuture};
use gatewright_domain::{
    error::Unavailable,
    ids::{AppId, WorkspaceId},
};
use gatewright_usecase_runs::{Judge, JudgeText, Judgement, Verdict};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::RunServiceError;

/// Which judge is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JudgedBy {
    /// The model of the workspace.
    Model,
    /// An API extension of the workspace.
    Extension(Uuid),
}

/// Whose question or answer it is, and who judges it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Case {
    /// The workspace that the app belongs to.
    pub workspace: WorkspaceId,
    /// The app that is asked.
    pub app: AppId,
    /// The judge of both.
    pub by: JudgedBy,
}

/// What is said to an app.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Told {
    /// The question; empty to an app that has none.
    pub query: String,
    /// The inputs that the app declares.
    pub inputs: Map<String, Value>,
}

/// What becomes of it.
#[derive(Debug, Clone, PartialEq)]
pub enum InputVerdict {
    /// It may be told.
    Fine,
    /// It is answered by these words; none: by those of the app.
    Flagged(Option<String>),
    /// This is told instead.
    Overridden(Told),
}

/// What becomes of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutputVerdict {
    /// It may be said.
    Fine,
    /// These words are said instead; none: those of the app.
    Flagged(Option<String>),
    /// This is said instead.
    Overridden(String),
}

/// Why nothing is judged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotJudged {
    /// There is no such judge.
    #[error("{0}")]
    Nobody(String),
    /// The judge does not answer, or not in a way that is understood.
    #[error("{0}")]
    Silent(String),
}

/// Those who judge.
pub trait Judges: Send + Sync {
    /// That there is such a judge.
    fn find(&self, case: Case) -> BoxFuture<'_, Result<(), NotJudged>>;

    /// What becomes of what is said to an app.
    fn input(&self, case: Case, told: Told) -> BoxFuture<'_, Result<InputVerdict, NotJudged>>;

    /// What becomes of what an app says.
    fn output(
        &self,
        case: Case,
        text: String,
    ) -> BoxFuture<'static, Result<OutputVerdict, NotJudged>>;
}

/// Where nobody judges.
pub(crate) struct Nobody;

impl Judges for Nobody {
    fn find(&self, _: Case) -> BoxFuture<'_, Result<(), NotJudged>> {
        future::ready(Err(nobody())).boxed()
    }

    fn input(&self, _: Case, _: Told) -> BoxFuture<'_, Result<InputVerdict, NotJudged>> {
        future::ready(Err(nobody())).boxed()
    }

    fn output(&self, _: Case, _: String) -> BoxFuture<'static, Result<OutputVerdict, NotJudged>> {
        future::ready(Err(nobody())).boxed()
    }
}

fn nobody() -> NotJudged {
    NotJudged::Nobody("There is nobody here who moderates.".to_owned())
}

impl From<NotJudged> for RunServiceError {
    fn from(error: NotJudged) -> Self {
        match error {
            NotJudged::Nobody(why) => Self::Graph(why),
            NotJudged::Silent(why) => Self::Unavailable(Unavailable::new("moderation", why)),
        }
    }
}

/// Judges the answers of one app. What nobody can judge is not said.
struct ForApp {
    judges: Arc<dyn Judges>,
    case: Case,
    preset: String,
}

/// Who judges the answers of an app; `preset` is said instead of what is flagged.
pub(crate) fn of_answers(judges: &Arc<dyn Judges>, case: Case, preset: String) -> Judge {
    Judge(Arc::new(ForApp {
        judges: Arc::clone(judges),
        case,
        preset,
    }))
}

impl JudgeText for ForApp {
    fn judge(&self, text: String) -> Judgement {
        let judged = self.judges.output(self.case, text);
        let (preset, app) = (self.preset.clone(), self.case.app);
        Box::pin(async move {
            match judged.await {
                Ok(OutputVerdict::Fine) => Verdict::Fine,
                Ok(OutputVerdict::Flagged(own)) => Verdict::Instead(own.unwrap_or(preset)),
                Ok(OutputVerdict::Overridden(text)) => Verdict::Rewritten(text),
                Err(error) => {
                    tracing::warn!(
                        event = "moderation.answer_not_judged",
                        app = %app.0,
                        %error,
                        "an answer could not be judged, and is replaced"
                    );
                    Verdict::Instead(preset)
                }
            }
        })
    }
}
