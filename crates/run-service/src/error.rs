//! What can go wrong before a run begins, and when somebody asks for one.

use gatewright_domain::{Class, Classify, ErrorKind, error::Unavailable, ids::WorkflowId};
use gatewright_storage_kit::StorageError;
use gatewright_usecase_apps::AppError;
use gatewright_usecase_files::RunFileError;
use gatewright_usecase_runs::{StartError, StoreError};
use gatewright_variables::inputs::InputError;

/// Why a run did not begin, or is not shown.
#[derive(Debug, thiserror::Error)]
pub enum RunServiceError {
    /// The app cannot be run.
    #[error(transparent)]
    App(AppError),
    /// There is no such run of the app, or the caller did not begin it.
    #[error("Workflow run not found")]
    RunNotFound,
    /// An input that the app does not take.
    #[error(transparent)]
    Input(#[from] InputError),
    /// A file that the app does not take, or that its sender may not see.
    #[error(transparent)]
    File(RunFileError),
    /// A graph that cannot run: why, with its node.
    #[error("{0}")]
    Graph(String),
    /// A model that nobody answers for.
    #[error("{0}")]
    Model(String),
    /// There is no such version of the app.
    #[error("Workflow not found with id: {0}")]
    VersionNotFound(WorkflowId),
    /// The caller has no such conversation with the app.
    #[error("Conversation Not Exists.")]
    ConversationNotFound,
    /// Nobody may go on with the conversation.
    #[error("The conversation has ended. Please start a new conversation.")]
    ConversationCompleted,
    /// Another message of the conversation is being answered, and was for longer than the caller can wait.
    #[error(
        "Another message of this conversation is still being answered. Please try again later."
    )]
    ConversationBusy,
    /// The app is asked in a way that its mode does not take: a workflow has no conversations, a chatflow nothing else.
    #[error("mode_not_runnable")]
    WrongMode,
    /// The app, or this process, has as many runs under way as it may.
    #[error("Too many active requests. Please try again later.")]
    TooMany,
    /// A store did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl From<AppError> for RunServiceError {
    /// A store that does not answer is no word about the app: whoever gives a run up for its app's sake must not take one for the other.
    fn from(error: AppError) -> Self {
        match error {
            AppError::Unavailable(outage) => Self::Unavailable(outage),
            other => Self::App(other),
        }
    }
}

impl From<RunFileError> for RunServiceError {
    fn from(error: RunFileError) -> Self {
        match error {
            RunFileError::Unavailable(outage) => Self::Unavailable(outage),
            other => Self::File(other),
        }
    }
}

impl From<StorageError> for RunServiceError {
    fn from(error: StorageError) -> Self {
        Self::Unavailable(error.into())
    }
}

impl From<StartError> for RunServiceError {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Busy | StartError::UnderWay => Self::TooMany,
            StartError::State(reason) | StartError::Store(StoreError::Rejected(reason)) => {
                Self::Graph(reason)
            }
            StartError::Store(StoreError::Conflict) => Self::ConversationBusy,
            StartError::Store(StoreError::Unavailable | StoreError::Fenced) => {
                Self::Unavailable(Unavailable::new("postgres", "the run was not kept"))
            }
        }
    }
}

impl Classify for RunServiceError {
    fn class(&self) -> Class<'_> {
        match self {
            Self::App(AppError::NotPublished) => Class::invalid("app_unavailable"),
            Self::App(error) => {
                let class = error.class();
                match class.kind {
                    // An app or a version: programs know one code for both.
                    ErrorKind::NotFound => Class::not_found("not_found"),
                    _ => class,
                }
            }
            Self::Input(_) | Self::File(_) | Self::Graph(_) | Self::Model(_) | Self::WrongMode => {
                Class::invalid("invalid_param")
            }
            Self::ConversationNotFound | Self::RunNotFound | Self::VersionNotFound(_) => {
                Class::not_found("not_found")
            }
            Self::ConversationCompleted => Class::invalid("conversation_completed"),
            Self::ConversationBusy | Self::TooMany => Class::rate_limited("too_many_requests", 1),
            Self::Unavailable(error) => error.class(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outage_while_an_app_is_looked_up_is_an_outage_and_no_fault_of_the_app() {
        let outage = AppError::Unavailable(Unavailable::new("postgres", "gone"));
        assert!(matches!(outage.into(), RunServiceError::Unavailable(_)));
        let missing = RunServiceError::from(AppError::VersionNotFound);
        assert!(matches!(
            missing,
            RunServiceError::App(AppError::VersionNotFound)
        ));
    }
}
