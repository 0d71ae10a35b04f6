//! The text before the parser sees it: its characters, and the three line breaks of YAML 1.1 that
//! YAML 1.2 dropped.

use std::borrow::Cow;

use saphyr_parser::ScalarStyle;

use super::{Position, YamlError};

const NEXT_LINE: char = '\u{85}';
const LINE_SEPARATOR: char = '\u{2028}';
const PARAGRAPH_SEPARATOR: char = '\u{2029}';

/// The text for the parser: without its byte-order mark, next-line characters as the line breaks that they
/// are, a line break behind each separator. Refuses characters that no YAML may contain.
pub(super) fn prepare(text: &str) -> Result<Cow<'_, str>, YamlError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    check_characters(text)?;
    let mut prepared = Cow::Borrowed(text);
    if prepared.contains(NEXT_LINE) {
        prepared = Cow::Owned(prepared.replace(NEXT_LINE, "\n"));
    }
    for separator in [LINE_SEPARATOR, PARAGRAPH_SEPARATOR] {
        if prepared.contains(separator) {
            prepared = Cow::Owned(prepared.replace(separator, &format!("{separator}\n")));
        }
    }
    Ok(prepared)
}

fn check_characters(text: &str) -> Result<(), YamlError> {
    let Some((offset, wrong)) = text.char_indices().find(|(_, c)| !is_allowed(*c)) else {
        return Ok(());
    };
    let before = &text[..offset];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    Err(YamlError::Character {
        code: u32::from(wrong),
        position: Position {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        },
    })
}

/// Whether YAML 1.1 calls a character printable.
pub(super) fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='~' | NEXT_LINE | '\u{a0}'..='\u{fffd}' | '\u{10000}'..)
}

/// A text of a prepared file as it was meant: what the parser made of the line break behind a separator (a
/// space where lines are folded) goes, and so do blanks before it.
pub(super) fn restore_separators(text: Cow<'_, str>, style: ScalarStyle) -> Cow<'_, str> {
    let separators = [LINE_SEPARATOR, PARAGRAPH_SEPARATOR];
    // In double quotes they are escapes.
    if style == ScalarStyle::DoubleQuoted || !text.contains(separators) {
        return text;
    }
    let is_literal = style == ScalarStyle::Literal;
    let mut restored = String::with_capacity(text.len());
    let mut rest = text.as_ref();
    while let Some(at) = rest.find(separators) {
        let (before, from) = rest.split_at(at);
        restored.push_str(if is_literal {
            before
        } else {
            before.trim_end_matches([' ', '\t'])
        });
        let mut characters = from.chars();
        restored.extend(characters.next());
        rest = characters.as_str();
        let line_break = if is_literal { '\n' } else { ' ' };
        rest = rest.strip_prefix(line_break).unwrap_or(rest);
    }
    restored.push_str(rest);
    if style == ScalarStyle::Plain {
        restored.truncate(restored.trim_end_matches(separators).len());
    }
    Cow::Owned(restored)
}

/// The end of a text whose last line has no line break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct UnfinishedLine {
    /// Where it is, in characters from the start.
    at: usize,
    is_blank: bool,
}

/// Where a text ends, if it does in the middle of a line.
pub(super) fn unfinished_line(text: &str) -> Option<UnfinishedLine> {
    let last_line = text.rsplit(['\n', '\r']).next();
    let last_line = last_line.filter(|line| !line.is_empty())?;
    Some(UnfinishedLine {
        at: text.chars().count(),
        is_blank: last_line.bytes().all(|b| b == b' '),
    })
}

/// A block that ends `at` a character, without the line break that the file does not have and the parser
/// gives it.
pub(super) fn unfinished_block(
    text: Cow<'_, str>,
    at: usize,
    end: Option<UnfinishedLine>,
) -> Cow<'_, str> {
    // A blank line that nothing ends is content only where it is longer than the indentation.
    let ends_blank = || {
        let content = text.strip_suffix('\n').unwrap_or(&text);
        let last = content.rsplit('\n').next().unwrap_or_default();
        text.ends_with("\n\n") || (!last.is_empty() && last.bytes().all(|b| b == b' '))
    };
    let has_extra = |end: UnfinishedLine| at >= end.at && (!end.is_blank || ends_blank());
    if !end.is_some_and(has_extra) {
        return text;
    }
    let mut text = text.into_owned();
    if text.ends_with('\n') {
        text.pop();
    }
    Cow::Owned(text)
}
