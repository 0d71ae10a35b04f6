//! A shape as a graph for the engine, and both played side by side: after each event they must agree.

use std::{collections::BTreeSet, sync::Arc};

use gatewright_engine::{
    CallId, CallResult, Effect, Engine, Event, Failure, Graph, Happening, Limits, Start,
    call::{CodeAnswer, ModelAnswer},
    happening::Status,
};
use serde_json::{Value as Json, json};

use super::{
    rules::{End, Model},
    shapes::{Edge, Kind, Part, Shape, Way, value},
};
use crate::{
    build::{answer, branch, code, start, template, with},
    driver::object,
};

/// The graph of a shape; its nodes are `n0`, `n1`, …
pub(crate) fn graph(shape: &Shape) -> Json {
    let nodes: Vec<Json> = (0..shape.kinds.len())
        .map(|node| with_id(node, written(shape, node)))
        .collect();
    let edge = |edge: &Edge| {
        let handle = match (shape.kinds[edge.source], edge.way) {
            (Kind::If(_), Way::First) => "true",
            (Kind::If(_), Way::Second) => "false",
            (Kind::Handled(_), Way::Second) => "fail-branch",
            // Both are seen in files.
            (Kind::Handled(_), Way::First) if edge.target.is_multiple_of(2) => "success-branch",
            _ => "source",
        };
        json!({"source": format!("n{}", edge.source), "sourceHandle": handle, "target": format!("n{}", edge.target)})
    };
    json!({"nodes": nodes, "edges": shape.edges.iter().map(edge).collect::<Vec<_>>()})
}

fn with_id(node: usize, mut written: Json) -> Json {
    written["id"] = json!(format!("n{node}"));
    written
}

fn written(shape: &Shape, node: usize) -> Json {
    if node == 0 {
        return start(&["q"]);
    }
    match shape.kinds[node] {
        Kind::Pure => template("", &value(node)),
        Kind::Model => {
            json!({"data": {"type": "llm", "model": {"provider": "p", "name": "m", "mode": "chat"},
            "prompt_template": [{"role": "user", "text": "hi"}]}})
        }
        Kind::Answer => {
            let part = |part: &Part| match part {
                Part::Text(text) => text.clone(),
                Part::Value(of) => format!("{{{{#{}#}}}}", shape.output(*of)),
            };
            let text: String = shape.says(node).iter().map(part).collect();
            answer("", &text)
        }
        Kind::If(Way::First) => chooses("yes"),
        Kind::If(Way::Second) => chooses("never"),
        Kind::Handled(_) => with(code(""), "error_strategy", json!("fail-branch")),
        Kind::Fails => code(""),
    }
}

fn chooses(text: &str) -> Json {
    let mut node = branch("", "q", text);
    node["data"]["cases"][0]["conditions"][0]["variable_selector"] = json!(["n0", "q"]);
    node
}

/// What happens next at an open call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Piece,
    Ends,
}

/// One thing that can happen: which open call, and what of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Choice {
    at: usize,
    next: Next,
}

/// An open call of a node.
#[derive(Debug, Clone, Copy)]
struct Open {
    call: CallId,
    node: usize,
    has_streamed: bool,
}

/// The engine and the model in the same moment of the same run.
#[derive(Clone)]
pub(crate) struct Play<'a> {
    shape: &'a Shape,
    engine: Engine,
    model: Model<'a>,
    begun: BTreeSet<usize>,
    open: Vec<Open>,
    text: String,
    is_over: bool,
}

impl<'a> Play<'a> {
    /// The first step.
    pub(crate) fn begin(shape: &'a Shape) -> Result<Self, String> {
        let limits = Limits::default();
        let graph = Graph::parse(&graph(shape), &limits).map_err(|error| error.to_string())?;
        let mut play = Self {
            shape,
            engine: Engine::new(Arc::new(graph), limits),
            model: Model::new(shape),
            begun: BTreeSet::new(),
            open: Vec::new(),
            text: String::new(),
            is_over: false,
        };
        let inputs = object(json!({"q": "yes"}));
        play.step(Event::Start(Start {
            inputs,
            ..Start::default()
        }))?;
        Ok(play)
    }

    /// What can happen now: a number of an open call, and what of it.
    pub(crate) fn choices(&self) -> Vec<Choice> {
        let mut choices = Vec::new();
        for (at, open) in self.open.iter().enumerate() {
            choices.push(Choice {
                at,
                next: Next::Ends,
            });
            if self.shape.kinds[open.node] == Kind::Model && !open.has_streamed {
                choices.push(Choice {
                    at,
                    next: Next::Piece,
                });
            }
        }
        choices
    }

    /// Lets it happen to both.
    pub(crate) fn choose(&mut self, choice: Choice) -> Result<(), String> {
        let Choice { at, next } = choice;
        let Open { call, node, .. } = self.open[at];
        if next == Next::Piece {
            self.open[at].has_streamed = true;
            self.model.stream(node);
            let text = value(node);
            return self.step(Event::CallChunk { call, text });
        }
        self.open.remove(at);
        let failure = Failure::new("E", "no");
        self.step(match self.shape.kinds[node] {
            Kind::Model => Event::CallDone {
                call,
                result: CallResult::Model(Box::new(ModelAnswer {
                    text: value(node),
                    ..ModelAnswer::default()
                })),
            },
            Kind::Handled(Way::First) => Event::CallDone {
                call,
                result: CallResult::Code(Box::new(CodeAnswer { result: json!({}) })),
            },
            _ => Event::CallFailed { call, failure },
        })
    }

    fn step(&mut self, event: Event) -> Result<(), String> {
        let mut happenings = Vec::new();
        for effect in self.engine.step(1, event) {
            match effect {
                Effect::Emit(happened) => happenings.push(happened.what),
                Effect::Call { id, node_id, .. } => self.open.push(Open {
                    call: id,
                    node: number(&node_id),
                    has_streamed: false,
                }),
                Effect::Cancel(id) => self.open.retain(|open| open.call != id),
                Effect::Finished => self.is_over = true,
                Effect::StartTimer { .. } => {}
                other => return Err(format!("{other:?} is unexpected")),
            }
        }
        // Text that the end of a node lets out stands before that end.
        let mut said = String::new();
        for happening in happenings {
            match happening {
                Happening::Text { text, .. } => said += &text,
                Happening::NodeStarted { node } => self.begins(number(&node.node_id))?,
                Happening::NodeFinished { end } => {
                    self.ends(number(&end.node.node_id))?;
                    self.says(&std::mem::take(&mut said))?;
                }
                Happening::RunFinished(end) => {
                    let answer = end.outputs.get("answer").and_then(Json::as_str);
                    agree(
                        "answer",
                        &answer.unwrap_or_default(),
                        &self.model.answer.as_str(),
                    )?;
                    let status = match end.status {
                        Status::Succeeded => End::Succeeded,
                        Status::PartialSucceeded => End::PartialSucceeded,
                        _ => End::Failed,
                    };
                    agree("end", &Some(status), &self.model.is_over())?;
                }
                _ => {}
            }
        }
        self.says(&said)?;
        agree(
            "whether it is over",
            &self.is_over,
            &self.model.is_over().is_some(),
        )?;
        agree("state", &self.engine.state().is_finished(), &self.is_over)?;
        let mut open: Vec<usize> = self.open.iter().map(|open| open.node).collect();
        open.sort_unstable();
        let expected = if self.is_over {
            Vec::new()
        } else {
            self.model.under_way()
        };
        agree("what is under way", &open, &expected)
    }

    fn begins(&mut self, node: usize) -> Result<(), String> {
        if self.begun.insert(node) && self.model.may_run(node) && self.model.is_over().is_none() {
            return Ok(());
        }
        Err(format!("n{node} begins"))
    }

    fn ends(&mut self, node: usize) -> Result<(), String> {
        if !self.begun.contains(&node) || !self.model.under_way().contains(&node) {
            return Err(format!("n{node} ends"));
        }
        self.model.end(node);
        Ok(())
    }

    fn says(&mut self, text: &str) -> Result<(), String> {
        self.text += text;
        self.model.speak(&self.text);
        agree("text", &self.text, &self.model.text)
    }
}

fn number(id: &str) -> usize {
    id.trim_start_matches('n')
        .parse()
        .expect("a node of the shape")
}

fn agree<T: PartialEq + std::fmt::Debug>(what: &str, engine: &T, model: &T) -> Result<(), String> {
    if engine == model {
        return Ok(());
    }
    Err(format!(
        "{what}: the engine says {engine:?}, the model {model:?}"
    ))
}
