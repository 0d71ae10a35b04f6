//! Giving files out, to whoever has a signed address; and avatars, which are files of their owner.

use futures_util::StreamExt as _;
use gatewright_auth::file::{FileSignature, FileView};
use gatewright_domain::{
    file::raster_media_type,
    ids::{AccountId, FileId, WorkspaceId},
};
use gatewright_objects::Reading;
use gatewright_storage_identity::upload_file;

use super::{
    Files,
    error::FileError,
    shown::{OPAQUE, can_run, shown_as},
};
use gatewright_usecase_kit::{Ctx, dry};

/// A file that is being given out.
pub struct OpenFile {
    /// The name that people see, with its extension.
    pub name: String,
    /// As what it may be shown.
    pub media_type: String,
    /// Whether it is to be saved whatever the caller asked for: it could do something where it is shown.
    pub to_be_saved: bool,
    /// The length and the bytes of the object.
    pub reading: Reading,
}

impl Files {
    /// The signed address of a file, to be shown or to be saved: absolute when this installation
    /// knows its own, otherwise relative to it.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn address(&self, ctx: &Ctx, view: FileView, id: FileId) -> Result<String, FileError> {
        let random = self.env.random.as_ref();
        let path = self.keys.address(view, id, ctx.now, random);
        let path = path.map_err(dry)?;
        Ok(format!("{}{path}", self.urls.files().unwrap_or_default()))
    }

    /// The signed address of a picture that somebody of the workspace uploaded, for whoever may see what it stands beside; none of another
    /// file.
    ///
    /// # Errors
    /// When a store does not answer, or there is no randomness.
    pub async fn picture_address(
        &self,
        ctx: &Ctx,
        workspace: WorkspaceId,
        id: FileId,
    ) -> Result<Option<String>, FileError> {
        let file = {
            let mut conn = self.pool.get().await?;
            upload_file::find_in(&mut conn, workspace, id).await?
        };
        let file = file.filter(|file| raster_media_type(&file.extension).is_some());
        file.map(|file| self.address(ctx, FileView::File, file.id))
            .transpose()
    }

    /// Opens a file for whoever has its signed address.
    ///
    /// # Errors
    /// [`FileError::NotFound`] for a signature that is not ours, not for this file and view, or too
    /// old, and for a file that is not there; [`FileError::UnsupportedType`] for showing what is no
    /// picture.
    pub async fn open(
        &self,
        ctx: &Ctx,
        view: FileView,
        id: FileId,
        signature: &FileSignature,
    ) -> Result<OpenFile, FileError> {
        let (keys, lifetime) = (&self.keys, self.lifetime());
        if !keys.verify(view, id, signature, ctx.now, lifetime) {
            return Err(FileError::NotFound);
        }
        let file = {
            let mut conn = self.pool.get().await?;
            upload_file::find(&mut conn, id).await?
        };
        let file = file.ok_or(FileError::NotFound)?;
        let media_type = match view {
            FileView::File => OPAQUE,
            FileView::Image => {
                raster_media_type(&file.extension).ok_or(FileError::UnsupportedType)?
            }
        };
        let reading = self.objects.open(&file.key).await?;
        Ok(OpenFile {
            name: file.name,
            media_type: media_type.to_owned(),
            to_be_saved: can_run(&file.extension),
            reading: reading.ok_or(FileError::NotFound)?,
        })
    }

    /// Opens a file of the workspace for somebody of whom the caller knows that they may see it: to be shown, where that
    /// is safe.
    ///
    /// # Errors
    /// [`FileError::NoSuchFile`].
    pub async fn open_in(&self, workspace: WorkspaceId, id: FileId) -> Result<OpenFile, FileError> {
        let file = {
            let mut conn = self.pool.get().await?;
            upload_file::find_in(&mut conn, workspace, id).await?
        };
        let file = file.ok_or(FileError::NoSuchFile)?;
        let reading = self.objects.open(&file.key).await?;
        let said = file.mime_type.as_deref().unwrap_or(OPAQUE);
        let shown = shown_as(&file.extension, said);
        Ok(OpenFile {
            to_be_saved: shown.is_none(),
            media_type: shown.unwrap_or_else(|| OPAQUE.to_owned()),
            name: file.name,
            reading: reading.ok_or(FileError::NoSuchFile)?,
        })
    }

    /// The beginning of a text that somebody of the workspace uploaded, cut to `chars` characters.
    ///
    /// # Errors
    /// [`FileError::NotFound`]; [`FileError::NoText`] for what text cannot be taken out of yet.
    pub async fn beginning(
        &self,
        workspace: WorkspaceId,
        id: FileId,
        chars: usize,
    ) -> Result<String, FileError> {
        let file = {
            let mut conn = self.pool.get().await?;
            upload_file::find_in(&mut conn, workspace, id).await?
        };
        let file = file.ok_or(FileError::NoUpload)?;
        if !PLAIN.contains(&file.extension.as_str()) {
            return Err(FileError::NoText);
        }
        let reading = self.objects.open(&file.key).await?;
        let mut content = reading.ok_or(FileError::NoUpload)?.content;
        let mut bytes = vec![];
        // No character has more bytes.
        while bytes.len() < chars * 4 {
            match content.next().await {
                Some(piece) => bytes.extend_from_slice(&piece?),
                None => break,
            }
        }
        let text = String::from_utf8_lossy(&bytes);
        Ok(text.chars().take(chars).collect())
    }

    /// Where an avatar is: a URL is where it says, a file has a signed address, anything else is
    /// nowhere.
    pub fn avatar_address(&self, ctx: &Ctx, avatar: Option<&str>) -> Option<String> {
        let avatar = avatar?;
        if avatar.starts_with("http://") || avatar.starts_with("https://") {
            return Some(avatar.to_owned());
        }
        let id: FileId = avatar.parse().ok()?;
        self.address(ctx, FileView::Image, id).ok()
    }

    /// The same for a text of the account's own choice: of files only pictures that it uploaded.
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub async fn own_avatar_address(
        &self,
        ctx: &Ctx,
        account: AccountId,
        avatar: &str,
    ) -> Result<Option<String>, FileError> {
        if let Ok(id) = avatar.parse() {
            let mut conn = self.pool.get().await?;
            if !upload_file::is_own_picture(&mut conn, id, account).await? {
                return Ok(None);
            }
        }
        Ok(self.avatar_address(ctx, Some(avatar)))
    }
}

/// Texts as they are; other documents need a reader of their format.
const PLAIN: [&str; 7] = ["txt", "markdown", "md", "mdx", "csv", "vtt", "properties"];
