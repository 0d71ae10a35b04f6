//! PostgreSQL of runs. Rows of many runs are written by one statement each ([`run`], [`node`], [`checkpoint`]): what many runs have to
//! keep at the same time costs one round trip. Who may write a run is decided by its lease ([`lease`]); times of leases are the
//! database's own.

pub mod annotation;
pub mod checkpoint;
pub mod conversation;
pub mod conversation_erasure;
pub mod conversation_list;
pub mod conversation_variable;
pub mod end_user;
pub mod erasure;
pub mod feedback_export;
pub mod first_message;
pub mod form;
pub mod form_recipient;
pub mod lease;
pub mod message;
pub mod message_feedback;
pub mod message_file;
pub mod message_list;
pub mod node;
pub mod node_list;
pub mod node_offload;
pub mod owner_annotation;
pub mod owner_conversation;
pub mod owner_message;
pub mod pause;
pub mod people;
pub mod pin;
pub mod run;
pub mod run_list;
pub mod run_log;
pub mod statistic;
pub mod whole;

use chrono::{DateTime, NaiveDateTime, Utc};

/// Dify's `timestamp` columns hold UTC without zone.
fn to_column(at: DateTime<Utc>) -> NaiveDateTime {
    at.naive_utc()
}

/// A column of texts, of which one may be missing.
fn texts<'a, T>(rows: &'a [T], text: impl Fn(&'a T) -> Option<&'a str>) -> Vec<Option<&'a str>> {
    rows.iter().map(text).collect()
}
