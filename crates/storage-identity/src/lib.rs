//! What the identity slice keeps in PostgreSQL: its tables and its queries, one file per aggregate. A query is a
//! free function that takes the connection first and returns domain entities; it never opens a transaction,
//! for that is the use-case's.

pub mod account;
pub mod api_key;
pub mod audit;
pub mod audit_log;
pub mod ban;
pub mod bearer_token;
pub mod console_session;
pub mod device_redemption;
pub mod era;
pub mod erasure;
pub mod external_identity;
pub mod installation;
pub mod invitation;
pub mod mail_delivery;
pub mod member;
pub mod pending_content;
pub mod profile;
pub mod retention;
mod schema;
pub mod tag;
pub mod tool_file;
pub mod upload_file;
pub mod workspace;

use chrono::{DateTime, NaiveDateTime, SubsecRound as _, Utc};

/// Dify's `timestamp` columns hold UTC without zone, in whole seconds.
fn to_column(instant: DateTime<Utc>) -> NaiveDateTime {
    instant.naive_utc().trunc_subsecs(0)
}
