//! What comes back from a model, piece by piece, and all of it together.

use crate::{
    token::TokenCount,
    tool::{ToolCall, ToolCallDelta, ToolCalls},
};

/// Why the model stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FinishReason {
    /// It had said everything, or met a stop word.
    Stop,
    /// It ran into a limit of tokens.
    Length,
    /// It wants tools to be called.
    ToolCalls,
    /// The vendor cut it.
    ContentFilter,
    /// What else vendors say.
    Other(String),
}

impl FinishReason {
    /// As it stands in outputs.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Stop => "stop",
            Self::Length => "length",
            Self::ToolCalls => "tool_calls",
            Self::ContentFilter => "content_filter",
            Self::Other(reason) => reason,
        }
    }
}

impl From<&str> for FinishReason {
    fn from(reason: &str) -> Self {
        match reason {
            "stop" => Self::Stop,
            "length" => Self::Length,
            "tool_calls" | "function_call" => Self::ToolCalls,
            "content_filter" => Self::ContentFilter,
            other => Self::Other(other.to_owned()),
        }
    }
}

/// A piece of an answer. Each member is what came new.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chunk {
    /// What the model thinks, where the vendor sends that apart. Comes before the text of the same piece.
    pub reasoning: String,
    /// What it says.
    pub text: String,
    /// What it wants to be called.
    pub tool_calls: Vec<ToolCallDelta>,
    /// Why it stopped: once, near the end.
    pub finish_reason: Option<FinishReason>,
    /// What was used so far: vendors send it last, some of them with every piece; the last one holds.
    pub tokens: Option<TokenCount>,
}

impl Chunk {
    /// Nothing in it.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A whole answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Completion {
    /// What the model thought, where the vendor sends that apart.
    pub reasoning: String,
    /// What it said.
    pub text: String,
    /// What it wants to be called.
    pub tool_calls: Vec<ToolCall>,
    /// Why it stopped.
    pub finish_reason: Option<FinishReason>,
    /// What was used, if the vendor said so.
    pub tokens: Option<TokenCount>,
}

/// Puts pieces together.
#[derive(Debug, Default)]
pub struct Collector {
    so_far: Completion,
    tool_calls: ToolCalls,
}

impl Collector {
    /// Takes the next piece.
    pub fn add(&mut self, chunk: Chunk) {
        self.so_far.reasoning.push_str(&chunk.reasoning);
        self.so_far.text.push_str(&chunk.text);
        for delta in chunk.tool_calls {
            self.tool_calls.add(delta);
        }
        if chunk.finish_reason.is_some() {
            self.so_far.finish_reason = chunk.finish_reason;
        }
        if chunk.tokens.is_some() {
            self.so_far.tokens = chunk.tokens;
        }
    }

    /// What it was altogether.
    pub fn finish(self) -> Completion {
        Completion {
            tool_calls: self.tool_calls.finish(),
            ..self.so_far
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_make_an_answer_and_the_last_usage_holds() {
        let mut collector = Collector::default();
        let tokens = |completion| {
            Some(TokenCount {
                prompt: 3,
                completion,
            })
        };
        for (text, reason, count) in [("Hel", None, 1), ("lo", Some("stop"), 2), ("", None, 2)] {
            collector.add(Chunk {
                text: text.to_owned(),
                reasoning: "r".to_owned(),
                finish_reason: reason.map(FinishReason::from),
                tokens: tokens(count),
                tool_calls: vec![],
            });
        }
        let answer = collector.finish();
        assert_eq!(
            (answer.text.as_str(), answer.reasoning.as_str()),
            ("Hello", "rrr")
        );
        assert_eq!(answer.finish_reason, Some(FinishReason::Stop));
        assert_eq!(answer.tokens, tokens(2));
    }

    #[test]
    fn finish_reasons_keep_their_names() {
        for name in ["stop", "length", "tool_calls", "content_filter", "eos"] {
            assert_eq!(FinishReason::from(name).as_str(), name);
        }
        assert_eq!(FinishReason::from("function_call"), FinishReason::ToolCalls);
    }
}
