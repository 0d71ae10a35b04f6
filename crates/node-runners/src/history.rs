//! What was said before in the conversation of a run.

use futures_util::future::BoxFuture;
use serde_json::Value;

/// A question and its answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Round {
    /// What the person said.
    pub question: String,
    /// With which files; file objects.
    pub files: Vec<Value>,
    /// How closely models look at pictures among them: `high` or `low`.
    pub detail: String,
    /// What was answered.
    pub answer: String,
}

/// The conversation cannot be read. The text is for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct HistoryError(pub String);

/// The conversation of one run.
pub trait RunHistory: Send + Sync {
    /// The last rounds of its thread that were answered, at most so many, the oldest first.
    fn rounds(&self, most: usize) -> BoxFuture<'_, Result<Vec<Round>, HistoryError>>;
}

/// A run without a conversation.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoHistory;

impl RunHistory for NoHistory {
    fn rounds(&self, _: usize) -> BoxFuture<'_, Result<Vec<Round>, HistoryError>> {
        Box::pin(async { Ok(vec![]) })
    }
}
