//! `gatewright_mail_deliveries`: which mails went out.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Int8, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use gatewright_storage_kit::{Conn, StorageError};

#[derive(diesel::QueryableByName)]
struct Number {
    #[diesel(sql_type = Int8)]
    number: i64,
}

/// Whether the mail of a job went out.
pub async fn is_recorded(conn: &mut Conn, job: Uuid) -> Result<bool, StorageError> {
    let found: Number = diesel::sql_query(
        "SELECT count(*) AS number FROM gatewright_mail_deliveries WHERE job_id = $1",
    )
    .bind::<SqlUuid, _>(job)
    .get_result(conn.as_mut())
    .await?;
    Ok(found.number > 0)
}

/// Records that the mail of a job went out; once, however often it is told.
pub async fn record(
    conn: &mut Conn,
    job: Uuid,
    mail: &str,
    at: DateTime<Utc>,
) -> Result<(), StorageError> {
    diesel::sql_query(
        "INSERT INTO gatewright_mail_deliveries (job_id, letter, sent_at) VALUES ($1, $2, $3) \
         ON CONFLICT DO NOTHING",
    )
    .bind::<SqlUuid, _>(job)
    .bind::<Text, _>(mail)
    .bind::<Timestamptz, _>(at)
    .execute(conn.as_mut())
    .await?;
    Ok(())
}
