//! Work in batches: one transaction each, a pause between two, smaller ones when the database does not get through with one in the time
//! that a statement has, and a line in the log now and then.

use std::{future::Future, time::Duration};

use gatewright_domain::error::Unavailable;
use gatewright_storage_kit::StorageError;

/// How fast something is done.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// Rows of one batch.
    pub(super) size: i64,
    /// Between two batches.
    pub(super) pause: Duration,
}

/// What one batch did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Batch {
    /// Rows that were looked at; fewer than were asked for: it was the last.
    pub(super) seen: usize,
    /// Rows that went.
    pub(super) gone: usize,
}

impl Batch {
    /// A batch of which everything went.
    pub(super) fn all(rows: usize) -> Self {
        Self {
            seen: rows,
            gone: rows,
        }
    }
}

/// What is done batch by batch, each behind the one before.
pub(super) trait Step: Send {
    /// Looks at the next `limit` rows, and moves on once that is committed.
    fn run(&mut self, limit: i64) -> impl Future<Output = Result<Batch, StorageError>> + Send;
}

/// Batches between two lines of the log.
const BATCHES_OF_A_LINE: usize = 50;

/// Does batch after batch until there are no more rows. Returns how many went.
///
/// # Errors
/// When the database does not answer, or does not get through with a single row; what went until then stays gone.
pub(super) async fn run(
    step: &mut impl Step,
    pace: Pace,
    what: &'static str,
) -> Result<usize, Unavailable> {
    let (mut size, mut purged) = (pace.size.max(1), 0);
    for batches in 1.. {
        match step.run(size).await {
            Ok(batch) => {
                purged += batch.gone;
                if batch.seen < usize::try_from(size).unwrap_or(usize::MAX) {
                    break;
                }
                // What was too much once may be none of it further on.
                size = (size * 2).min(pace.size.max(1));
            }
            Err(error) if error.is_answer() && size > 1 => size /= 2,
            Err(error) => return Err(error.into_unavailable()),
        }
        if batches % BATCHES_OF_A_LINE == 0 {
            tracing::info!(
                event = "maintenance.progress",
                what,
                purged,
                batch = size,
                "still purging"
            );
        }
        if !pace.pause.is_zero() {
            tokio::time::sleep(pace.pause).await;
        }
    }
    Ok(purged)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many rows are left, of which so many go at once without taking too long.
    struct Rows {
        left: i64,
        bearable: i64,
        asked: Vec<i64>,
    }

    impl Step for Rows {
        async fn run(&mut self, limit: i64) -> Result<Batch, StorageError> {
            self.asked.push(limit);
            if limit > self.bearable {
                return Err(StorageError::Duplicate(
                    "stands for a statement that takes too long".into(),
                ));
            }
            let rows = limit.min(self.left);
            self.left -= rows;
            Ok(Batch::all(usize::try_from(rows).unwrap()))
        }
    }

    const AT_ONCE: Pace = Pace {
        size: 8,
        pause: Duration::ZERO,
    };

    #[tokio::test]
    async fn batch_that_takes_too_long_is_halved_until_the_database_gets_through() {
        let mut rows = Rows {
            left: 5,
            bearable: 2,
            asked: vec![],
        };
        assert_eq!(run(&mut rows, AT_ONCE, "rows").await.unwrap(), 5);
        assert_eq!(rows.asked, [8, 4, 2, 4, 2, 4, 2]);
        rows.bearable = 0;
        assert!(run(&mut rows, AT_ONCE, "rows").await.is_err());
    }

    #[tokio::test]
    async fn batches_go_on_until_one_is_not_full() {
        let mut rows = Rows {
            left: 17,
            bearable: 8,
            asked: vec![],
        };
        assert_eq!(run(&mut rows, AT_ONCE, "rows").await.unwrap(), 17);
        assert_eq!(rows.asked, [8, 8, 8]);
    }
}
