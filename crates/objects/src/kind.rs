//! The kinds of storage, and what each needs to be told.

use crate::ObjectSettings;

/// What is supported, for whoever asked for something else.
pub(crate) const SUPPORTED: &str = "files are kept in a folder (STORAGE_TYPE=opendal with OPENDAL_SCHEME=fs, or local), in a bucket that \
    speaks S3 (s3, or opendal with OPENDAL_SCHEME=s3), in Azure (azure-blob) or in Google's storage (google-storage); others mostly speak S3 too";

/// A kind of storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A folder of this machine.
    Folder,
    /// A bucket that speaks S3.
    S3,
    /// The same, by the names that `OpenDAL` has.
    OpendalS3,
    /// A container of an account at Azure.
    AzureBlob,
    /// A bucket at Google.
    GoogleStorage,
}

impl Kind {
    /// The settings without which it cannot be used, with their values and an example each.
    pub(crate) fn needed(
        self,
        settings: &ObjectSettings,
    ) -> Vec<(&'static str, &str, &'static str)> {
        const BUCKET: &str = "gatewright-files";
        match self {
            Self::Folder => vec![],
            Self::S3 => vec![("S3_BUCKET_NAME", settings.s3_bucket.as_str(), BUCKET)],
            Self::OpendalS3 => {
                let bucket = settings.opendal_s3_bucket.as_str();
                vec![("OPENDAL_S3_BUCKET", bucket, BUCKET)]
            }
            Self::AzureBlob => vec![
                (
                    "AZURE_BLOB_ACCOUNT_NAME",
                    settings.azure_account.as_str(),
                    "gatewright",
                ),
                (
                    "AZURE_BLOB_CONTAINER_NAME",
                    settings.azure_container.as_str(),
                    BUCKET,
                ),
            ],
            Self::GoogleStorage => {
                let bucket = settings.google_bucket.as_str();
                vec![("GOOGLE_STORAGE_BUCKET_NAME", bucket, BUCKET)]
            }
        }
    }
}
