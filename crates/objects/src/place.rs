//! A folder, or a bucket.

use std::path::PathBuf;

use gatewright_domain::error::Unavailable;
use object_store::{
    ObjectStore, RetryConfig,
    aws::{AmazonS3, AmazonS3Builder},
    local::LocalFileSystem,
    path::Path,
};

use crate::{DEPENDENCY, ObjectSettings, settings::BucketSettings, through::Through, unavailable};

/// How long a bucket may take for one request, all tries together.
const ANSWER: std::time::Duration = std::time::Duration::from_secs(20);

/// Where objects are.
pub(crate) enum Place {
    /// Below a folder of this machine.
    Folder(LocalFileSystem),
    /// In a bucket.
    Bucket(Box<AmazonS3>),
}

impl Place {
    /// The one that the settings name; a folder is made.
    pub(crate) async fn of(settings: &ObjectSettings) -> Result<Self, Unavailable> {
        if settings.is_bucket() {
            return Self::bucket(settings.bucket());
        }
        let folder = settings.folder();
        let folder = folder.map_err(|error| Unavailable::new(DEPENDENCY, error))?;
        make_folder(folder.clone()).await?;
        let store = LocalFileSystem::new_with_prefix(folder).map_err(unavailable)?;
        Ok(Self::Folder(store))
    }

    fn bucket(settings: BucketSettings<'_>) -> Result<Self, Unavailable> {
        let tries = RetryConfig {
            max_retries: 2,
            retry_timeout: ANSWER,
            ..RetryConfig::default()
        };
        let client = Through::new().map_err(|error| Unavailable::new(DEPENDENCY, error))?;
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(settings.name)
            .with_region(settings.region)
            .with_virtual_hosted_style_request(settings.is_virtual_hosted)
            // Object stores in one's own network often speak plain HTTP: what the operator wrote is meant.
            .with_allow_http(true)
            // Not every server that speaks S3 deletes in bulk; here one object goes at a time.
            .with_disable_bulk_delete(true)
            .with_retry(tries)
            .with_http_connector(client);
        if let Some(endpoint) = settings.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        if let Some((id, secret)) = settings.keys {
            builder = builder
                .with_access_key_id(id)
                .with_secret_access_key(secret.expose());
        }
        let bucket = builder.build().map_err(unavailable)?;
        Ok(Self::Bucket(Box::new(bucket)))
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
