//! Counting tokens: what vendors say they used, and what is guessed beforehand.

use serde::{Deserialize, Serialize};

use crate::message::Message;

/// How many tokens went in and came out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenCount {
    /// Of what was sent.
    pub prompt: u64,
    /// Of what came back, reasoning included.
    pub completion: u64,
}

/// Counts the tokens of texts before a vendor does. The numbers decide how much history fits and what is
/// written down when the vendor says nothing; no client may rely on them.
pub trait TokenCounter: Send + Sync {
    /// Of one text. Takes time linear in its length.
    fn count(&self, text: &str) -> u64;

    /// Of messages: their texts, the arguments of their calls, and four for each frame.
    fn count_messages(&self, messages: &[Message]) -> u64 {
        messages
            .iter()
            .map(|message| {
                let calls = message.tool_calls.iter();
                let arguments: u64 = calls.map(|call| self.count(&call.arguments)).sum();
                self.count(&message.text()) + arguments + 4
            })
            .sum()
    }
}

/// A guess without a vocabulary: four Latin letters make a token, every letter beyond Latin scripts makes
/// one of its own.
#[derive(Debug, Clone, Copy, Default)]
pub struct RoughCounter;

impl TokenCounter for RoughCounter {
    fn count(&self, text: &str) -> u64 {
        let (mut narrow, mut wide) = (0_u64, 0_u64);
        for character in text.chars() {
            if u32::from(character) < 0x250 {
                narrow += 1;
            } else {
                wide += 1;
            }
        }
        narrow.div_ceil(4) + wide
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rough_token_count_is_a_quarter_of_latin_characters_and_all_others() {
        for (text, count) in [
            ("", 0),
            ("abcd", 1),
            ("abcde", 2),
            ("wörld", 2),
            ("你好 a", 3),
        ] {
            assert_eq!(RoughCounter.count(text), count, "{text}");
        }
        let messages = [Message::system("abcd"), Message::user("你好")];
        assert_eq!(RoughCounter.count_messages(&messages), 1 + 4 + 2 + 4);
    }
}
