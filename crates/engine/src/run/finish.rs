//! How a node execution ends: its outputs are stored, its edges resolved, its text released, and its end told, in this order.

use gatewright_nodes::{Failure, Fields, INPUTS, OnError, Outcome, Speech, TimerId, Totals};
use gatewright_variables::{Pool, Selector, Variable, pool::CONVERSATION};

use super::{Running, Turn, schedule::Exit};
use crate::{
    effect::Effect,
    happening::{ContainerKind, Happening, NodeEnd, Status, VariableUpdate, Within},
    state::{CANVAS, Doing, Execution},
};

impl Turn<'_> {
    /// A node ended well.
    pub(crate) fn succeed(&mut self, running: Running, mut outcome: Outcome) {
        if let Err(failure) = self.store(running, &mut outcome) {
            let failure = failure.with_inputs(outcome.inputs);
            return self.fail(running, failure);
        }
        self.count_totals(running.frame, &outcome.totals);
        self.mark_done(running);
        self.collect(running, &outcome);
        let exit = match &outcome.handle {
            Some(handle) => Exit::By(handle),
            None => Exit::All,
        };
        let next = self.leave(running.frame, running.node, &exit);
        self.close_streams(running);
        self.speak(running.frame);
        let end = NodeEnd {
            node: self.name(running),
            status: Status::Succeeded,
            started_at: running.started_at,
            inputs: outcome.inputs,
            process_data: outcome.process_data,
            outputs: outcome.outputs,
            error: None,
            metadata: self.placed(running.frame, outcome.metadata),
        };
        self.emit(
            running.frame,
            Happening::NodeFinished { end: Box::new(end) },
        );
        self.go_on(running.frame, next);
    }

    /// Puts outputs and assignments into the pool, within the limits.
    fn store(&mut self, running: Running, outcome: &mut Outcome) -> Result<(), Failure> {
        let limit = self.state.limits.output_bytes;
        let bytes = outcome.outputs.bytes();
        if bytes > limit {
            let text =
                format!("The outputs are too large: {bytes} bytes, at most {limit} are allowed.");
            return Err(permanent("OutputTooLarge", text));
        }
        let said = self.state.answer.as_ref().map_or(0, |said| said.text.len());
        let says = self.node(running.node).speech() == Speech::Answer;
        if says && said + bytes > limit {
            let text =
                format!("The answer of the run is too long: at most {limit} bytes are allowed.");
            return Err(permanent("OutputTooLarge", text));
        }
        for (selector, variable) in &outcome.assignments {
            let (bytes, limit) = (variable.value().bytes(), self.state.limits.variable_bytes);
            if bytes > limit {
                let text = format!(
                    "Variable {} is too large: {bytes} bytes, at most {limit} are allowed.",
                    selector.dotted()
                );
                return Err(permanent("VariableTooLarge", text));
            }
        }
        let graph = self.graph;
        let id = &graph.nodes[running.node].id;
        let Some(frame) = self.state.frames.get_mut(&running.frame) else {
            return Ok(());
        };
        let typed = std::mem::take(&mut outcome.types);
        for (name, value) in outcome.outputs.iter() {
            let declared = typed
                .iter()
                .find(|(of, _)| of == name)
                .map(|(_, kind)| *kind);
            let variable = declared.and_then(|kind| Variable::typed(kind, value.clone()).ok());
            let variable = variable.unwrap_or_else(|| Variable::infer(value.clone()));
            frame
                .pool
                .set(id, name, variable)
                .map_err(|e| permanent("PoolLimit", e.to_string()))?;
        }
        if graph.nodes[running.node].is_start() {
            // They are the node's outputs now.
            frame.pool.forget(INPUTS);
        }
        for (selector, variable) in std::mem::take(&mut outcome.assignments) {
            self.assign(running.frame, &selector, &variable)
                .map_err(|e| permanent("PoolLimit", e))?;
        }
        Ok(())
    }

    /// Writes a conversation variable everywhere from this frame to the canvas, a loop's variable up to the pass of its loop.
    fn assign(
        &mut self,
        frame: u32,
        selector: &Selector,
        variable: &Variable,
    ) -> Result<(), String> {
        let conversation = selector.node() == CONVERSATION;
        if conversation {
            let update = VariableUpdate {
                selector: selector.parts().to_vec(),
                value_type: variable.kind().as_str().to_owned(),
                value: variable.value().clone(),
            };
            self.emit(frame, Happening::VariableUpdated(update));
        }
        let mut at = Some(frame);
        while let Some(state) = at.and_then(|id| self.state.frames.get_mut(&id)) {
            let written: &mut Pool = &mut state.pool;
            written
                .set(selector.node(), selector.name(), variable.clone())
                .map_err(|e| e.to_string())?;
            let container = self.graph.levels[state.level].container;
            if !conversation
                && container.is_none_or(|at| self.graph.nodes[at].id == selector.node())
            {
                break;
            }
            at = state.owner.map(|owner| owner.frame);
        }
        Ok(())
    }

    /// A node failed: another attempt, its strategy, or the end of its frame.
    pub(crate) fn fail(&mut self, running: Running, failure: Failure) {
        let retry = self.node(running.node).retry;
        if !failure.permanent && running.attempt < retry.times {
            return self.retry_later(running, failure, retry.pause_ms);
        }
        let graph = self.graph;
        match &graph.nodes[running.node].on_error {
            OnError::Abort => self.abort(running, failure),
            OnError::FailBranch => self.except(
                running,
                failure,
                Fields::new(),
                "fail-branch",
                &Exit::By("fail-branch"),
            ),
            OnError::Default(values) => {
                let exit = if graph.nodes[running.node].chooses() {
                    Exit::By("source")
                } else {
                    Exit::All
                };
                self.except(
                    running,
                    failure,
                    values.clone().into(),
                    "default-value",
                    &exit,
                );
            }
        }
    }

    fn retry_later(&mut self, running: Running, failure: Failure, pause_ms: u64) {
        self.count_exception(running.frame);
        if !self.count_step(running.frame) {
            return;
        }
        self.retract(running);
        let end = self.failed_end(running, Status::Failed, failure);
        let retry_index = running.attempt + 1;
        self.emit(
            running.frame,
            Happening::NodeRetry {
                end: Box::new(end),
                retry_index,
            },
        );
        let execution = Execution {
            frame: running.frame,
            node: running.node,
            started_at: running.started_at,
            attempt: retry_index,
            doing: Doing::Retry,
        };
        self.state.executions.insert(running.execution, execution);
        self.effects.push(Effect::StartTimer {
            id: TimerId {
                execution: running.execution,
                attempt: retry_index,
            },
            after_ms: pause_ms,
        });
    }

    /// The node has a strategy: it ends as an exception, and the run goes on.
    fn except(
        &mut self,
        running: Running,
        failure: Failure,
        defaults: Fields,
        strategy: &str,
        exit: &Exit<'_>,
    ) {
        self.count_exception(running.frame);
        let mut outputs = defaults;
        outputs.set("error_message", failure.message.as_str());
        outputs.set("error_type", failure.error_type.as_str());
        let graph = self.graph;
        let id = &graph.nodes[running.node].id;
        if strategy == "default-value" {
            self.retract(running);
        }
        if let Some(frame) = self.state.frames.get_mut(&running.frame) {
            for (name, value) in outputs.iter() {
                // Defaults are part of the graph, and a message is short: what the limits refuse here is not stored.
                let _ = frame.pool.set(id, name, Variable::infer(value.clone()));
            }
        }
        self.mark_done(running);
        let next = self.leave(running.frame, running.node, exit);
        self.speak(running.frame);
        let end = NodeEnd {
            outputs,
            metadata: self.placed(
                running.frame,
                Fields::new().with("error_strategy", strategy),
            ),
            ..self.failed_end(running, Status::Exception, failure)
        };
        self.emit(
            running.frame,
            Happening::NodeFinished { end: Box::new(end) },
        );
        self.go_on(running.frame, next);
    }

    fn abort(&mut self, running: Running, failure: Failure) {
        self.count_exception(running.frame);
        let end = self.failed_end(running, Status::Failed, failure.clone());
        self.emit(
            running.frame,
            Happening::NodeFinished { end: Box::new(end) },
        );
        match running.frame {
            CANVAS => self.fail_run(&failure.message),
            frame => self.pass_failed(frame, &failure),
        }
    }

    fn failed_end(&self, running: Running, status: Status, failure: Failure) -> NodeEnd {
        NodeEnd {
            node: self.name(running),
            status,
            started_at: running.started_at,
            inputs: failure.inputs,
            process_data: failure.process_data,
            outputs: failure.outputs,
            error: Some(failure.message),
            metadata: self.placed(running.frame, failure.metadata),
        }
    }

    /// What a failed attempt streamed does not count.
    pub(crate) fn retract(&mut self, running: Running) {
        let graph = self.graph;
        let id = &graph.nodes[running.node].id;
        let gone = match self.state.frames.get_mut(&running.frame) {
            Some(frame) => frame.release.retract(graph, id),
            None => return,
        };
        for (selector, chars) in gone {
            self.emit(running.frame, Happening::TextRetracted { selector, chars });
        }
    }

    fn close_streams(&mut self, running: Running) {
        let graph = self.graph;
        if let Some(frame) = self.state.frames.get_mut(&running.frame) {
            frame.release.close(&graph.nodes[running.node].id);
        }
    }

    fn count_exception(&mut self, frame: u32) {
        if Self::is_canvas(frame) {
            self.state.exceptions += 1;
        }
    }

    /// Adds what a node cost to its frame, and to every container around it.
    pub(crate) fn count_totals(&mut self, frame: u32, totals: &Totals) {
        if *totals == Totals::default() {
            return;
        }
        self.state.totals.add(totals);
        let mut at = Some(frame);
        while let Some(state) = at.and_then(|id| self.state.frames.get_mut(&id)) {
            state.totals.add(totals);
            at = state.owner.map(|owner| owner.frame);
        }
    }

    /// Metadata with the passes that the node ran in.
    fn placed(&self, frame: u32, mut metadata: Fields) -> Fields {
        for Within {
            kind,
            node_id,
            index,
        } in self.within(frame)
        {
            let (id, at) = match kind {
                ContainerKind::Iteration => ("iteration_id", "iteration_index"),
                ContainerKind::Loop => ("loop_id", "loop_index"),
            };
            if metadata.get(id).is_none() {
                metadata.set(id, node_id);
                metadata.set(at, i64::from(index));
            }
        }
        metadata
    }
}

fn permanent(error_type: &str, message: String) -> Failure {
    Failure {
        permanent: true,
        ..Failure::new(error_type, message)
    }
}
