//! Housekeeping: what is deleted when, and the schedules of it.

mod clean;
mod cut_audit;
mod settings;
mod worker;

pub(crate) use clean::system_ctx;
pub use clean::{CleanUp, Cleaner, Sweep};
pub use settings::UpkeepSettings;
pub use worker::{JobConnections, handlers, schedules};
