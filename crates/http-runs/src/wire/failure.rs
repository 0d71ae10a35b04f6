//! What users of apps are answered when a run does not begin, is not found, or is of another kind of app.

use std::fmt;

use gatewright_domain::{Class, Classify};
use gatewright_run_service::RunServiceError;
use gatewright_usecase_apps::AppError;

/// Why a run did not begin, or is not shown.
#[derive(Debug)]
pub enum NotRun {
    /// What runs themselves say.
    Run(RunServiceError),
    /// The route is for apps of mode `workflow`.
    NotWorkflow,
    /// The route is for apps of conversations.
    NotChat,
    /// The route is for apps that answer once.
    NotCompletion,
    /// Apps of this mode do not run yet.
    NotYet,
    /// An id of a version that is none.
    BadVersion,
    /// There is no such run of this app.
    NoSuchRun,
    /// The app has no site.
    NoSite,
}

impl From<RunServiceError> for NotRun {
    fn from(error: RunServiceError) -> Self {
        Self::Run(error)
    }
}

impl From<AppError> for NotRun {
    fn from(error: AppError) -> Self {
        Self::Run(error.into())
    }
}

impl std::error::Error for NotRun {}

impl fmt::Display for NotRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Run(error) => error.fmt(f),
            Self::NotWorkflow => {
                f.write_str("Please check if your Workflow app mode matches the right API route.")
            }
            Self::NotChat => {
                f.write_str("Please check if your app mode matches the right API route.")
            }
            Self::NotCompletion => {
                f.write_str("Please check if your Completion app mode matches the right API route.")
            }
            Self::NotYet => f.write_str("Apps of this mode do not run here yet."),
            Self::BadVersion => f.write_str("Invalid workflow_id format"),
            Self::NoSuchRun => f.write_str("Workflow run not found."),
            Self::NoSite => f.write_str("The app has no site."),
        }
    }
}

impl Classify for NotRun {
    fn class(&self) -> Class<'_> {
        match self {
            Self::Run(error) => error.class(),
            Self::NotWorkflow => Class::invalid("not_workflow_app"),
            Self::NotChat => Class::invalid("not_chat_app"),
            Self::NotCompletion => Class::invalid("not_completion_app"),
            Self::NotYet => Class::invalid("mode_not_runnable"),
            Self::BadVersion => Class::invalid("bad_request"),
            Self::NoSuchRun => Class::not_found("not_found"),
            Self::NoSite => Class::forbidden("forbidden"),
        }
    }
}
