//! Models that nobody answers for: their runs do not begin.

use futures_util::future::BoxFuture;
use gatewright_domain::ids::WorkspaceId;
use gatewright_engine::Graph;

use crate::RunServiceError;

/// Says whether somebody answers for a model.
pub trait KnownModels: Send + Sync {
    /// Nothing when the workspace may use it.
    ///
    /// # Errors
    /// Why not, in the words that clients get.
    fn look_up<'a>(
        &'a self,
        workspace: WorkspaceId,
        provider: &'a str,
        model: &'a str,
    ) -> BoxFuture<'a, Result<(), String>>;
}

/// Checks the models that nodes of a graph name, whether a run would come to them or not.
pub(crate) async fn require(
    known: &dyn KnownModels,
    workspace: WorkspaceId,
    graph: &Graph,
) -> Result<(), RunServiceError> {
    for (provider, model) in graph.nodes().filter_map(|node| node.model()) {
        let found = known.look_up(workspace, provider, model).await;
        found.map_err(RunServiceError::Model)?;
    }
    Ok(())
}
