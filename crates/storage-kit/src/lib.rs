//! PostgreSQL for every slice: the pool, the transaction guard, TLS, and the embedded migrations of the whole
//! house. A slice's tables and queries are in its own `storage-*` crate.

mod connect;
mod connection_string;
mod error;
mod link;
mod listen;
pub mod migrate;
mod pool;
mod settings;
mod statement;
mod tls;

pub use error::StorageError;
pub use pool::{Conn, Pool, PoolStatus, Tx};
pub use settings::DbSettings;
pub use statement::{Bound, Statement, statement};
