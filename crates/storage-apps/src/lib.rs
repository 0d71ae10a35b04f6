//! What the apps slice keeps in PostgreSQL: its tables and its queries, one file per aggregate. A query is a
//! free function that takes the connection first; it never opens a transaction, for that is the use-case's.
//! JSON columns are texts here: who reads them is the use-case's business.

pub mod api_extension;
pub mod app;
pub mod app_dependency;
pub mod erasure;
pub mod installed_app;
pub mod model_config;
pub mod pending_import;
pub mod person;
mod schema;
pub mod site;
pub mod tag;
pub mod workflow;

use chrono::{DateTime, NaiveDateTime, SubsecRound as _, Utc};

/// Dify's `timestamp` columns hold UTC without zone. Those of apps and workflows have microseconds: the version
/// of a workflow is such a time, and lists are sorted by them.
fn to_column(instant: DateTime<Utc>) -> NaiveDateTime {
    instant.naive_utc().trunc_subsecs(6)
}
