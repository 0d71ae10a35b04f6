//! Embedded migrations: run under an advisory lock that has an owner and a time-out; compared
//! with the database before a server serves.

use std::{collections::BTreeSet, time::Duration};

use diesel::{QueryableByName, sql_types::Text};
use diesel_async::{AsyncMigrationHarness, AsyncPgConnection, RunQueryDsl};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness as _, embed_migrations};
use gatewright_domain::error::Unavailable;

use crate::{connect::connect, error::StorageError, pool::Conn, settings::DbSettings};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations");
/// Any number; it only has to be the same in every process.
const LOCK: i64 = 0x6761_7465_6d69_6772;
const RETRY: Duration = Duration::from_millis(500);

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
    /// A migration could not be applied.
    #[error("migration failed: {0}")]
    Failed(String),
    /// The database cannot be asked.
    #[error("{0}")]
    Unavailable(#[from] Unavailable),
}

/// How the database's schema stands to this binary's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SchemaState {
    /// They agree.
    Current,
    /// The database lacks these.
    Behind(Vec<String>),
    /// The database has these, which this binary does not know.
    Ahead(Vec<String>),
}

/// Applies what is missing and returns the names of what was applied.
pub async fn run(settings: &DbSettings) -> Result<Vec<String>, MigrateError> {
    let mut config = settings
        .config()
        .map_err(|e| Unavailable::new("postgres", e))?;
    // Index builds take longer than a request may; the name tells others who holds the lock.
    config
        .options("-c lock_timeout=10000")
        .application_name(format!("gatewright-migrate pid {}", std::process::id()));
    let mut conn = connect(config)
        .await
        .map_err(|e| Unavailable::new("postgres", e))?;
    lock(&mut conn, settings.migration_lock_seconds).await?;
    // The harness blocks its thread while it waits for the database.
    tokio::task::spawn_blocking(move || {
        let mut harness = AsyncMigrationHarness::new(conn);
        harness
            .run_pending_migrations(MIGRATIONS)
            .map(|applied| applied.iter().map(ToString::to_string).collect())
            .map_err(|error| MigrateError::Failed(error.to_string()))
    })
    .await
    .map_err(|error| MigrateError::Failed(error.to_string()))?
    // Dropping the connection releases the lock.
}

async fn lock(conn: &mut AsyncPgConnection, seconds: u32) -> Result<(), MigrateError> {
    #[derive(QueryableByName)]
    struct Locked {
        #[diesel(sql_type = diesel::sql_types::Bool)]
        locked: bool,
    }
    let attempts = u64::from(seconds) * 1000 / u64::try_from(RETRY.as_millis()).unwrap_or(1);
    for attempt in 0..=attempts {
        let answer: Locked = diesel::sql_query("SELECT pg_try_advisory_lock($1) AS locked")
            .bind::<diesel::sql_types::BigInt, _>(LOCK)
            .get_result(conn)
            .await
            .map_err(StorageError::from)
            .map_err(Unavailable::from)?;
        if answer.locked {
            return Ok(());
        }
        if attempt < attempts {
            tokio::time::sleep(RETRY).await;
        }
    }
    Err(MigrateError::Locked {
        owner: lock_owner(conn).await,
        seconds,
    })
}

async fn lock_owner(conn: &mut AsyncPgConnection) -> String {
    #[derive(QueryableByName)]
    struct Owner {
        #[diesel(sql_type = Text)]
        owner: String,
    }
    let query = "SELECT a.application_name || ' from ' || coalesce(host(a.client_addr), 'this machine') AS owner \
                 FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid \
                 WHERE l.locktype = 'advisory' AND l.granted AND a.datname = current_database() \
                 AND ((l.classid::bigint << 32) | l.objid::bigint) = $1";
    let owner: Result<Owner, _> = diesel::sql_query(query)
        .bind::<diesel::sql_types::BigInt, _>(LOCK)
        .get_result(conn)
        .await;
    owner.map_or_else(|_| "owner unknown".into(), |owner| owner.owner)
}

/// Compares the database with this binary.
pub async fn schema_state(conn: &mut Conn) -> Result<SchemaState, StorageError> {
    #[derive(QueryableByName)]
    struct Version {
        #[diesel(sql_type = Text)]
        version: String,
    }
    #[derive(QueryableByName)]
    struct Exists {
        #[diesel(sql_type = diesel::sql_types::Bool)]
        found: bool,
    }
    let table: Exists =
        diesel::sql_query("SELECT to_regclass('__diesel_schema_migrations') IS NOT NULL AS found")
            .get_result(&mut conn.0)
            .await?;
    let applied: Vec<Version> = if table.found {
        diesel::sql_query("SELECT version FROM __diesel_schema_migrations")
            .load(&mut conn.0)
            .await?
    } else {
        vec![]
    };
    Ok(compare(
        applied.into_iter().map(|row| row.version).collect(),
    ))
}

fn compare(applied: BTreeSet<String>) -> SchemaState {
    use diesel::migration::{Migration, MigrationSource};
    let known: Vec<Box<dyn Migration<diesel::pg::Pg>>> =
        MIGRATIONS.migrations().unwrap_or_default();
    let known: BTreeSet<String> = known
        .iter()
        .map(|m| m.name().version().to_string())
        .collect();
    let missing: Vec<String> = known.difference(&applied).cloned().collect();
    let unknown: Vec<String> = applied.difference(&known).cloned().collect();
    if !missing.is_empty() {
        SchemaState::Behind(missing)
    } else if !unknown.is_empty() {
        SchemaState::Ahead(unknown)
    } else {
        SchemaState::Current
    }
}
