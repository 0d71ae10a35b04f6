//! Calls: asked for, answered, given up, asked for again.

use gatewright_nodes::{Attempt, CallId, CallResult, Failure, Fields, Request, TimerId, Totals};

use super::{Running, Turn};
use crate::{
    effect::Effect,
    state::{Doing, Execution},
};

impl Turn<'_> {
    /// Hands a request out and remembers who waits for it.
    pub(crate) fn call(&mut self, running: Running, request: Request) {
        let execution = Execution {
            frame: running.frame,
            node: running.node,
            started_at: running.started_at,
            attempt: running.attempt,
            doing: Doing::Call {
                inputs: request.inputs,
                think: request.think,
            },
        };
        self.state.executions.insert(running.execution, execution);
        self.effects.push(Effect::Call {
            id: CallId {
                execution: running.execution,
                attempt: running.attempt,
            },
            node_id: self.node(running.node).id.clone(),
            call: request.call,
        });
    }

    /// The execution that waits for this call; `None` when nobody does any more.
    fn waiting_for(&self, call: CallId) -> Option<Running> {
        let execution = self.state.executions.get(&call.execution)?;
        let waits =
            matches!(execution.doing, Doing::Call { .. }) && execution.attempt == call.attempt;
        waits.then(|| running(call.execution, execution))
    }

    pub(crate) fn call_chunk(&mut self, call: CallId, text: &str) {
        let Some(running) = self.waiting_for(call) else {
            return;
        };
        let Some(Execution {
            doing: Doing::Call { think, .. },
            ..
        }) = self.state.executions.get_mut(&call.execution)
        else {
            return;
        };
        match think {
            None => self.stream(running, text),
            Some(filter) => {
                let shown = filter.push(text);
                if !shown.is_empty() {
                    self.stream(running, &shown);
                }
            }
        }
        self.speak(running.frame);
    }

    fn stream(&mut self, running: Running, text: &str) {
        let node = self.node(running.node);
        let Some(name) = node.streams() else {
            return;
        };
        let (graph, id) = (self.graph, node.id.clone());
        if let Some(frame) = self.state.frames.get_mut(&running.frame) {
            let level = frame.level;
            frame.release.stream(graph, level, &id, name, text);
        }
    }

    /// The end of what is streamed is an empty piece of its own, as clients know it.
    fn end_stream(&mut self, running: Running) {
        let id = &self.graph.nodes[running.node].id;
        let streamed = self
            .state
            .frames
            .get(&running.frame)
            .is_some_and(|frame| frame.release.has_streamed(id));
        if streamed {
            self.stream(running, "");
        }
    }

    pub(crate) fn call_done(&mut self, call: CallId, result: CallResult) {
        let Some(running) = self.waiting_for(call) else {
            return;
        };
        let Some(Doing::Call { inputs, think }) = self
            .state
            .executions
            .remove(&call.execution)
            .map(|e| e.doing)
        else {
            return;
        };
        let Some(context) = self.context(running) else {
            return;
        };
        match context.node.conclude(&context, &inputs, result) {
            Ok(mut outcome) => {
                let mut all = inputs;
                all.merge(std::mem::take(&mut outcome.inputs));
                outcome.inputs = all;
                if let Some(rest) = think
                    .map(|mut filter| filter.finish())
                    .filter(|rest| !rest.is_empty())
                {
                    self.stream(running, &rest);
                }
                self.end_stream(running);
                self.succeed(running, outcome);
            }
            Err(failure) => {
                self.count_totals(running.frame, &Totals::of(&failure.metadata));
                let inputs = inputs.merged(failure.inputs.clone());
                self.fail(running, failure.with_inputs(inputs));
            }
        }
    }

    pub(crate) fn call_failed(&mut self, call: CallId, failure: Failure) {
        let Some(running) = self.waiting_for(call) else {
            return;
        };
        let Some(Doing::Call { inputs, .. }) = self
            .state
            .executions
            .remove(&call.execution)
            .map(|e| e.doing)
        else {
            return;
        };
        let Some(context) = self.context(running) else {
            return;
        };
        let failure = context.node.failed(&context, failure);
        self.count_totals(running.frame, &Totals::of(&failure.metadata));
        let inputs = inputs.merged(failure.inputs.clone());
        self.fail(running, failure.with_inputs(inputs));
    }

    /// The pause before the next attempt is over.
    pub(crate) fn retry_now(&mut self, timer: TimerId) {
        let Some(execution) = self.state.executions.get(&timer.execution) else {
            return;
        };
        if execution.doing != Doing::Retry || execution.attempt != timer.attempt {
            return;
        }
        let running = running(timer.execution, execution);
        self.state.executions.remove(&timer.execution);
        self.attempt(running);
    }

    /// After a restore: what is in flight is asked for again, or fails when that could do harm.
    pub(crate) fn ask_again(&mut self) {
        let waiting: Vec<(u64, Execution)> = self
            .state
            .executions
            .iter()
            .map(|(&id, e)| (id, e.clone()))
            .collect();
        for (id, execution) in waiting {
            let again = running(id, &execution);
            match execution.doing {
                Doing::Call { inputs, .. } => self.repeat(again, inputs),
                Doing::Retry => self.effects.push(Effect::StartTimer {
                    id: TimerId {
                        execution: id,
                        attempt: execution.attempt,
                    },
                    after_ms: self.node(execution.node).retry.pause_ms,
                }),
                Doing::Form | Doing::Iteration(_) | Doing::Loop(_) => {}
            }
        }
    }

    fn repeat(&mut self, running: Running, inputs: Fields) {
        let Some(context) = self.context(running) else {
            return;
        };
        let attempt = context.node.attempt(&context);
        self.state.executions.remove(&running.execution);
        match attempt {
            Attempt::Call(request) if request.call.may_be_repeated() => {
                self.retract(running);
                self.call(running, request);
            }
            Attempt::Over(Err(failure)) => self.fail(running, failure),
            _ => {
                let text =
                    "The process that ran this node ended, and nobody knows how far the node was.";
                let failure = Failure::new("interrupted", text);
                self.fail(running, failure.with_inputs(inputs));
            }
        }
    }

    /// Gives up these executions: nobody hears how they end.
    pub(crate) fn cancel(&mut self, ids: &[u64]) {
        for &id in ids {
            let Some(execution) = self.state.executions.remove(&id) else {
                continue;
            };
            if let Doing::Call { .. } = execution.doing {
                self.effects.push(Effect::Cancel(CallId {
                    execution: id,
                    attempt: execution.attempt,
                }));
            }
        }
    }
}

/// The handle of a waiting execution.
pub(crate) fn running(id: u64, execution: &Execution) -> Running {
    Running {
        execution: id,
        frame: execution.frame,
        node: execution.node,
        started_at: execution.started_at,
        attempt: execution.attempt,
    }
}
