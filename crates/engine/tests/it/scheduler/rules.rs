//! A model of the scheduler that one can read in one go: which nodes of a graph run, when a run is over, and which text has gone out.
//!
//! It says what must hold and not how to get there: no queue, no counters, everything is asked anew from what has ended so far. The rules
//! are those of the original's contract ("Scheduling semantics" and "Streaming release order"):
//!
//! * A node runs when all its incoming edges are taken or passed over, and at least one is taken. Without an incoming edge it is the root, or
//!   it does not run.
//! * A node that does not choose takes all its ways out; one that chooses takes the edges of its way and passes over the others. A node
//!   that does not run passes over all of them.
//! * A failure that nobody handles ends the run at once. Otherwise the run is over when nothing is under way.
//! * An answer may speak as soon as a path to it is certain: each edge on it that leaves a branch or another answer is taken. One answer speaks
//!   at a time; the others wait in the order in which their paths became certain, and what became certain at once has no order.
//! * What an answer says goes out as soon as it is known: text of a model while it comes, other values when their node has ended. What is not
//!   there when the answer itself has ended is passed over.

use std::collections::VecDeque;

use super::shapes::{Edge, Kind, Part, Shape, Way, value};

/// An answer that speaks: how many of its parts are said, and whether the value of the next one is.
#[derive(Debug, Clone)]
struct Speaker {
    answer: usize,
    part: usize,
    has_said: bool,
}

/// How a run ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Succeeded,
    PartialSucceeded,
    Failed,
}

/// A run as far as it is.
#[derive(Debug, Clone)]
pub(crate) struct Model<'a> {
    shape: &'a Shape,
    ended: Vec<bool>,
    /// Nodes whose value has come from outside before they ended.
    streamed: Vec<bool>,
    /// Answers whose paths are certain and that have not spoken; those of one group became certain at once.
    waiting: VecDeque<Vec<usize>>,
    certain: Vec<bool>,
    speaker: Option<Speaker>,
    /// All text that has gone out.
    pub(crate) text: String,
    /// What answers were when they ended.
    pub(crate) answer: String,
}

impl<'a> Model<'a> {
    pub(crate) fn new(shape: &'a Shape) -> Self {
        let count = shape.kinds.len();
        let mut model = Self {
            shape,
            ended: vec![false; count],
            streamed: vec![false; count],
            waiting: VecDeque::new(),
            certain: vec![false; count],
            speaker: None,
            text: String::new(),
            answer: String::new(),
        };
        model.make_certain();
        model
    }

    fn is_taken(&self, edge: &Edge) -> bool {
        self.ended[edge.source]
            && match self.shape.kinds[edge.source] {
                Kind::If(way) | Kind::Handled(way) => edge.way == way,
                _ => true,
            }
    }

    fn is_passed_over(&self, edge: &Edge) -> bool {
        self.is_skipped(edge.source) || self.ended[edge.source] && !self.is_taken(edge)
    }

    pub(crate) fn is_skipped(&self, node: usize) -> bool {
        node > 0 && self.shape.into(node).all(|edge| self.is_passed_over(edge))
    }

    /// Whether a node may run, or has.
    pub(crate) fn may_run(&self, node: usize) -> bool {
        let mut edges = self.shape.into(node);
        let is_known = |edge: &Edge| self.is_taken(edge) || self.is_passed_over(edge);
        node == 0 || edges.all(is_known) && self.shape.into(node).any(|edge| self.is_taken(edge))
    }

    /// Nodes that run now.
    pub(crate) fn under_way(&self) -> Vec<usize> {
        let all = 0..self.shape.kinds.len();
        all.filter(|&node| !self.ended[node] && self.may_run(node))
            .collect()
    }

    /// A node ended.
    pub(crate) fn end(&mut self, node: usize) {
        if self.shape.kinds[node] == Kind::Answer {
            for part in self.shape.says(node) {
                self.answer += &match part {
                    Part::Text(text) => text,
                    Part::Value(of) if self.ended[of] => value(of),
                    Part::Value(of) => self.shape.output(of),
                };
            }
        }
        self.ended[node] = true;
        self.make_certain();
    }

    /// The value of a node came before the node ended.
    pub(crate) fn stream(&mut self, node: usize) {
        self.streamed[node] = true;
    }

    fn make_certain(&mut self) {
        let mut now = vec![true; self.shape.kinds.len()];
        for node in 1..now.len() {
            let decides = |kind: Kind| kind.chooses() || kind == Kind::Answer;
            now[node] = self.shape.into(node).any(|edge| {
                now[edge.source] && (!decides(self.shape.kinds[edge.source]) || self.is_taken(edge))
            });
        }
        let answers = 0..now.len();
        let group = answers
            .filter(|&node| now[node] && !self.certain[node])
            .filter(|&node| self.shape.kinds[node] == Kind::Answer);
        self.waiting.push_back(group.collect());
        self.certain = now;
    }

    /// Lets answers say what they can; where several may be next, the text that went out tells which one was.
    pub(crate) fn speak(&mut self, went_out: &str) {
        while let Some(mut speaker) = self.speaker.take().or_else(|| self.next(went_out)) {
            let parts = self.shape.says(speaker.answer);
            while let Some(part) = parts.get(speaker.part) {
                if !self.says(part, &mut speaker) {
                    self.speaker = Some(speaker);
                    return;
                }
                speaker.part += 1;
                speaker.has_said = false;
            }
        }
    }

    /// Says a part as far as it is known; whether that is all that will ever be said of it.
    fn says(&mut self, part: &Part, speaker: &mut Speaker) -> bool {
        let of = match part {
            Part::Text(text) => {
                self.text += text;
                return true;
            }
            Part::Value(of) => *of,
        };
        if (self.ended[of] || self.streamed[of]) && !speaker.has_said {
            self.text += &value(of);
            speaker.has_said = true;
        }
        self.ended[of] || self.ended[speaker.answer]
    }

    fn next(&mut self, went_out: &str) -> Option<Speaker> {
        while self.waiting.front()?.is_empty() {
            self.waiting.pop_front();
        }
        let rest = went_out.get(self.text.len()..).unwrap_or_default();
        let group = self.waiting.front_mut()?;
        let is_told = |answer: &usize| rest.starts_with(&format!("<{answer}:"));
        let told = group.iter().position(is_told).unwrap_or_default();
        Some(Speaker {
            answer: group.remove(told),
            part: 0,
            has_said: false,
        })
    }

    /// How the run ends, if it is over.
    pub(crate) fn is_over(&self) -> Option<End> {
        let has_ended = |kind: Kind| {
            (0..self.ended.len()).any(|node| self.ended[node] && self.shape.kinds[node] == kind)
        };
        if has_ended(Kind::Fails) {
            Some(End::Failed)
        } else if !self.under_way().is_empty() {
            None
        } else if has_ended(Kind::Handled(Way::Second)) {
            Some(End::PartialSucceeded)
        } else {
            Some(End::Succeeded)
        }
    }
}
