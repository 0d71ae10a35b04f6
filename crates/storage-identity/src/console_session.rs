//! `gatewright_console_sessions`.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{Float8, Nullable, Timestamptz},
};
use diesel_async::RunQueryDsl;
use gatewright_domain::{
    account::Account,
    console_session::ConsoleSession,
    ids::{AccountId, ConsoleSessionId},
};
use uuid::Uuid;

use crate::account::{LockedAccount, Row as AccountRow};
use crate::schema::{accounts, gatewright_console_sessions as sessions};
use gatewright_storage_kit::{Conn, StorageError};

#[derive(Queryable, Selectable)]
#[diesel(table_name = sessions)]
struct Row {
    id: Uuid,
    account_id: Uuid,
    refresh_salt: Vec<u8>,
    generation: i32,
    rotated_at: DateTime<Utc>,
    idle_expires_at: DateTime<Utc>,
    absolute_expires_at: DateTime<Utc>,
    revoked_at: Option<DateTime<Utc>>,
}

impl From<Row> for ConsoleSession {
    fn from(row: Row) -> Self {
        Self {
            id: ConsoleSessionId(row.id),
            account_id: AccountId(row.account_id),
            refresh_salt: row.refresh_salt,
            generation: row.generation,
            rotated_at: row.rotated_at,
            since_rotation: None,
            idle_expires_at: row.idle_expires_at,
            absolute_expires_at: row.absolute_expires_at,
            revoked_at: row.revoked_at,
        }
    }
}

/// Adds a session to an account that is locked: of a sign-in and an ending at the same time, either the
/// sign-in sees the ending, or the ending the session.
pub async fn insert(
    conn: &mut Conn,
    _: &LockedAccount,
    session: &ConsoleSession,
    ip: &str,
    user_agent: Option<&str>,
) -> Result<(), StorageError> {
    diesel::insert_into(sessions::table)
        .values((
            sessions::id.eq(session.id.0),
            sessions::account_id.eq(session.account_id.0),
            sessions::refresh_salt.eq(&session.refresh_salt),
            sessions::generation.eq(session.generation),
            sessions::created_at.eq(session.rotated_at),
            sessions::rotated_at.eq(session.rotated_at),
            sessions::idle_expires_at.eq(session.idle_expires_at),
            sessions::absolute_expires_at.eq(session.absolute_expires_at),
            sessions::ip.eq(ip),
            sessions::user_agent.eq(user_agent),
        ))
        .execute(conn.as_mut())
        .await?;
    Ok(())
}

/// A session with its account, in one round trip.
pub async fn find_with_account(
    conn: &mut Conn,
    id: ConsoleSessionId,
) -> Result<Option<(ConsoleSession, Account)>, StorageError> {
    let row: Option<(Row, AccountRow)> = sessions::table
        .inner_join(accounts::table.on(accounts::id.eq(sessions::account_id)))
        .filter(sessions::id.eq(id.0))
        .select((Row::as_select(), AccountRow::as_select()))
        .first(conn.as_mut())
        .await
        .optional()?;
    Ok(row.map(|(session, account)| (session.into(), account.into())))
}

/// A session, locked until the transaction ends: rotations queue here.
pub async fn find_for_update(
    conn: &mut Conn,
    id: ConsoleSessionId,
) -> Result<Option<ConsoleSession>, StorageError> {
    let since = diesel::dsl::sql::<Nullable<Float8>>(
        "extract(epoch FROM clock_timestamp() - rotated_in_db)::float8",
    );
    let row: Option<(Row, Option<f64>)> = sessions::table
        .find(id.0)
        .select((Row::as_select(), since))
        .for_update()
        .first(conn.as_mut())
        .await
        .optional()?;
    Ok(row.map(|(row, since)| ConsoleSession {
        // Set back, its clock tells nothing: long ago.
        since_rotation: since.map(|s| Duration::try_from_secs_f64(s).unwrap_or(Duration::MAX)),
        ..row.into()
    }))
}

/// Moves on to the next refresh token.
pub async fn update_rotation(
    conn: &mut Conn,
    id: ConsoleSessionId,
    generation: i32,
    at: DateTime<Utc>,
    idle_expires_at: DateTime<Utc>,
) -> Result<(), StorageError> {
    diesel::update(sessions::table.find(id.0))
        .filter(sessions::revoked_at.is_null())
        .set((
            sessions::generation.eq(generation),
            sessions::rotated_at.eq(at),
            sessions::rotated_in_db.eq(diesel::dsl::sql::<Nullable<Timestamptz>>(
                "clock_timestamp()",
            )),
            sessions::idle_expires_at.eq(idle_expires_at),
        ))
        .execute(conn.as_mut())
        .await?;
    Ok(())
}

/// Ends a session. False when it had ended before.
pub async fn revoke(
    conn: &mut Conn,
    id: ConsoleSessionId,
    at: DateTime<Utc>,
) -> Result<bool, StorageError> {
    let changed = diesel::update(sessions::table.find(id.0))
        .filter(sessions::revoked_at.is_null())
        .set(sessions::revoked_at.eq(at))
        .execute(conn.as_mut())
        .await?;
    Ok(changed == 1)
}

/// Ends a session of this account. False when there is no such live one.
pub async fn revoke_of(
    conn: &mut Conn,
    account: AccountId,
    id: ConsoleSessionId,
    at: DateTime<Utc>,
) -> Result<bool, StorageError> {
    let changed = diesel::update(sessions::table.find(id.0))
        .filter(sessions::account_id.eq(account.0))
        .filter(sessions::revoked_at.is_null())
        .set(sessions::revoked_at.eq(at))
        .execute(conn.as_mut())
        .await?;
    Ok(changed == 1)
}

/// Ends all sessions of an account but one. Says how many that were.
pub async fn revoke_others(
    conn: &mut Conn,
    account: AccountId,
    spared: Option<ConsoleSessionId>,
    at: DateTime<Utc>,
) -> Result<usize, StorageError> {
    let spared = spared.map_or(Uuid::nil(), |id| id.0);
    let ended = diesel::update(sessions::table)
        .filter(sessions::account_id.eq(account.0))
        .filter(sessions::id.ne(spared))
        .filter(sessions::revoked_at.is_null())
        .set(sessions::revoked_at.eq(at))
        .execute(conn.as_mut())
        .await?;
    Ok(ended)
}

/// When a session began.
pub async fn find_beginning(
    conn: &mut Conn,
    id: ConsoleSessionId,
) -> Result<Option<DateTime<Utc>>, StorageError> {
    Ok(sessions::table
        .find(id.0)
        .select(sessions::created_at)
        .first(conn.as_mut())
        .await
        .optional()?)
}

/// A live session, for people.
#[derive(Debug, Clone)]
pub struct LiveSession {
    /// Primary key of the session.
    pub id: ConsoleSessionId,
    /// When the session began, in UTC.
    pub created_at: DateTime<Utc>,
    /// When it ends if it is not used.
    pub idle_expires_at: DateTime<Utc>,
    /// The address of the client that signed in, as text.
    pub ip: Option<String>,
    /// The `User-Agent` of the browser that signed in.
    pub user_agent: Option<String>,
}

/// The live sessions of an account, the latest first.
pub async fn list_live(
    conn: &mut Conn,
    account: AccountId,
    now: DateTime<Utc>,
) -> Result<Vec<LiveSession>, StorageError> {
    type LiveRow = (
        Uuid,
        DateTime<Utc>,
        DateTime<Utc>,
        Option<String>,
        Option<String>,
    );
    let rows: Vec<LiveRow> = sessions::table
        .filter(sessions::account_id.eq(account.0))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::idle_expires_at.gt(now))
        .order((sessions::created_at.desc(), sessions::id))
        .select((
            sessions::id,
            sessions::created_at,
            sessions::idle_expires_at,
            sessions::ip,
            sessions::user_agent,
        ))
        .load(conn.as_mut())
        .await?;
    let session = |(id, created_at, idle_expires_at, ip, user_agent)| LiveSession {
        id: ConsoleSessionId(id),
        created_at,
        idle_expires_at,
        ip,
        user_agent,
    };
    Ok(rows.into_iter().map(session).collect())
}
