//! Where files are kept, by Dify's names.

use std::path::PathBuf;

use gatewright_domain::{Secret, error::Unavailable, settings, settings::SettingError};

use crate::DEPENDENCY;

settings! {
    /// Where files are kept.
    pub struct ObjectSettings {
        /// `opendal` (with `OPENDAL_SCHEME=fs`) or `local`: both are a folder, which all nodes must share; `s3`: a bucket. With another one uploads answer 503.
        STORAGE_TYPE => storage_type: String = "opendal".into(), "opendal";
        /// What `opendal` means: `fs`, a folder.
        OPENDAL_SCHEME => scheme: String = "fs".into(), "fs";
        /// The folder; unset: `storage` below the folder that the server was started in.
        OPENDAL_FS_ROOT => root: Option<PathBuf> = None, "/var/lib/gatewright/storage";
        /// The same by its older name, for `STORAGE_TYPE=local`.
        STORAGE_LOCAL_PATH => local_path: Option<PathBuf> = None, "/var/lib/gatewright/storage";
        /// The server of the bucket, for `STORAGE_TYPE=s3`; unset: AWS.
        S3_ENDPOINT => s3_endpoint: Option<String> = None, "https://minio.example.com";
        /// The name of the bucket.
        S3_BUCKET_NAME => s3_bucket: String = String::new(), "gatewright-files";
        /// The id of the access key; unset: the machine's own role (AWS).
        S3_ACCESS_KEY => s3_access_key: Option<String> = None, "AKIAIOSFODNN7EXAMPLE";
        /// The secret of the access key.
        S3_SECRET_KEY => s3_secret_key: Option<Secret> = None, "the-secret-of-the-key";
        /// The region of the bucket.
        S3_REGION => s3_region: String = "us-east-1".into(), "us-east-1";
        /// Where the bucket's name stands: `auto` and `path`, in the path; `virtual`, in the host.
        S3_ADDRESS_STYLE => s3_address_style: String = "auto".into(), "auto";
    }
}

/// The settings name a storage that this version cannot use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{name}={value} is not supported: files are kept in a folder (STORAGE_TYPE=opendal, OPENDAL_SCHEME=fs) or in a bucket (STORAGE_TYPE=s3)"
)]
pub struct UnsupportedStorage {
    /// The environment variable that names the storage.
    pub name: &'static str,
    /// What the variable says.
    pub value: String,
}

impl ObjectSettings {
    /// An installation that keeps its files elsewhere can sign people in all the same: what needs
    /// the files says so when it is asked for ([`Self::folder`]), not the start.
    #[allow(
        clippy::unnecessary_wraps,
        clippy::unused_self,
        reason = "the macro asks for it"
    )]
    fn validate(&self) -> Result<(), SettingError> {
        Ok(())
    }

    /// Whether files are kept in a bucket.
    pub(crate) fn is_bucket(&self) -> bool {
        self.storage_type == "s3"
    }

    /// The bucket as the settings name it.
    pub(crate) fn bucket(&self) -> BucketSettings<'_> {
        BucketSettings {
            endpoint: self.s3_endpoint.as_deref(),
            name: &self.s3_bucket,
            region: &self.s3_region,
            keys: self
                .s3_access_key
                .as_deref()
                .zip(self.s3_secret_key.as_ref()),
            is_virtual_hosted: self.s3_address_style == "virtual",
        }
    }

    /// Checks that the folder has objects of this kind: another machine's folder has none. A bucket is one for all.
    pub(crate) async fn require_there(&self, kind: &str) -> Result<(), Unavailable> {
        if self.is_bucket() {
            return Ok(());
        }
        let folder = self.folder();
        let folder = folder.map_err(|error| Unavailable::new(DEPENDENCY, error))?;
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

    /// The folder.
    ///
    /// # Errors
    /// When files are kept in no folder.
    pub fn folder(&self) -> Result<PathBuf, UnsupportedStorage> {
        let (first, second) = match (self.storage_type.as_str(), self.scheme.as_str()) {
            ("local", _) => (&self.local_path, &self.root),
            ("opendal", "fs") => (&self.root, &self.local_path),
            ("opendal", scheme) => return Err(unsupported("OPENDAL_SCHEME", scheme)),
            (other, _) => return Err(unsupported("STORAGE_TYPE", other)),
        };
        let named = first.as_ref().or(second.as_ref());
        Ok(named.cloned().unwrap_or_else(|| PathBuf::from("storage")))
    }
}

/// A bucket, as the settings describe it.
pub(crate) struct BucketSettings<'a> {
    /// Its server; none: AWS.
    pub(crate) endpoint: Option<&'a str>,
    /// The name of the bucket.
    pub(crate) name: &'a str,
    /// The region of the bucket.
    pub(crate) region: &'a str,
    /// The id and the secret of the key; none: the machine's own role.
    pub(crate) keys: Option<(&'a str, &'a Secret)>,
    /// Whether its name stands in the host.
    pub(crate) is_virtual_hosted: bool,
}

fn unsupported(name: &'static str, value: &str) -> UnsupportedStorage {
    UnsupportedStorage {
        name,
        value: value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn storage_folder_follows_the_type_and_unsupported_types_are_named() {
        let settings = |storage_type: &str, scheme: &str| ObjectSettings {
            storage_type: storage_type.into(),
            scheme: scheme.into(),
            root: Some("/root".into()),
            local_path: Some("/local".into()),
            ..ObjectSettings::default()
        };
        assert_eq!(settings("opendal", "fs").folder(), Ok("/root".into()));
        assert_eq!(settings("local", "s3").folder(), Ok("/local".into()));
        assert_eq!(ObjectSettings::default().folder(), Ok("storage".into()));
        for (storage_type, scheme, name) in [
            ("azure-blob", "fs", "STORAGE_TYPE"),
            ("opendal", "s3", "OPENDAL_SCHEME"),
        ] {
            assert_eq!(
                settings(storage_type, scheme).folder().unwrap_err().name,
                name
            );
        }
    }
}
