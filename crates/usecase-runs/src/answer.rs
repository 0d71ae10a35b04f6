//! The text that a run has said so far, by where each piece comes from: what a repeated node said in vain can be taken back.

use serde::{Deserialize, Serialize};

/// The text so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Said(Vec<Piece>);

/// Text of one source without another in between.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Piece {
    selector: Vec<String>,
    text: String,
}

impl Said {
    /// Adds a piece.
    pub(crate) fn push(&mut self, selector: &[String], text: &str) {
        match self.0.last_mut().filter(|last| last.selector == selector) {
            Some(last) => last.text.push_str(text),
            None => self.0.push(Piece {
                selector: selector.to_vec(),
                text: text.to_owned(),
            }),
        }
    }

    /// Takes the last `chars` characters of a source back.
    pub(crate) fn retract(&mut self, selector: &[String], chars: u64) {
        let mut left = usize::try_from(chars).unwrap_or(usize::MAX);
        let own = self
            .0
            .iter_mut()
            .rev()
            .filter(|piece| piece.selector == selector);
        for piece in own {
            let count = piece.text.chars().count();
            let keep = count.saturating_sub(left);
            left -= count - keep;
            let end = piece
                .text
                .char_indices()
                .nth(keep)
                .map_or(piece.text.len(), |(at, _)| at);
            piece.text.truncate(end);
        }
        self.0.retain(|piece| !piece.text.is_empty());
    }

    /// How long it is, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.0.iter().map(|piece| piece.text.len()).sum()
    }

    /// All of it.
    pub(crate) fn whole(&self) -> String {
        self.0.iter().map(|piece| piece.text.as_str()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_source_said_last_is_taken_back_and_nothing_of_others() {
        let (model, literal) = (vec!["llm".to_owned()], vec!["answer".to_owned()]);
        for (chars, expected) in [(0, "a:éü!"), (1, "a:é!"), (2, "a:!"), (9, "a:!")] {
            let mut said = Said::default();
            for (selector, text) in [
                (&literal, "a:"),
                (&model, "é"),
                (&model, "ü"),
                (&literal, "!"),
            ] {
                said.push(selector, text);
            }
            said.retract(&model, chars);
            assert_eq!(said.whole(), expected);
        }
    }
}
