//! A file out of a form into the storage, piece by piece. Until the caller finishes it, it is nobody's, and dropped it
//! leaves nothing.

use futures_util::StreamExt as _;
use gatewright_domain::{Class, Classify, file::FileOwner, ids::WorkspaceId};
use gatewright_http_kit::extract::{FilePart, UploadFields, UploadForm, UploadProblem};
use gatewright_usecase_files::{FileError, Files, NewFile, Upload};
use gatewright_usecase_kit::Ctx;

/// Who uploads, and where to.
#[derive(Debug, Clone, Copy)]
pub struct Uploader {
    /// The account or end user.
    pub owner: FileOwner,
    /// The workspace that the file will belong to.
    pub workspace: WorkspaceId,
}

/// A file whose content is in the storage.
pub struct Taken {
    /// To be finished by `Files::finish`.
    pub upload: Upload,
    /// What stood beside it in the form.
    pub fields: UploadFields,
}

/// Why a file is not taken.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// The form is none, or has not one file.
    #[error(transparent)]
    Form(#[from] UploadProblem),
    /// The file is not what may be uploaded.
    #[error(transparent)]
    File(#[from] FileError),
}

impl Classify for NotTaken {
    fn class(&self) -> Class<'_> {
        match self {
            Self::Form(problem) => problem.class(),
            Self::File(error) => error.class(),
        }
    }
}

/// Takes the file of a form that was read up to it.
///
/// # Errors
/// [`NotTaken`]; nothing of the file stays then.
pub async fn take(
    files: &Files,
    ctx: &Ctx,
    uploader: Uploader,
    mut form: UploadForm,
) -> Result<Taken, NotTaken> {
    let upload = take_part(files, ctx, uploader, &mut form.file).await?;
    let fields = form.end().await?;
    Ok(Taken { upload, fields })
}

/// Takes one file.
///
/// # Errors
/// [`NotTaken`]; nothing of the file stays then.
pub async fn take_part(
    files: &Files,
    ctx: &Ctx,
    uploader: Uploader,
    file: &mut FilePart,
) -> Result<Upload, NotTaken> {
    let new = NewFile {
        owner: uploader.owner,
        workspace: uploader.workspace,
        name: file.name.clone(),
        media_type: file.media_type.clone(),
        source_url: String::new(),
    };
    let mut upload = files.begin(ctx, new).await?;
    while let Some(piece) = file.content.next().await {
        let piece = piece.map_err(|_| UploadProblem::Malformed)?;
        upload.write(piece).await?;
    }
    Ok(upload)
}
