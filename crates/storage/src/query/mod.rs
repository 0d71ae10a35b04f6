//! The queries, one file per aggregate.

pub mod account;
pub mod audit;
pub mod bearer_token;
pub mod console_session;
pub mod device_redemption;
pub mod external_identity;
pub mod installation;
pub mod workspace;

use chrono::{DateTime, NaiveDateTime, SubsecRound as _, Utc};

/// The reference's `timestamp` columns hold UTC without zone, in whole seconds.
fn to_column(instant: DateTime<Utc>) -> NaiveDateTime {
    instant.naive_utc().trunc_subsecs(0)
}
