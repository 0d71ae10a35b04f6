//! The app behind an API key.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use gatewright_domain::ids::ApiKeyId;
use uuid::Uuid;

use super::{App, HomeWorkspace, NORMAL, Row};
use crate::schema::{api_tokens as keys, apps, tenants};
use crate::to_column;
use gatewright_storage_kit::{Conn, StorageError};

/// What `api_tokens.type` says of a key that opens an app.
const APP: &str = "app";

/// How far apart two notes of a key's use are, at least, in minutes.
const NOTED_EVERY: i64 = 1;

/// A key of an app, with what it opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyedApp {
    /// Primary key of `api_tokens`.
    pub key: ApiKeyId,
    /// When a request last showed it, in UTC; none before the first.
    pub last_used_at: Option<DateTime<Utc>>,
    /// The app with its workspace; none when they are gone.
    pub app: Option<(App, HomeWorkspace)>,
}

impl KeyedApp {
    /// Whether use at this time is worth noting.
    pub fn is_use_to_note(&self, at: DateTime<Utc>) -> bool {
        let since = at - TimeDelta::minutes(NOTED_EVERY);
        self.last_used_at.is_none_or(|last| last < since)
    }
}

/// What a key opens: `rows` are the texts that its row may hold. A key of knowledge opens no app.
pub async fn find_by_key(
    conn: &mut Conn,
    rows: &[String],
) -> Result<Option<KeyedApp>, StorageError> {
    type Found = (
        Uuid,
        Option<NaiveDateTime>,
        Option<Row>,
        Option<(String, String)>,
    );
    let found: Option<Found> = keys::table
        .left_join(apps::table.on(keys::app_id.eq(apps::id.nullable())))
        .left_join(tenants::table.on(apps::tenant_id.eq(tenants::id)))
        .filter(keys::token.eq_any(rows))
        .filter(keys::kind.eq(APP))
        .select((
            keys::id,
            keys::last_used_at,
            Option::<Row>::as_select(),
            (tenants::name, tenants::status).nullable(),
        ))
        .first(conn.as_mut())
        .await
        .optional()?;
    Ok(found.map(|(key, last_used_at, app, home)| KeyedApp {
        key: ApiKeyId(key),
        last_used_at: last_used_at.map(|at| at.and_utc()),
        app: app.zip(home).map(|(row, (name, status))| {
            let is_normal = status == NORMAL;
            (App::from(row), HomeWorkspace { name, is_normal })
        }),
    }))
}

/// Notes that a key was used, unless that was noted within the last minute.
pub async fn update_key_use(
    conn: &mut Conn,
    key: ApiKeyId,
    at: DateTime<Utc>,
) -> Result<(), StorageError> {
    let before = to_column(at - TimeDelta::minutes(NOTED_EVERY));
    let is_old = keys::last_used_at
        .is_null()
        .or(keys::last_used_at.lt(before));
    diesel::update(keys::table.find(key.0))
        .filter(is_old)
        .set(keys::last_used_at.eq(to_column(at)))
        .execute(conn.as_mut())
        .await?;
    Ok(())
}
