//! Objects: what people upload, kept outside the database under keys as Dify has them
//! (`upload_files/<workspace>/<uuid>.<extension>`), in a folder of this machine or in a bucket (of what
//! speaks S3, of Azure, of Google).

mod bucket;
mod kind;
mod place;
mod settings;
mod through;
mod writing;

use std::sync::Arc;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use gatewright_domain::error::Unavailable;
use object_store::{Error, ObjectStoreExt as _, path::Path};
use tokio::sync::OnceCell;

use place::Place;
pub use settings::ObjectSettings;
pub use writing::Writing;

const DEPENDENCY: &str = "the storage of files";

/// Where objects are. Cheap to clone; a folder is made when it is first written to, a bucket is first asked then.
#[derive(Clone)]
pub struct Objects(Arc<Inner>);

struct Inner {
    settings: ObjectSettings,
    place: OnceCell<Place>,
}

/// An object that is being read.
pub struct Reading {
    /// Its length in bytes.
    pub size: u64,
    /// The bytes as they come from the storage; a break in the middle is an error of the stream.
    pub content: std::pin::Pin<Box<dyn Stream<Item = Result<Bytes, Unavailable>> + Send>>,
}

impl Objects {
    /// Where the settings say. Nothing is touched yet.
    pub fn new(settings: &ObjectSettings) -> Self {
        Self(Arc::new(Inner {
            settings: settings.clone(),
            place: OnceCell::new(),
        }))
    }

    /// What `upload_files.storage_type` says of objects that are written now.
    pub fn storage_type(&self) -> &str {
        &self.0.settings.storage_type
    }

    /// Begins an object under `key`, replacing what stands there.
    ///
    /// # Errors
    /// When the place cannot be written, or the key is none (`..`, empty segments).
    pub async fn create(&self, key: &str) -> Result<Writing, Unavailable> {
        let place = self.place().await?;
        Writing::begin(place, &self.path(key)?).await
    }

    /// Opens an object; none when there is none.
    ///
    /// # Errors
    /// When the place cannot be read.
    pub async fn open(&self, key: &str) -> Result<Option<Reading>, Unavailable> {
        match self.place().await?.store().get(&self.path(key)?).await {
            Ok(found) => Ok(Some(Reading {
                size: found.meta.size,
                content: found
                    .into_stream()
                    .map(|bytes| bytes.map_err(unavailable))
                    .boxed(),
            })),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(unavailable(error)),
        }
    }

    /// Removes an object. One that is not there is removed already.
    ///
    /// # Errors
    /// When the place cannot be written, and when it is not the one that objects of this kind are in: whoever
    /// looks in another place must not believe that they are gone.
    pub async fn delete(&self, key: &str) -> Result<(), Unavailable> {
        let kind = key.split('/').next().unwrap_or_default();
        place::require_there(&self.0.settings, kind).await?;
        let store = self.place().await?.store();
        match store.delete(&self.path(key)?).await {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(unavailable(error)),
        }
    }

    async fn place(&self) -> Result<&Place, Unavailable> {
        let make = || Place::of(&self.0.settings);
        self.0.place.get_or_try_init(make).await
    }

    /// Keys are kept byte for byte; `Path::from` would percent-encode them.
    fn path(&self, key: &str) -> Result<Path, Unavailable> {
        let path = match self.0.settings.prefix() {
            "" => Path::parse(key),
            prefix => Path::parse(format!("{prefix}/{key}")),
        };
        path.map_err(|error| Unavailable::new(DEPENDENCY, error))
    }
}

fn unavailable(error: Error) -> Unavailable {
    Unavailable::new(DEPENDENCY, error)
}

#[cfg(test)]
mod tests {
    use super::{writing::PIECE, *};

    fn objects(folder: &tempfile::TempDir) -> Objects {
        Objects::new(&ObjectSettings {
            root: Some(folder.path().join("new/storage")),
            ..ObjectSettings::default()
        })
    }

    async fn read(objects: &Objects, key: &str) -> Option<Vec<u8>> {
        let mut reading = objects.open(key).await.unwrap()?;
        let mut all = vec![];
        while let Some(piece) = reading.content.next().await {
            all.extend_from_slice(&piece.unwrap());
        }
        assert_eq!(all.len() as u64, reading.size);
        Some(all)
    }

    #[tokio::test]
    async fn object_exists_once_written_whole_and_is_gone_once_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let (objects, key) = (objects(&folder), "upload_files/w/文件.txt");
        assert_eq!(read(&objects, key).await, None);
        let mut writing = objects.create(key).await.unwrap();
        for piece in ["one ", "two"] {
            writing
                .write(Bytes::from_static(piece.as_bytes()))
                .await
                .unwrap();
        }
        assert_eq!(read(&objects, key).await, None, "not whole yet");
        writing.finish().await.unwrap();
        assert_eq!(read(&objects, key).await.unwrap(), b"one two");
        assert!(
            folder.path().join("new/storage").join(key).is_file(),
            "as Dify lays it out"
        );
        let mode = |path: &str| {
            use std::os::unix::fs::PermissionsExt as _;
            let path = folder.path().join("new/storage").join(path);
            path.metadata().unwrap().permissions().mode() & 0o777
        };
        assert_eq!(mode(key), 0o600, "for its owner alone");
        for above in ["", "upload_files", "upload_files/w"] {
            assert_eq!(mode(above), 0o700, "{above}");
        }
        objects.delete(key).await.unwrap();
        objects.delete(key).await.unwrap();
        assert_eq!(read(&objects, key).await, None);
    }

    /// A worker on another machine than the folder's would otherwise believe that it deleted everything.
    #[tokio::test]
    async fn object_delete_in_a_missing_folder_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let objects = objects(&folder);
        let refused = objects.delete("upload_files/w/a").await.unwrap_err();
        assert!(refused.source.to_string().contains("OPENDAL_FS_ROOT"));
        assert!(!folder.path().join("new").exists(), "and nothing is made");
    }

    #[tokio::test]
    async fn upload_that_is_aborted_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let objects = objects(&folder);
        let mut writing = objects.create("upload_files/w/a").await.unwrap();
        writing.write(Bytes::from(vec![0; 9 << 20])).await.unwrap();
        drop(writing);
        let folder = folder.path().join("new/storage/upload_files/w");
        let left = || std::fs::read_dir(&folder).map_or(0, Iterator::count);
        // It is removed beside us; each turn lets that go on.
        for _ in 0..10_000 {
            if left() == 0 {
                break;
            }
            tokio::task::spawn_blocking(std::thread::yield_now)
                .await
                .unwrap();
        }
        assert_eq!(left(), 0);
    }

    /// Whoever sends little and then waits must not hold megabytes of memory, for many can do that.
    #[tokio::test]
    async fn upload_is_buffered_on_disk_and_not_in_memory() {
        let folder = tempfile::tempdir().unwrap();
        let mut writing = objects(&folder).create("upload_files/w/a").await.unwrap();
        writing.write(Bytes::from(vec![0; 1 << 20])).await.unwrap();
        let folder = folder.path().join("new/storage/upload_files/w");
        let on_disk = || -> u64 {
            let files = std::fs::read_dir(&folder).unwrap();
            files
                .map(|file| file.unwrap().metadata().unwrap().len())
                .sum()
        };
        // It is written beside us; each turn lets that go on.
        for _ in 0..10_000 {
            if on_disk() + PIECE as u64 > 1 << 20 {
                break;
            }
            tokio::task::spawn_blocking(std::thread::yield_now)
                .await
                .unwrap();
        }
        assert!(on_disk() + PIECE as u64 > 1 << 20, "{}", on_disk());
    }

    #[tokio::test]
    async fn object_key_that_leaves_the_folder_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for key in ["../a", "a/../../b", "a//b"] {
            assert!(objects(&folder).create(key).await.is_err(), "{key}");
            assert!(objects(&folder).open(key).await.is_err(), "{key}");
        }
    }
}
