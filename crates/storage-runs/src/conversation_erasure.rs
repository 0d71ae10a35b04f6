//! What is in a conversation that was deleted, deleted in batches: whatever stops it, the next attempt goes on.

use diesel::sql_types::{BigInt, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use gatewright_storage_kit::{Conn, StorageError, statement};
use uuid::Uuid;

/// Messages with what hangs on them. `$1` the conversation, `$2` how many.
const MESSAGES: &str = "WITH gone AS (SELECT id FROM messages WHERE conversation_id = $1 LIMIT $2), \
   files AS (DELETE FROM message_files f USING gone WHERE f.message_id = gone.id), \
   feedbacks AS (DELETE FROM message_feedbacks f USING gone WHERE f.message_id = gone.id), \
   saved AS (DELETE FROM saved_messages s USING gone WHERE s.message_id = gone.id), \
   contents AS (DELETE FROM execution_extra_contents c USING gone WHERE c.message_id = gone.id) \
 DELETE FROM messages m USING gone WHERE m.id = gone.id";

/// What hangs on the conversation itself, then the conversation.
const REST: [&str; 4] = [
    "DELETE FROM workflow_conversation_variables WHERE conversation_id = $1",
    "DELETE FROM message_annotations WHERE conversation_id = $1",
    "DELETE FROM pinned_conversations WHERE conversation_id = $1",
    "DELETE FROM conversations WHERE id = $1 AND is_deleted",
];

/// Deletes at most `limit` messages of a conversation with their files and feedback. Returns how many went.
pub async fn delete_messages(
    conn: &mut Conn,
    conversation: Uuid,
    limit: i64,
) -> Result<usize, StorageError> {
    let gone = statement(MESSAGES)
        .bind::<SqlUuid, _>(conversation)
        .bind::<BigInt, _>(limit)
        .execute(conn.as_mut())
        .await?;
    Ok(gone)
}

/// Deletes a conversation that was taken away from whom it belonged to, when its messages are gone.
pub async fn delete_rest(conn: &mut Conn, conversation: Uuid) -> Result<(), StorageError> {
    for text in REST {
        statement(text)
            .bind::<SqlUuid, _>(conversation)
            .execute(conn.as_mut())
            .await?;
    }
    Ok(())
}
