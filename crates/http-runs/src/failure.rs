//! What programs are answered when a run does not begin: the codes of `ErrorBody`.

use std::fmt;

use gatewright_domain::{Class, Classify};
use gatewright_run_service::RunServiceError;
use gatewright_usecase_apps::AppError;

/// Why a run did not begin.
#[derive(Debug)]
pub(crate) struct NotRun(pub(crate) RunServiceError);

impl From<AppError> for NotRun {
    fn from(error: AppError) -> Self {
        Self(error.into())
    }
}

impl From<RunServiceError> for NotRun {
    fn from(error: RunServiceError) -> Self {
        Self(error)
    }
}

impl std::error::Error for NotRun {}

impl fmt::Display for NotRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            RunServiceError::App(AppError::NotFound) => f.write_str("app not found"),
            other => other.fmt(f),
        }
    }
}

impl Classify for NotRun {
    fn class(&self) -> Class<'_> {
        self.0.class()
    }
}
