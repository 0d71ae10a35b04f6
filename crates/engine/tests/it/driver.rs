//! Drives runs as a caller does, with answers that a test gives.

use std::{collections::VecDeque, sync::Arc};

use gatewright_engine::{
    CallId, CallResult, Effect, Engine, Event, Failure, Graph, Happening, Limits, Micros, NodeCall,
    Start, TimerId,
};
use gatewright_engine::{call::CodeAnswer, happening::RunEnd};
use serde_json::{Map, Value as Json};

/// What a test says to a call: chunks, then the end.
pub(crate) struct Answer {
    pub(crate) chunks: Vec<String>,
    pub(crate) end: Result<CallResult, Failure>,
}

impl Answer {
    /// An answer without chunks.
    pub(crate) fn of(end: Result<CallResult, Failure>) -> Self {
        Self {
            chunks: Vec::new(),
            end,
        }
    }
}

/// A run, and what is open in it.
pub(crate) struct Driver {
    pub(crate) engine: Engine,
    pub(crate) now: Micros,
    pub(crate) happenings: Vec<Happening>,
    pub(crate) calls: VecDeque<(CallId, String, NodeCall)>,
    pub(crate) timers: Vec<(TimerId, u64)>,
    pub(crate) yields: usize,
    pub(crate) paused: bool,
    pub(crate) finished: bool,
}

/// A JSON object as a map.
pub(crate) fn object(json: Json) -> Map<String, Json> {
    match json {
        Json::Object(map) => map,
        other => panic!("no object: {other}"),
    }
}

impl Driver {
    /// A run of a graph with the usual limits.
    pub(crate) fn new(graph: &Json) -> Self {
        Self::limited(graph, Limits::default())
    }

    /// A run of a graph with these limits.
    pub(crate) fn limited(graph: &Json, limits: Limits) -> Self {
        let graph = Graph::parse(graph, &limits).unwrap_or_else(|e| panic!("{e}"));
        Self::of(Engine::new(Arc::new(graph), limits))
    }

    /// Goes on with an engine.
    pub(crate) fn of(engine: Engine) -> Self {
        Self {
            engine,
            now: 1_000,
            happenings: Vec::new(),
            calls: VecDeque::new(),
            timers: Vec::new(),
            yields: 0,
            paused: false,
            finished: false,
        }
    }

    /// Sends an event, and sees to its effects; yields are continued at once.
    pub(crate) fn send(&mut self, event: Event) {
        let mut next = Some(event);
        while let Some(event) = next.take() {
            self.now += 10;
            self.paused = false;
            for effect in self.engine.step(self.now, event) {
                match effect {
                    Effect::Emit(happened) => self.happenings.push(happened.what),
                    Effect::Call { id, node_id, call } => self.calls.push_back((id, node_id, call)),
                    Effect::Cancel(id) => self.calls.retain(|(open, ..)| *open != id),
                    Effect::StartTimer { id, after_ms } => self.timers.push((id, after_ms)),
                    Effect::Yield => {
                        self.yields += 1;
                        next = Some(Event::Continue);
                    }
                    Effect::Pause => self.paused = true,
                    Effect::Finished => self.finished = true,
                }
            }
        }
    }

    /// Starts with inputs only.
    pub(crate) fn start(&mut self, inputs: Json) {
        let inputs = object(inputs);
        self.send(Event::Start(Start {
            inputs,
            ..Start::default()
        }));
    }

    /// Answers the oldest open call.
    pub(crate) fn answer(&mut self, with: impl FnOnce(&str, &NodeCall) -> Answer) {
        let (id, node, call) = self.calls.pop_front().expect("a call is open");
        let answer = with(&node, &call);
        for text in answer.chunks {
            self.send(Event::CallChunk { call: id, text });
        }
        match answer.end {
            Ok(result) => self.send(Event::CallDone { call: id, result }),
            Err(failure) => self.send(Event::CallFailed { call: id, failure }),
        }
    }

    /// Lets the oldest timer of a node go off.
    pub(crate) fn ring(&mut self) {
        let at = self
            .timers
            .iter()
            .position(|(id, _)| id.execution > 0)
            .expect("a timer runs");
        let (id, _) = self.timers.remove(at);
        self.send(Event::TimerFired(id));
    }

    /// Goes on until the run is over or waits for people.
    pub(crate) fn run(&mut self, mut with: impl FnMut(&str, &NodeCall) -> Answer) {
        while !self.finished && !self.paused {
            if self.calls.is_empty() {
                self.ring();
            } else {
                self.answer(&mut with);
            }
        }
    }
}

impl Driver {
    /// Answers the open call of a node.
    pub(crate) fn answer_node(&mut self, node: &str, with: Answer) {
        let at = self.calls.iter().position(|(_, open, _)| open == node);
        self.calls
            .swap(0, at.unwrap_or_else(|| panic!("{node} is called")));
        self.answer(|_, _| with);
    }

    /// Milliseconds of the timers of nodes.
    pub(crate) fn pauses(&self) -> Vec<u64> {
        let timers = self.timers.iter().filter(|(id, _)| id.execution > 0);
        timers.map(|(_, after)| *after).collect()
    }

    /// How the run ended.
    pub(crate) fn end(&self) -> &RunEnd {
        match self.happenings.last() {
            Some(Happening::RunFinished(end)) => end,
            other => panic!("the run is not over: {other:?}"),
        }
    }

    /// All text so far, what was retracted taken away.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for happening in &self.happenings {
            match happening {
                Happening::Text { text: piece, .. } => text.push_str(piece),
                Happening::TextRetracted { chars, .. } => {
                    for _ in 0..*chars {
                        text.pop();
                    }
                }
                _ => {}
            }
        }
        text
    }
}

/// A program that returned this.
pub(crate) fn done(result: Json) -> Answer {
    Answer::of(Ok(CallResult::Code(Box::new(CodeAnswer { result }))))
}

/// A program that failed.
pub(crate) fn failed(text: &str) -> Answer {
    Answer::of(Err(Failure::new("CodeExecutionError", text)))
}
