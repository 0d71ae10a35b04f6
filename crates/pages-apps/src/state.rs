//! The part of a run's page that changes while the run goes on. The page has it, and so has each event of its stream: both are one
//! template.

use askama::Template;
use gatewright_run_service::{Node, PastRound, Run, RunTrace, Talk};
use serde_json::Value;

use super::{Visit, words};
use gatewright_pages_kit::{
    page::PageLanguage,
    time::{When, Zone},
};

/// Characters of one value that a page shows; the others are in the file of outputs.
const MAX_CHARS: usize = 8_000;
/// Nodes that a page shows: the last ones, where a loop made more.
const MAX_NODES: usize = 100;
/// Characters of a value of a node that a page shows, and of all values of all nodes.
const MAX_NODE_CHARS: usize = 400;

/// A value with its name.
pub(super) struct Named {
    name: String,
    text: String,
    /// Whether it is one by itself, and not JSON.
    is_text: bool,
    /// Characters that are not shown.
    cut: usize,
}

/// A node, as far as it is.
struct NodeEntry {
    id: String,
    title: String,
    kind: String,
    status: &'static str,
    tone: &'static str,
    duration: Option<String>,
    error: Option<String>,
    outputs: Vec<Named>,
}

/// The state of a run.
#[derive(Template)]
#[template(path = "run-state.html")]
pub(super) struct RunState {
    language: PageLanguage,
    path: String,
    csrf_token: String,
    status: &'static str,
    tone: &'static str,
    is_running: bool,
    is_paused: bool,
    when: When,
    duration: Option<String>,
    tokens: i64,
    error: Option<String>,
    text: String,
    outputs: Vec<Named>,
    is_cut: bool,
    nodes: Vec<NodeEntry>,
    /// Nodes that are not shown.
    hidden_nodes: usize,
    inputs: Vec<Named>,
    /// What was said before, and what was asked: of a conversation.
    earlier: Vec<Round>,
    question: Option<String>,
}

/// A question of before and its answer.
struct Round {
    question: String,
    answer: String,
}

impl RunState {
    /// Of a run, for this visitor; `text` is what it has said so far.
    pub(super) fn new(visit: &Visit, trace: &RunTrace, csrf_token: String, text: &str) -> Self {
        let language = visit.language;
        let run = &trace.run;
        let outputs = named(run.outputs.as_deref(), MAX_CHARS, |_| true);
        let is_running = is_running(run);
        let hidden_nodes = trace.nodes.len().saturating_sub(MAX_NODES);
        let shown = trace.nodes.iter().skip(hidden_nodes);
        Self {
            language,
            path: String::new(),
            csrf_token,
            status: words::status(language, &run.status),
            tone: words::tone(&run.status),
            is_running,
            is_paused: run.status == "paused",
            when: Zone::of(&visit.session.account).show(run.created_at.and_utc()),
            duration: run
                .finished_at
                .map(|_| words::duration(language, run.elapsed_time)),
            tokens: run.total_tokens,
            error: run.error.clone().filter(|error| !error.is_empty()),
            text: if is_running { text } else { "" }.to_owned(),
            is_cut: outputs.iter().any(|one| one.cut > 0),
            outputs,
            nodes: shown.map(|node| entry(visit, node)).collect(),
            hidden_nodes,
            earlier: vec![],
            question: None,
            inputs: named(run.inputs.as_deref(), MAX_CHARS, |name| {
                !name.starts_with("sys.")
            }),
        }
    }

    /// Whether it goes on by itself.
    pub(super) fn is_running(&self) -> bool {
        self.is_running
    }

    /// Whether it has not ended.
    pub(super) fn is_open(&self) -> bool {
        self.is_running || self.is_paused
    }

    /// In its conversation, if it is part of one.
    pub(super) fn within(self, talk: Option<&Talk>) -> Self {
        let Some(talk) = talk else { return self };
        let cut = |text: &str| text.chars().take(MAX_CHARS).collect::<String>();
        let round = |one: &PastRound| Round {
            question: cut(&one.question),
            answer: cut(&one.answer),
        };
        Self {
            earlier: talk.earlier.iter().map(round).collect(),
            question: Some(cut(&talk.question)),
            ..self
        }
    }

    /// With the path of the run's page, which its forms and links begin with.
    pub(super) fn at(self, path: String) -> Self {
        Self { path, ..self }
    }
}

/// Whether something happens in a run by itself.
pub(super) fn is_running(run: &Run) -> bool {
    matches!(run.status.as_str(), "running" | "scheduled")
}

fn entry(visit: &Visit, node: &Node) -> NodeEntry {
    let language = visit.language;
    let is_over = node.status != "running";
    // What went through a node is for those who may look into the app.
    let looks_inside = visit.sees_all();
    let outputs = node.outputs.as_deref().filter(|_| looks_inside);
    NodeEntry {
        id: node.id.to_string(),
        title: node.title.clone(),
        kind: node.node_type.clone(),
        status: words::status(language, &node.status),
        tone: words::tone(&node.status),
        duration: is_over.then(|| words::duration(language, node.elapsed_time)),
        error: node.error.clone().filter(|_| looks_inside),
        outputs: named(outputs, MAX_NODE_CHARS, |_| true),
    }
}

/// The members of an object, as texts of at most so many characters.
fn named(object: Option<&str>, most: usize, is_shown: impl Fn(&str) -> bool) -> Vec<Named> {
    let object = object.and_then(|text| serde_json::from_str::<Value>(text).ok());
    let Some(Value::Object(members)) = object else {
        return vec![];
    };
    let members = members.into_iter().filter(|(name, _)| is_shown(name));
    members
        .map(|(name, value)| {
            let is_text = value.is_string();
            let text = gatewright_run_form::fields::text(&value);
            let count = text.chars().count();
            Named {
                name,
                is_text,
                text: text.chars().take(most).collect(),
                cut: count.saturating_sub(most),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_is_shown_as_text_and_cut_at_a_character() {
        let object = r#"{"a": "é€", "b": {"c": 1}, "sys.x": 1, "d": null}"#;
        let shown = named(Some(object), 1, |name| !name.starts_with("sys."));
        let seen: Vec<_> = shown
            .iter()
            .map(|one| (one.name.as_str(), one.text.as_str(), one.cut))
            .collect();
        assert_eq!(seen, [("a", "é", 1), ("b", "{", 11), ("d", "", 0)]);
        assert!(named(Some("[1]"), 1, |_| true).is_empty());
        assert!(named(None, 1, |_| true).is_empty());
    }
}
