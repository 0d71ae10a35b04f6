//! A folder, or a bucket.

use std::path::PathBuf;

use gatewright_domain::error::Unavailable;
use object_store::{ObjectStore, local::LocalFileSystem, path::Path};

use crate::{DEPENDENCY, ObjectSettings, bucket, kind::SUPPORTED, unavailable};

/// Where objects are.
pub(crate) enum Place {
    /// Below a folder of this machine.
    Folder(LocalFileSystem),
    /// In a bucket.
    Bucket(Box<dyn ObjectStore>),
}

impl Place {
    /// The one that the settings name; a folder is made.
    pub(crate) async fn of(settings: &ObjectSettings) -> Result<Self, Unavailable> {
        let kind = settings.kind();
        let kind = kind.map_err(|_| Unavailable::new(DEPENDENCY, SUPPORTED))?;
        if let Some(bucket) = bucket::open(settings, kind)? {
            return Ok(Self::Bucket(bucket));
        }
        let folder = settings.folder().unwrap_or_default();
        make_folder(folder.clone()).await?;
        let store = LocalFileSystem::new_with_prefix(folder).map_err(unavailable)?;
        Ok(Self::Folder(store))
    }

    /// As the library sees it.
    pub(crate) fn store(&self) -> &dyn ObjectStore {
        match self {
            Self::Folder(store) => store,
            Self::Bucket(store) => store.as_ref(),
        }
    }

    /// The file of an object; a bucket has none.
    pub(crate) fn file(&self, path: &Path) -> Result<Option<PathBuf>, Unavailable> {
        match self {
            Self::Folder(store) => store
                .path_to_filesystem(path)
                .map(Some)
                .map_err(unavailable),
            Self::Bucket(_) => Ok(None),
        }
    }
}

/// Checks that the folder has objects of this kind: another machine's folder has none. A bucket is one for all.
pub(crate) async fn require_there(
    settings: &ObjectSettings,
    kind: &str,
) -> Result<(), Unavailable> {
    let Some(folder) = settings.folder() else {
        return Ok(());
    };
    let folder = folder.join(kind);
    if tokio::fs::try_exists(&folder).await.unwrap_or(false) {
        return Ok(());
    }
    let problem = format!(
        "{} is not there; does OPENDAL_FS_ROOT (STORAGE_LOCAL_PATH) name the folder of the servers?",
        folder.display()
    );
    Err(Unavailable::new(DEPENDENCY, problem))
}

/// A folder for its owner alone.
pub(crate) async fn make_folder(folder: PathBuf) -> Result<(), Unavailable> {
    on_disk(move || gatewright_private_file::make_folder(&folder)).await
}

/// Work that blocks, beside what serves.
pub(crate) async fn on_disk(
    work: impl FnOnce() -> std::io::Result<()> + Send + 'static,
) -> Result<(), Unavailable> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Unavailable::new(DEPENDENCY, error))?
        .map_err(|error| Unavailable::new(DEPENDENCY, error))
}
