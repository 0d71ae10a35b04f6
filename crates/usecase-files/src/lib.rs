//! Files: what people upload, what runs make, and what is elsewhere. Bounded by kind, kept outside the database,
//! fetched by signed addresses.

mod error;
mod own;
mod remote;
mod renew;
mod run_file;
mod settings;
mod shown;
mod tool_file;
mod upload;
mod view;

use chrono::TimeDelta;
use gatewright_auth::{file::FileUrlKeys, limits::Limits, origin::PublicUrls};
use gatewright_kv::RateLimits;
use gatewright_objects::Objects;
use gatewright_outbound::guard::GuardedClient;
use gatewright_storage_kit::Pool;
use gatewright_usecase_kit::Env;

pub use error::FileError;
/// How a file is to be had: the type in which runs name files.
pub use gatewright_variables::inputs::FileSource;
pub use own::{NamedFile, OwnFiles};
pub use remote::RemoteInfo;
pub use run_file::{Content, FileAsker, RunFileError};
pub use settings::FileSettings;
pub use tool_file::NewToolFile;
pub use upload::{NewFile, Upload};
pub use view::OpenFile;

/// The use-cases of files.
pub struct Files {
    /// The pool of connections to PostgreSQL.
    pub pool: Pool,
    /// Where contents are.
    pub objects: Objects,
    /// What signs addresses.
    pub keys: FileUrlKeys,
    /// The public addresses that signed file URLs begin with.
    pub urls: PublicUrls,
    /// How large files may be.
    pub settings: FileSettings,
    /// Charges uploads to the limits.
    pub limiter: RateLimits,
    /// How much each limit allows.
    pub limits: Limits,
    /// Fetches what is elsewhere, from where the operator allows it.
    pub elsewhere: GuardedClient,
    /// Time, ids, randomness.
    pub env: Env,
}

impl Files {
    /// How large files may be.
    pub fn settings(&self) -> &FileSettings {
        &self.settings
    }

    /// How long a signed address is good.
    fn lifetime(&self) -> TimeDelta {
        TimeDelta::seconds(i64::from(self.settings.access_seconds))
    }
}
