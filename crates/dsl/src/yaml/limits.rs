//! What a file may cost: each limit far above real files, and each with a test that holds it.

use super::YamlError;

/// Bytes of a file, checked before anything is parsed. 10 MiB, as the original's limit of downloads.
pub const MAX_BYTES: usize = 10 * 1024 * 1024;

/// Collections inside one another. Below the 128 of JSON readers, so that whatever is imported can be
/// read again from where it is stored. Real files have 10 to 20.
pub const MAX_DEPTH: usize = 100;

/// Values (texts, numbers, lists, mappings) of the result, each use of an alias counted in full. A
/// file of the full size has about as many.
pub const MAX_NODES: usize = 500_000;

/// Bytes of all keys and texts of the result, each use of an alias counted in full.
pub const MAX_TEXT_BYTES: usize = 2 * MAX_BYTES;

/// Commas, colons, brackets, line breaks and the like in one list or mapping in brackets, or in one text. The
/// parser holds so much at a time.
pub const MAX_MARKS: usize = 200_000;

/// What a value costs of the two limits that aliases multiply.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cost {
    nodes: usize,
    text: usize,
}

impl Cost {
    /// A value with so many bytes of text.
    pub(super) fn value(text: usize) -> Self {
        Self { nodes: 1, text }
    }

    /// A key: its text counts, but it is not a value.
    pub(super) fn key(text: usize) -> Self {
        Self { nodes: 0, text }
    }

    /// Both together, or [`YamlError::TooLarge`].
    pub(super) fn and(self, other: Self) -> Result<Self, YamlError> {
        let sum = Self {
            nodes: self.nodes.saturating_add(other.nodes),
            text: self.text.saturating_add(other.text),
        };
        if sum.nodes > MAX_NODES || sum.text > MAX_TEXT_BYTES {
            Err(YamlError::TooLarge)
        } else {
            Ok(sum)
        }
    }
}
