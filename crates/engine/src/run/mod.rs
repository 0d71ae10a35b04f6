//! One step of a run: an event comes in, effects go out.
//!
//! [`Turn`] is what a step works with; its methods stand in one file per concern: scheduling, ends of nodes, calls, containers, forms, the end.

mod calls;
mod end;
mod finish;
mod forms;
pub(crate) mod iteration;
pub(crate) mod looping;
mod passes;
mod schedule;
mod start;

use gatewright_nodes::{Context, Failure, Graph, Node, TimerId};

use crate::{
    effect::Effect,
    event::Event,
    happening::{ContainerKind, Happened, Happening, Micros, NodeRef, Within},
    state::{CANVAS, EngineState, Frame, Phase},
};

/// Nodes that one step runs at most, so that a long chain or a large iteration never holds a core.
const NODES_PER_STEP: usize = 256;

/// The timer of the whole run.
const DEADLINE: TimerId = TimerId {
    execution: 0,
    attempt: 0,
};

/// What one step of the engine reads and changes.
pub(crate) struct Turn<'a> {
    pub(crate) graph: &'a Graph,
    pub(crate) state: &'a mut EngineState,
    pub(crate) now: Micros,
    pub(crate) clock: &'a dyn Fn() -> Micros,
    pub(crate) effects: Vec<Effect>,
}

/// A node execution while the engine works on it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Running {
    pub(crate) execution: u64,
    pub(crate) frame: u32,
    pub(crate) node: usize,
    pub(crate) started_at: Micros,
    pub(crate) attempt: u32,
}

impl Turn<'_> {
    /// Takes the event in, then does what can be done.
    pub(crate) fn take(&mut self, event: Event) {
        match (self.state.phase, event) {
            (Phase::Finished, _) => {
                self.effects.push(Effect::Finished);
                return;
            }
            (Phase::New, Event::Start(start)) => self.start(start),
            (Phase::New, Event::Stop { reason }) => self.stop(reason),
            (Phase::New, _) | (_, Event::Start(_)) | (Phase::Running, Event::Continue) => {}
            (Phase::Running | Phase::Paused, event) => self.happen(event),
        }
        self.work();
    }

    fn happen(&mut self, event: Event) {
        if !matches!(event, Event::Resume | Event::Stop { .. }) && self.is_late() {
            return self.out_of_time();
        }
        match event {
            Event::CallChunk { call, text } => self.call_chunk(call, &text),
            Event::CallDone { call, result } => self.call_done(call, result),
            Event::CallFailed { call, failure } => self.call_failed(call, failure),
            Event::TimerFired(DEADLINE) => self.arm_deadline(),
            Event::TimerFired(timer) => self.retry_now(timer),
            Event::FormSubmitted {
                execution,
                action,
                inputs,
            } => self.form_submitted(execution, &action, inputs),
            Event::FormTimedOut { execution } => self.form_timed_out(execution),
            Event::Stop { reason } => self.stop(reason),
            Event::Resume => self.resume(),
            Event::Start(_) | Event::Continue => {}
        }
    }

    /// Runs nodes that can run, at most [`NODES_PER_STEP`]; then says what the run waits for.
    fn work(&mut self) {
        for _ in 0..NODES_PER_STEP {
            if self.state.phase != Phase::Running {
                return;
            }
            let Some((frame, node)) = self.state.ready.pop_front() else {
                return self.settle();
            };
            self.run_node(frame, node);
        }
        if self.state.phase == Phase::Running {
            if self.state.ready.is_empty() {
                self.settle();
            } else {
                self.effects.push(Effect::Yield);
            }
        }
    }

    /// Working time so far, pauses not counted.
    fn worked(&self) -> Micros {
        self.state.worked + self.now.saturating_sub(self.state.since)
    }

    fn is_late(&self) -> bool {
        self.state.phase == Phase::Running && self.worked() >= self.state.limits.run_micros
    }

    /// Looks at the clock. It may be set back while a run goes on; a run's time does not.
    pub(crate) fn tick(&mut self) {
        self.now = self.now.max((self.clock)());
    }

    /// Appends to what clients hear.
    pub(crate) fn emit(&mut self, frame: u32, what: Happening) {
        let at = self.now;
        self.tell(frame, Happened { at, what });
    }

    /// Appends what happened, now or before; inside an item of a parallel iteration it waits until the item is over.
    /// After the end of the run nothing happens any more.
    pub(crate) fn tell(&mut self, frame: u32, happened: Happened) {
        if self.state.phase == Phase::Finished {
            return;
        }
        let mut at = Some(frame);
        while let Some(frame) = at.and_then(|id| self.state.frames.get_mut(&id)) {
            if let Some(held) = frame.held.as_mut() {
                held.push(happened);
                return;
            }
            at = frame.owner.map(|owner| owner.frame);
        }
        self.effects.push(Effect::Emit(happened));
    }

    /// Sends what a frame's speakers can say.
    pub(crate) fn speak(&mut self, id: u32) {
        let limit = self.state.limits.output_bytes;
        let Some(frame) = self.state.frames.get_mut(&id) else {
            return;
        };
        let Frame {
            nodes,
            pool,
            release,
            ..
        } = frame;
        let view = crate::release::View {
            graph: self.graph,
            nodes,
            pool,
            limit,
        };
        let said = match release.flush(&view) {
            Ok(said) => said,
            Err(node) => return self.says_too_much(node),
        };
        for (selector, text) in said {
            self.emit(id, Happening::Text { selector, text });
        }
    }

    /// Text goes out before its node has run, so no strategy of the node can catch this.
    fn says_too_much(&mut self, node: usize) {
        let (id, limit) = (&self.graph.nodes[node].id, self.state.limits.output_bytes);
        self.fail_run(&format!(
            "Node {id} says too much: at most {limit} bytes are allowed."
        ));
    }

    pub(crate) fn node(&self, at: usize) -> &Node {
        &self.graph.nodes[at]
    }

    /// How happenings name an execution.
    pub(crate) fn name(&self, running: Running) -> NodeRef {
        let node = self.node(running.node);
        NodeRef {
            execution: running.execution,
            node_id: node.id.clone(),
            node_type: node.node_type().to_owned(),
            title: node.title.clone(),
            within: self.within(running.frame),
        }
    }

    /// The passes that a frame is in, the innermost first.
    pub(crate) fn within(&self, frame: u32) -> Vec<Within> {
        let mut passes = Vec::new();
        let mut at = self.state.frames.get(&frame);
        while let Some((frame, owner)) =
            at.and_then(|frame| frame.owner.map(|owner| (frame, owner)))
        {
            if let Some(container) = self.graph.levels[frame.level].container {
                passes.push(Within {
                    kind: match self.node(container).looping() {
                        Some(_) => ContainerKind::Loop,
                        None => ContainerKind::Iteration,
                    },
                    node_id: self.node(container).id.clone(),
                    index: owner.index,
                });
            }
            at = self.state.frames.get(&owner.frame);
        }
        passes
    }

    /// What a node of a frame may look at; `None` when the frame is gone.
    pub(crate) fn context(&self, running: Running) -> Option<Context<'_>> {
        let frame = self.state.frames.get(&running.frame)?;
        Some(Context {
            node: &self.graph.nodes[running.node],
            pool: &frame.pool,
            limits: &self.state.limits,
        })
    }

    /// Whether a frame is the canvas: only its nodes count as steps and exceptions of the run.
    pub(crate) fn is_canvas(frame: u32) -> bool {
        frame == CANVAS
    }

    /// Ends a run because of a limit; no strategy of a node catches that.
    pub(crate) fn out_of_time(&mut self) {
        let seconds = self.state.limits.run_micros / 1_000_000;
        let failure = Failure::new(
            "LimitExceeded",
            format!("The run took longer than {seconds} seconds, the time limit of a run."),
        );
        self.fail_run(&failure.message);
    }
}
