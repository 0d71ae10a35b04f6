//! Tells what a model thinks from what it says. Some vendors send thoughts apart, others between `<think>`
//! and `</think>` in the text, cut anywhere. Two ways to pass them on:
//!
//! * **tagged**: all of it is text; thoughts that came apart are put between the tags.
//! * **separated**: text and thoughts are two things. The texts given piece by piece and the final ones are the
//!   same: white space at the ends is dropped, several blank lines become one.

use serde::Deserialize;

/// How an app wants thoughts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReasoningFormat {
    /// In the text.
    #[default]
    Tagged,
    /// Apart from it.
    Separated,
}

const OPEN: &str = "<think";
const CLOSE: &str = "</think>";
/// An opening tag with attributes that is longer, in bytes, is text.
const MAX_TAG_BYTES: usize = 256;

/// New text and new thoughts; either may be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Split {
    /// What the model says.
    pub text: String,
    /// What it thinks.
    pub reasoning: String,
}

/// Splits a stream. One of them per answer.
#[derive(Debug, Default)]
pub struct ReasoningSplitter {
    format: ReasoningFormat,
    /// The beginning of what may become a tag.
    held: String,
    /// Between the tags, or while thoughts come apart.
    is_inside: bool,
    /// Inside because of thoughts that come apart: no tag ends them.
    is_apart: bool,
    text: Run,
    reasoning: Run,
}

impl ReasoningSplitter {
    /// For one answer.
    pub fn new(format: ReasoningFormat) -> Self {
        Self {
            format,
            text: Run::new(true),
            reasoning: Run::new(false),
            ..Self::default()
        }
    }

    /// Takes the next piece: thoughts that came apart, and text behind them.
    pub fn add(&mut self, reasoning: &str, text: &str) -> Split {
        let mut new = Split::default();
        match self.format {
            ReasoningFormat::Tagged => self.add_tagged(reasoning, text, &mut new.text),
            ReasoningFormat::Separated => self.add_separated(reasoning, text, &mut new),
        }
        new
    }

    /// The end: what was held back, and all text and thoughts together. A block that was not closed is thoughts.
    pub fn finish(mut self) -> (Split, Split) {
        let mut rest = Split::default();
        match self.format {
            ReasoningFormat::Tagged => self.leave_apart(&mut rest.text),
            ReasoningFormat::Separated => {
                let held = std::mem::take(&mut self.held);
                self.emit(&held, &mut rest);
            }
        }
        let all = Split {
            text: self.text.all,
            reasoning: self.reasoning.all,
        };
        (rest, all)
    }

    fn add_tagged(&mut self, reasoning: &str, text: &str, new: &mut String) {
        if !reasoning.is_empty() {
            if !self.is_apart {
                new.push_str("<think>\n");
                self.is_apart = true;
            }
            new.push_str(reasoning);
        }
        self.text.all.push_str(new);
        if !text.is_empty() {
            self.leave_apart(new);
            new.push_str(text);
            self.text.all.push_str(text);
        }
    }

    fn leave_apart(&mut self, new: &mut String) {
        if self.is_apart {
            const END: &str = "\n</think>";
            new.push_str(END);
            self.text.all.push_str(END);
            self.is_apart = false;
        }
    }

    fn add_separated(&mut self, reasoning: &str, text: &str, new: &mut Split) {
        if !reasoning.is_empty() {
            if !self.is_apart {
                self.is_apart = true;
                self.reasoning.end_block();
            }
            self.reasoning.push(reasoning, &mut new.reasoning);
        }
        if text.is_empty() {
            return;
        }
        if self.is_apart {
            self.is_apart = false;
            self.reasoning.end_block();
        }
        let held = std::mem::take(&mut self.held);
        if held.is_empty() {
            self.scan(text, new);
        } else {
            self.scan(&format!("{held}{text}"), new);
        }
    }

    /// Emits up to what may be the beginning of a tag, and holds that back.
    fn scan(&mut self, mut rest: &str, new: &mut Split) {
        while let Some(at) = rest.find('<') {
            self.emit(&rest[..at], new);
            rest = &rest[at..];
            let tag = if self.is_inside {
                closing_tag(rest)
            } else {
                opening_tag(rest)
            };
            match tag {
                Tag::Whole(length) => {
                    self.is_inside = !self.is_inside;
                    self.reasoning.end_block();
                    rest = &rest[length..];
                }
                Tag::Begun => {
                    rest.clone_into(&mut self.held);
                    return;
                }
                Tag::None => {
                    self.emit("<", new);
                    rest = &rest[1..];
                }
            }
        }
        self.emit(rest, new);
    }

    fn emit(&mut self, piece: &str, new: &mut Split) {
        if self.is_inside {
            self.reasoning.push(piece, &mut new.reasoning);
        } else {
            self.text.push(piece, &mut new.text);
        }
    }
}

/// What text begins with.
enum Tag {
    None,
    Begun,
    Whole(usize),
}

fn opening_tag(text: &str) -> Tag {
    match starts_with(text, OPEN) {
        Tag::Whole(length) => match text[length..].chars().next() {
            None => Tag::Begun,
            Some('>') => Tag::Whole(length + 1),
            Some(character) if character.is_whitespace() => match text.find('>') {
                Some(end) if end < MAX_TAG_BYTES => Tag::Whole(end + 1),
                None if text.len() < MAX_TAG_BYTES => Tag::Begun,
                _ => Tag::None,
            },
            Some(_) => Tag::None,
        },
        other => other,
    }
}

fn closing_tag(text: &str) -> Tag {
    starts_with(text, CLOSE)
}

/// In any case of letters.
fn starts_with(text: &str, tag: &str) -> Tag {
    let common = text.len().min(tag.len());
    if !text.as_bytes()[..common].eq_ignore_ascii_case(&tag.as_bytes()[..common]) {
        Tag::None
    } else if common < tag.len() {
        Tag::Begun
    } else {
        Tag::Whole(tag.len())
    }
}

/// A text whose white space at the ends is dropped while it grows.
#[derive(Debug, Default)]
struct Run {
    all: String,
    /// White space that is only given when something follows.
    space: String,
    /// Whether several blank lines become one.
    folds: bool,
    is_new_block: bool,
}

impl Run {
    fn new(folds: bool) -> Self {
        Self {
            folds,
            ..Self::default()
        }
    }

    fn push(&mut self, piece: &str, new: &mut String) {
        let mut rest = piece;
        while !rest.is_empty() {
            let (word, behind) = rest.split_at(self.end_of_word(rest));
            self.push_word(word, new);
            rest = behind;
        }
    }

    /// Where what can be pushed at once ends: before the line break behind the first letter, where lines matter.
    fn end_of_word(&self, text: &str) -> usize {
        let first = text.len() - text.trim_start().len();
        let line_break = text[first..].find('\n').filter(|_| self.folds);
        line_break.map_or(text.len(), |at| first + at)
    }

    fn push_word(&mut self, piece: &str, new: &mut String) {
        let visible = piece.trim_end();
        if visible.is_empty() {
            self.space.push_str(piece);
            return;
        }
        let begins = visible.len() - visible.trim_start().len();
        self.space.push_str(&visible[..begins]);
        let before = new.len();
        if self.is_new_block && !self.all.is_empty() {
            new.push('\n');
        } else if !self.is_new_block && !self.all.is_empty() {
            new.push_str(&self.space_between());
        }
        new.push_str(&visible[begins..]);
        self.all.push_str(&new[before..]);
        self.is_new_block = false;
        self.space.clear();
        self.space.push_str(&piece[visible.len()..]);
    }

    fn space_between(&self) -> String {
        match (self.space.find('\n'), self.space.rfind('\n')) {
            (Some(first), Some(last)) if self.folds && first < last => {
                format!("{}\n\n{}", &self.space[..first], &self.space[last + 1..])
            }
            _ => self.space.clone(),
        }
    }

    /// What follows is a block of its own, on a line of its own.
    fn end_block(&mut self) {
        self.is_new_block = true;
        self.space.clear();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Pieces of `(thoughts, text)` → all text and thoughts; what came piece by piece is the same.
    fn split(format: ReasoningFormat, pieces: &[(&str, &str)]) -> (String, String) {
        let mut splitter = ReasoningSplitter::new(format);
        let mut streamed = Split::default();
        for (reasoning, text) in pieces {
            let new = splitter.add(reasoning, text);
            streamed.text.push_str(&new.text);
            streamed.reasoning.push_str(&new.reasoning);
        }
        let (rest, all) = splitter.finish();
        streamed.text.push_str(&rest.text);
        streamed.reasoning.push_str(&rest.reasoning);
        assert_eq!(streamed, all, "{pieces:?}");
        (all.text, all.reasoning)
    }

    const SEPARATED: [(&str, &str, &str); 16] = [
        (
            "<think>first I think\nthen more</think>\nThe answer.",
            "The answer.",
            "first I think\nthen more",
        ),
        ("no reasoning here", "no reasoning here", ""),
        ("a <think>b</think> c", "a  c", "b"),
        ("<THINK class=\"x\">b\n</Think>c", "c", "b"),
        ("<think> a </think>x<think>\nb</think>y", "xy", "a\nb"),
        ("text <think>never ends", "text", "never ends"),
        ("<thinking>kept</thinking>", "<thinking>kept</thinking>", ""),
        ("1 < 2 and <b>bold</b> <", "1 < 2 and <b>bold</b> <", ""),
        ("<think></think>", "", ""),
        ("  \n lead \n\n\n\n lines \n\n", "lead \n\n lines", ""),
        ("a\n<think>b</think>\n\nc", "a\n\nc", "b"),
        (
            "<think>a < b </thin k></think>你好",
            "你好",
            "a < b </thin k>",
        ),
        ("wörld</think>x", "wörld</think>x", ""),
        ("<think\n>a</think>b", "b", "a"),
        ("<<think>a</think>b", "<b", "a"),
        ("ends in <thi", "ends in <thi", ""),
    ];

    #[test]
    fn separated_text_has_no_thoughts_however_it_is_cut() {
        for (whole, text, reasoning) in SEPARATED {
            let expected = (text.to_owned(), reasoning.to_owned());
            for (at, _) in whole.char_indices() {
                for (end, _) in whole.char_indices().filter(|(end, _)| *end >= at) {
                    let pieces = [&whole[..at], &whole[at..end], &whole[end..]].map(|p| ("", p));
                    assert_eq!(split(ReasoningFormat::Separated, &pieces), expected);
                }
            }
            let characters: Vec<String> = whole.chars().map(String::from).collect();
            let pieces: Vec<_> = characters
                .iter()
                .map(|character| ("", character.as_str()))
                .collect();
            assert_eq!(split(ReasoningFormat::Separated, &pieces), expected);
        }
    }

    #[test]
    fn thoughts_that_come_apart_stay_apart_or_get_their_tags() {
        let pieces = [
            ("first ", ""),
            ("then", "The "),
            ("", "answer."),
            ("again", ""),
        ];
        let (text, reasoning) = split(ReasoningFormat::Separated, &pieces);
        assert_eq!(
            (text.as_str(), reasoning.as_str()),
            ("The answer.", "first then\nagain")
        );
        let (text, reasoning) = split(ReasoningFormat::Tagged, &pieces);
        let tagged = "<think>\nfirst then\n</think>The answer.<think>\nagain\n</think>";
        assert_eq!((text.as_str(), reasoning.as_str()), (tagged, ""));
    }

    #[test]
    fn an_opening_tag_without_end_does_not_hold_the_text_back() {
        let mut splitter = ReasoningSplitter::new(ReasoningFormat::Separated);
        let long = format!("<think {}", "a".repeat(MAX_TAG_BYTES));
        assert_eq!(splitter.add("", &long).text, long);
    }

    proptest! {
        #[test]
        fn tagged_text_is_untouched(pieces in proptest::collection::vec(".{0,8}|</?think>", 0..8)) {
            let all: Vec<_> = pieces.iter().map(|piece| ("", piece.as_str())).collect();
            let (text, _) = split(ReasoningFormat::Tagged, &all);
            prop_assert_eq!(text, pieces.concat());
        }

        #[test]
        fn separated_text_does_not_depend_on_the_cuts(
            pieces in proptest::collection::vec("[a <\n]{0,4}|</?think>|<thi|nk>|</", 0..12)
        ) {
            let cut: Vec<_> = pieces.iter().map(|piece| ("", piece.as_str())).collect();
            let whole = pieces.concat();
            let uncut = split(ReasoningFormat::Separated, &[("", &whole)]);
            prop_assert_eq!(split(ReasoningFormat::Separated, &cut), uncut);
        }
    }
}
