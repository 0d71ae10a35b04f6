//! `human_input_form_deliveries` and `human_input_form_recipients`: how people are told of a form, and who may answer it. Of each
//! token only the digest is stored; the token itself is computed from the recipient's id where the wire needs it.

use chrono::{DateTime, Utc};
use diesel::{
    OptionalExtension as _, QueryableByName,
    sql_types::{Array, Nullable, Text, Timestamp, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use gatewright_storage_kit::{Conn, StorageError};
use uuid::Uuid;

use crate::to_column;

/// A way in which people are told.
#[derive(Debug, Clone)]
pub struct NewDelivery {
    /// Primary key of `human_input_form_deliveries`.
    pub id: Uuid,
    /// The form that they are told of.
    pub form_id: Uuid,
    /// `webapp` or `email`.
    pub method: &'static str,
    /// The id that the author's file gives this way.
    pub config_id: Option<Uuid>,
    /// A JSON object: for a mail its subject and its text.
    pub payload: String,
    /// When it was made, in UTC.
    pub created_at: DateTime<Utc>,
}

/// Somebody who may answer.
#[derive(Debug, Clone)]
pub struct NewRecipient {
    /// Primary key of `human_input_form_recipients`.
    pub id: Uuid,
    /// The form that they may answer.
    pub form_id: Uuid,
    /// How they are told.
    pub delivery_id: Uuid,
    /// `standalone_web_app`, `email_member`, `email_external`, `console` or `backstage`.
    pub kind: &'static str,
    /// A JSON object: for a mail the address.
    pub payload: String,
    /// Of the token, at most 32 characters.
    pub digest: String,
    /// When it was made, in UTC.
    pub created_at: DateTime<Utc>,
}

/// Inserts ways of telling people; those that are there stay as they are.
pub async fn insert_deliveries(conn: &mut Conn, rows: &[NewDelivery]) -> Result<(), StorageError> {
    diesel::sql_query(
        "INSERT INTO human_input_form_deliveries (id, form_id, delivery_method_type, delivery_config_id, channel_payload, created_at, \
           updated_at) \
         SELECT t.id, t.form, t.method, t.config, t.payload, t.created, t.created FROM unnest($1, $2, $3, $4, $5, $6) \
           AS t (id, form, method, config, payload, created) ON CONFLICT DO NOTHING",
    )
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|row| row.id).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|row| row.form_id).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| row.method).collect::<Vec<_>>())
    .bind::<Array<Nullable<SqlUuid>>, _>(rows.iter().map(|row| row.config_id).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| row.payload.as_str()).collect::<Vec<_>>())
    .bind::<Array<Timestamp>, _>(rows.iter().map(|row| to_column(row.created_at)).collect::<Vec<_>>())
    .execute(conn.as_mut())
    .await?;
    Ok(())
}

/// Inserts recipients; those that are there stay as they are.
pub async fn insert(conn: &mut Conn, rows: &[NewRecipient]) -> Result<(), StorageError> {
    diesel::sql_query(
        "INSERT INTO human_input_form_recipients (id, form_id, delivery_id, recipient_type, recipient_payload, access_token, created_at, \
           updated_at) \
         SELECT t.id, t.form, t.delivery, t.type, t.payload, t.digest, t.created, t.created FROM unnest($1, $2, $3, $4, $5, $6, $7) \
           AS t (id, form, delivery, type, payload, digest, created) ON CONFLICT DO NOTHING",
    )
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|row| row.id).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|row| row.form_id).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|row| row.delivery_id).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| row.kind).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| row.payload.as_str()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| row.digest.as_str()).collect::<Vec<_>>())
    .bind::<Array<Timestamp>, _>(rows.iter().map(|row| to_column(row.created_at)).collect::<Vec<_>>())
    .execute(conn.as_mut())
    .await?;
    Ok(())
}

/// A recipient of a form of a run.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct RunRecipient {
    /// Primary key of `human_input_form_recipients`.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// Of the token.
    #[diesel(sql_type = Text)]
    pub digest: String,
}

/// Whoever may answer forms of a run that still wait.
pub async fn list_of_run(conn: &mut Conn, run: Uuid) -> Result<Vec<RunRecipient>, StorageError> {
    let found = diesel::sql_query(
        "SELECT r.id, r.access_token AS digest FROM human_input_form_recipients r \
         JOIN human_input_forms f ON f.id = r.form_id WHERE f.workflow_run_id = $1 AND f.status = 'waiting' ORDER BY r.created_at, r.id",
    )
    .bind::<SqlUuid, _>(run)
    .load(conn.as_mut())
    .await?;
    Ok(found)
}

/// What is needed to write a mail to a recipient.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Addressee {
    /// Of the token.
    #[diesel(sql_type = Text)]
    pub digest: String,
    /// A JSON object with the address.
    #[diesel(sql_type = Text)]
    pub recipient: String,
    /// A JSON object with subject and text.
    #[diesel(sql_type = Text)]
    pub delivery: String,
    /// `waiting`, `submitted`, `timeout` or `expired`.
    #[diesel(sql_type = Text)]
    pub status: String,
    /// The language of the interface, of a recipient with an account.
    #[diesel(sql_type = Nullable<Text>)]
    pub language: Option<String>,
}

/// A recipient who is told by mail.
pub async fn find_addressee(
    conn: &mut Conn,
    recipient: Uuid,
) -> Result<Option<Addressee>, StorageError> {
    let found = diesel::sql_query(
        "SELECT r.access_token AS digest, r.recipient_payload AS recipient, d.channel_payload AS delivery, f.status, \
           a.interface_language AS language \
         FROM human_input_form_recipients r JOIN human_input_form_deliveries d ON d.id = r.delivery_id \
           JOIN human_input_forms f ON f.id = r.form_id \
           LEFT JOIN accounts a ON a.email = r.recipient_payload::json ->> 'email' WHERE r.id = $1 LIMIT 1",
    )
    .bind::<SqlUuid, _>(recipient)
    .get_result(conn.as_mut())
    .await
    .optional()?;
    Ok(found)
}

/// A member of a workspace who can be written to.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct MemberAddress {
    /// Primary key of the account.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// The mail address of the account.
    #[diesel(sql_type = Text)]
    pub email: String,
}

/// The active members of a workspace, in the order of their addresses.
pub async fn list_members(
    conn: &mut Conn,
    tenant: Uuid,
) -> Result<Vec<MemberAddress>, StorageError> {
    let members = diesel::sql_query(
        "SELECT a.id, a.email FROM tenant_account_joins m JOIN accounts a ON a.id = m.account_id \
         WHERE m.tenant_id = $1 AND a.status = 'active' ORDER BY a.email",
    )
    .bind::<SqlUuid, _>(tenant)
    .load(conn.as_mut())
    .await?;
    Ok(members)
}
