//! What can go wrong before a run begins, and when somebody asks for one.

use gatewright_domain::{Class, Classify, error::Unavailable};
use gatewright_storage_kit::StorageError;
use gatewright_usecase_apps::AppError;
use gatewright_usecase_runs::{StartError, StoreError};
use gatewright_variables::inputs::InputError;

/// Why a run did not begin, or is not shown.
#[derive(Debug, thiserror::Error)]
pub enum RunServiceError {
    /// The app cannot be run.
    #[error(transparent)]
    App(#[from] AppError),
    /// An input that the app does not take.
    #[error(transparent)]
    Input(#[from] InputError),
    /// A graph that cannot run: why, with its node.
    #[error("{0}")]
    Graph(String),
    /// There is no such run of this app.
    #[error("Workflow run not found.")]
    NotFound,
    /// The app, or this process, has as many runs under way as it may.
    #[error("Too many active requests. Please try again later.")]
    TooMany,
    /// A store did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
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
            Self::App(error) => error.class(),
            Self::Input(_) | Self::Graph(_) => Class::invalid("invalid_param"),
            Self::NotFound => Class::not_found("not_found"),
            Self::TooMany => Class::rate_limited("too_many_requests", 1),
            Self::Unavailable(error) => error.class(),
        }
    }
}
