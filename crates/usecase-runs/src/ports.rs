//! What a run needs of the world.

use std::{future::Future, pin::Pin, sync::Arc};

use gatewright_domain::Clock;
use gatewright_engine::{
    Failure,
    call::{CallId, CallResult, NodeCall},
    happening::FormRequired,
};
use gatewright_run_events::{Form, Spill};
use tokio::sync::mpsc;

use crate::{Checkpoint, Record, RunKey, RunPlan, Wake};

/// What a port promises.
pub type PortFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Does what effectful nodes ask for.
pub trait NodeRunner: Send + Sync {
    /// Does it. Dropping the future ends it: connections close, programs are killed.
    fn run(&self, work: NodeWork) -> PortFuture<'static, Result<CallResult, Failure>>;
}

/// One thing to do for a node.
#[derive(Debug)]
pub struct NodeWork {
    /// For which run.
    pub plan: Arc<RunPlan>,
    /// For which node of the graph.
    pub node_id: String,
    /// Which attempt of which execution: the same when it is begun again after its process died.
    pub id: CallId,
    /// What the node asks of the world.
    pub call: NodeCall,
    /// Where pieces go that clients see before the end.
    pub report: CallReport,
}

/// Takes pieces of text while a call goes on.
#[derive(Clone, Debug)]
pub struct CallReport {
    pub(crate) call: CallId,
    pub(crate) sender: mpsc::Sender<Report>,
}

impl CallReport {
    /// The next piece. Waits while the run is behind. When the run is gone nothing happens: the call is about to be dropped.
    pub async fn text(&self, text: String) {
        let report = Report::Text(self.call, text);
        let _ = self.sender.send(report).await;
    }

    /// The next piece of what the model thinks, where the node keeps that apart from its text.
    pub async fn reasoning(&self, text: String) {
        let report = Report::Reasoning(self.call, text);
        let _ = self.sender.send(report).await;
    }
}

/// What comes back to a task.
#[derive(Debug)]
pub(crate) enum Report {
    Text(CallId, String),
    Reasoning(CallId, String),
    Ended(CallId, Result<CallResult, Failure>),
}

/// Keeps runs, so that they survive their process.
pub trait RunStore: Send + Sync {
    /// Keeps everything in one transaction, or nothing.
    fn commit(&self, commit: Commit) -> PortFuture<'_, Result<Committed, StoreError>>;
}

/// What is kept together.
#[derive(Debug)]
pub struct Commit {
    /// Of which run.
    pub plan: Arc<RunPlan>,
    /// Only while this ownership holds.
    pub key: RunKey,
    /// What happened since the last commit, in order.
    pub records: Vec<Record>,
    /// The state behind them.
    pub checkpoint: Checkpoint,
}

/// What storage says when it has kept something.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Committed {
    /// Why the run is to stop, when somebody asked for that. In answer to its end: it was stopped before, and that counts.
    pub stop: Option<String>,
    /// In answer to a pause: what happened to its forms meanwhile. The run goes on with these, and is not paused.
    pub answered: Vec<Wake>,
}

/// Why something was not kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Storage is gone, and did not come back in time.
    #[error("storage is not available")]
    Unavailable,
    /// Another process owns the run.
    #[error("another process owns the run")]
    Fenced,
    /// What the run began from is not so any more: whoever began it looks again, and begins another one.
    #[error("the conversation went on meanwhile")]
    Conflict,
    /// This run cannot be kept: why.
    #[error("{0}")]
    Rejected(String),
}

/// Makes forms: ids, tokens, recipients, the time when they expire.
pub trait FormIssuer: Send + Sync {
    /// A form for what a node asks; `now` is in Unix seconds.
    fn issue(&self, plan: &RunPlan, required: &FormRequired, now: i64) -> Form;
}

/// Where the older part of each long log goes.
pub trait Spills: Send + Sync {
    /// The place for one run.
    fn of(&self, key: RunKey) -> Arc<dyn Spill>;
}

/// All of them.
#[derive(Clone)]
pub struct Ports {
    /// Does what nodes ask for.
    pub runner: Arc<dyn NodeRunner>,
    /// Keeps runs, so that they survive their process.
    pub store: Arc<dyn RunStore>,
    /// Makes the forms that nodes ask people by.
    pub forms: Arc<dyn FormIssuer>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Ports {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Ports")
    }
}
