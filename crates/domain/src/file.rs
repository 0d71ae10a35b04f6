//! Files that people upload and that runs make: what a name may be, and how large which kind of file.

mod kind;

use std::fmt;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    error::{Class, Classify},
    ids::{AccountId, EndUserId, FileId, ToolFileId, WorkspaceId},
    text::visible_name,
};

pub use kind::{DOCUMENTS, FileKind, extension_of, media_type_of};

/// Characters of a name before its extension; what is longer is cut (as Dify does).
const MAX_STEM: usize = 200;
/// Characters of an extension that counts as one.
const MAX_EXTENSION: usize = 20;

/// Why a name is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FileNameProblem {
    /// There is none.
    #[error("The specified filename does not exist.")]
    Missing,
    /// Slashes, backslashes or control characters.
    #[error("Filename contains invalid characters")]
    InvalidCharacters,
}

impl Classify for FileNameProblem {
    fn class(&self) -> Class<'_> {
        match self {
            Self::Missing => Class::invalid("filename_not_exists_error"),
            Self::InvalidCharacters => Class::invalid("invalid_param"),
        }
    }
}

/// The name of a file without any path, at most 221 characters. The default is that of a file which nobody named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileName {
    text: String,
    extension: String,
}

impl FileName {
    /// Reads a name as a client sends it, and keeps what is seen of it: a mark that turns the direction
    /// of writing shows another extension than the file has.
    ///
    /// # Errors
    /// When it is empty, or holds characters that no name of a file should.
    pub fn parse(text: &str) -> Result<Self, FileNameProblem> {
        if text.trim().is_empty() {
            return Err(FileNameProblem::Missing);
        }
        if text
            .chars()
            .any(|c| matches!(c, '/' | '\\') || c.is_control())
        {
            return Err(FileNameProblem::InvalidCharacters);
        }
        let seen = visible_name(text);
        let text = seen.as_str();
        if text.is_empty() {
            return Err(FileNameProblem::Missing);
        }
        let split = text.rsplit_once('.').filter(|(_, extension)| {
            (1..=MAX_EXTENSION).contains(&extension.len())
                && extension.bytes().all(|byte| byte.is_ascii_alphanumeric())
        });
        let (stem, suffix) = match split {
            Some((stem, extension)) => (stem, format!(".{extension}")),
            None => (text, String::new()),
        };
        let stem: String = stem.chars().take(MAX_STEM).collect();
        Ok(Self {
            extension: suffix.trim_start_matches('.').to_ascii_lowercase(),
            text: stem + &suffix,
        })
    }

    /// The name, for people.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Its extension in lower case, without the dot; empty when it has none.
    pub fn extension(&self) -> &str {
        &self.extension
    }

    /// Whether it says to be a document that knowledge can be made of.
    pub fn is_document(&self) -> bool {
        self.kind() == FileKind::Document
    }

    /// What kind of file it says to be.
    pub fn kind(&self) -> FileKind {
        FileKind::of_extension(&self.extension)
    }
}

impl Default for FileName {
    fn default() -> Self {
        Self {
            text: "file".to_owned(),
            extension: String::new(),
        }
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The media type of a picture without scripts that a browser shows; none for anything else. What the
/// uploader said of the type plays no part.
pub fn raster_media_type(extension: &str) -> Option<&'static str> {
    match extension {
        "jpg" | "jpeg" => Some("image/jpeg"),
        "png" => Some("image/png"),
        "webp" => Some("image/webp"),
        "gif" => Some("image/gif"),
        _ => None,
    }
}

/// Who uploaded a file, or in whose run it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileOwner {
    /// Somebody with an account.
    Account(AccountId),
    /// Whom the holder of an app's key names.
    EndUser(EndUserId),
}

impl FileOwner {
    /// The owner's id, as `created_by` has it.
    pub fn id(self) -> Uuid {
        match self {
            Self::Account(id) => id.0,
            Self::EndUser(id) => id.0,
        }
    }

    /// What `created_by_role` says of the owner.
    pub fn role(self) -> &'static str {
        match self {
            Self::Account(_) => "account",
            Self::EndUser(_) => "end_user",
        }
    }

    /// The owner that a row names; a role that nobody knows is no account.
    pub fn of_row(role: &str, id: Uuid) -> Self {
        if role == "account" {
            Self::Account(AccountId(id))
        } else {
            Self::EndUser(EndUserId(id))
        }
    }
}

/// A row of `upload_files`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadedFile {
    /// Primary key of `upload_files`.
    pub id: FileId,
    /// Where it was uploaded.
    pub workspace: WorkspaceId,
    /// Under what it is kept.
    pub key: String,
    /// The name that people see, with its extension.
    pub name: String,
    /// How many bytes it has.
    pub size: u32,
    /// In lower case, without the dot.
    pub extension: String,
    /// As the uploader said.
    pub mime_type: Option<String>,
    /// Who uploaded it.
    pub created_by: FileOwner,
    /// When it was uploaded, in UTC.
    pub created_at: DateTime<Utc>,
    /// SHA3-256 of its content, 64 hex characters; rows of Dify may have none.
    pub hash: Option<String>,
    /// Where it was fetched from; empty for what was sent to us.
    pub source_url: String,
}

/// A row of `tool_files`: a file that a run made or got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolFile {
    /// Primary key of `tool_files`.
    pub id: ToolFileId,
    /// Whose run it was: an account or an end user.
    pub owner: Uuid,
    /// The workspace of the run.
    pub workspace: WorkspaceId,
    /// Under what it is kept.
    pub key: String,
    /// Its media type, as the run found it.
    pub mime_type: String,
    /// The name that people see, with its extension.
    pub name: String,
    /// How many bytes it has.
    pub size: u32,
}

impl ToolFile {
    /// The extension of the key in lower case, without the dot; empty when it has none.
    pub fn extension(&self) -> &str {
        let last = self.key.rsplit('/').next().unwrap_or_default();
        last.rsplit_once('.').map_or("", |(_, extension)| extension)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_name_and_extension_are_as_recorded() {
        for (text, name, extension) in [
            ("a.txt", "a.txt", "txt"),
            ("A.TXT", "A.TXT", "txt"),
            ("README", "README", ""),
            ("文件.md", "文件.md", "md"),
            ("a.tar.gz", "a.tar.gz", "gz"),
            (".env", ".env", "env"),
            ("what. is this", "what. is this", ""),
        ] {
            let read = FileName::parse(text).unwrap();
            assert_eq!((read.as_str(), read.extension()), (name, extension));
        }
        let long = FileName::parse(&format!("{}.txt", "n".repeat(300))).unwrap();
        assert_eq!(long.as_str(), format!("{}.txt", "n".repeat(200)));
    }

    /// Turned round, the first would be shown as `photoexe.jpg`.
    #[test]
    fn d7_file_name_is_stripped_of_invisible_characters() {
        for (text, name) in [
            ("photo\u{202e}gpj.exe", "photogpj.exe"),
            ("a\u{200b}.t\u{ad}xt", "a.txt"),
            (" \u{2066}报告.pdf\u{2069} ", "报告.pdf"),
        ] {
            assert_eq!(FileName::parse(text).unwrap().as_str(), name, "{text:?}");
        }
        let nothing = FileName::parse("\u{200b}\u{202e}");
        assert_eq!(nothing, Err(FileNameProblem::Missing));
    }

    #[test]
    fn file_name_with_a_path_or_control_character_is_refused() {
        for text in ["a/b.txt", "a\\b.txt", "../a", "a\0b", "a\r\nb"] {
            assert_eq!(
                FileName::parse(text),
                Err(FileNameProblem::InvalidCharacters)
            );
        }
        for text in ["", "  "] {
            assert_eq!(FileName::parse(text), Err(FileNameProblem::Missing));
        }
    }

    #[test]
    fn image_that_can_hold_scripts_is_not_served_inline() {
        assert_eq!(raster_media_type("png"), Some("image/png"));
        for extension in ["svg", "html", "xml", "pdf", ""] {
            assert_eq!(raster_media_type(extension), None);
        }
    }
}
