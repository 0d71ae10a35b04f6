//! Where files are kept, by Dify's names.

use std::path::PathBuf;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use gatewright_domain::{Secret, settings, settings::SettingError};

use crate::kind::{Kind, SUPPORTED};

settings! {
    /// Where files are kept.
    pub struct ObjectSettings {
        /// `opendal` (what it means, says `OPENDAL_SCHEME`) or `local`: a folder, which all nodes must share; `s3`, `azure-blob`, `google-storage`: a bucket. Another one stops the start.
        STORAGE_TYPE => storage_type: String = "opendal".into(), "opendal";
        /// What `opendal` means: `fs`, a folder; `s3`, a bucket by the settings that begin with `OPENDAL_S3_`.
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
        /// Whether the machine's own role is taken (AWS), whatever key is set.
        S3_USE_AWS_MANAGED_IAM => s3_managed: bool = false, "true";
        /// The region of the bucket.
        S3_REGION => s3_region: String = "us-east-1".into(), "us-east-1";
        /// Where the bucket's name stands: `auto` and `path`, in the path; `virtual`, in the host.
        S3_ADDRESS_STYLE => s3_address_style: String = "auto".into(), "auto";
        /// The name of the bucket, for `OPENDAL_SCHEME=s3`.
        OPENDAL_S3_BUCKET => opendal_s3_bucket: String = String::new(), "gatewright-files";
        /// What the keys of all objects begin with there.
        OPENDAL_S3_ROOT => opendal_s3_root: String = String::new(), "/dify";
        /// The server of the bucket; unset: AWS.
        OPENDAL_S3_ENDPOINT => opendal_s3_endpoint: Option<String> = None, "https://minio.example.com";
        /// The region of the bucket.
        OPENDAL_S3_REGION => opendal_s3_region: String = "us-east-1".into(), "us-east-1";
        /// The id of the access key; unset: the machine's own role (AWS).
        OPENDAL_S3_ACCESS_KEY_ID => opendal_s3_access_key: Option<String> = None, "AKIAIOSFODNN7EXAMPLE";
        /// The secret of the access key.
        OPENDAL_S3_SECRET_ACCESS_KEY => opendal_s3_secret_key: Option<Secret> = None, "the-secret-of-the-key";
        /// The name of the account, for `STORAGE_TYPE=azure-blob`.
        AZURE_BLOB_ACCOUNT_NAME => azure_account: String = String::new(), "gatewright";
        /// The key of the account, as Azure shows it; unset: the machine's managed identity.
        AZURE_BLOB_ACCOUNT_KEY => azure_key: Option<Secret> = None, "the-key-of-the-account";
        /// The name of the container.
        AZURE_BLOB_CONTAINER_NAME => azure_container: String = String::new(), "gatewright-files";
        /// The address of the account; unset: the one that Azure gives it.
        AZURE_BLOB_ACCOUNT_URL => azure_url: Option<String> = None, "https://gatewright.blob.core.windows.net";
        /// The name of the bucket, for `STORAGE_TYPE=google-storage`.
        GOOGLE_STORAGE_BUCKET_NAME => google_bucket: String = String::new(), "gatewright-files";
        /// The key file of a service account, as base64; unset: the machine's own account.
        GOOGLE_STORAGE_SERVICE_ACCOUNT_JSON_BASE64 => google_account: Option<Secret> = None, "ewogICJ0eXBlIjogInNlcnZpY2VfYWNjb3VudCIK";
    }
}

impl ObjectSettings {
    fn validate(&self) -> Result<(), SettingError> {
        let fail = |name, problem: String, example| {
            Err(SettingError {
                name,
                problem,
                example,
            })
        };
        let kind = match self.kind() {
            Ok(kind) => kind,
            Err((name, value)) => {
                let problem = format!("`{value}` is not supported; {SUPPORTED}");
                return fail(name, problem, "opendal");
            }
        };
        for (name, value, example) in kind.needed(self) {
            if value.is_empty() {
                return fail(name, "is missing".into(), example);
            }
        }
        if kind == Kind::GoogleStorage && self.google_account_json().is_none() {
            let name = "GOOGLE_STORAGE_SERVICE_ACCOUNT_JSON_BASE64";
            return fail(name, "is no base64 of a key file".into(), "ewogICJ0eXBl…");
        }
        Ok(())
    }

    /// The kind of storage; the setting that names none, with its value.
    pub(crate) fn kind(&self) -> Result<Kind, (&'static str, &str)> {
        match (self.storage_type.as_str(), self.scheme.as_str()) {
            ("local", _) | ("opendal", "fs") => Ok(Kind::Folder),
            ("s3", _) => Ok(Kind::S3),
            ("opendal", "s3") => Ok(Kind::OpendalS3),
            ("azure-blob", _) => Ok(Kind::AzureBlob),
            ("google-storage", _) => Ok(Kind::GoogleStorage),
            ("opendal", scheme) => Err(("OPENDAL_SCHEME", scheme)),
            (other, _) => Err(("STORAGE_TYPE", other)),
        }
    }

    /// The folder, where files are kept in one.
    pub fn folder(&self) -> Option<PathBuf> {
        let (first, second) = match (self.kind().ok()?, self.storage_type.as_str()) {
            (Kind::Folder, "local") => (&self.local_path, &self.root),
            (Kind::Folder, _) => (&self.root, &self.local_path),
            _ => return None,
        };
        let named = first.as_ref().or(second.as_ref());
        Some(named.cloned().unwrap_or_else(|| PathBuf::from("storage")))
    }

    /// What keys of objects begin with.
    pub(crate) fn prefix(&self) -> &str {
        match self.kind() {
            Ok(Kind::OpendalS3) => self.opendal_s3_root.trim_matches('/'),
            _ => "",
        }
    }

    /// The key file of the service account: empty without one; none when it cannot be read.
    pub(crate) fn google_account_json(&self) -> Option<Secret> {
        let Some(text) = &self.google_account else {
            return Some(Secret::default());
        };
        let bytes = STANDARD.decode(text.expose().trim());
        let text = String::from_utf8(bytes.ok()?).ok()?;
        Some(Secret::new(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(storage_type: &str, scheme: &str) -> ObjectSettings {
        ObjectSettings {
            storage_type: storage_type.into(),
            scheme: scheme.into(),
            root: Some("/root".into()),
            local_path: Some("/local".into()),
            ..ObjectSettings::default()
        }
    }

    #[test]
    fn storage_folder_follows_the_type() {
        assert_eq!(settings("opendal", "fs").folder(), Some("/root".into()));
        assert_eq!(settings("local", "s3").folder(), Some("/local".into()));
        assert_eq!(settings("s3", "fs").folder(), None);
        let unset = ObjectSettings::default();
        assert_eq!(unset.folder(), Some("storage".into()));
        assert!(unset.validate().is_ok());
    }

    #[test]
    fn storage_that_is_not_supported_stops_the_start_and_names_those_that_are() {
        for (storage_type, scheme, name) in [
            ("aliyun-oss", "fs", "STORAGE_TYPE"),
            ("opendal", "webdav", "OPENDAL_SCHEME"),
        ] {
            let error = settings(storage_type, scheme).validate().unwrap_err();
            assert_eq!(error.name, name);
            for supported in ["local", "s3", "azure-blob", "google-storage"] {
                assert!(error.problem.contains(supported), "{}", error.problem);
            }
        }
    }

    #[test]
    fn bucket_without_its_name_stops_the_start() {
        for (storage_type, scheme, name) in [
            ("s3", "", "S3_BUCKET_NAME"),
            ("opendal", "s3", "OPENDAL_S3_BUCKET"),
            ("azure-blob", "", "AZURE_BLOB_ACCOUNT_NAME"),
            ("google-storage", "", "GOOGLE_STORAGE_BUCKET_NAME"),
        ] {
            let error = settings(storage_type, scheme).validate().unwrap_err();
            assert_eq!(error.name, name);
        }
        let unreadable = ObjectSettings {
            google_bucket: "b".into(),
            google_account: Some(Secret::new("{}")),
            ..settings("google-storage", "")
        };
        let error = unreadable.validate().unwrap_err();
        assert_eq!(error.name, "GOOGLE_STORAGE_SERVICE_ACCOUNT_JSON_BASE64");
    }
}
