//! What a caller of the proxy is told instead.

use http::{HeaderMap, HeaderValue, StatusCode, header};

use super::{Answer, GuardError};

/// What a caller is told instead.
pub(super) enum Refusal {
    Malformed,
    NoCredential,
    Place(GuardError),
    Unreachable,
}

impl From<GuardError> for Refusal {
    fn from(error: GuardError) -> Self {
        match error {
            // What went wrong on the way is none of the program's business.
            GuardError::Outbound(_) => Self::Unreachable,
            error => Self::Place(error),
        }
    }
}

impl Refusal {
    pub(super) fn answer(&self) -> Answer {
        let (status, text) = match self {
            Self::Malformed => (
                StatusCode::BAD_REQUEST,
                "this is a proxy for HTTP".to_owned(),
            ),
            Self::NoCredential => (StatusCode::PROXY_AUTHENTICATION_REQUIRED, String::new()),
            Self::Place(error) => (StatusCode::FORBIDDEN, error.to_string()),
            Self::Unreachable => (
                StatusCode::BAD_GATEWAY,
                "the server does not answer".to_owned(),
            ),
        };
        let mut answer = Answer::new(text.into());
        *answer.status_mut() = status;
        let headers: &mut HeaderMap = answer.headers_mut();
        let mut set = |name, value| headers.insert(name, HeaderValue::from_static(value));
        set(header::CONTENT_TYPE, "text/plain");
        set(header::CONNECTION, "close");
        if matches!(self, Self::NoCredential) {
            set(header::PROXY_AUTHENTICATE, "Basic realm=\"programs\"");
        }
        answer
    }
}
