//! Text that cannot grow past a limit: what renders values writes into this.

use std::fmt;

/// A text that refuses to grow past a number of bytes.
#[derive(Debug)]
pub struct BoundedText {
    text: String,
    limit: usize,
}

/// The text would have been longer than its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the text is longer than {limit} bytes")]
pub struct TooLong {
    /// The limit in bytes.
    pub limit: usize,
}

impl BoundedText {
    /// An empty text with room for `limit` bytes.
    pub const fn new(limit: usize) -> Self {
        Self {
            text: String::new(),
            limit,
        }
    }

    /// What was written, or [`TooLong`] when `written` says that something did not fit.
    pub fn finish(self, written: fmt::Result) -> Result<String, TooLong> {
        match written {
            Ok(()) => Ok(self.text),
            Err(fmt::Error) => Err(TooLong { limit: self.limit }),
        }
    }
}

impl fmt::Write for BoundedText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if text.len() > self.limit - self.text.len() {
            return Err(fmt::Error);
        }
        self.text.push_str(text);
        Ok(())
    }
}
