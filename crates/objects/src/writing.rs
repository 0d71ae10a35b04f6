//! An object that is being written, piece by piece.

use std::path::PathBuf;

use bytes::Bytes;
use gatewright_domain::error::Unavailable;
use object_store::{ObjectStoreExt as _, WriteMultipart, path::Path};

use crate::{
    DEPENDENCY,
    place::{Place, make_folder, on_disk},
    unavailable,
};

/// Bytes of an upload that wait in memory until they are written. Whoever sends slowly holds that much,
/// and no more, for as long as the upload may take.
pub(crate) const PIECE: usize = 128 * 1024;
/// The same for a bucket, which takes no smaller parts but the last one.
const PART: usize = 5 * 1024 * 1024;

/// An object that is being written. It exists under its key only after [`Writing::finish`]; dropped
/// before that, nothing of it stays.
pub struct Writing {
    /// None once it is finished.
    upload: Option<WriteMultipart>,
    /// Where it will be, in a folder.
    file: Option<PathBuf>,
}

impl Writing {
    /// Begins an object in a place.
    pub(crate) async fn begin(place: &Place, path: &Path) -> Result<Self, Unavailable> {
        let file = place.file(path)?;
        if let Some(folder) = file.as_ref().and_then(|file| file.parent()) {
            make_folder(folder.to_owned()).await?;
        }
        let upload = place
            .store()
            .put_multipart(path)
            .await
            .map_err(unavailable)?;
        let piece = if file.is_some() { PIECE } else { PART };
        Ok(Self {
            upload: Some(WriteMultipart::new_with_chunk_size(upload, piece)),
            file,
        })
    }

    /// Appends a piece.
    ///
    /// # Errors
    /// When what came before could not be written.
    pub async fn write(&mut self, piece: Bytes) -> Result<(), Unavailable> {
        let upload = self.upload.as_mut().ok_or_else(over)?;
        // At most two pieces wait for the storage.
        upload.wait_for_capacity(2).await.map_err(unavailable)?;
        upload.put(piece);
        Ok(())
    }

    /// Makes the object visible under its key, whole.
    ///
    /// # Errors
    /// When something of it could not be written; then nothing of it stays.
    pub async fn finish(mut self) -> Result<(), Unavailable> {
        let upload = self.upload.take().ok_or_else(over)?;
        upload.finish().await.map_err(unavailable)?;
        match self.file.take() {
            Some(file) => on_disk(move || gatewright_private_file::shut(&file)).await,
            None => Ok(()),
        }
    }
}

fn over() -> Unavailable {
    Unavailable::new(DEPENDENCY, "the object is finished")
}

impl Drop for Writing {
    /// A folder's library removes what was begun by itself. A bucket keeps the parts, and asks for money, until
    /// somebody says that there is no more to come.
    fn drop(&mut self) {
        let upload = self.upload.take().filter(|_| self.file.is_none());
        if let (Some(upload), Ok(runtime)) = (upload, tokio::runtime::Handle::try_current()) {
            runtime.spawn(upload.abort());
        }
    }
}
