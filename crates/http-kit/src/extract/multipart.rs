//! A file in a `multipart/form-data` body (RFC 7578): one part `file` with a name, and small fields
//! beside it that are passed over, but for `source` and `user`.

use actix_multipart::{Field, Multipart};
use actix_web::http::header;
use futures_util::StreamExt as _;
use gatewright_domain::{
    Class, Classify,
    file::{FileName, FileNameProblem},
};
use utoipa::ToSchema;

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

/// A form with a file, read part by part: up to the file's content first, which the caller takes piece by piece,
/// then what stands behind it.
#[derive(ToSchema)]
pub struct UploadForm {
    /// The file, with its name.
    #[schema(value_type = String, format = Binary)]
    pub file: FilePart,
    /// `datasets`: a document, by somebody who may change knowledge.
    #[schema(nullable = false)]
    pub source: Option<String>,
    /// With an app's key: on whose behalf.
    #[schema(nullable = false)]
    pub user: Option<String>,
    #[schema(ignore)]
    rest: Parts,
}

/// The fields beside a file that somebody reads, wherever they stood.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UploadFields {
    /// What the file is for.
    pub source: Option<String>,
    /// On whose behalf it is uploaded.
    pub user: Option<String>,
}

/// A part that is a file.
pub struct FilePart {
    /// As it was sent, checked.
    pub name: FileName,
    /// What the client says that it is, without parameters; `application/octet-stream` if nothing.
    pub media_type: String,
    /// What was not read yet.
    pub content: Field,
}

impl FilePart {
    /// A part that has a name of a file.
    ///
    /// # Errors
    /// What is wrong with the name.
    pub fn of(part: Field) -> Result<Self, FileNameProblem> {
        let sent = part.content_disposition();
        let sent = sent.and_then(|sent| sent.get_filename());
        let name = file_name(&part, sent.unwrap_or_default())?;
        let said = part.content_type();
        let media_type = said.map(|said| said.essence_str().to_owned());
        Ok(Self {
            name,
            media_type: media_type.unwrap_or_else(|| "application/octet-stream".into()),
            content: part,
        })
    }
}

impl UploadForm {
    /// Reads up to the file, past whatever stands before it.
    ///
    /// # Errors
    /// [`UploadProblem::NoFile`], [`UploadProblem::Malformed`], or what is wrong with the file's name.
    pub async fn read(body: Multipart) -> Result<Self, UploadProblem> {
        let mut rest = Parts {
            body,
            left: MAX_PARTS,
        };
        let mut fields = UploadFields::default();
        while let Some(part) = rest.next().await? {
            let disposition = part.content_disposition();
            let sent = disposition.and_then(|sent| sent.get_filename());
            match (part.name() == Some("file"), sent) {
                (true, Some(_)) => {
                    let file = FilePart::of(part)?;
                    let UploadFields { source, user } = fields;
                    return Ok(Self {
                        file,
                        source,
                        user,
                        rest,
                    });
                }
                _ => pass_over(part, &mut fields).await?,
            }
        }
        Err(UploadProblem::NoFile)
    }

    /// Reads whatever stands after the file's content, which must have been taken; what the fields say, wherever they
    /// stood.
    ///
    /// # Errors
    /// [`UploadProblem::TooManyFiles`], [`UploadProblem::Malformed`].
    pub async fn end(self) -> Result<UploadFields, UploadProblem> {
        let Self {
            file,
            source,
            user,
            mut rest,
        } = self;
        let mut fields = UploadFields { source, user };
        // The next part begins when nobody holds this one.
        drop(file);
        while let Some(part) = rest.next().await? {
            let disposition = part.content_disposition();
            if disposition.is_some_and(|sent| sent.get_filename().is_some()) {
                return Err(UploadProblem::TooManyFiles);
            }
            pass_over(part, &mut fields).await?;
        }
        Ok(fields)
    }
}

/// A part that is no file: nobody keeps it, but for two fields.
async fn pass_over(mut part: Field, fields: &mut UploadFields) -> Result<(), UploadProblem> {
    let mut content = vec![];
    while let Some(piece) = part.next().await {
        content.extend_from_slice(&piece.map_err(|_| UploadProblem::Malformed)?);
        if content.len() > MAX_FIELD {
            return Err(UploadProblem::Malformed);
        }
    }
    let text = || Some(String::from_utf8_lossy(&content).into_owned());
    match part.name() {
        Some("source") => fields.source = text(),
        Some("user") => fields.user = text(),
        _ => {}
    }
    Ok(())
}

/// The parts of a body, in their order; so many and no more.
struct Parts {
    body: Multipart,
    left: usize,
}

impl Parts {
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
