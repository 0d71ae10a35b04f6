//! Taking a file in, piece by piece: what is too large or is given up leaves nothing behind, and a row
//! in the database stands for content that is there.

use gatewright_auth::{bearer::RateLimiter as _, digest::Sha3};
use gatewright_domain::{
    file::{FileName, FileOwner, UploadedFile},
    ids::{FileId, WorkspaceId},
};
use gatewright_objects::Writing;
use gatewright_storage_identity::{pending_content, upload_file};

use super::{Files, error::FileError};
use gatewright_usecase_kit::Ctx;

/// Characters of a media type that are kept.
const MAX_MEDIA_TYPE: usize = 255;

/// A file that somebody begins to upload.
#[derive(Debug, Clone)]
pub struct NewFile {
    /// The account or end user that uploads.
    pub owner: FileOwner,
    /// The workspace that the file belongs to.
    pub workspace: WorkspaceId,
    /// As the client names it.
    pub name: FileName,
    /// What the client says that it is.
    pub media_type: String,
    /// Where it is fetched from; empty for what is sent to us.
    pub source_url: String,
}

/// A file that is being uploaded. Dropped before [`Files::finish`], nothing of it stays.
pub struct Upload {
    file: UploadedFile,
    max_bytes: u32,
    digest: Sha3,
    writing: Writing,
}

impl Files {
    /// Begins an upload.
    ///
    /// # Errors
    /// [`FileError::Blocked`]; [`FileError::RateLimited`]: each upload takes room until somebody deletes it; when a
    /// store does not answer.
    pub async fn begin(&self, ctx: &Ctx, new: NewFile) -> Result<Upload, FileError> {
        self.require_allowed(&new)?;
        self.charge(new.owner).await?;
        self.create(ctx, new).await
    }

    /// Counts a file, or a look at one elsewhere, of `owner`.
    ///
    /// # Errors
    /// [`FileError::RateLimited`] when there were too many of theirs; when nobody can count.
    pub async fn charge(&self, owner: FileOwner) -> Result<(), FileError> {
        let limit = match owner {
            FileOwner::Account(_) => &self.limits.upload,
            FileOwner::EndUser(_) => &self.limits.upload_by_key,
        };
        Ok(self.limiter.charge(limit, &owner.id().to_string()).await?)
    }

    pub(crate) fn require_allowed(&self, new: &NewFile) -> Result<(), FileError> {
        let extension = new.name.extension();
        if self.settings.is_blocked(extension) {
            return Err(FileError::Blocked(extension.to_owned()));
        }
        Ok(())
    }

    /// Begins to write an upload that was counted.
    pub(crate) async fn create(&self, ctx: &Ctx, new: NewFile) -> Result<Upload, FileError> {
        let extension = new.name.extension();
        let ids = self.env.ids.as_ref();
        let suffix = if extension.is_empty() { "" } else { "." };
        let object = ids.new_uuid();
        let key = format!("upload_files/{}/{object}{suffix}{extension}", new.workspace);
        self.announce(ctx, &key).await?;
        let writing = self.objects.create(&key).await?;
        Ok(Upload {
            max_bytes: self.settings.max_bytes(new.name.kind()),
            digest: Sha3::default(),
            file: UploadedFile {
                id: FileId::generate(ids),
                workspace: new.workspace,
                key,
                name: new.name.as_str().to_owned(),
                size: 0,
                extension: extension.to_owned(),
                mime_type: Some(new.media_type.chars().take(MAX_MEDIA_TYPE).collect()),
                created_by: new.owner,
                created_at: ctx.now,
                hash: None,
                source_url: new.source_url,
            },
            writing,
        })
    }

    /// Notes which content is about to be written: should this process end before its row is there, the worker deletes it.
    pub(crate) async fn announce(&self, ctx: &Ctx, key: &str) -> Result<(), FileError> {
        let mut conn = self.pool.get().await?;
        Ok(pending_content::insert(&mut conn, key, ctx.now).await?)
    }

    /// Ends an upload: the content first, then the row that stands for it.
    ///
    /// # Errors
    /// When a store does not answer, and when the account or the workspace was deleted meanwhile; then
    /// nothing of it stays.
    pub async fn finish(&self, upload: Upload) -> Result<UploadedFile, FileError> {
        let Upload {
            mut file,
            digest,
            writing,
            ..
        } = upload;
        file.hash = Some(digest.finish_hex());
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
    /// Makes it somebody else's: forms may say behind a file whose it is.
    pub fn give_to(&mut self, owner: FileOwner) {
        self.file.created_by = owner;
    }

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
        self.digest.update(&piece);
        Ok(self.writing.write(piece).await?)
    }
}
