//! How much of a file is read.

use serde::{Deserialize, Serialize};

/// The limits of one document. Whatever meets one is refused with a text that names it; nothing is cut silently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Bytes of the file itself.
    pub input_bytes: usize,
    /// Bytes that the parts of an archive (docx, xlsx, pptx, epub) unpack to, together.
    pub unpacked_bytes: u64,
    /// Entries of an archive.
    pub parts: usize,
    /// Bytes of the text that comes out.
    pub text_bytes: usize,
    /// Pages of a PDF, slides, sheets, chapters.
    pub pages: usize,
    /// Cells of tables, empty ones in between included.
    pub cells: usize,
    /// How deeply elements of XML and HTML may stand in one another.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            input_bytes: 100 << 20,
            unpacked_bytes: 256 << 20,
            parts: 20_000,
            text_bytes: 10 << 20,
            pages: 10_000,
            cells: 2_000_000,
            depth: 500,
        }
    }
}
