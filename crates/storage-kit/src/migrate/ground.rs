//! Where tables would be made: which database and schema unqualified names mean, and whether another
//! schema of the same database holds an installation. Whoever forgot `search_path` would otherwise set
//! up a second, empty, open one beside the one that they meant. And which version of Dify made the tables
//! that are there, if it was Dify: of every version between the known ones each column that we do not know
//! may be null or has a default.

use std::fmt;

use diesel::{
    QueryableByName,
    sql_types::{Array, Bool, Nullable, Text},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::has_table;
use crate::{error::StorageError, pool::Conn};

/// The last migration of each version of Dify whose tables are known, and the version.
const HEADS: [(&str, &str); 2] = [("9f4b7c2d1a80", "1.14.2"), ("56124e050600", "1.16.1")];

/// Which version of Dify made the tables, by the last of its migrations that ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DifySchema {
    /// One whose tables are known.
    Known(&'static str),
    /// Another one, by its migration.
    Unknown(String),
}

impl DifySchema {
    fn of_head(head: String) -> Self {
        match HEADS.iter().find(|(known, _)| *known == head) {
            Some((_, version)) => Self::Known(version),
            None => Self::Unknown(head),
        }
    }
}

impl fmt::Display for DifySchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(version) => write!(f, "Dify {version}"),
            Self::Unknown(head) => write!(f, "a version of Dify that is not known here ({head})"),
        }
    }
}

/// Where unqualified names lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ground {
    /// The name of the database that the connection is to.
    pub database: String,
    /// The schema in which tables would be made; none when no schema of the search path exists.
    pub schema: Option<String>,
    /// Whether it holds an installation, ours or Dify's.
    pub is_installed: bool,
    /// Other schemas that hold one.
    pub elsewhere: Vec<String>,
    /// Which version of Dify made the tables; none where it was not Dify.
    pub dify: Option<DifySchema>,
}

#[derive(QueryableByName)]
struct Target {
    #[diesel(sql_type = Text)]
    database: String,
    #[diesel(sql_type = Nullable<Text>)]
    schema: Option<String>,
    #[diesel(sql_type = Bool)]
    is_installed: bool,
    #[diesel(sql_type = Array<Text>)]
    elsewhere: Vec<String>,
}

#[derive(QueryableByName)]
struct Head {
    #[diesel(sql_type = Text)]
    version_num: String,
}

impl fmt::Display for Ground {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.schema {
            Some(schema) => write!(f, "schema `{schema}` of database `{}`", self.database),
            None => write!(f, "database `{}`", self.database),
        }?;
        match &self.dify {
            Some(dify) => write!(f, ", made by {dify}"),
            None => Ok(()),
        }
    }
}

impl Ground {
    /// Whether migrating would set up a second installation beside another.
    pub fn would_be_second(&self) -> bool {
        !self.is_installed && !self.elsewhere.is_empty()
    }
}

/// Asks the server where tables would be made and what is there already.
pub async fn find_ground(conn: &mut Conn) -> Result<Ground, StorageError> {
    Ok(find(conn.as_mut()).await?)
}

pub(super) async fn find(conn: &mut AsyncPgConnection) -> diesel::QueryResult<Ground> {
    let target: Target = diesel::sql_query(
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
    .await?;
    Ok(Ground {
        dify: find_dify(conn).await?,
        database: target.database,
        schema: target.schema,
        is_installed: target.is_installed,
        elsewhere: target.elsewhere,
    })
}

/// What Dify's own bookkeeping says.
async fn find_dify(conn: &mut AsyncPgConnection) -> diesel::QueryResult<Option<DifySchema>> {
    if !has_table(conn, "alembic_version").await? {
        return Ok(None);
    }
    let heads: Vec<Head> = diesel::sql_query(
        "SELECT version_num::text AS version_num FROM alembic_version ORDER BY version_num LIMIT 1",
    )
    .load(conn)
    .await?;
    let head = heads.into_iter().next();
    Ok(head.map(|head| DifySchema::of_head(head.version_num)))
}

#[cfg(test)]
mod tests {
    use super::DifySchema;

    #[test]
    fn alembic_heads_of_both_generations_are_known_and_others_named() {
        let of = |head: &str| DifySchema::of_head(head.to_owned());
        assert_eq!(of("9f4b7c2d1a80"), DifySchema::Known("1.14.2"));
        assert_eq!(of("56124e050600"), DifySchema::Known("1.16.1"));
        let other = of("0123456789ab");
        assert!(other.to_string().contains("0123456789ab"), "{other}");
    }
}
