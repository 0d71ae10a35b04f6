//! The files of a run, as runners see them.

use bytes::Bytes;
use futures_util::future::BoxFuture;
use serde_json::Value;

/// A file's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileContent {
    /// Its name, `red.png`.
    pub name: String,
    /// Its media type, `image/png`.
    pub mime_type: String,
    /// All of it.
    pub bytes: Bytes,
}

/// A file cannot be read or kept. The text is for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FileError(pub String);

/// Reads and keeps files on behalf of one run. A file object is what some value of the run says: whoever implements
/// this checks that the run may see the file.
pub trait RunFiles: Send + Sync {
    /// The content of the file that a file object names; remote ones are fetched.
    fn read<'a>(&'a self, file: &'a Value) -> BoxFuture<'a, Result<FileContent, FileError>>;

    /// Keeps what an answer brought; gives its file object.
    fn keep(&self, content: FileContent) -> BoxFuture<'_, Result<Value, FileError>>;
}

/// The text of a file object's member, or nothing.
pub(crate) fn text<'a>(file: &'a Value, name: &str) -> &'a str {
    file[name].as_str().unwrap_or_default()
}
