//! A file in a `multipart/form-data` body (RFC 7578): one part `file` with a name, and small fields
//! beside it that are passed over, but for `source`.

use actix_multipart::{Field, Multipart};
use actix_web::http::header;
use futures_util::StreamExt as _;
use gatewright_domain::{
    Class, Classify,
    file::{FileName, FileNameProblem},
};

/// Parts of one body.
const MAX_PARTS: usize = 8;
/// Bytes of a part that is not the file.
const MAX_FIELD: usize = 4096;

/// Why a body holds no file.
#[derive(Debug, thiserror::Error)]
pub enum UploadProblem {
    /// No part `file`, or no multipart body at all.
    #[error("Please upload your file.")]
    NoFile,
    /// More than one file.
    #[error("Only one file is allowed.")]
    TooManyFiles,
    /// The body is broken off, or too much beside the file.
    #[error("The request could not be read.")]
    Malformed,
    /// The file has no name, or one that cannot be taken.
    #[error(transparent)]
    Name(#[from] FileNameProblem),
}

impl Classify for UploadProblem {
    fn class(&self) -> Class<'_> {
        match self {
            Self::NoFile => Class::invalid("no_file_uploaded"),
            Self::TooManyFiles => Class::invalid("too_many_files"),
            Self::Malformed => Class::invalid("bad_request"),
            Self::Name(problem) => problem.class(),
        }
    }
}

/// The parts of a body, read in their order.
pub struct Parts {
    body: Multipart,
    left: usize,
    source: Option<String>,
}

/// The part `file`.
pub struct FilePart {
    pub name: FileName,
    pub media_type: String,
    pub content: Field,
}

impl Parts {
    /// Of a body that has not been read.
    pub fn of(body: Multipart) -> Self {
        let left = MAX_PARTS;
        Self {
            body,
            left,
            source: None,
        }
    }

    /// What the part `source` says, as far as the body was read.
    pub fn source(&self) -> Option<&str> {
        self.source.as_deref()
    }

    /// The file, past whatever stands before it.
    pub async fn file(&mut self) -> Result<FilePart, UploadProblem> {
        while let Some(part) = self.next().await? {
            let disposition = part.content_disposition();
            let sent = disposition.and_then(|sent| sent.get_filename());
            let is_file = part.name() == Some("file");
            match (is_file, sent) {
                (true, Some(name)) => {
                    let name = file_name(&part, name)?;
                    let media_type = part.content_type().map(ToString::to_string);
                    return Ok(FilePart {
                        name,
                        media_type: media_type.unwrap_or_else(|| "application/octet-stream".into()),
                        content: part,
                    });
                }
                _ => self.pass_over(part).await?,
            }
        }
        Err(UploadProblem::NoFile)
    }

    /// Whatever stands after the file: no other file.
    pub async fn end(&mut self) -> Result<(), UploadProblem> {
        while let Some(part) = self.next().await? {
            let disposition = part.content_disposition();
            if disposition.is_some_and(|sent| sent.get_filename().is_some()) {
                return Err(UploadProblem::TooManyFiles);
            }
            self.pass_over(part).await?;
        }
        Ok(())
    }

    /// A part that is no file: nobody keeps it, but for `source`.
    async fn pass_over(&mut self, mut part: Field) -> Result<(), UploadProblem> {
        let mut content = vec![];
        while let Some(piece) = part.next().await {
            content.extend_from_slice(&piece.map_err(|_| UploadProblem::Malformed)?);
            if content.len() > MAX_FIELD {
                return Err(UploadProblem::Malformed);
            }
        }
        if part.name() == Some("source") {
            self.source = Some(String::from_utf8_lossy(&content).into_owned());
        }
        Ok(())
    }

    async fn next(&mut self) -> Result<Option<Field>, UploadProblem> {
        self.left = self.left.checked_sub(1).ok_or(UploadProblem::Malformed)?;
        match self.body.next().await {
            None => Ok(None),
            Some(Ok(part)) => Ok(Some(part)),
            // Before the first part: the body is no multipart at all.
            Some(Err(_)) if self.left == MAX_PARTS - 1 => Err(UploadProblem::NoFile),
            Some(Err(_)) => Err(UploadProblem::Malformed),
        }
    }
}

/// Browsers send a backslash as it is (HTML, multipart/form-data encoding); the parser takes it for an
/// escape and drops it, so it is looked for where it still stands.
fn file_name(part: &Field, name: &str) -> Result<FileName, FileNameProblem> {
    let sent = part.headers().get(header::CONTENT_DISPOSITION);
    if sent.is_some_and(|value| value.as_bytes().contains(&b'\\')) {
        return Err(FileNameProblem::InvalidCharacters);
    }
    FileName::parse(name)
}
