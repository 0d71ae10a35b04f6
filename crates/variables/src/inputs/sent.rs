//! How a caller names a file: `{type, transfer_method, upload_file_id | url | tool_file_id}` (apps.md §3.10).

use serde_json::{Map, Value as Json};

use super::FileRules;
use crate::file::{self, TransferMethod};

/// A file as a caller names it. Nothing of it is believed yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentFile {
    /// What the caller says that it is; one of the five kinds.
    pub declared: Option<String>,
    /// How it is to be had.
    pub source: FileSource,
    /// What the caller calls it.
    pub id: Option<String>,
}

/// How a file is to be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileSource {
    /// The id of an upload.
    Upload(String),
    /// An address elsewhere.
    Remote(String),
    /// The id of a file that a run made.
    Tool(String),
}

impl FileSource {
    /// How such a file comes.
    pub const fn method(&self) -> TransferMethod {
        match self {
            Self::Upload(_) => TransferMethod::LocalFile,
            Self::Remote(_) => TransferMethod::RemoteUrl,
            Self::Tool(_) => TransferMethod::ToolFile,
        }
    }
}

/// Why a file is not taken. Its text is what clients are told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SentFileError {
    /// The object names no file.
    #[error("{0}")]
    Malformed(&'static str),
    /// It is not what the caller says.
    #[error("Detected file type does not match the specified type. Please verify the file.")]
    OtherKind,
    /// The field does not allow it; with its name.
    #[error("File validation failed for file: {0}")]
    NotAllowed(String),
}

const KINDS: [&str; 5] = ["image", "document", "audio", "video", "custom"];
/// Documents to those who have more readers than we: a caller may call them so.
const MORE_DOCUMENTS: [&str; 9] = [
    ".doc", ".eml", ".epub", ".msg", ".odt", ".ppt", ".pptx", ".rtf", ".xml",
];

impl SentFile {
    /// Reads what a caller sent. A whole file value, as streams show them, names its file too.
    ///
    /// # Errors
    /// [`SentFileError::Malformed`].
    pub fn parse(sent: &Map<String, Json>) -> Result<Self, SentFileError> {
        let text = |name: &str| {
            let text = sent.get(name).and_then(Json::as_str).map(str::trim);
            text.filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let declared = text("type");
        if declared
            .as_deref()
            .is_some_and(|kind| !KINDS.contains(&kind))
        {
            return Err(SentFileError::Malformed("type of the file is none"));
        }
        let row = || text("related_id").filter(|_| is_value(sent));
        let missing = SentFileError::Malformed;
        let source = match text("transfer_method").as_deref() {
            Some("local_file") => FileSource::Upload(
                text("upload_file_id")
                    .or_else(row)
                    .ok_or(missing("upload_file_id is required for a local file"))?,
            ),
            Some("remote_url") => FileSource::Remote(
                text("url")
                    .or_else(|| text("remote_url"))
                    .ok_or(missing("url is required for a remote file"))?,
            ),
            Some("tool_file") => FileSource::Tool(
                text("tool_file_id")
                    .or_else(row)
                    .ok_or(missing("tool_file_id is required for a tool file"))?,
            ),
            Some(_) => return Err(missing("transfer_method of the file is none")),
            None => return Err(missing("transfer_method of the file is required")),
        };
        Ok(Self {
            declared,
            source,
            id: text("id").filter(|_| !is_value(sent)),
        })
    }

    /// What the file is to be taken for: what was found out about it, which its caller must not deny. `extension` has
    /// its dot. Programs call everything a document that is neither picture, sound nor film: what is text may be called so.
    ///
    /// # Errors
    /// [`SentFileError::OtherKind`].
    pub fn kind(
        &self,
        found: &'static str,
        extension: &str,
        media_type: &str,
    ) -> Result<&'static str, SentFileError> {
        match self.declared.as_deref() {
            None => Ok(found),
            Some(declared) if declared == found => Ok(found),
            // By its extension only: the field has to list it.
            Some("custom") => Ok("custom"),
            Some("document") if found == "custom" && is_readable(extension, media_type) => {
                Ok("document")
            }
            Some(_) => Err(SentFileError::OtherKind),
        }
    }
}

/// Whether text can be taken out of such a file, if not by us then by others.
fn is_readable(extension: &str, media_type: &str) -> bool {
    let texts = ["json", "xml", "yaml", "x-yaml", "rtf"];
    let of_application = media_type.strip_prefix("application/");
    MORE_DOCUMENTS.contains(&extension)
        || media_type.starts_with("text/")
        || of_application.is_some_and(|subtype| texts.contains(&subtype))
}

fn is_value(sent: &Map<String, Json>) -> bool {
    sent.get(file::IDENTITY_KEY).and_then(Json::as_str) == Some(file::IDENTITY)
}

impl FileRules {
    /// Checks a file that was found out about.
    ///
    /// # Errors
    /// [`SentFileError::NotAllowed`].
    pub fn check(&self, file: &file::FileValue) -> Result<(), SentFileError> {
        if self.allows_type(&file.kind, &file.extension) && self.allows_method(file.method.as_str())
        {
            return Ok(());
        }
        Err(SentFileError::NotAllowed(file.filename.clone()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(sent: &Json) -> Result<SentFile, SentFileError> {
        SentFile::parse(sent.as_object().unwrap())
    }

    #[test]
    fn file_is_named_by_upload_address_tool_file_or_whole_value() {
        for (sent, source) in [
            (
                json!({"type": "image", "transfer_method": "local_file", "upload_file_id": "u"}),
                FileSource::Upload("u".into()),
            ),
            (
                json!({"transfer_method": "remote_url", "url": "http://h/a.png"}),
                FileSource::Remote("http://h/a.png".into()),
            ),
            (
                json!({"transfer_method": "remote_url", "url": "", "remote_url": "http://h/b"}),
                FileSource::Remote("http://h/b".into()),
            ),
            (
                json!({"transfer_method": "tool_file", "tool_file_id": "t"}),
                FileSource::Tool("t".into()),
            ),
            (
                json!({"dify_model_identity": "__dify__file__", "id": "x", "transfer_method": "local_file", "related_id": "r"}),
                FileSource::Upload("r".into()),
            ),
        ] {
            assert_eq!(parse(&sent).unwrap().source, source, "{sent}");
        }
        for sent in [
            json!({}),
            json!({"type": "image"}),
            json!({"type": "program", "transfer_method": "local_file", "upload_file_id": "u"}),
            json!({"transfer_method": "by_mail", "upload_file_id": "u"}),
            json!({"transfer_method": "local_file", "upload_file_id": 7}),
            json!({"transfer_method": "local_file", "related_id": "r"}),
            json!({"transfer_method": "remote_url", "upload_file_id": "u"}),
            json!({"transfer_method": "tool_file"}),
        ] {
            assert!(
                matches!(parse(&sent), Err(SentFileError::Malformed(_))),
                "{sent}"
            );
        }
    }

    /// Complaint of the original's users: who calls a document a picture gets past the field's kinds.
    #[test]
    fn declared_kind_that_the_file_is_not_is_refused() {
        let named = |declared: Option<&str>| SentFile {
            declared: declared.map(str::to_owned),
            source: FileSource::Upload("u".into()),
            id: None,
        };
        let (text, other) = ("text/x-log", "application/octet-stream");
        for (declared, found, extension, media_type, taken) in [
            (None, "image", ".png", other, Some("image")),
            (Some("image"), "image", ".png", other, Some("image")),
            (Some("image"), "document", ".txt", text, None),
            (Some("image"), "custom", ".exe", other, None),
            (Some("document"), "custom", ".pptx", other, Some("document")),
            (Some("document"), "custom", ".log", text, Some("document")),
            (
                Some("document"),
                "custom",
                ".json",
                "application/json",
                Some("document"),
            ),
            (Some("document"), "custom", ".exe", other, None),
            (Some("document"), "image", ".svg", "text/xml", None),
            (Some("custom"), "document", ".txt", text, Some("custom")),
        ] {
            let kind = named(declared).kind(found, extension, media_type);
            assert_eq!(kind.ok(), taken, "{declared:?} {found}");
        }
    }
}
