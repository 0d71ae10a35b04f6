//! How errors say what kind they are, so that each edge can translate them in one table.

/// What went wrong, from the caller's point of view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The request is malformed or breaks a rule of its own.
    Invalid,
    /// The caller did not prove who they are.
    Unauthenticated,
    /// The caller is known and may not.
    Forbidden,
    /// There is no such thing, or not for this caller.
    NotFound,
    /// The thing is in another state than the request needs.
    Conflict,
    /// Too many requests of this sort.
    RateLimited,
    /// Something that we depend on did not answer; trying again later is right.
    Unavailable,
    /// A fault of ours.
    Internal,
}

/// An error that knows its kind and has a stable code.
pub trait Classify {
    /// The kind, which decides the status.
    fn kind(&self) -> ErrorKind;
    /// The stable code that clients may compare.
    fn code(&self) -> &'static str;
}

/// A dependency (PostgreSQL, Redis) failed or did not answer in time. Answered as 503.
#[derive(Debug, thiserror::Error)]
#[error("{dependency} is unavailable")]
pub struct Unavailable {
    /// Which one, for the log.
    pub dependency: &'static str,
    /// The cause, for the log; never in a body.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

impl Unavailable {
    /// Wraps the cause of a failure of `dependency`.
    pub fn new(
        dependency: &'static str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self {
            dependency,
            source: source.into(),
        }
    }
}
