//! What can go wrong.

use gatewright_domain::{Class, Classify, error::Unavailable};
use gatewright_storage_kit::StorageError;
use gatewright_usecase_apps::AppError;
use gatewright_usecase_files::{FileError, RunFileError};

/// Why something of a conversation is not shown, or not done.
#[derive(Debug, thiserror::Error)]
pub enum ConversationError {
    /// The caller has no such conversation with the app.
    #[error("Conversation Not Exists.")]
    NotFound,
    /// The one that a list is to go on behind is none of theirs.
    #[error("Last Conversation Not Exists.")]
    LastNotFound,
    /// There is no such message in a conversation of theirs.
    #[error("Message Not Exists.")]
    MessageNotFound,
    /// The one that a list is to go on before is not in the conversation.
    #[error("First Message Not Exists.")]
    FirstNotFound,
    /// The one that a list of kept answers is to go on behind is not kept.
    #[error("Last Message Not Exists.")]
    LastMessageNotFound,
    /// The conversation has no such variable.
    #[error("Conversation Variable Not Exists.")]
    VariableNotFound,
    /// The value is not of the variable's type.
    #[error("Type mismatch: variable '{name}' expects {expected}, but got {got} type")]
    VariableMistyped {
        /// What the app calls the variable.
        name: String,
        /// The type of the variable.
        expected: String,
        /// The type of the value.
        got: &'static str,
    },
    /// There is no feedback that could be taken back.
    #[error("rating cannot be None when feedback not exists")]
    NoFeedback,
    /// The app suggests no questions.
    #[error("Suggested Questions Is Disabled.")]
    SuggestionsOff,
    /// The app has no such annotation.
    #[error("Annotation not found")]
    AnnotationNotFound,
    /// An annotation says what is answered, and nothing is asked.
    #[error("question is required")]
    NoQuestion,
    /// A file of annotations cannot be read.
    #[error("The file cannot be read: {0}")]
    BadFile(String),
    /// The app has no such run.
    #[error("Workflow run not found")]
    RunNotFound,
    /// The run that a list is to go on behind is none of the app's.
    #[error("Last workflow run not exists")]
    LastRunNotFound,
    /// The app has no such end user.
    #[error("End user not found.")]
    EndUserNotFound,
    /// Nobody in the workspace has this address.
    #[error("Account not found: {0}")]
    AccountNotFound(String),
    /// The app cannot be looked at.
    #[error(transparent)]
    App(AppError),
    /// A store did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl From<AppError> for ConversationError {
    fn from(error: AppError) -> Self {
        match error {
            AppError::Unavailable(outage) => Self::Unavailable(outage),
            other => Self::App(other),
        }
    }
}

impl From<StorageError> for ConversationError {
    fn from(error: StorageError) -> Self {
        Self::Unavailable(error.into())
    }
}

impl From<FileError> for ConversationError {
    fn from(error: FileError) -> Self {
        match error {
            FileError::Unavailable(outage) => Self::Unavailable(outage),
            other => Self::Unavailable(Unavailable::new("files", other.to_string())),
        }
    }
}

impl From<RunFileError> for ConversationError {
    fn from(error: RunFileError) -> Self {
        match error {
            RunFileError::Unavailable(outage) => Self::Unavailable(outage),
            other => Self::Unavailable(Unavailable::new("files", other.to_string())),
        }
    }
}

impl Classify for ConversationError {
    fn class(&self) -> Class<'_> {
        match self {
            Self::NotFound
            | Self::LastNotFound
            | Self::MessageNotFound
            | Self::FirstNotFound
            | Self::LastMessageNotFound
            | Self::VariableNotFound
            | Self::RunNotFound
            | Self::LastRunNotFound
            | Self::AnnotationNotFound => Class::not_found("not_found"),
            Self::EndUserNotFound => Class::not_found("end_user_not_found"),
            Self::VariableMistyped { .. } | Self::SuggestionsOff => Class::invalid("bad_request"),
            Self::NoFeedback | Self::AccountNotFound(_) | Self::NoQuestion | Self::BadFile(_) => {
                Class::invalid("invalid_param")
            }
            Self::App(AppError::NotPublished) => Class::invalid("app_unavailable"),
            Self::App(error) => error.class(),
            Self::Unavailable(error) => error.class(),
        }
    }
}
