//! Giving files out, to whoever has a signed address; and avatars, which are files of their owner.

use gatewright_auth::file::{FileSignature, FileView};
use gatewright_domain::{
    file::{UploadedFile, raster_media_type},
    ids::{AccountId, FileId},
};
use gatewright_objects::Reading;
use gatewright_storage_identity::upload_file;

use super::{Files, error::FileError};
use gatewright_usecase_kit::{Ctx, dry};

/// A file that is being given out.
pub struct OpenFile {
    /// What it is.
    pub file: UploadedFile,
    /// As what it may be shown; never what its uploader said.
    pub media_type: &'static str,
    /// The length and the bytes of the object.
    pub reading: Reading,
}

/// What is only to be saved.
const OPAQUE: &str = "application/octet-stream";

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
            file,
            media_type,
            reading: reading.ok_or(FileError::NotFound)?,
        })
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
