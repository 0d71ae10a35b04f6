//! What programs are answered when something is not done to an app: the codes of `ErrorBody`, and other words than
//! the console's.

use std::fmt;

use gatewright_domain::{Class, Classify, ErrorKind};
use gatewright_usecase_apps::AppError;

/// Why something was not done to an app.
#[derive(Debug)]
pub(super) struct NotDone(pub(super) AppError);

impl From<AppError> for NotDone {
    fn from(error: AppError) -> Self {
        Self(error)
    }
}

impl std::error::Error for NotDone {}

impl fmt::Display for NotDone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            AppError::NotFound => f.write_str("app not found"),
            other => other.fmt(f),
        }
    }
}

impl Classify for NotDone {
    fn class(&self) -> Class<'_> {
        let class = self.0.class();
        match class.kind {
            ErrorKind::NotFound => Class::not_found("not_found"),
            ErrorKind::Conflict => Class::conflict("conflict"),
            ErrorKind::Invalid if class.code != "app_unavailable" => Class::invalid("bad_request"),
            _ => class,
        }
    }
}
