//! Where the older part of a long log goes.

use std::{fmt::Debug, future::Future, pin::Pin, sync::Arc};

use super::Position;
use crate::RunEvent;

/// Why a part was not taken, or is not there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the older part of a run's log: {0}")]
pub struct SpillError(pub String);

/// What reading back gives.
pub type SpillFuture<'a> =
    Pin<Box<dyn Future<Output = Result<Vec<Arc<RunEvent>>, SpillError>> + Send + 'a>>;

/// Keeps the older part of one run's log.
pub trait Spill: Debug + Send + Sync {
    /// Takes events over; `first` is the position of the first. Must not block: whoever writes to a slow place queues.
    /// What was taken can be loaded from now on.
    ///
    /// # Errors
    /// When it takes no more for now: the events stay where they are.
    fn store(&self, first: Position, events: &[Arc<RunEvent>]) -> Result<(), SpillError>;

    /// Events from `from` on, in order, at least one: as many as it likes to give at once.
    fn load(&self, from: Position) -> SpillFuture<'_>;
}
