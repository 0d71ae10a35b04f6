//! What is in a conversation outlives its deletion for a moment: a job of the transaction that takes the conversation away deletes it.

use gatewright_jobs::{Job, QueueName};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Deletes what is in a conversation that was deleted.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DeleteConversation {
    /// Primary key of `conversations`.
    pub conversation: Uuid,
}

impl Job for DeleteConversation {
    const KIND: &'static str = "delete_conversation";
    const QUEUE: QueueName = QueueName::Retention;
}
