//! A run that is driven by numbers: each one chooses which open thing happens next.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use gatewright_engine::{
    CallId, CallResult, Effect, Engine, Event, Failure, Graph, Happened, Happening, Limits,
    NodeCall, Start, TimerId,
    call::ModelAnswer,
    happening::{RunEnd, Within},
};
use serde_json::{Value as Json, json};

use crate::driver::{done, object};

/// What every model says.
const SAYS: &str = "said";

/// The engine, and what is open around it.
#[derive(Clone)]
pub(crate) struct Run {
    pub(crate) engine: Engine,
    pub(crate) now: u64,
    pub(crate) happenings: Vec<Happening>,
    /// By their ids, so that the same number chooses the same thing in a run that was restored.
    pub(crate) open: BTreeMap<Key, Open>,
    pub(crate) timers: BTreeSet<Key>,
    forms: BTreeSet<u64>,
    pub(crate) over: bool,
}

/// An open call.
#[derive(Debug, Clone)]
pub(crate) struct Open {
    pub(crate) node: String,
    is_model: bool,
    has_streamed: bool,
}

/// A call, or a timer, in an order that does not depend on when it was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    execution: u64,
    attempt: u32,
}

impl From<CallId> for Key {
    fn from(CallId { execution, attempt }: CallId) -> Self {
        Self { execution, attempt }
    }
}

impl Key {
    pub(crate) fn call(self) -> CallId {
        CallId {
            execution: self.execution,
            attempt: self.attempt,
        }
    }

    pub(crate) fn execution(self) -> u64 {
        self.execution
    }
}

impl Run {
    pub(crate) fn of(engine: Engine) -> Self {
        Self {
            engine,
            now: 0,
            happenings: Vec::new(),
            open: BTreeMap::new(),
            timers: BTreeSet::new(),
            forms: BTreeSet::new(),
            over: false,
        }
    }

    pub(crate) fn begun(graph: &Arc<Graph>, limits: Limits) -> Self {
        let mut run = Self::of(Engine::new(Arc::clone(graph), limits));
        run.send(Event::Start(Start {
            inputs: object(json!({"q": "yes"})),
            system: object(json!({"list": [1, 2, 3]})),
            ..Start::default()
        }));
        run
    }

    pub(crate) fn send(&mut self, event: Event) -> Vec<Effect> {
        self.now += 1;
        self.send_now(event)
    }

    /// At the same instant as the event before.
    fn send_now(&mut self, event: Event) -> Vec<Effect> {
        let effects = self.engine.step(self.now, event);
        for effect in &effects {
            match effect {
                Effect::Emit(Happened { what, .. }) => {
                    if let Happening::FormRequired(form) = what {
                        self.forms.insert(form.node.execution);
                    }
                    self.happenings.push(what.clone());
                }
                Effect::Call { id, node_id, call } => {
                    let open = Open {
                        node: node_id.clone(),
                        is_model: matches!(call, NodeCall::Model(_)),
                        has_streamed: false,
                    };
                    self.open.insert(Key::from(*id), open);
                }
                Effect::Cancel(id) => {
                    self.open.remove(&Key::from(*id));
                }
                Effect::StartTimer { id, .. } if id.execution > 0 => {
                    self.timers.insert(Key {
                        execution: id.execution,
                        attempt: id.attempt,
                    });
                }
                Effect::Finished => self.over = true,
                _ => {}
            }
        }
        effects
    }

    /// The next event: a timer, a form, or an answer that depends on the node alone. Nodes that may fail do.
    pub(crate) fn next(&mut self, choice: usize) -> Option<Event> {
        if self.over {
            return None;
        }
        let choices = self.open.len() + self.timers.len() + self.forms.len();
        assert!(choices > 0, "nothing is open, and the run is not over");
        let at = choice % choices;
        if let Some((&id, _)) = self.open.iter().nth(at) {
            return Some(self.answer(id, (choice / choices).is_multiple_of(2)));
        }
        let at = at - self.open.len();
        if let Some(&timer) = self.timers.iter().nth(at) {
            self.timers.remove(&timer);
            let Key { execution, attempt } = timer;
            return Some(Event::TimerFired(TimerId { execution, attempt }));
        }
        let execution = *self.forms.iter().nth(at - self.timers.len())?;
        self.forms.remove(&execution);
        Some(Event::FormSubmitted {
            execution,
            action: "yes".to_owned(),
            inputs: object(json!({"what": "this"})),
        })
    }

    fn answer(&mut self, id: Key, in_pieces: bool) -> Event {
        let call = id.call();
        if let Some(open) = self
            .open
            .get_mut(&id)
            .filter(|open| in_pieces && open.is_model && !open.has_streamed)
        {
            open.has_streamed = true;
            return Event::CallChunk {
                call,
                text: SAYS.to_owned(),
            };
        }
        let open = self.open.remove(&id).expect("it is open");
        let fails = self
            .engine
            .graph()
            .node(&open.node)
            .is_some_and(|node| node.raw().contains_key("error_strategy"));
        let answer = ModelAnswer {
            text: SAYS.to_owned(),
            ..ModelAnswer::default()
        };
        match done(json!({"y": open.node})).end {
            _ if open.is_model => Event::CallDone {
                call,
                result: CallResult::Model(Box::new(answer)),
            },
            Ok(result) if !fails => Event::CallDone { call, result },
            _ => Event::CallFailed {
                call,
                failure: Failure::new("E", "no"),
            },
        }
    }

    /// Goes on by these choices, and again from the first one, until the run is over.
    pub(crate) fn finish(mut self, choices: &[usize]) -> Self {
        self.go_on(choices, usize::MAX);
        self
    }

    /// So many choices.
    pub(crate) fn go_on(&mut self, choices: &[usize], count: usize) {
        for choice in choices.iter().cycle().take(count) {
            match self.next(*choice) {
                Some(event) => self.send(event),
                None => return,
            };
        }
    }

    /// Another process goes on from what this one has stored: what was open is asked for again, and models say again what they had said.
    pub(crate) fn elsewhere(&self) -> Self {
        let stored = serde_json::to_string(self.engine.state()).unwrap();
        let state = serde_json::from_str(&stored).unwrap();
        let mut next = Self::of(Engine::restore(Arc::clone(self.engine.graph()), state));
        // The step that resumes comes at the same instant as the last one.
        next.now = self.now;
        next.forms.clone_from(&self.forms);
        next.send_now(Event::Resume);
        for (id, open) in &self.open {
            if open.has_streamed {
                let text = SAYS.to_owned();
                next.send_now(Event::CallChunk {
                    call: id.call(),
                    text,
                });
                if let Some(again) = next.open.get_mut(id) {
                    again.has_streamed = true;
                }
            }
        }
        next
    }

    pub(crate) fn end(&self) -> &RunEnd {
        match self.happenings.last() {
            Some(Happening::RunFinished(end)) => end,
            other => panic!("not over: {other:?}"),
        }
    }

    /// The passes that each execution is in, by its number.
    pub(crate) fn places(&self) -> BTreeMap<u64, Vec<Within>> {
        let started = self
            .happenings
            .iter()
            .filter_map(|happening| match happening {
                Happening::NodeStarted { node } => Some((node.execution, node.within.clone())),
                _ => None,
            });
        started.collect()
    }
}

/// The text that counts, and everything else.
pub(crate) fn told(happenings: &[Happening]) -> (String, Vec<Json>) {
    let (mut text, mut rest) = (String::new(), Vec::new());
    for happening in happenings {
        match happening {
            Happening::Text { text: piece, .. } => text += piece,
            Happening::TextRetracted { chars, .. } => {
                text.truncate(text.len() - usize::try_from(*chars).unwrap());
            }
            Happening::RunStarted { .. } => {}
            other => rest.push(json!(other)),
        }
    }
    (text, rest)
}
