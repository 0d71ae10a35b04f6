//! What a process needs around the use-cases: its environment, settings, logs, pools, and the
//! services built from them. The only crate that reads the environment.

mod app_settings;
mod apps;
mod descriptors;
pub mod doctor;
pub mod environment;
pub mod helper;
mod identity;
mod judges;
pub mod key_file;
pub mod node;
pub mod observing;
mod outbound_settings;
mod platform;
pub mod probe;
mod run_files;
pub mod running;
mod runs;
mod settings;
mod shutdown;
mod spills;
mod telemetry;
pub mod terminal;
pub mod worker;

pub use app_settings::AppSettings;
pub use descriptors::raise_descriptor_limit;
pub use outbound_settings::OutboundSettings;
pub use platform::{AppServices, Platform};
pub use runs::RunPlane;
pub use settings::{
    EDGE_SETTINGS, LogSettings, OTHER_VARIABLES, ServerSettings, SettingGroup, groups,
};
pub use shutdown::termination;
pub use telemetry::init as init_telemetry;
