//! Words that an answer must not contain: it is watched while it is said, over the borders of its pieces.

/// Words that an answer must not contain, and what is said instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WordRule {
    /// Words, folded as [`fold`] does; none is empty.
    pub words: Vec<String>,
    /// What stands in place of an answer that contains one of them.
    pub preset: String,
}

/// A text in which case does not count, and U+0000 neither: nobody is told it (`storable`). Each character is folded by itself, so that
/// pieces fold as their whole does.
#[must_use]
pub fn fold(text: &str) -> String {
    let told = text.chars().filter(|c| *c != '\0');
    told.flat_map(char::to_lowercase).collect()
}

/// Watches one answer.
#[derive(Debug)]
pub(crate) struct Watch {
    rule: WordRule,
    /// Characters that may be the beginning of a word.
    keep: usize,
    /// The end of what was said, folded.
    tail: String,
}

impl Watch {
    /// Behind what was said already.
    pub(crate) fn new(rule: WordRule, said: &str) -> Self {
        let longest = rule.words.iter().map(|word| word.chars().count()).max();
        let mut watch = Self {
            rule,
            keep: longest.unwrap_or_default().saturating_sub(1),
            tail: String::new(),
        };
        watch.again(said);
        watch
    }

    /// Begins anew: some of what was said was taken back.
    pub(crate) fn again(&mut self, said: &str) {
        self.tail = fold(said);
        self.trim();
    }

    /// The next piece; what is to be said instead of all of it, when a word is complete.
    pub(crate) fn hear(&mut self, piece: &str) -> Option<&str> {
        self.tail.push_str(&fold(piece));
        let found = self.rule.words.iter().any(|word| self.tail.contains(word));
        self.trim();
        found.then_some(&*self.rule.preset)
    }

    fn trim(&mut self) {
        let kept = self.tail.char_indices().rev().take(self.keep).last();
        let at = kept.map_or(self.tail.len(), |(at, _)| at);
        self.tail.drain(..at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watch(said: &str) -> Watch {
        let rule = WordRule {
            words: vec![fold("BadWord"), fold("Ärger"), fold("x")],
            preset: "no".to_owned(),
        };
        Watch::new(rule, said)
    }

    #[test]
    fn word_is_found_over_the_borders_of_pieces_whatever_its_case() {
        for (said, pieces, found) in [
            ("", vec!["a BAD", "wo", "rd"], true),
            ("a bad", vec!["word"], true),
            ("", vec!["ä", "RGER"], true),
            ("", vec!["X"], true),
            ("", vec!["ba\0d", "\0word"], true),
            ("", vec!["bad", " word"], false),
            ("", vec![], false),
        ] {
            let mut watch = watch(said);
            let heard = pieces.iter().any(|piece| watch.hear(piece).is_some());
            assert_eq!(heard, found, "{said:?} {pieces:?}");
        }
    }

    #[test]
    fn what_was_taken_back_makes_no_word() {
        let mut watch = watch("");
        assert_eq!(watch.hear("bad"), None);
        watch.again("");
        assert_eq!(watch.hear("word"), None);
        assert_eq!(watch.hear(", badword"), Some("no"));
    }
}
