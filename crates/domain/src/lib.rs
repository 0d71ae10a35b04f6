//! The kernel: typed ids, value objects, entities and their state machines.
//! No I/O, no async, no clock of its own: time, ids and randomness come in as parameters.

pub mod account;
pub mod audit;
pub mod bearer_token;
pub mod client_address;
pub mod clock;
pub mod console_session;
pub mod device_grant;
pub mod era;
pub mod error;
pub mod external_subject;
pub mod file;
pub mod generation;
pub mod ids;
pub mod interval;
pub mod language;
pub mod member;
pub mod one_time;
pub mod permission;
pub mod secret;
pub mod settings;
pub mod text;
pub mod throttle;
pub mod workspace;

pub use clock::{Clock, SystemClock};
pub use error::{Class, Classify, ErrorKind};
pub use ids::{IdGen, RandomIds};
pub use secret::Secret;

/// The newest version of Dify whose clients are served; see [`generation`] for what a client is told.
pub const DIFY_VERSION: &str = generation::Generation::V1_16.version();
/// Our own version: `X-Gatewright-Version`, `--version`, `/readyz`.
pub const GATEWRIGHT_VERSION: &str = env!("CARGO_PKG_VERSION");
