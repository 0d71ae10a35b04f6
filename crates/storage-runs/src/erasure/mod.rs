//! Deleting what age, apps and end users leave behind, a bounded batch at a time: whatever stops whoever calls, the next one goes on.
//! Each function deletes what its caller names with what hangs on it, and gives the keys of contents that nothing stands for any more;
//! their caller has them deleted by a job of the same transaction.

pub mod conversations;
pub mod files;
pub mod messages;
pub mod of_app;
pub mod record;
pub mod runs;
pub mod users;

use chrono::{DateTime, NaiveDateTime};
use diesel::{
    QueryableByName,
    sql_types::{Bool, Text, Timestamp, Uuid as SqlUuid},
};
use uuid::Uuid;

/// A row in the order of age, and whether it may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, QueryableByName)]
pub struct Aged {
    /// Primary key of the row.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// When it was made, in UTC.
    #[diesel(sql_type = Timestamp)]
    pub created_at: NaiveDateTime,
    /// False for one that is old and still in use.
    #[diesel(sql_type = Bool)]
    pub is_due: bool,
}

impl Aged {
    /// Stands before all rows.
    pub const FIRST: Self = Self {
        id: Uuid::nil(),
        created_at: DateTime::UNIX_EPOCH.naive_utc(),
        is_due: false,
    };
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

#[derive(QueryableByName)]
struct Key {
    #[diesel(sql_type = Text)]
    key: String,
}

fn ids(rows: Vec<Id>) -> Vec<Uuid> {
    rows.into_iter().map(|row| row.id).collect()
}

fn keys(rows: Vec<Key>) -> Vec<String> {
    rows.into_iter().map(|row| row.key).collect()
}
