//! What a run is doing in the world right now: calls and timers, each a task of its own. Dropped, all of them end.

use std::{collections::HashMap, sync::Arc, time::Duration};

use gatewright_engine::{CallId, Event, Failure, NodeCall, TimerId};
use tokio::{
    sync::mpsc,
    task::{AbortHandle, JoinSet},
};
use tracing::Instrument as _;

use crate::{
    NodeRunner, RunPlan,
    ports::{CallReport, NodeWork, Report},
};

/// Pieces that wait for the run; whoever sends more waits.
const REPORTS: usize = 64;

/// Calls and timers of one run.
pub(crate) struct Calls {
    plan: Arc<RunPlan>,
    runner: Arc<dyn NodeRunner>,
    tasks: JoinSet<Ended>,
    open: HashMap<CallId, Open>,
    sender: mpsc::Sender<Report>,
    reports: mpsc::Receiver<Report>,
}

struct Open {
    node_id: String,
    repeatable: bool,
    thought: bool,
    task: AbortHandle,
}

/// How a task of the set ends.
enum Ended {
    Call,
    Timer(TimerId),
}

/// What came from the world.
#[allow(clippy::large_enum_variant, reason = "handed over once, never kept")]
pub(crate) enum News {
    /// For the engine.
    Event(Event),
    /// A piece of what a model thinks; the last one is empty.
    Reasoning {
        node_id: String,
        text: String,
        is_final: bool,
    },
}

impl Calls {
    pub(crate) fn new(plan: Arc<RunPlan>, runner: Arc<dyn NodeRunner>) -> Self {
        let (sender, reports) = mpsc::channel(REPORTS);
        Self {
            plan,
            runner,
            tasks: JoinSet::new(),
            open: HashMap::new(),
            sender,
            reports,
        }
    }

    /// Begins a call.
    pub(crate) fn begin(&mut self, id: CallId, node_id: String, call: NodeCall) {
        let repeatable = call.may_be_repeated();
        let sender = self.sender.clone();
        let work = self.runner.run(NodeWork {
            plan: Arc::clone(&self.plan),
            node_id: node_id.clone(),
            id,
            call,
            report: CallReport {
                call: id,
                sender: sender.clone(),
            },
        });
        let work = async move {
            let result = work.await;
            // Behind its pieces, through the same channel: the end never overtakes them.
            let _ = sender.send(Report::Ended(id, result)).await;
            Ended::Call
        };
        let task = self.tasks.spawn(work.in_current_span());
        self.open.insert(
            id,
            Open {
                node_id,
                repeatable,
                thought: false,
                task,
            },
        );
    }

    /// Begins to wait.
    pub(crate) fn wait(&mut self, id: TimerId, after: Duration) {
        self.tasks.spawn(async move {
            tokio::time::sleep(after).await;
            Ended::Timer(id)
        });
    }

    /// Ends a call that nobody waits for.
    pub(crate) fn cancel(&mut self, id: CallId) {
        if let Some(open) = self.open.remove(&id) {
            open.task.abort();
        }
    }

    /// Whether something is under way that must not be begun a second time.
    pub(crate) fn holds_unrepeatable(&self) -> bool {
        self.open.values().any(|open| !open.repeatable)
    }

    /// What comes next. Dropping the future loses nothing.
    pub(crate) async fn next(&mut self) -> News {
        loop {
            tokio::select! {
                biased;
                Some(report) = self.reports.recv() => {
                    if let Some(news) = self.read(report) {
                        return news;
                    }
                }
                Some(ended) = self.tasks.join_next_with_id() => match ended {
                    Ok((_, Ended::Timer(id))) => return News::Event(Event::TimerFired(id)),
                    Err(error) if error.is_panic() => {
                        if let Some(news) = self.broke(error.id()) {
                            return news;
                        }
                    }
                    Ok((_, Ended::Call)) | Err(_) => {}
                },
            }
        }
    }

    fn read(&mut self, report: Report) -> Option<News> {
        match report {
            Report::Text(call, text) => Some(News::Event(Event::CallChunk { call, text })),
            Report::Reasoning(call, text) => {
                let open = self.open.get_mut(&call).filter(|_| !text.is_empty())?;
                open.thought = true;
                let node_id = open.node_id.clone();
                Some(News::Reasoning {
                    node_id,
                    text,
                    is_final: false,
                })
            }
            Report::Ended(call, result) => {
                let open = self.open.get_mut(&call)?;
                if std::mem::take(&mut open.thought) {
                    // The end of the thoughts comes before the end of the call, which is read again.
                    let node_id = open.node_id.clone();
                    self.again(call, result);
                    return Some(News::Reasoning {
                        node_id,
                        text: String::new(),
                        is_final: true,
                    });
                }
                self.open.remove(&call);
                Some(News::Event(match result {
                    Ok(result) => Event::CallDone { call, result },
                    Err(failure) => Event::CallFailed { call, failure },
                }))
            }
        }
    }

    /// Sends an end once more: the channel may be full, so a task waits.
    fn again(&mut self, call: CallId, result: Result<gatewright_engine::CallResult, Failure>) {
        let sender = self.sender.clone();
        self.tasks.spawn(async move {
            let _ = sender.send(Report::Ended(call, result)).await;
            Ended::Call
        });
    }

    /// A call whose code panicked has failed, and says no more than that.
    fn broke(&mut self, task: tokio::task::Id) -> Option<News> {
        let call = self
            .open
            .iter()
            .find(|(_, open)| open.task.id() == task)
            .map(|(call, _)| *call)?;
        self.open.remove(&call);
        tracing::error!(
            event = "run.call_panicked",
            run_id = %self.plan.key.run_id,
            "a call of a node panicked"
        );
        let failure = Failure::new("InternalError", "Internal error while this node was run.");
        Some(News::Event(Event::CallFailed { call, failure }))
    }
}
