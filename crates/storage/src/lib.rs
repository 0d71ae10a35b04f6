//! PostgreSQL: pool, transaction guard, embedded migrations, and queries as free functions that take
//! the connection first and return domain entities. Queries never open transactions; use-cases do.

mod connect;
mod connection_string;
mod error;
mod link;
mod listen;
pub mod migrate;
mod pool;
mod query;
mod schema;
mod settings;
mod tls;

pub use error::StorageError;
pub use pool::{Conn, Pool, Tx};
pub use query::{
    account, api_key, audit, audit_log, bearer_token, console_session, device_redemption, era,
    erasure, external_identity, installation, invitation, mail_delivery, member, profile,
    retention, tag, upload_file, workspace,
};
pub use settings::DbSettings;
