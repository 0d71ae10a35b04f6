//! Models that judge whether a text may be shown.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use gatewright_domain::ids::WorkspaceId;

use crate::{error::InvokeError, port::LookupError};

/// Judges texts of any length.
pub trait Moderator: Send + Sync {
    /// Whether the text must not be shown.
    fn flags(&self, text: String) -> BoxFuture<'_, Result<bool, InvokeError>>;
}

/// Who judges for the apps of a workspace: apps name no model for it.
pub trait ModeratorCatalogue: Send + Sync {
    /// The model that judges.
    fn moderator(
        &self,
        workspace: WorkspaceId,
    ) -> BoxFuture<'_, Result<Arc<dyn Moderator>, LookupError>>;
}
