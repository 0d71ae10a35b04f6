//! The sandbox on its own: a small server that speaks the protocol of Dify's sandbox, so that it can stand in for it, beside Dify
//! or beside Gatewright (`CODE_EXECUTION_ENDPOINT`).

mod answer;
mod routes;
mod settings;

pub use routes::{State, routes};
pub use settings::ServerSettings;
