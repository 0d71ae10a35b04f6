//! The text of documents.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Reads the text of files. A file that cannot be read fails the whole call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DocumentsCall {
    /// File objects, in the order of the answer.
    pub files: Vec<Value>,
}

/// What files say. A failure to read one is a [`crate::Failure`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentsAnswer {
    /// One text per file; tables as Markdown.
    pub texts: Vec<String>,
}
