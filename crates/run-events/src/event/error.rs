//! What a stream says of a run that could not begin, or broke outside its graph. It is always the last event.

use serde::{Deserialize, Serialize};

/// An `error` event. A graph that fails has none: `workflow_finished` says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunError {
    /// `invalid_param`, `completion_request_error`, …; none when the cause has no code.
    pub code: Option<String>,
    /// The HTTP status that a blocking caller gets.
    pub status: u16,
    /// What went wrong, in words for people.
    pub message: String,
    /// Whether `workflow_started` came before: until then clients know no run.
    pub after_start: bool,
}

impl RunError {
    /// Input that the app does not take, a graph that cannot run: 400 `invalid_param`.
    #[must_use]
    pub fn invalid_param(message: impl Into<String>) -> Self {
        Self {
            code: Some("invalid_param".to_owned()),
            status: 400,
            message: message.into(),
            after_start: false,
        }
    }

    /// Whatever is our own fault: 500, and a text that tells nothing of it.
    #[must_use]
    pub fn internal() -> Self {
        Self {
            code: Some("internal_server_error".to_owned()),
            status: 500,
            message: "Internal Server Error, please contact support.".to_owned(),
            after_start: false,
        }
    }

    /// The same, of a run that clients know of.
    #[must_use]
    pub fn after_start(self) -> Self {
        Self {
            after_start: true,
            ..self
        }
    }
}
