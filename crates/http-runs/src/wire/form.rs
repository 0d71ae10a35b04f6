//! Why a form is not shown, or not answered, as `/v1` and `/api` tell it.

use std::fmt;

use gatewright_domain::{Class, Classify};
use gatewright_run_service::FormError;

/// Why there is no form: these surfaces do not tell a token of another surface from none.
#[derive(Debug)]
pub struct NoForm(pub FormError);

impl std::error::Error for NoForm {}

impl fmt::Display for NoForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            FormError::OtherSurface => FormError::NotFound.fmt(f),
            other => other.fmt(f),
        }
    }
}

impl Classify for NoForm {
    fn class(&self) -> Class<'_> {
        match &self.0 {
            FormError::NotFound | FormError::OtherSurface => Class::not_found("not_found"),
            other => other.class(),
        }
    }
}
