//! `gatewright_bans`: what an account was before it was locked out.

use diesel::{
    OptionalExtension as _,
    sql_types::{Text, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use gatewright_domain::{account::AccountStatus, ids::AccountId};

use gatewright_storage_kit::{Conn, StorageError};

#[derive(diesel::QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    status_before: String,
}

/// Remembers the status that the account had before it was banned.
pub async fn record(
    conn: &mut Conn,
    id: AccountId,
    before: AccountStatus,
) -> Result<(), StorageError> {
    diesel::sql_query(
        "INSERT INTO gatewright_bans (account_id, status_before) VALUES ($1, $2) \
         ON CONFLICT (account_id) DO UPDATE SET status_before = EXCLUDED.status_before",
    )
    .bind::<SqlUuid, _>(id.0)
    .bind::<Text, _>(before.as_str())
    .execute(conn.as_mut())
    .await?;
    Ok(())
}

/// What it was, if that is known; and forgets it.
pub async fn take(conn: &mut Conn, id: AccountId) -> Result<Option<AccountStatus>, StorageError> {
    let row: Option<Row> = diesel::sql_query(
        "DELETE FROM gatewright_bans WHERE account_id = $1 RETURNING status_before",
    )
    .bind::<SqlUuid, _>(id.0)
    .get_result(conn.as_mut())
    .await
    .optional()?;
    Ok(row.map(|row| AccountStatus::from_db(&row.status_before)))
}
