//! `conversations`, with Dify's columns: who talks to an app, and how many rounds there were. A round is counted by a comparison with
//! the count that its caller has seen, so that of two callers who saw the same one only one goes on.

use chrono::{DateTime, Utc};
use diesel::{
    OptionalExtension as _, QueryableByName,
    sql_types::{Array, Bool, Integer, Nullable, Text, Timestamp, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use gatewright_storage_kit::{Conn, StorageError, Tx, statement};
use uuid::Uuid;

use crate::{run::Creator, to_column};

/// A conversation that begins with its first message.
#[derive(Debug, Clone)]
pub struct NewConversation<'a> {
    /// Primary key of `conversations`.
    pub id: Uuid,
    /// The app that is talked to.
    pub app_id: Uuid,
    /// The mode of the app, such as `advanced-chat`.
    pub mode: &'a str,
    /// What lists call it, at most 255 characters.
    pub name: &'a str,
    /// The inputs that it began with: a JSON object.
    pub inputs: &'a str,
    /// What the app says before anybody asks; empty for nothing.
    pub introduction: &'a str,
    /// Which surface it began on: `service-api`, `openapi`, `web-app`, …
    pub invoke_from: &'a str,
    /// Whose it is.
    pub creator: Creator,
    /// When it began, in UTC.
    pub created_at: DateTime<Utc>,
}

/// Inserts conversations with one round. One that is there already stays as it is.
pub async fn insert(conn: &mut Conn, rows: &[NewConversation<'_>]) -> Result<(), StorageError> {
    statement(
        "INSERT INTO conversations (id, app_id, mode, name, inputs, introduction, system_instruction, status, invoke_from, \
           from_source, from_end_user_id, from_account_id, dialogue_count, created_at, updated_at) \
         SELECT t.id, t.app, t.mode, t.name, t.inputs::json, t.introduction, '', 'normal', t.invoked, t.source, t.end_user, \
           t.account, 1, t.at, t.at FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
           AS t (id, app, mode, name, inputs, introduction, invoked, source, end_user, account, at) ON CONFLICT DO NOTHING",
    )
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|row| row.id).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|row| row.app_id).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| row.mode).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| row.name).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| row.inputs).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| row.introduction).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| row.invoke_from).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| row.creator.source()).collect::<Vec<_>>())
    .bind::<Array<Nullable<SqlUuid>>, _>(rows.iter().map(|row| row.creator.end_user()).collect::<Vec<_>>())
    .bind::<Array<Nullable<SqlUuid>>, _>(rows.iter().map(|row| row.creator.account()).collect::<Vec<_>>())
    .bind::<Array<Timestamp>, _>(rows.iter().map(|row| to_column(row.created_at)).collect::<Vec<_>>())
    .execute(conn.as_mut())
    .await?;
    Ok(())
}

/// A conversation as whoever goes on with it needs it.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Conversation {
    /// Primary key of `conversations`.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// `normal`, or another word when nobody may go on with it.
    #[diesel(sql_type = Text)]
    pub status: String,
    /// Rounds so far.
    #[diesel(sql_type = Integer)]
    pub dialogue_count: i32,
    /// Whether a run works on an answer now; one that waits for a person does not count.
    #[diesel(sql_type = Bool)]
    pub is_answering: bool,
}

/// A conversation of an app, for the account or end user that it belongs to; none that was deleted.
pub async fn find(
    conn: &mut Conn,
    app: Uuid,
    creator: Creator,
    id: Uuid,
) -> Result<Option<Conversation>, StorageError> {
    let found = statement(
        "SELECT c.id, c.status, c.dialogue_count, EXISTS (SELECT FROM messages m JOIN gatewright_run_leases l \
           ON l.run_id = m.workflow_run_id JOIN workflow_runs r ON r.id = l.run_id \
           WHERE m.conversation_id = c.id AND r.status = 'running') AS is_answering \
         FROM conversations c WHERE c.id = $1 AND c.app_id = $2 AND c.from_source = $3 AND NOT c.is_deleted \
           AND c.from_end_user_id IS NOT DISTINCT FROM $4 AND c.from_account_id IS NOT DISTINCT FROM $5",
    )
    .bind::<SqlUuid, _>(id)
    .bind::<SqlUuid, _>(app)
    .bind::<Text, _>(creator.source())
    .bind::<Nullable<SqlUuid>, _>(creator.end_user())
    .bind::<Nullable<SqlUuid>, _>(creator.account())
    .get_result(conn.as_mut())
    .await
    .optional()?;
    Ok(found)
}

/// The next round of a conversation.
#[derive(Debug, Clone, Copy)]
pub struct Round {
    /// The conversation that goes on.
    pub conversation: Uuid,
    /// The run that is to answer.
    pub run: Uuid,
    /// The count with this round in it, from 2.
    pub dialogue_count: i32,
    /// When it began, in UTC.
    pub at: DateTime<Utc>,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Integer)]
    dialogue_count: i32,
}

/// Counts rounds. Returns the runs whose round it is; the others saw an older count, or their conversation is gone: they change
/// nothing. Conversations are locked in the order of their ids, so that two transactions never wait for each other.
pub async fn count_up(tx: &mut Tx, rounds: &[Round]) -> Result<Vec<Uuid>, StorageError> {
    let locked: Vec<Count> = statement(
        "SELECT id, dialogue_count FROM conversations WHERE id = ANY ($1) AND NOT is_deleted ORDER BY id FOR UPDATE",
    )
    .bind::<Array<SqlUuid>, _>(rounds.iter().map(|round| round.conversation).collect::<Vec<_>>())
    .load(tx.as_mut())
    .await?;
    let next = |count: &Count| {
        let follows = |round: &&Round| {
            round.conversation == count.id && round.dialogue_count == count.dialogue_count + 1
        };
        rounds.iter().find(follows)
    };
    let won: Vec<&Round> = locked.iter().filter_map(next).collect();
    statement(
        "UPDATE conversations c SET dialogue_count = t.count, updated_at = t.at FROM unnest($1, $2, $3) AS t (id, count, at) \
         WHERE c.id = t.id",
    )
    .bind::<Array<SqlUuid>, _>(won.iter().map(|round| round.conversation).collect::<Vec<_>>())
    .bind::<Array<Integer>, _>(won.iter().map(|round| round.dialogue_count).collect::<Vec<_>>())
    .bind::<Array<Timestamp>, _>(won.iter().map(|round| to_column(round.at)).collect::<Vec<_>>())
    .execute(tx.as_mut())
    .await?;
    Ok(won.into_iter().map(|round| round.run).collect())
}
