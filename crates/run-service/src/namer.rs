//! Who names conversations that begin.

use gatewright_domain::ids::WorkspaceId;
use uuid::Uuid;

/// A conversation that has just begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewConversation {
    /// The workspace of the app.
    pub workspace: WorkspaceId,
    /// Primary key of `conversations`.
    pub conversation: Uuid,
    /// What it began with.
    pub query: String,
    /// What it is called until then.
    pub name: String,
}

/// Finds names for conversations.
pub trait Namer: Send + Sync {
    /// Has it named, later. Returns at once, and fails silently: the conversation has a name already.
    fn name(&self, begun: NewConversation);
}
