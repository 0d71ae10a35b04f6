//! Taking a file in, piece by piece: what is too large or is given up leaves nothing behind, and a row
//! in the database stands for content that is there.

use gatewright_auth::bearer::RateLimiter as _;
use gatewright_domain::{
    file::{FileName, UploadedFile},
    ids::{AccountId, FileId, WorkspaceId},
};
use gatewright_objects::Writing;
use gatewright_storage_identity::upload_file;

use super::{Files, error::FileError};
use gatewright_usecase_kit::Ctx;

/// Characters of a media type that are kept.
const MAX_MEDIA_TYPE: usize = 255;

/// A file that somebody begins to upload.
#[derive(Debug, Clone)]
pub struct NewFile {
    /// The account that uploads.
    pub account: AccountId,
    /// The workspace that the file belongs to.
    pub workspace: WorkspaceId,
    /// As the client names it.
    pub name: FileName,
    /// What the client says that it is.
    pub media_type: String,
}

/// A file that is being uploaded. Dropped before [`Files::finish`], nothing of it stays.
pub struct Upload {
    file: UploadedFile,
    max_bytes: u32,
    writing: Writing,
}

impl Files {
    /// Begins an upload.
    ///
    /// # Errors
    /// [`FileError::RateLimited`]: each upload takes room until somebody deletes it; when a store does not
    /// answer.
    pub async fn begin(&self, ctx: &Ctx, new: NewFile) -> Result<Upload, FileError> {
        let limit = &self.limits.upload;
        self.limiter.charge(limit, &new.account.to_string()).await?;
        let ids = self.env.ids.as_ref();
        let extension = new.name.extension();
        let suffix = if extension.is_empty() { "" } else { "." };
        let object = ids.new_uuid();
        let key = format!("upload_files/{}/{object}{suffix}{extension}", new.workspace);
        let writing = self.objects.create(&key).await?;
        Ok(Upload {
            max_bytes: self.settings.max_bytes(new.name.class()),
            file: UploadedFile {
                id: FileId::generate(ids),
                workspace: new.workspace,
                key,
                name: new.name.as_str().to_owned(),
                size: 0,
                extension: extension.to_owned(),
                mime_type: Some(new.media_type.chars().take(MAX_MEDIA_TYPE).collect()),
                created_by: new.account,
                created_at: ctx.now,
            },
            writing,
        })
    }

    /// Ends an upload: the content first, then the row that stands for it.
    ///
    /// # Errors
    /// When a store does not answer, and when the account or the workspace was deleted meanwhile; then
    /// nothing of it stays.
    pub async fn finish(&self, upload: Upload) -> Result<UploadedFile, FileError> {
        let Upload { file, writing, .. } = upload;
        writing.finish().await?;
        let inserted = self.insert(&file).await;
        if inserted.is_err() {
            // Best effort: content without a row is out of everybody's reach, and only takes room.
            let _ = self.objects.delete(&file.key).await;
        }
        inserted.map(|()| file)
    }

    async fn insert(&self, file: &UploadedFile) -> Result<(), FileError> {
        let storage_type = self.objects.storage_type();
        let mut tx = self.pool.begin().await?;
        if !upload_file::insert(&mut tx, file, storage_type).await? {
            return Err(FileError::NotFound);
        }
        Ok(tx.commit().await?)
    }
}

impl Upload {
    /// Appends a piece.
    ///
    /// # Errors
    /// [`FileError::TooLarge`] beyond what its kind may have; when the storage does not answer.
    pub async fn write(&mut self, piece: bytes::Bytes) -> Result<(), FileError> {
        let length = u32::try_from(piece.len()).unwrap_or(u32::MAX);
        let size = self.file.size.saturating_add(length);
        if size > self.max_bytes {
            return Err(FileError::TooLarge);
        }
        self.file.size = size;
        Ok(self.writing.write(piece).await?)
    }
}
