//! What a migration does to the binaries of the release before, and how they are told: each node that
//! migrates writes it down beside the versions, so that a binary can judge migrations that it does
//! not know.

use std::collections::BTreeMap;

use diesel::{QueryableByName, sql_types::Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection as _};

/// What a migration does to those who do not know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It only adds: a binary of the release before works on.
    Expand,
    /// It narrows, renames or drops: a binary that does not know it must not touch the schema.
    Contract,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Expand => "expand",
            Self::Contract => "contract",
        }
    }
}

/// Of every migration that this binary knows; made from the first lines of the files.
pub(super) const KINDS: &[(&str, Kind)] = &include!(concat!(env!("OUT_DIR"), "/kinds.rs"));

/// Bookkeeping like diesel's own table, and made like it: before any migration, because it tells of all.
const TABLE: &str = "CREATE TABLE IF NOT EXISTS gatewright_migrations (\
    version varchar(50) NOT NULL CONSTRAINT gatewright_migrations_pkey PRIMARY KEY, \
    kind varchar(16) NOT NULL)";

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    version: String,
    #[diesel(sql_type = Text)]
    kind: String,
}

/// Writes down what this binary knows. A row of a migration that is not applied yet does no harm.
pub(super) async fn record(conn: &mut AsyncPgConnection) -> diesel::QueryResult<()> {
    let rows: Vec<String> = KINDS
        .iter()
        .map(|(version, kind)| format!("('{version}', '{}')", kind.as_str()))
        .collect();
    conn.batch_execute(&format!(
        "{TABLE}; INSERT INTO gatewright_migrations (version, kind) VALUES {} \
         ON CONFLICT (version) DO UPDATE SET kind = EXCLUDED.kind",
        rows.join(", ")
    ))
    .await
}

/// What the database says of migrations. Of a version that is missing, nothing good can be said.
pub(super) async fn find(
    conn: &mut AsyncPgConnection,
) -> diesel::QueryResult<BTreeMap<String, Kind>> {
    if !super::has_table(conn, "gatewright_migrations").await? {
        return Ok(BTreeMap::new());
    }
    let rows: Vec<Row> = diesel::sql_query("SELECT version, kind FROM gatewright_migrations")
        .load(conn)
        .await?;
    let expands = |row: &Row| row.kind == Kind::Expand.as_str();
    Ok(rows
        .into_iter()
        .map(|row| {
            let kind = if expands(&row) {
                Kind::Expand
            } else {
                Kind::Contract
            };
            (row.version, kind)
        })
        .collect())
}
