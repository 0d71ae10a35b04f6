//! Files that runs make or get: kept beside uploads, given out by signed addresses (apps.md §3.12).

use bytes::Bytes;
use gatewright_auth::file::FileSignature;
use gatewright_domain::{
    file::{FileName, ToolFile, extension_of},
    ids::{ToolFileId, WorkspaceId},
};
use gatewright_storage_identity::tool_file;
use gatewright_usecase_kit::{Ctx, dry};
use uuid::Uuid;

use super::{
    Files, OpenFile,
    error::FileError,
    shown::{OPAQUE, shown_as},
};

/// A file that a run is to keep.
#[derive(Debug, Clone)]
pub struct NewToolFile {
    /// The workspace of the run.
    pub workspace: WorkspaceId,
    /// Whose run it is: an account or an end user.
    pub owner: Uuid,
    /// The name that it came with; it may be anything.
    pub name: String,
    /// Its media type, as it came.
    pub mime_type: String,
    /// All of it.
    pub content: Bytes,
}

/// Characters of a media type that are kept.
const MAX_MEDIA_TYPE: usize = 255;

impl Files {
    /// Keeps a file of a run: the content first, then the row that stands for it.
    ///
    /// # Errors
    /// [`FileError::TooLarge`]; [`FileError::NotFound`] when the workspace is gone; when a store does not answer.
    pub async fn keep(&self, new: NewToolFile) -> Result<ToolFile, FileError> {
        let size = u32::try_from(new.content.len()).map_err(|_| FileError::TooLarge)?;
        let ids = self.env.ids.as_ref();
        let mime_type: String = new.mime_type.chars().take(MAX_MEDIA_TYPE).collect();
        let object = ids.new_uuid().simple();
        let name = FileName::parse(&new.name).ok();
        let extension = name.as_ref().map(FileName::extension);
        let extension = extension.filter(|extension| !extension.is_empty());
        let extension = extension.or_else(|| extension_of(&mime_type));
        let extension = extension.unwrap_or("bin");
        let file = ToolFile {
            id: ToolFileId::generate(ids),
            owner: new.owner,
            workspace: new.workspace,
            key: format!("tools/{}/{object}.{extension}", new.workspace),
            name: match &name {
                Some(name) => name.as_str().to_owned(),
                None => format!("{object}.{extension}"),
            },
            mime_type,
            size,
        };
        let ctx = Ctx::of_system(self.env.clock.now(), "run");
        self.announce(&ctx, &file.key).await?;
        let mut writing = self.objects.create(&file.key).await?;
        writing.write(new.content).await?;
        writing.finish().await?;
        let inserted = self.insert_tool_file(&file).await;
        if inserted.is_err() {
            // Best effort: content without a row is out of everybody's reach, and only takes room.
            let _ = self.objects.delete(&file.key).await;
        }
        inserted.map(|()| file)
    }

    async fn insert_tool_file(&self, file: &ToolFile) -> Result<(), FileError> {
        let mut tx = self.pool.begin().await?;
        if !tool_file::insert(&mut tx, file).await? {
            return Err(FileError::NotFound);
        }
        Ok(tx.commit().await?)
    }

    /// The signed address of a file of a run.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn tool_address(&self, ctx: &Ctx, file: &ToolFile) -> Result<String, FileError> {
        let random = self.env.random.as_ref();
        let path = self
            .keys
            .tool_address(file.id, file.extension(), ctx.now, random);
        let path = path.map_err(dry)?;
        Ok(format!("{}{path}", self.urls.files().unwrap_or_default()))
    }

    /// Opens a file of a run for whoever has its signed address.
    ///
    /// # Errors
    /// [`FileError::NotSigned`] for a signature that is not ours, not for this file, or too old;
    /// [`FileError::NoToolFile`].
    pub async fn open_tool_file(
        &self,
        ctx: &Ctx,
        id: ToolFileId,
        signature: &FileSignature,
    ) -> Result<OpenFile, FileError> {
        let lifetime = self.lifetime();
        if !self.keys.verify_tool(id, signature, ctx.now, lifetime) {
            return Err(FileError::NotSigned);
        }
        let file = {
            let mut conn = self.pool.get().await?;
            tool_file::find(&mut conn, id).await?
        };
        let file = file.ok_or(FileError::NoToolFile)?;
        let reading = self.objects.open(&file.key).await?;
        let shown = shown_as(file.extension(), &file.mime_type);
        Ok(OpenFile {
            to_be_saved: shown.is_none(),
            media_type: shown.unwrap_or_else(|| OPAQUE.to_owned()),
            name: file.name,
            reading: reading.ok_or(FileError::NoToolFile)?,
        })
    }
}
