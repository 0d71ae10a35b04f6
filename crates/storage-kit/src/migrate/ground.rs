//! Where tables would be made: which database and schema unqualified names mean, and whether another
//! schema of the same database holds an installation. Whoever forgot `search_path` would otherwise set
//! up a second, empty, open one beside the one that they meant.

use std::fmt;

use diesel::{
    QueryableByName,
    sql_types::{Array, Bool, Nullable, Text},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::{error::StorageError, pool::Conn};

/// Where unqualified names lead.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Ground {
    /// The database.
    #[diesel(sql_type = Text)]
    pub database: String,
    /// The schema in which tables would be made; none when no schema of the search path exists.
    #[diesel(sql_type = Nullable<Text>)]
    pub schema: Option<String>,
    /// Whether it holds an installation, ours or Dify's.
    #[diesel(sql_type = Bool)]
    pub is_installed: bool,
    /// Other schemas that hold one.
    #[diesel(sql_type = Array<Text>)]
    pub elsewhere: Vec<String>,
}

impl fmt::Display for Ground {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.schema {
            Some(schema) => write!(f, "schema `{schema}` of database `{}`", self.database),
            None => write!(f, "database `{}`", self.database),
        }
    }
}

impl Ground {
    /// Whether migrating would set up a second installation beside another.
    pub fn would_be_second(&self) -> bool {
        !self.is_installed && !self.elsewhere.is_empty()
    }
}

/// Asks.
pub async fn find_ground(conn: &mut Conn) -> Result<Ground, StorageError> {
    Ok(find(conn.as_mut()).await?)
}

pub(super) async fn find(conn: &mut AsyncPgConnection) -> diesel::QueryResult<Ground> {
    diesel::sql_query(
        "WITH homes AS (\
           SELECT DISTINCT n.nspname::text AS name FROM pg_class c \
           JOIN pg_namespace n ON n.oid = c.relnamespace \
           WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND c.relname IN \
           ('dify_setups', 'tenant_account_joins', 'gatewright_console_sessions')) \
         SELECT current_database()::text AS database, current_schema()::text AS schema, \
         EXISTS (SELECT FROM homes WHERE name = current_schema()) AS is_installed, \
         ARRAY(SELECT name FROM homes WHERE name IS DISTINCT FROM current_schema()::text ORDER BY name) AS elsewhere",
    )
    .get_result(conn)
    .await
}
