//! Cuts `<think>…</think>` out of streamed text, wherever a tag is cut apart.

use serde::{Deserialize, Serialize};

/// Text comes in pieces; what is not reasoning goes out. White space before the first shown text is dropped.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThinkFilter {
    inside: bool,
    shown: bool,
    /// The beginning of what may be a tag.
    held: String,
}

const OPEN: &str = "<think";
const CLOSE: &str = "</think>";
/// An opening tag with attributes is no longer than this; what is longer is text.
const MAX_TAG_BYTES: usize = 256;

impl ThinkFilter {
    /// Takes a piece; gives what can be shown by now.
    pub fn push(&mut self, piece: &str) -> String {
        self.held.push_str(piece);
        let mut out = String::new();
        while let Some(length) = self.step(&mut out) {
            self.held.drain(..length);
        }
        self.trim(out)
    }

    /// What is left at the end: the beginning of a tag that never came is text; reasoning without an end is none.
    pub fn finish(&mut self) -> String {
        let rest = std::mem::take(&mut self.held);
        if self.inside {
            return String::new();
        }
        self.trim(rest)
    }

    fn trim(&mut self, out: String) -> String {
        if self.shown {
            return out;
        }
        let trimmed = out.trim_start();
        self.shown = !trimmed.is_empty();
        trimmed.to_owned()
    }

    /// Handles the beginning of what is held; how many bytes that was, `None` when more must come.
    fn step(&mut self, out: &mut String) -> Option<usize> {
        if self.held.is_empty() {
            return None;
        }
        let (found, whole) = find(&self.held, if self.inside { CLOSE } else { OPEN });
        if found > 0 {
            if !self.inside {
                out.push_str(&self.held[..found]);
            }
            return Some(found);
        }
        if !whole {
            return None;
        }
        if self.inside {
            self.inside = false;
            return Some(CLOSE.len());
        }
        let tag = &self.held[OPEN.len()..];
        if !tag.is_empty() && !tag.starts_with(['>', ' ', '\t', '\n', '\r', '/']) {
            out.push_str(&self.held[..OPEN.len()]);
            return Some(OPEN.len());
        }
        match tag.find('>') {
            Some(end) => {
                self.inside = true;
                Some(OPEN.len() + end + 1)
            }
            None if tag.len() > MAX_TAG_BYTES => {
                out.push_str(&self.held[..OPEN.len()]);
                Some(OPEN.len())
            }
            None => None,
        }
    }
}

/// Where a tag begins in a text, in any case, and whether it is there as a whole; the text's length when there is none.
fn find(text: &str, tag: &str) -> (usize, bool) {
    for (at, _) in text.match_indices('<') {
        let rest = &text.as_bytes()[at..];
        let length = rest.len().min(tag.len());
        if rest[..length].eq_ignore_ascii_case(&tag.as_bytes()[..length]) {
            return (at, length == tag.len());
        }
    }
    (text.len(), false)
}

/// The whole text without its reasoning, and the reasoning: blocks trimmed, joined by line breaks.
pub(crate) fn split(text: &str) -> (String, String) {
    let mut shown = String::new();
    let mut blocks: Vec<&str> = Vec::new();
    let mut rest = text;
    while let Some((before, inner, after)) = next_block(rest) {
        shown.push_str(before);
        blocks.push(inner.trim());
        rest = after;
    }
    shown.push_str(rest);
    blocks.retain(|block| !block.is_empty());
    (fold_blank_lines(shown.trim()), blocks.join("\n"))
}

/// The text before the next block, the block, and the text behind it; a block without an end reaches to the end.
fn next_block(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    loop {
        let (at, whole) = find(&text[from..], OPEN);
        if !whole {
            return None;
        }
        let at = from + at;
        let tag = &text[at + OPEN.len()..];
        let Some(end) = tag
            .find('>')
            .filter(|_| tag.starts_with(['>', ' ', '\t', '\n', '\r']))
        else {
            from = at + 1;
            continue;
        };
        let inner = &tag[end + 1..];
        let (close, closed) = find(inner, CLOSE);
        let after = if closed {
            &inner[close + CLOSE.len()..]
        } else {
            ""
        };
        let inner = if closed { &inner[..close] } else { inner };
        return Some((&text[..at], inner, after));
    }
}

fn fold_blank_lines(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let mut blank = 0;
    for line in text.split('\n') {
        if line.trim().is_empty() {
            blank += 1;
            continue;
        }
        if !folded.is_empty() {
            folded.push_str(if blank > 0 { "\n\n" } else { "\n" });
        }
        blank = 0;
        folded.push_str(line);
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn streamed(pieces: &[&str]) -> String {
        let mut filter = ThinkFilter::default();
        let mut out: String = pieces.iter().map(|piece| filter.push(piece)).collect();
        out.push_str(&filter.finish());
        out
    }

    #[test]
    fn reasoning_is_cut_wherever_its_tags_are_cut_apart() {
        let text = "<THINK a=\"1\">first\nthen</think>\nThe <b>answer</b>.<think>more</think> End <thinker>";
        let shown = "The <b>answer</b>. End <thinker>";
        assert_eq!(streamed(&[text]), shown);
        for size in 1..7 {
            let chars: Vec<char> = text.chars().collect();
            let pieces: Vec<String> = chars
                .chunks(size)
                .map(|chunk| chunk.iter().collect())
                .collect();
            let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
            assert_eq!(streamed(&pieces), shown, "pieces of {size}");
        }
        for (pieces, shown) in [
            (&["<think>never ends"][..], ""),
            (&["a <thi"][..], "a <thi"),
            (&["", "x"][..], "x"),
            (&["é<", "<think>y</think>é"][..], "é<é"),
        ] {
            assert_eq!(streamed(pieces), shown);
        }
    }

    #[test]
    fn text_and_reasoning_are_told_apart() {
        for (text, shown, reasoning) in [
            (
                "<think>first I think\nthen more</think>\nThe answer.",
                "The answer.",
                "first I think\nthen more",
            ),
            ("a<think> x </think>b<think>y</think>", "ab", "x\ny"),
            ("a\n\n\n\nb<think>open", "a\n\nb", "open"),
            ("no <b>tags</b>", "no <b>tags</b>", ""),
            ("", "", ""),
        ] {
            assert_eq!(
                split(text),
                (shown.to_owned(), reasoning.to_owned()),
                "{text}"
            );
        }
    }
}
