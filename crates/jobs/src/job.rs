//! What a job is, and who does it.

use std::{collections::HashMap, fmt, future::Future, pin::Pin, sync::Arc};

use chrono::{DateTime, Utc};
use gatewright_domain::IdGen;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use uuid::Uuid;

use crate::{counts::JobCounts, queue::QueueName};

/// A row of `gatewright_jobs`. The same in every attempt: what a job does once, it does under this id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct JobId(pub Uuid);

impl JobId {
    /// A fresh id.
    pub fn generate(ids: &dyn IdGen) -> Self {
        Self(ids.new_uuid())
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A kind of work. The payload is stored in clear: no secret belongs into it.
pub trait Job: Serialize + DeserializeOwned + Send + 'static {
    /// The stable name, for the table and for people.
    const KIND: &'static str;
    /// Where it waits.
    const QUEUE: QueueName;
    /// Attempts until it becomes a dead letter.
    const MAX_ATTEMPTS: i32 = 12;
}

/// Why an attempt failed. The text goes into the table: it must name no secret.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// Worth another attempt.
    #[error("{0}")]
    Retry(String),
    /// No attempt will ever succeed.
    #[error("{0}")]
    Permanent(String),
}

impl From<gatewright_domain::error::Unavailable> for JobError {
    fn from(error: gatewright_domain::error::Unavailable) -> Self {
        Self::Retry(format!("{}: {}", error.dependency, error.source))
    }
}

/// What a handler knows of the attempt.
#[derive(Debug, Clone, Copy)]
pub struct Running {
    /// The job's id, the same for all its attempts.
    pub id: JobId,
    /// The first attempt is 1.
    pub attempt: i32,
    /// When it was claimed.
    pub now: DateTime<Utc>,
}

type Outcome = Pin<Box<dyn Future<Output = Result<(), JobError>> + Send>>;

/// Does one kind of job.
pub type Handler = Arc<dyn Fn(Running, Value) -> Outcome + Send + Sync>;

/// Who does what. Each worker has the same table, so any of them can do any job.
#[derive(Clone, Default)]
pub struct Handlers {
    by_kind: HashMap<&'static str, Handler>,
    counts: Arc<JobCounts>,
}

impl Handlers {
    /// Says who does the jobs of type `J`.
    #[must_use]
    pub fn with<J, F, Fut>(mut self, handle: F) -> Self
    where
        J: Job,
        F: Fn(Running, J) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), JobError>> + Send + 'static,
    {
        let handle = Arc::new(handle);
        let handler: Handler = Arc::new(move |running, payload| {
            let handle = Arc::clone(&handle);
            Box::pin(async move {
                let job = serde_json::from_value(payload).map_err(|error| {
                    // A worker of a newer release may read it.
                    JobError::Retry(format!("the payload is unreadable here: {error}"))
                })?;
                handle(running, job).await
            })
        });
        self.by_kind.insert(J::KIND, handler);
        self
    }

    /// How attempts ended of those who have this table.
    pub fn counts(&self) -> Arc<JobCounts> {
        Arc::clone(&self.counts)
    }

    pub(crate) fn find(&self, kind: &str) -> Option<Handler> {
        self.by_kind.get(kind).cloned()
    }

    /// An attempt ended. What nobody here knows how to do is counted together.
    pub(crate) fn ended(&self, kind: &str, is_done: bool) {
        let known = self.by_kind.get_key_value(kind).map(|(kind, _)| *kind);
        self.counts.ended(known.unwrap_or("other"), is_done);
    }
}
