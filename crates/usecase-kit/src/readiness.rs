//! Whether this process can serve: its dependencies answer and the schema is the one it knows.

use gatewright_domain::error::Unavailable;
use gatewright_kv::Kv;
use gatewright_storage_kit::{
    Pool,
    migrate::{SchemaState, schema_state},
};

const READ_ONLY: &str = "takes no writes: it is a standby, or default_transaction_read_only is set; see DB_HOST, DATABASE_URL";

/// What was found out about each dependency; `None` is well.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Health {
    /// What is wrong with PostgreSQL, in words; none when it answers.
    pub postgres: Option<String>,
    /// Whether PostgreSQL takes writes; asked when it answers.
    pub writes: Option<String>,
    /// What is wrong with Redis, in words; none when it answers.
    pub redis: Option<String>,
    /// What is wrong with the schema, in words; none when it is known.
    pub schema: Option<String>,
}

impl Health {
    /// Whether everything is well.
    pub fn is_ready(&self) -> bool {
        *self == Self::default()
    }
}

/// Asks the dependencies.
#[derive(Clone)]
pub struct Readiness {
    pool: Pool,
    kv: Kv,
}

impl Readiness {
    /// Puts the parts together.
    pub fn new(pool: Pool, kv: Kv) -> Self {
        Self { pool, kv }
    }

    /// Asks each of them now. The texts say what to do, and nothing about addresses.
    pub async fn check(&self) -> Health {
        let redis = self.kv.ping().await.err().map(|error| {
            tracing::warn!(
                event = "readiness.redis_down",
                error = %error.source,
                "redis does not answer"
            );
            "does not answer; see REDIS_HOST, REDIS_URL".to_owned()
        });
        match self.ask_postgres().await {
            Ok((schema, takes_writes)) => Health {
                redis,
                schema: problem_of(&schema),
                writes: (!takes_writes).then(|| READ_ONLY.to_owned()),
                postgres: None,
            },
            Err(error) => {
                tracing::warn!(
                    event = "readiness.postgres_down",
                    error = %error.source,
                    "postgres does not answer"
                );
                Health {
                    postgres: Some("does not answer; see DB_HOST, DATABASE_URL".to_owned()),
                    redis,
                    ..Health::default()
                }
            }
        }
    }

    async fn ask_postgres(&self) -> Result<(SchemaState, bool), Unavailable> {
        let mut conn = self.pool.get().await?;
        let schema = schema_state(&mut conn).await?;
        Ok((schema, conn.takes_writes().await?))
    }
}

fn problem_of(schema: &SchemaState) -> Option<String> {
    match schema {
        // Newer by what only adds: a roll-out goes on elsewhere, and this node serves until its turn.
        SchemaState::Current | SchemaState::Newer(_) => None,
        SchemaState::Behind(missing) => Some(format!(
            "lacks {} migration(s); run `api-server migrate`",
            missing.len()
        )),
        SchemaState::Ahead(unknown) => Some(format!(
            "is newer than this binary by {} migration(s) that it cannot work beside; upgrade the binary",
            unknown.len()
        )),
    }
}
