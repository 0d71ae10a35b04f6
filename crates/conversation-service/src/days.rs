//! A stretch of time as somebody says it, in the zone in which they live.

use chrono::NaiveDateTime;
use gatewright_storage_kit::StorageError;

/// From when to when, in a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    /// An IANA zone.
    pub zone: &'static str,
    /// Not before this minute.
    pub from: Option<NaiveDateTime>,
    /// Not after this minute, which counts to its end.
    pub to: Option<NaiveDateTime>,
}

impl Days {
    /// What is asked of these days; where the database does not know their zone, of days of UTC. Databases know the zones that there were
    /// when their system was made.
    pub(crate) async fn ask<T>(
        &self,
        ask: impl AsyncFn(Self) -> Result<T, StorageError>,
    ) -> Result<T, StorageError> {
        match ask(*self).await {
            Err(error) if error.is_unknown_zone() => {
                let zone = self.zone;
                tracing::warn!(
                    event = "conversations.zone_unknown",
                    zone,
                    "PostgreSQL does not know a time zone: days are those of UTC"
                );
                ask(Self {
                    zone: "UTC",
                    ..*self
                })
                .await
            }
            answer => answer,
        }
    }
}
