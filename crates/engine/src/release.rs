//! The order in which text goes out: what answer and end nodes say is streamed as soon as it is certain that they will say it.
//!
//! Each answer and end node is a template of text and variables. It may speak once a path to it is decided: every edge on the way that leaves
//! a branch, a container or another speaker is taken, and so is every edge behind an assigner that writes what the template reads. One speaks
//! at a time; others wait in the order in which their paths were decided. A variable that its node streams goes out piece by piece, any
//! other as a whole once it has a value; what has none is passed over when the speaker itself is done.

use std::collections::VecDeque;

use gatewright_nodes::Graph;
use gatewright_variables::{Form, Pool, Segment, render};
use serde::{Deserialize, Serialize};

use crate::state::{Mark, Marks};

/// Text to send: where it comes from, and what it is.
pub(crate) type Piece = (Vec<String>, String);

/// Who speaks in a frame, and what was streamed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Release {
    /// Nodes whose path is decided, by slot. Empty where nobody speaks.
    decided: Vec<bool>,
    speaker: Option<Speaker>,
    waiting: VecDeque<usize>,
    streams: Vec<Stream>,
    /// Bytes that were said; a piece counts for at least [`PIECE_BYTES`].
    #[serde(default)]
    said: usize,
}

/// What a piece of text costs beside its text.
const PIECE_BYTES: usize = 32;

/// A node that speaks: how far it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Speaker {
    node: usize,
    segment: usize,
    piece: usize,
}

/// What a node streamed of one of its outputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Stream {
    node: String,
    name: String,
    pieces: Vec<String>,
    closed: bool,
}

/// What a frame is while text is released.
pub(crate) struct View<'a> {
    pub(crate) graph: &'a Graph,
    pub(crate) nodes: &'a Marks,
    pub(crate) pool: &'a Pool,
    /// Bytes that all text together may have.
    pub(crate) limit: usize,
}

impl Release {
    /// Begins a frame: what needs no decision may speak.
    pub(crate) fn begin(&mut self, graph: &Graph, level: usize, root: usize) {
        if !graph.levels[level].speaks {
            return;
        }
        self.decided = vec![false; graph.levels[level].nodes.len()];
        self.decide(graph, root);
    }

    /// An edge is taken: what lies behind it may speak, up to the next decision.
    pub(crate) fn taken(&mut self, graph: &Graph, edge: usize) {
        if !self.decided.is_empty() {
            self.decide(graph, graph.edges[edge].target);
        }
    }

    fn decide(&mut self, graph: &Graph, from: usize) {
        let mut todo = vec![from];
        while let Some(at) = todo.pop() {
            let node = &graph.nodes[at];
            if std::mem::replace(&mut self.decided[node.slot], true) {
                continue;
            }
            if !node.segments().is_empty() {
                self.waiting.push_back(at);
            }
            if !node.decides {
                todo.extend(
                    node.outgoing
                        .iter()
                        .rev()
                        .map(|&edge| graph.edges[edge].target),
                );
            }
        }
    }

    /// Keeps a streamed piece when a template of this level wants it.
    pub(crate) fn stream(
        &mut self,
        graph: &Graph,
        level: usize,
        node: &str,
        name: &str,
        text: &str,
    ) {
        let wanted = |(n, v): &(String, String)| n == node && v == name;
        if !graph.levels[level].streamed.iter().any(wanted) {
            return;
        }
        let known = self
            .streams
            .iter_mut()
            .find(|stream| stream.node == node && stream.name == name);
        match known {
            Some(stream) => stream.pieces.push(text.to_owned()),
            None => self.streams.push(Stream {
                node: node.to_owned(),
                name: name.to_owned(),
                pieces: vec![text.to_owned()],
                closed: false,
            }),
        }
    }

    /// Whether a piece of what this node streams was kept.
    pub(crate) fn has_streamed(&self, node: &str) -> bool {
        self.streams.iter().any(|stream| stream.node == node)
    }

    /// Nothing more comes of what this node streams.
    pub(crate) fn close(&mut self, node: &str) {
        for stream in self.streams.iter_mut().filter(|stream| stream.node == node) {
            stream.closed = true;
        }
    }

    /// Forgets what a failed attempt streamed; says which of it had gone out: its selector and characters.
    pub(crate) fn retract(&mut self, graph: &Graph, node: &str) -> Vec<(Vec<String>, u64)> {
        let mut gone = Vec::new();
        let speaking = self.speaker.as_mut().and_then(|speaker| {
            let segments = graph.nodes[speaker.node].segments();
            match segments.get(speaker.segment) {
                Some(Segment::Variable(selector)) if selector.node() == node => {
                    Some((speaker, selector.clone()))
                }
                _ => None,
            }
        });
        if let Some((speaker, selector)) = speaking
            && let Some(stream) = self
                .streams
                .iter()
                .find(|s| s.node == node && s.name == selector.name())
        {
            let sent = stream.pieces.iter().take(speaker.piece);
            let chars: u64 = sent.map(|piece| piece.chars().count() as u64).sum();
            speaker.piece = 0;
            if chars > 0 {
                gone.push((selector.parts().to_vec(), chars));
            }
        }
        self.streams.retain(|stream| stream.node != node);
        gone
    }

    /// Everything that can go out now; `Err` is the node that says too much.
    pub(crate) fn flush(&mut self, view: &View<'_>) -> Result<Vec<Piece>, usize> {
        let mut out = Vec::new();
        if self.decided.is_empty() {
            return Ok(out);
        }
        loop {
            if self.speaker.is_none() {
                let Some(node) = self.waiting.pop_front() else {
                    return Ok(out);
                };
                if view.nodes.get(view.graph.nodes[node].slot) == Mark::Skipped {
                    continue;
                }
                self.speaker = Some(Speaker {
                    node,
                    segment: 0,
                    piece: 0,
                });
            }
            if !self.speak(view, &mut out)? {
                return Ok(out);
            }
            self.speaker = None;
        }
    }

    /// Lets the speaker go on; whether it said everything.
    fn speak(&mut self, view: &View<'_>, out: &mut Vec<Piece>) -> Result<bool, usize> {
        let Some(mut speaker) = self.speaker.take() else {
            return Ok(true);
        };
        let node = &view.graph.nodes[speaker.node];
        let state = view.nodes.get(node.slot);
        if state == Mark::Skipped {
            return Ok(true);
        }
        while let Some(segment) = node.segments().get(speaker.segment) {
            let over = self.say(view, &mut speaker, segment, out)?;
            if !over && state != Mark::Done {
                self.speaker = Some(speaker);
                return Ok(false);
            }
            speaker.segment += 1;
            speaker.piece = 0;
        }
        Ok(true)
    }

    /// Says a segment as far as it is known; whether that is all of it.
    fn say(
        &mut self,
        view: &View<'_>,
        speaker: &mut Speaker,
        segment: &Segment,
        out: &mut Vec<Piece>,
    ) -> Result<bool, usize> {
        let from = out.len();
        let over = match segment {
            Segment::Text(text) => {
                let id = &view.graph.nodes[speaker.node].id;
                out.push((vec![id.clone(), "answer".to_owned()], text.clone()));
                true
            }
            Segment::Variable(selector) => {
                let stream = self.streams.iter().find(|s| {
                    s.node == selector.node()
                        && s.name == selector.name()
                        && selector.path().is_empty()
                });
                match stream {
                    Some(stream) => {
                        let fresh = stream.pieces.iter().skip(speaker.piece);
                        out.extend(fresh.map(|text| (selector.parts().to_vec(), text.clone())));
                        speaker.piece = stream.pieces.len();
                        stream.closed
                    }
                    None => match view.pool.get(selector) {
                        Some(found) => {
                            let (kind, json) = (found.kind(), found.json());
                            let left = view.limit.saturating_sub(self.said);
                            let text = render::render(kind, json, Form::Markdown, left);
                            let text = text.map_err(|_| speaker.node)?;
                            out.push((selector.parts().to_vec(), text));
                            true
                        }
                        None => false,
                    },
                }
            }
        };
        let fresh = out[from..].iter();
        self.said += fresh
            .map(|(_, text)| text.len().max(PIECE_BYTES))
            .sum::<usize>();
        if self.said > view.limit {
            return Err(speaker.node);
        }
        Ok(over)
    }
}
