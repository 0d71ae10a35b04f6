//! Why a text cannot be read, and where.

use std::fmt;

/// A place in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// Why a text was refused. The texts name what is wrong and where, never what the file says (except the
/// name of a tag): they are shown to the caller and stand in logs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum YamlError {
    /// More than [`super::MAX_BYTES`].
    #[error("File size exceeds the limit of 10MB")]
    FileTooLarge,
    /// More than [`super::MAX_NODES`] or [`super::MAX_TEXT_BYTES`], mostly by aliases.
    #[error("the document is too large, counting each use of an alias")]
    TooLarge,
    /// More than [`super::MAX_MARKS`].
    #[error("a list in brackets, or a text, is too long, {0}")]
    TooLong(Position),
    /// Deeper than [`super::MAX_DEPTH`].
    #[error("the document is nested deeper than 100 levels, {0}")]
    TooDeep(Position),
    /// NUL and other control characters, written or escaped.
    #[error("special characters are not allowed: U+{code:04X}, {position}")]
    Character {
        /// The code point.
        code: u32,
        /// Where it stands, or the text that escapes it begins.
        position: Position,
    },
    /// The text is no YAML.
    #[error("{reason}, {position}")]
    Syntax {
        /// What the parser says.
        reason: String,
        /// Where the parser stopped.
        position: Position,
    },
    /// A second document.
    #[error("expected a single document in the stream, but found another document, {0}")]
    SecondDocument(Position),
    /// A tag that is none of YAML's own types that JSON knows too.
    #[error("could not determine a constructor for the tag '{tag}', {position}")]
    Tag {
        /// As it is when written out.
        tag: String,
        /// Where the tag stands.
        position: Position,
    },
    /// A value that is not what its tag says.
    #[error("expected a value of the tag '{tag}', {position}")]
    TagMismatch {
        /// As it is when written out.
        tag: String,
        /// Where the value stands.
        position: Position,
    },
    /// A list or a mapping as a key.
    #[error("while constructing a mapping: found unhashable key, {0}")]
    Key(Position),
    /// `<<` with something other than a mapping or a list of mappings.
    #[error("expected a mapping or list of mappings for merging, {0}")]
    Merge(Position),
    /// An alias inside the value that it names.
    #[error("found an alias inside the value that it names, {0}")]
    Recursive(Position),
    /// Infinity, not a number, or beyond what a double can hold: JSON has no such number.
    #[error("found a number that JSON cannot hold, {0}")]
    Number(Position),
}
