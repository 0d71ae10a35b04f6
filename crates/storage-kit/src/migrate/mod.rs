//! Embedded migrations: each in a transaction of its own that holds an advisory lock with an owner and
//! a time-out. The lock belongs to the transaction, so it is gone with it, whatever stands between us
//! and the server. The schema is compared with the binary before a server serves.

mod ground;
mod kinds;
mod lock;
mod state;

use std::time::Duration;

use diesel::{
    QueryableByName,
    migration::{CREATE_MIGRATIONS_TABLE, Migration, MigrationSource as _},
    pg::Pg,
    sql_types::Text,
};
use diesel_async::{
    AnsiTransactionManager, AsyncMigrationHarness, AsyncPgConnection, RunQueryDsl,
    SimpleAsyncConnection as _, TransactionManager as _,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness as _, embed_migrations};
use gatewright_domain::error::Unavailable;

pub use ground::{DifySchema, Ground, find_ground};
pub use kinds::Kind;
pub use state::{SchemaState, schema_state};

use crate::{
    error::StorageError,
    link::{Link, Pulse},
    settings::DbSettings,
};

/// Statements of the bookkeeping are answered within this; they wait for locks of tables up to 10 s.
const ANSWER: Duration = Duration::from_secs(15);
/// How long connecting to migrate may take.
const CONNECT: Duration = Duration::from_secs(5);
const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations");

/// Migrating failed; nothing of the failed migration was kept.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// Somebody else migrates, and did not finish in time.
    #[error(
        "another migration holds the lock since {seconds} s ({owner}); wait for it, or end that process, and run `api-server migrate` again"
    )]
    Locked {
        /// Who holds it, as PostgreSQL knows them.
        owner: String,
        /// How long we waited.
        seconds: u32,
    },
    /// There is nowhere to make tables.
    #[error(
        "no schema of the search path exists in {0}: create it (CREATE SCHEMA), or correct `search_path` in DATABASE_URL or DB_EXTRAS"
    )]
    NoSchema(Ground),
    /// Another schema holds an installation, and this one holds nothing.
    #[error(
        "{0} is empty, and there is an installation in schema `{other}`; to use that one, set DB_EXTRAS=\"options=-c search_path={other}\" \
         (or `options` in DATABASE_URL); for a second one here, run `api-server migrate --second-installation`",
        other = .0.elsewhere.join("`, `")
    )]
    Elsewhere(Ground),
    /// A migration could not be applied.
    #[error("migration failed: {0}")]
    Failed(String),
    /// The database cannot be asked.
    #[error("{0}")]
    Unavailable(#[from] Unavailable),
}

impl From<diesel::result::Error> for MigrateError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Unavailable(StorageError::from(error).into_unavailable())
    }
}

/// What becomes of an empty schema beside one that holds an installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Second {
    /// It stays empty: most likely somebody forgot the search path.
    Refuse,
    /// It gets an installation of its own.
    Allow,
}

/// What was done.
#[derive(Debug, Clone)]
pub struct Migrated {
    /// The database and the schema that were migrated.
    pub ground: Ground,
    /// The names of what was applied.
    pub applied: Vec<String>,
}

/// Applies what is missing.
pub async fn run(settings: &DbSettings, second: Second) -> Result<Migrated, MigrateError> {
    let mut link = connect(settings).await?;
    let ground = ground::find(&mut link).await?;
    if ground.schema.is_none() {
        return Err(MigrateError::NoSchema(ground));
    }
    if ground.would_be_second() && second == Second::Refuse {
        return Err(MigrateError::Elsewhere(ground));
    }
    if !is_prepared(&mut link).await? {
        lock::begin_locked(&mut link, settings).await?;
        link.batch_execute(CREATE_MIGRATIONS_TABLE).await?;
        kinds::record(&mut link).await?;
        commit(&mut link).await?;
    }
    let mut applied = vec![];
    let known = state::applied(&mut link).await?;
    for (index, version) in versions().into_iter().enumerate() {
        if known.contains(&version) {
            continue;
        }
        lock::begin_locked(&mut link, settings).await?;
        // Somebody may have done it while we waited.
        if !state::applied(&mut link).await?.contains(&version) {
            link.usage().allow(longest(settings));
            let name;
            (link, name) = apply(link, index).await?;
            link.usage().allow(ANSWER);
            applied.push(name);
        }
        commit(&mut link).await?;
    }
    Ok(Migrated { ground, applied })
}

async fn connect(settings: &DbSettings) -> Result<Link, MigrateError> {
    let unavailable = |e: Box<dyn std::error::Error + Send + Sync>| Unavailable::new("postgres", e);
    let target = settings.target().map_err(|e| unavailable(e.into()))?;
    // The name tells others who holds the lock.
    let target = target.prepared(&format!("gatewright-migrate pid {}", std::process::id()));
    let link = Link::establish(&target, Pulse::begin(), ANSWER);
    match tokio::time::timeout(CONNECT, link).await {
        Ok(Ok(link)) => Ok(link),
        Ok(Err(error)) => Err(unavailable(error.into()).into()),
        Err(late) => Err(unavailable(late.into()).into()),
    }
}

async fn commit(link: &mut Link) -> Result<(), MigrateError> {
    Ok(AnsiTransactionManager::commit_transaction(&mut **link).await?)
}

/// How long one migration may take.
fn longest(settings: &DbSettings) -> Duration {
    Duration::from_secs(settings.migration_seconds.into())
}

/// Whether the tables of the bookkeeping are there and say all that this binary knows: a start that has
/// nothing to migrate needs no right to create.
async fn is_prepared(conn: &mut AsyncPgConnection) -> Result<bool, MigrateError> {
    let known = kinds::find(conn).await?;
    let said = |(version, kind): &(&str, Kind)| known.get(*version) == Some(kind);
    Ok(has_table(conn, "__diesel_schema_migrations").await? && kinds::KINDS.iter().all(said))
}

/// The migrations in their order.
fn migrations() -> Vec<Box<dyn Migration<Pg>>> {
    let mut all = MIGRATIONS.migrations().unwrap_or_default();
    all.sort_by_key(|migration| migration.name().version().as_owned());
    all
}

fn versions() -> Vec<String> {
    let all = migrations();
    all.iter()
        .map(|one| one.name().version().to_string())
        .collect()
}

/// Runs the migration with this index in the open transaction; its name.
async fn apply(link: Link, index: usize) -> Result<(Link, String), MigrateError> {
    // The harness blocks its thread while it waits for the database.
    tokio::task::spawn_blocking(move || {
        let mut harness = AsyncMigrationHarness::new(link);
        let all = migrations();
        let migration = all
            .get(index)
            .ok_or_else(|| MigrateError::Failed("it is gone".into()))?;
        harness
            .run_migration(migration.as_ref())
            .map_err(|error| MigrateError::Failed(error.to_string()))?;
        Ok((harness.into_inner(), migration.name().to_string()))
    })
    .await
    .map_err(|error| MigrateError::Failed(error.to_string()))?
}

/// Whether an unqualified name finds a table.
async fn has_table(conn: &mut AsyncPgConnection, name: &str) -> diesel::QueryResult<bool> {
    #[derive(QueryableByName)]
    struct Exists {
        #[diesel(sql_type = diesel::sql_types::Bool)]
        found: bool,
    }
    let table: Exists = diesel::sql_query("SELECT to_regclass($1) IS NOT NULL AS found")
        .bind::<Text, _>(name)
        .get_result(conn)
        .await?;
    Ok(table.found)
}
