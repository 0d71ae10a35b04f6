//! Tools that a model may ask for, and its asking, which arrives in pieces.

use serde_json::Value;

/// What may be called.
#[derive(Debug, Clone, PartialEq)]
pub struct Tool {
    /// Its name, `[a-zA-Z0-9_-]{1,64}`.
    pub name: String,
    /// What it is good for.
    pub description: String,
    /// A JSON Schema of its arguments: an object.
    pub parameters: Value,
}

/// What the model wants to be called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToolCall {
    /// Names the call in the answer to it.
    pub id: String,
    /// The tool's name.
    pub name: String,
    /// JSON as the model wrote it: an object if all is well.
    pub arguments: String,
}

/// A piece of a call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToolCallDelta {
    /// Which call of the answer, from 0; some vendors leave it out.
    pub index: Option<usize>,
    /// Comes with the first piece.
    pub id: Option<String>,
    /// Comes with the first piece.
    pub name: Option<String>,
    /// The next piece of the arguments.
    pub arguments: String,
}

/// Puts the pieces together.
#[derive(Debug, Clone, Default)]
pub struct ToolCalls {
    calls: Vec<(Option<usize>, ToolCall)>,
}

impl ToolCalls {
    /// Takes a piece. It belongs to the call with its index; without one to that with its id; without
    /// either to the last one. A new name beside a new id begins a call.
    pub fn add(&mut self, delta: ToolCallDelta) {
        let known = self.position(&delta);
        let at = known.unwrap_or_else(|| {
            self.calls.push((delta.index, ToolCall::default()));
            self.calls.len() - 1
        });
        let Some((_, call)) = self.calls.get_mut(at) else {
            return;
        };
        if let Some(id) = delta.id.filter(|id| !id.is_empty()) {
            call.id = id;
        }
        if let Some(name) = delta.name.filter(|name| !name.is_empty()) {
            call.name = name;
        }
        call.arguments.push_str(&delta.arguments);
    }

    fn position(&self, delta: &ToolCallDelta) -> Option<usize> {
        let id = delta.id.as_deref().filter(|id| !id.is_empty());
        if delta.index.is_some() {
            return self
                .calls
                .iter()
                .position(|(index, _)| *index == delta.index);
        }
        match id {
            Some(id) => self.calls.iter().position(|(_, call)| call.id == id),
            None => self.calls.len().checked_sub(1),
        }
    }

    /// All calls, complete. One without an id gets `call_<position>`, so that it can be answered.
    pub fn finish(self) -> Vec<ToolCall> {
        let numbered = self.calls.into_iter().enumerate();
        let named = numbered.map(|(at, (_, mut call))| {
            if call.id.is_empty() {
                call.id = format!("call_{at}");
            }
            call
        });
        named.filter(|call| !call.name.is_empty()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delta(index: Option<usize>, id: &str, name: &str, arguments: &str) -> ToolCallDelta {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        ToolCallDelta {
            index,
            id: text(id),
            name: text(name),
            arguments: arguments.to_owned(),
        }
    }

    fn put_together(deltas: Vec<ToolCallDelta>) -> Vec<(String, String, String)> {
        let mut calls = ToolCalls::default();
        for delta in deltas {
            calls.add(delta);
        }
        let finished = calls.finish().into_iter();
        finished.map(|c| (c.id, c.name, c.arguments)).collect()
    }

    #[test]
    fn pieces_of_calls_find_each_other() {
        let expected = [("a", "f", "{\"x\":1}"), ("b", "g", "{}")]
            .map(|(id, name, arguments)| (id.to_owned(), name.to_owned(), arguments.to_owned()));
        let by_index = vec![
            delta(Some(0), "a", "f", ""),
            delta(Some(0), "", "", "{\"x\""),
            delta(Some(1), "b", "g", "{}"),
            delta(Some(0), "", "", ":1}"),
        ];
        let by_id = vec![
            delta(None, "a", "f", "{\"x\":"),
            delta(None, "a", "", "1}"),
            delta(None, "b", "g", "{}"),
        ];
        let by_order = vec![
            delta(None, "a", "f", "{\"x\":"),
            delta(None, "", "", "1}"),
            delta(None, "b", "g", "{}"),
        ];
        let repeated_names = vec![
            delta(Some(0), "a", "f", "{\"x\":"),
            delta(Some(0), "a", "f", "1}"),
            delta(Some(1), "b", "g", "{}"),
        ];
        for deltas in [by_index, by_id, by_order, repeated_names] {
            assert_eq!(put_together(deltas), expected);
        }
    }

    #[test]
    fn a_call_without_id_gets_one_and_a_call_without_name_is_none() {
        let calls = put_together(vec![
            delta(Some(0), "", "f", "{}"),
            delta(Some(1), "x", "", "{}"),
        ]);
        assert_eq!(calls.len(), 1);
        assert_eq!(calls[0].0, "call_0");
    }
}
