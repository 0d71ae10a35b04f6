//! How a run pauses and ends, and what it says then.

use gatewright_nodes::{Fields, Outcome, Speech};
use gatewright_variables::Value;

use super::{Running, Turn, calls};
use crate::{
    effect::Effect,
    happening::{Happened, Happening, RunEnd, Status},
    state::{CANVAS, Doing, Phase},
};

impl Turn<'_> {
    /// Keeps what an end or answer node says: ends add their outputs by name, answers are put one behind the other.
    pub(crate) fn collect(&mut self, running: Running, outcome: &Outcome) {
        match self.node(running.node).speech() {
            Speech::Outputs if Self::is_canvas(running.frame) => {
                self.state.outputs.merge(outcome.outputs.clone());
            }
            Speech::Answer => {
                let said = self.state.answer.get_or_insert_default();
                if let Some(text) = outcome
                    .outputs
                    .get("answer")
                    .and_then(serde_json::Value::as_str)
                {
                    said.text.push_str(text);
                }
                let files = outcome
                    .outputs
                    .get("files")
                    .and_then(serde_json::Value::as_array);
                said.files
                    .extend(files.into_iter().flatten().cloned().map(Value::from));
            }
            _ => {}
        }
    }

    /// Nothing can run: the run is over, waits for calls, or waits for people only.
    pub(crate) fn settle(&mut self) {
        let open = self.state.frames.get(&CANVAS).map_or(0, |frame| frame.open);
        if open == 0 {
            let status = match self.state.exceptions {
                0 => Status::Succeeded,
                _ => Status::PartialSucceeded,
            };
            return self.finish(status, None);
        }
        let waits = |doing: &Doing| matches!(doing, Doing::Call { .. } | Doing::Retry);
        if !self
            .state
            .executions
            .values()
            .any(|execution| waits(&execution.doing))
        {
            self.pause();
        }
    }

    fn pause(&mut self) {
        let asked: Vec<Running> = self
            .state
            .executions
            .iter()
            .filter(|(_, execution)| execution.doing == Doing::Form)
            .map(|(&id, execution)| calls::running(id, execution))
            .collect();
        // Whoever waits inside an item must be heard now, not when the item is over.
        for running in &asked {
            self.release_held(running.frame);
        }
        self.state.worked = self.worked();
        self.state.since = self.now;
        self.state.phase = Phase::Paused;
        let what = Happening::Paused {
            waiting: asked.iter().map(|&running| self.name(running)).collect(),
            outputs: self.outputs(),
            total_steps: self.steps(),
            total_tokens: self.state.totals.tokens,
            started_at: self.state.started_at,
        };
        self.append(what);
        self.effects.push(Effect::Pause);
    }

    /// Sends what the passes around a frame hold back, the innermost first; they go on holding what comes.
    fn release_held(&mut self, frame: u32) {
        let mut at = Some(frame);
        while let Some(id) = at {
            let Some(state) = self.state.frames.get_mut(&id) else {
                return;
            };
            let owner = state.owner;
            let held = state.held.as_mut().map(std::mem::take).unwrap_or_default();
            at = owner.map(|owner| owner.frame);
            for happened in held {
                match at {
                    Some(outer) => self.tell(outer, happened),
                    None => self.effects.push(Effect::Emit(happened)),
                }
            }
        }
    }

    pub(crate) fn stop(&mut self, reason: String) {
        let started = if self.state.phase == Phase::New {
            self.now
        } else {
            self.state.started_at
        };
        self.state.started_at = started;
        self.finish(Status::Stopped, Some(reason));
    }

    pub(crate) fn fail_run(&mut self, message: &str) {
        self.finish(Status::Failed, Some(message.to_owned()));
    }

    fn finish(&mut self, status: Status, error: Option<String>) {
        if self.state.phase == Phase::Finished {
            return;
        }
        let running: Vec<u64> = self.state.executions.keys().copied().collect();
        self.cancel(&running);
        self.state.ready.clear();
        self.state.phase = Phase::Finished;
        let end = RunEnd {
            status,
            outputs: self.outputs(),
            error,
            total_steps: self.steps(),
            total_tokens: self.state.totals.tokens,
            exceptions_count: self.state.exceptions,
            started_at: self.state.started_at,
        };
        self.append(Happening::RunFinished(Box::new(end)));
        self.effects.push(Effect::Finished);
    }

    /// Tells what is nobody's to hold back.
    fn append(&mut self, what: Happening) {
        let at = self.now;
        self.effects.push(Effect::Emit(Happened { at, what }));
    }

    fn outputs(&self) -> Fields {
        let mut outputs = self.state.outputs.clone();
        if let Some(answer) = &self.state.answer {
            outputs.set("answer", answer.text.as_str());
            let files: Vec<serde_json::Value> = answer
                .files
                .iter()
                .map(|file| file.json().clone())
                .collect();
            outputs.set("files", serde_json::Value::from(files));
        }
        outputs
    }

    fn steps(&self) -> u32 {
        self.state
            .frames
            .get(&CANVAS)
            .map_or(0, |frame| frame.steps)
    }
}
