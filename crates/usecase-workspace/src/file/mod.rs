//! Files that people upload: bounded by kind, kept outside the database, fetched by signed addresses.

mod error;
mod settings;
mod upload;
mod view;

use chrono::TimeDelta;
use gatewright_auth::{file::FileUrlKeys, limits::Limits, origin::PublicUrls};
use gatewright_kv::RateLimits;
use gatewright_objects::Objects;
use gatewright_storage_kit::Pool;

use gatewright_usecase_kit::Env;

pub use error::FileError;
pub use settings::FileSettings;
pub use upload::{NewFile, Upload};
pub use view::OpenFile;

/// The parts of [`Files`].
pub struct FilesParts {
    /// PostgreSQL.
    pub pool: Pool,
    /// Where contents are.
    pub objects: Objects,
    /// What signs addresses.
    pub keys: FileUrlKeys,
    /// Public addresses.
    pub urls: PublicUrls,
    /// How large files may be.
    pub settings: FileSettings,
    /// The limiter.
    pub limiter: RateLimits,
    /// The limits.
    pub limits: Limits,
    /// Time, ids, randomness.
    pub env: Env,
}

/// The use-cases of files.
pub struct Files {
    parts: FilesParts,
}

impl Files {
    /// Puts the parts together.
    pub fn new(parts: FilesParts) -> Self {
        Self { parts }
    }

    /// How large files may be.
    pub fn settings(&self) -> &FileSettings {
        &self.parts.settings
    }

    /// How long a signed address is good.
    fn lifetime(&self) -> TimeDelta {
        TimeDelta::seconds(i64::from(self.parts.settings.access_seconds))
    }
}
