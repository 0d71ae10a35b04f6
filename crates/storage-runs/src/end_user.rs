//! `end_users`: whom callers of an app name. Dify's table has no constraint that makes a session unique, so a lock does.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{
    OptionalExtension as _, QueryableByName,
    sql_types::{Bool, Nullable, Text, Timestamp, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use gatewright_storage_kit::{Conn, StorageError, Tx, statement};
use uuid::Uuid;

use crate::to_column;

/// The session of whoever is not named.
const DEFAULT_SESSION: &str = "DEFAULT-USER";

/// The type of visitors of web apps: nobody knows who they are.
pub const VISITOR: &str = "browser";

/// The type of whom holders of keys of apps name.
const NAMED: &str = "service-api";

/// Longest name of a session, in characters: what its column holds.
pub const MAX_SESSION_CHARS: usize = 255;

/// Whom a caller names, and where.
#[derive(Debug, Clone, Copy)]
pub struct Session<'a> {
    /// The workspace that the user is of.
    pub tenant_id: Uuid,
    /// The app that the user uses.
    pub app_id: Uuid,
    /// `service-api`, [`VISITOR`], …
    pub kind: &'a str,
    /// The caller's name for them, at most 255 characters.
    pub session_id: &'a str,
}

impl<'a> Session<'a> {
    /// The session of whom the holder of an app's key names; empty: nobody in particular, which is a session of its own.
    pub fn of_key(tenant_id: Uuid, app_id: Uuid, user: &'a str) -> Self {
        Self {
            tenant_id,
            app_id,
            kind: NAMED,
            session_id: if user.is_empty() {
                DEFAULT_SESSION
            } else {
                user
            },
        }
    }
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// The end user of a session, if there is one.
pub async fn find(conn: &mut Conn, session: Session<'_>) -> Result<Option<Uuid>, StorageError> {
    let found: Option<Id> = statement(
        "SELECT id FROM end_users WHERE tenant_id = $1 AND app_id = $2 AND type = $3 AND session_id = $4 \
         ORDER BY created_at, id LIMIT 1",
    )
    .bind::<SqlUuid, _>(session.tenant_id)
    .bind::<SqlUuid, _>(session.app_id)
    .bind::<Text, _>(session.kind)
    .bind::<Text, _>(session.session_id)
    .get_result(conn.as_mut())
    .await
    .optional()?;
    Ok(found.map(|row| row.id))
}

/// The end user of a session; `id` becomes it when there is none. Of many callers at once all get the same one.
pub async fn find_or_insert(
    tx: &mut Tx,
    session: Session<'_>,
    id: Uuid,
    at: DateTime<Utc>,
) -> Result<Uuid, StorageError> {
    diesel::sql_query("SELECT pg_advisory_xact_lock(hashtextextended($1 || '/' || $2, 0))")
        .bind::<Text, _>(session.app_id.to_string())
        .bind::<Text, _>(session.session_id)
        .execute(tx.as_mut())
        .await?;
    if let Some(found) = find(tx, session).await? {
        return Ok(found);
    }
    if let Some(found) = upgrade(tx, session).await? {
        return Ok(found);
    }
    diesel::sql_query(
        "INSERT INTO end_users (id, tenant_id, app_id, type, external_user_id, is_anonymous, session_id, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, CASE WHEN $4 = 'browser' THEN NULL ELSE $5 END, $6, $5, $7, $7)",
    )
    .bind::<SqlUuid, _>(id)
    .bind::<SqlUuid, _>(session.tenant_id)
    .bind::<SqlUuid, _>(session.app_id)
    .bind::<Text, _>(session.kind)
    .bind::<Text, _>(session.session_id)
    .bind::<Bool, _>(session.kind == VISITOR || session.session_id == DEFAULT_SESSION)
    .bind::<Timestamp, _>(to_column(at))
    .execute(tx.as_mut())
    .await?;
    Ok(id)
}

/// The type that users of the service API had in databases of before.
const FORMER_TYPE: &str = "service_api";

/// Whoever has the session under the name that the type had before, under its present one from now on.
async fn upgrade(tx: &mut Tx, session: Session<'_>) -> Result<Option<Uuid>, StorageError> {
    let former = Session {
        kind: FORMER_TYPE,
        ..session
    };
    let found = match session.kind {
        NAMED => find(tx, former).await?,
        _ => None,
    };
    if let Some(id) = found {
        statement("UPDATE end_users SET type = $1 WHERE id = $2")
            .bind::<Text, _>(session.kind)
            .bind::<SqlUuid, _>(id)
            .execute(tx.as_mut())
            .await?;
    }
    Ok(found)
}

/// An end user as the holder of the app's key sees them.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct EndUser {
    /// Primary key of `end_users`.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// The workspace that the user is of.
    #[diesel(sql_type = SqlUuid)]
    pub tenant_id: Uuid,
    /// The app that the user uses.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub app_id: Option<Uuid>,
    /// `service-api`, `browser`, …
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// What another system calls them.
    #[diesel(sql_type = Nullable<Text>)]
    pub external_user_id: Option<String>,
    /// What people are told that they are called.
    #[diesel(sql_type = Nullable<Text>)]
    pub name: Option<String>,
    /// Whether nobody in particular.
    #[diesel(sql_type = Bool)]
    pub is_anonymous: bool,
    /// The caller's name for them.
    #[diesel(sql_type = Text)]
    pub session_id: String,
    /// When they first came, in UTC.
    #[diesel(sql_type = Timestamp)]
    pub created_at: NaiveDateTime,
    /// When they last changed, in UTC.
    #[diesel(sql_type = Timestamp)]
    pub updated_at: NaiveDateTime,
}

/// An end user of an app, by id.
pub async fn find_by_id(
    conn: &mut Conn,
    tenant: Uuid,
    app: Uuid,
    id: Uuid,
) -> Result<Option<EndUser>, StorageError> {
    let found = statement(
        "SELECT id, tenant_id, app_id, type AS kind, external_user_id, name, is_anonymous, session_id, created_at, updated_at \
         FROM end_users WHERE id = $1 AND tenant_id = $2 AND app_id = $3",
    )
    .bind::<SqlUuid, _>(id)
    .bind::<SqlUuid, _>(tenant)
    .bind::<SqlUuid, _>(app)
    .get_result(conn.as_mut())
    .await
    .optional()?;
    Ok(found)
}

/// End users of an app whom callers call so, or who have this id.
pub async fn list_named(
    conn: &mut Conn,
    app: Uuid,
    name: &str,
    id: Option<Uuid>,
) -> Result<Vec<EndUser>, StorageError> {
    let found = statement(
        "SELECT id, tenant_id, app_id, type AS kind, external_user_id, name, is_anonymous, session_id, created_at, updated_at \
         FROM end_users WHERE app_id = $1 AND (session_id = $2 OR id = $3) ORDER BY created_at, id",
    )
    .bind::<SqlUuid, _>(app)
    .bind::<Text, _>(name)
    .bind::<Nullable<SqlUuid>, _>(id)
    .load(conn.as_mut())
    .await?;
    Ok(found)
}
