//! `message_files`: the files that came with a question.

use chrono::{DateTime, Utc};
use diesel::{
    QueryableByName,
    sql_types::{Array, Bool, Nullable, Text, Timestamp, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use gatewright_storage_kit::{Conn, StorageError, statement};
use uuid::Uuid;

use crate::{run::Creator, texts, to_column};

/// A file of a question, about to be written.
#[derive(Debug, Clone)]
pub struct NewMessageFile<'a> {
    /// Primary key of `message_files`.
    pub id: Uuid,
    /// The message that it came with.
    pub message_id: Uuid,
    /// `image`, `document`, `audio`, `video` or `custom`.
    pub kind: &'a str,
    /// `local_file`, `remote_url` or `tool_file`.
    pub transfer_method: &'a str,
    /// Where it is elsewhere; of a file of ours nothing.
    pub url: Option<&'a str>,
    /// The upload or the file of a run that it is.
    pub upload_file_id: Option<Uuid>,
    /// Who sent it.
    pub creator: Creator,
    /// When it was sent, in UTC.
    pub created_at: DateTime<Utc>,
}

/// Inserts files of questions. One that is there already stays as it is.
pub async fn insert(conn: &mut Conn, rows: &[NewMessageFile<'_>]) -> Result<(), StorageError> {
    statement(
        "INSERT INTO message_files (id, message_id, type, transfer_method, url, upload_file_id, created_by_role, created_by, \
           belongs_to, created_at) \
         SELECT t.id, t.message, t.kind, t.method, t.url, t.upload, t.role, t.creator, 'user', t.at \
         FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9) AS t (id, message, kind, method, url, upload, role, creator, at) \
         ON CONFLICT DO NOTHING",
    )
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|row| row.id).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|row| row.message_id).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| row.kind).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| row.transfer_method).collect::<Vec<_>>())
    .bind::<Array<Nullable<Text>>, _>(texts(rows, |row| row.url))
    .bind::<Array<Nullable<SqlUuid>>, _>(rows.iter().map(|row| row.upload_file_id).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| row.creator.role()).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|row| row.creator.id()).collect::<Vec<_>>())
    .bind::<Array<Timestamp>, _>(rows.iter().map(|row| to_column(row.created_at)).collect::<Vec<_>>())
    .execute(conn.as_mut())
    .await?;
    Ok(())
}

/// A file that came with a question.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct MessageFile {
    /// The message that it came with.
    #[diesel(sql_type = SqlUuid)]
    pub message_id: Uuid,
    /// `image`, `document`, `audio`, `video` or `custom`.
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// `local_file`, `remote_url` or `tool_file`.
    #[diesel(sql_type = Text)]
    pub transfer_method: String,
    /// Where it is elsewhere.
    #[diesel(sql_type = Nullable<Text>)]
    pub url: Option<String>,
    /// The upload or the file of a run that it is.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub upload_file_id: Option<Uuid>,
}

/// The files that came with these questions, in the order in which they came.
pub async fn list(conn: &mut Conn, messages: &[Uuid]) -> Result<Vec<MessageFile>, StorageError> {
    let found = statement(
        "SELECT message_id, type AS kind, transfer_method, url, upload_file_id FROM message_files \
         WHERE message_id = ANY ($1) AND belongs_to = 'user' ORDER BY created_at, id",
    )
    .bind::<Array<SqlUuid>, _>(messages)
    .load(conn.as_mut())
    .await?;
    Ok(found)
}

#[derive(QueryableByName)]
struct Is {
    #[diesel(sql_type = Bool)]
    is_there: bool,
}

/// Whether an upload came with a message of the app.
pub async fn is_of_app(conn: &mut Conn, app: Uuid, upload: Uuid) -> Result<bool, StorageError> {
    let found: Is = statement(
        "SELECT EXISTS (SELECT 1 FROM message_files f JOIN messages m ON m.id = f.message_id \
         WHERE m.app_id = $1 AND f.upload_file_id = $2) AS is_there",
    )
    .bind::<SqlUuid, _>(app)
    .bind::<SqlUuid, _>(upload)
    .get_result(conn.as_mut())
    .await?;
    Ok(found.is_there)
}

/// A file of a message, whichever side it came from.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct ListedFile {
    /// Primary key of `message_files`.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// The message that it belongs to.
    #[diesel(sql_type = SqlUuid)]
    pub message_id: Uuid,
    /// `image`, `document`, `audio`, `video` or `custom`.
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// `local_file`, `remote_url` or `tool_file`.
    #[diesel(sql_type = Text)]
    pub transfer_method: String,
    /// Where it is elsewhere.
    #[diesel(sql_type = Nullable<Text>)]
    pub url: Option<String>,
    /// The upload or the file of a run that it is.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub upload_file_id: Option<Uuid>,
    /// `user` or `assistant`.
    #[diesel(sql_type = Nullable<Text>)]
    pub belongs_to: Option<String>,
}

/// Files that one list shows at most.
const MAX_FILES: i64 = 2_000;

/// The files of these messages, questions and answers, in the order in which they came.
pub async fn list_all(conn: &mut Conn, messages: &[Uuid]) -> Result<Vec<ListedFile>, StorageError> {
    let found = statement(
        "SELECT id, message_id, type AS kind, transfer_method, url, upload_file_id, belongs_to FROM message_files \
         WHERE message_id = ANY ($1) ORDER BY created_at, id LIMIT $2",
    )
    .bind::<Array<SqlUuid>, _>(messages)
    .bind::<diesel::sql_types::BigInt, _>(MAX_FILES)
    .load(conn.as_mut())
    .await?;
    Ok(found)
}
