//! Reads the text of a run's files, each in a process of its own.

use gatewright_documents::{DocumentReader, ExtractError, ReadError, Source};
use gatewright_engine::{
    Failure,
    call::{DocumentsAnswer, DocumentsCall},
};
use serde_json::Value;

use crate::files::{FileContent, RunFiles, text};

/// Reads documents. Cheap to clone.
#[derive(Debug, Clone)]
pub struct DocumentRunner {
    reader: DocumentReader,
    /// Bytes that the texts of one call may have together.
    most: usize,
}

impl DocumentRunner {
    /// With this reader; the texts of one call have at most so many bytes.
    pub fn new(reader: DocumentReader, most: usize) -> Self {
        Self { reader, most }
    }

    /// Reads the files one after the other.
    ///
    /// # Errors
    /// A [`Failure`] of the type `FileDownloadError`, `UnsupportedFileTypeError` or `TextExtractionError`.
    pub async fn run(
        &self,
        files: &dyn RunFiles,
        call: &DocumentsCall,
    ) -> Result<DocumentsAnswer, Failure> {
        let (mut texts, mut bytes) = (Vec::with_capacity(call.files.len()), 0_usize);
        for file in &call.files {
            let content = files.read(file).await;
            let content =
                content.map_err(|error| Failure::new("FileDownloadError", error.to_string()))?;
            let text = self.read(file, &content).await?;
            bytes = bytes.saturating_add(text.len());
            if bytes > self.most {
                let message = format!(
                    "The texts of the documents are too large: at most {} bytes are taken together.",
                    self.most
                );
                return Err(permanent("TextExtractionError", message));
            }
            texts.push(text);
        }
        Ok(DocumentsAnswer { texts })
    }

    async fn read(&self, file: &Value, content: &FileContent) -> Result<String, Failure> {
        let name = name(file, content);
        let source = Source {
            name: &name,
            media_type: &content.mime_type,
            bytes: &content.bytes,
        };
        let document = self.reader.read(source).await;
        let document = document.map_err(|error| failure(&error))?;
        // Large tables take their time.
        let written = tokio::task::spawn_blocking(move || document.to_markdown()).await;
        written.map_err(|error| Failure::new("TextExtractionError", error.to_string()))
    }
}

/// The name with the extension that the file object has, where the name has none.
fn name(file: &Value, content: &FileContent) -> String {
    let extension = text(file, "extension");
    if content.name.contains('.') || extension.is_empty() {
        content.name.clone()
    } else {
        format!("{}.{}", content.name, extension.trim_start_matches('.'))
    }
}

fn failure(error: &ReadError) -> Failure {
    let message = error.to_string();
    match error {
        ReadError::Document(ExtractError::Unsupported { .. }) => {
            permanent("UnsupportedFileTypeError", message)
        }
        // What is wrong with a file stays wrong.
        ReadError::Document(_) => permanent("TextExtractionError", message),
        ReadError::TimedOut { .. } | ReadError::BrokeDown { .. } | ReadError::NotStarted { .. } => {
            Failure::new("TextExtractionError", message)
        }
    }
}

fn permanent(error_type: &str, message: String) -> Failure {
    Failure {
        permanent: true,
        ..Failure::new(error_type, message)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn name_of_a_file_has_the_extension_of_its_object_where_it_has_none() {
        for (named, extension, name_of) in [
            ("report", ".pdf", "report.pdf"),
            ("report", "pdf", "report.pdf"),
            ("report.docx", ".pdf", "report.docx"),
            ("report", "", "report"),
        ] {
            let content = FileContent {
                name: named.to_owned(),
                mime_type: String::new(),
                bytes: bytes::Bytes::new(),
            };
            assert_eq!(name(&json!({"extension": extension}), &content), name_of);
        }
    }

    #[test]
    fn failure_says_whether_the_file_or_the_moment_is_bad() {
        let unsupported = ExtractError::Unsupported {
            extension: ".exe".to_owned(),
        };
        let broken = ExtractError::Broken {
            kind: "PDF".to_owned(),
            problem: "it is damaged".to_owned(),
        };
        for (error, error_type, message, is_permanent) in [
            (
                unsupported.into(),
                "UnsupportedFileTypeError",
                "Unsupported Extension Type: .exe",
                true,
            ),
            (
                broken.into(),
                "TextExtractionError",
                "Failed to extract text from PDF: it is damaged",
                true,
            ),
            (
                ReadError::TimedOut { seconds: 9 },
                "TextExtractionError",
                "Failed to extract text from the file: it takes more than 9 seconds.",
                false,
            ),
        ] {
            let failure = failure(&error);
            assert_eq!(
                (
                    failure.error_type.as_str(),
                    failure.message.as_str(),
                    failure.permanent
                ),
                (error_type, message, is_permanent)
            );
        }
    }
}
