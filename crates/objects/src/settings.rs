//! Where files are kept, by Dify's names.

use std::path::PathBuf;

use gatewright_domain::{settings, settings::SettingError};

settings! {
    /// Where files are kept.
    pub struct ObjectSettings {
        /// `opendal` (with `OPENDAL_SCHEME=fs`) or `local`: both are a folder, which all nodes must share. With another one uploads answer 503.
        STORAGE_TYPE => storage_type: String = "opendal".into(), "opendal";
        /// What `opendal` means: `fs`, a folder.
        OPENDAL_SCHEME => scheme: String = "fs".into(), "fs";
        /// The folder; unset: `storage` below the folder that the server was started in.
        OPENDAL_FS_ROOT => root: Option<PathBuf> = None, "/var/lib/gatewright/storage";
        /// The same by its older name, for `STORAGE_TYPE=local`.
        STORAGE_LOCAL_PATH => local_path: Option<PathBuf> = None, "/var/lib/gatewright/storage";
    }
}

/// The settings name a storage that this version cannot use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{name}={value} is not supported yet: files are kept in a folder (STORAGE_TYPE=opendal, OPENDAL_SCHEME=fs)"
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
        };
        assert_eq!(settings("opendal", "fs").folder(), Ok("/root".into()));
        assert_eq!(settings("local", "s3").folder(), Ok("/local".into()));
        assert_eq!(ObjectSettings::default().folder(), Ok("storage".into()));
        for (storage_type, scheme, name) in [
            ("s3", "fs", "STORAGE_TYPE"),
            ("opendal", "s3", "OPENDAL_SCHEME"),
        ] {
            assert_eq!(
                settings(storage_type, scheme).folder().unwrap_err().name,
                name
            );
        }
    }
}
