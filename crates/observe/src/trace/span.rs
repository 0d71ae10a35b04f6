//! One thing that began and ended.

use std::borrow::Cow;

use super::{SpanId, TraceId};

/// Its part in what happens between processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Within this one.
    Internal,
    /// It answers somebody.
    Server,
    /// It asks somebody.
    Client,
}

/// What an attribute says.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A text, of a few that there are or of somebody's.
    Text(Cow<'static, str>),
    /// A whole number.
    Number(i64),
    /// A number that need not be whole.
    Float(f64),
    /// Yes or no.
    Flag(bool),
    /// Texts in their order.
    Texts(Vec<String>),
}

/// One thing that began and ended. Nothing of what people wrote stands in it: names, ids, figures.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// The trace that it is part of.
    pub trace: TraceId,
    /// Its own id.
    pub id: SpanId,
    /// What it is a part of.
    pub parent: Option<SpanId>,
    /// Of a few that there are.
    pub name: Cow<'static, str>,
    /// Its part between processes.
    pub kind: Kind,
    /// When it began, in microseconds since 1970.
    pub began: u64,
    /// When it ended, in microseconds since 1970.
    pub ended: u64,
    /// What is known of it.
    pub attributes: Vec<(&'static str, Value)>,
    /// A span of another trace that it caused, or that caused it.
    pub link: Option<(TraceId, SpanId)>,
    /// Whether it went wrong.
    pub is_error: bool,
}

impl From<&'static str> for Value {
    fn from(text: &'static str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}
