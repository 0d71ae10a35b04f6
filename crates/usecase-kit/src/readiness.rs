//! Whether this process can serve: its dependencies answer and the schema is the one it knows.

use gatewright_kv::Kv;
use gatewright_storage_kit::{
    Pool,
    migrate::{SchemaState, schema_state},
};

/// What was found out about each dependency; `None` is well.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Health {
    /// PostgreSQL.
    pub postgres: Option<String>,
    /// Redis.
    pub redis: Option<String>,
    /// The schema.
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
            tracing::warn!(error = %error.source, "redis does not answer");
            "does not answer; see REDIS_HOST, REDIS_URL".to_owned()
        });
        let (postgres, schema) = match self.schema().await {
            // Newer by what only adds: a roll-out goes on elsewhere, and this node serves until its turn.
            Ok(SchemaState::Current | SchemaState::Newer(_)) => (None, None),
            Ok(SchemaState::Behind(missing)) => (
                None,
                Some(format!(
                    "lacks {} migration(s); run `api-server migrate`",
                    missing.len()
                )),
            ),
            Ok(SchemaState::Ahead(unknown)) => (
                None,
                Some(format!(
                    "is newer than this binary by {} migration(s) that it cannot work beside; upgrade the binary",
                    unknown.len()
                )),
            ),
            Err(error) => {
                tracing::warn!(error = %error.source, "postgres does not answer");
                (
                    Some("does not answer; see DB_HOST, DATABASE_URL".to_owned()),
                    None,
                )
            }
        };
        Health {
            postgres,
            redis,
            schema,
        }
    }

    async fn schema(&self) -> Result<SchemaState, gatewright_domain::error::Unavailable> {
        let mut conn = self.pool.get().await?;
        Ok(schema_state(&mut conn).await?)
    }
}
