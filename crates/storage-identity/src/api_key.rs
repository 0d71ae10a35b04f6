//! `api_tokens`. A key of ours is stored as `<masked>:<SHA-256 in hex>`; a database that was switched
//! over may hold Dify's, in clear, which are shown masked too.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use gatewright_auth::api_key::mask;
use gatewright_domain::ids::{ApiKeyId, WorkspaceId};
use uuid::Uuid;

use crate::schema::api_tokens as keys;
use crate::to_column;
use gatewright_storage_kit::{Conn, StorageError};

/// What a key opens: one application, or all knowledge of the workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyScope {
    /// One application, by its id.
    App(Uuid),
    /// All knowledge of the workspace.
    Knowledge,
}

impl KeyScope {
    /// The text in the database and on the wire.
    pub fn kind(self) -> &'static str {
        match self {
            Self::App(_) => "app",
            Self::Knowledge => "dataset",
        }
    }

    fn app(self) -> Option<Uuid> {
        match self {
            Self::App(id) => Some(id),
            Self::Knowledge => None,
        }
    }
}

/// A key, without what it opens with.
#[derive(Debug, Clone)]
pub struct ApiKey {
    /// Primary key of `api_tokens`.
    pub id: ApiKeyId,
    /// The beginning and the end of the key.
    pub masked: String,
    /// When a request last showed it, in UTC; none before the first.
    pub last_used_at: Option<DateTime<Utc>>,
    /// When it was made, in UTC.
    pub created_at: DateTime<Utc>,
}

/// Keys of a scope, the newest first.
pub async fn list(
    conn: &mut Conn,
    workspace: WorkspaceId,
    scope: KeyScope,
) -> Result<Vec<ApiKey>, StorageError> {
    type Row = (Uuid, String, Option<NaiveDateTime>, NaiveDateTime);
    let rows: Vec<Row> = keys::table
        .filter(keys::tenant_id.eq(workspace.0))
        .filter(keys::kind.eq(scope.kind()))
        .filter(keys::app_id.is_not_distinct_from(scope.app()))
        .order((keys::created_at.desc(), keys::id.desc()))
        .select((keys::id, keys::token, keys::last_used_at, keys::created_at))
        .load(conn.as_mut())
        .await?;
    let key = |(id, token, last_used_at, created_at): Row| ApiKey {
        id: ApiKeyId(id),
        masked: match token.split_once(':') {
            Some((masked, _)) => masked.to_owned(),
            None => mask(&token),
        },
        last_used_at: last_used_at.map(|at| at.and_utc()),
        created_at: created_at.and_utc(),
    };
    Ok(rows.into_iter().map(key).collect())
}

/// Adds a key. `stored` is the masked key and the digest.
pub async fn insert(
    conn: &mut Conn,
    workspace: WorkspaceId,
    scope: KeyScope,
    id: ApiKeyId,
    stored: &str,
    at: DateTime<Utc>,
) -> Result<(), StorageError> {
    diesel::insert_into(keys::table)
        .values((
            keys::id.eq(id.0),
            keys::app_id.eq(scope.app()),
            keys::kind.eq(scope.kind()),
            keys::token.eq(stored),
            keys::created_at.eq(to_column(at)),
            keys::tenant_id.eq(workspace.0),
        ))
        .execute(conn.as_mut())
        .await?;
    Ok(())
}

/// Deletes a key of a scope. False when there is none.
pub async fn delete(
    conn: &mut Conn,
    workspace: WorkspaceId,
    scope: KeyScope,
    id: ApiKeyId,
) -> Result<bool, StorageError> {
    let gone = diesel::delete(keys::table.find(id.0))
        .filter(keys::tenant_id.eq(workspace.0))
        .filter(keys::kind.eq(scope.kind()))
        .filter(keys::app_id.is_not_distinct_from(scope.app()))
        .execute(conn.as_mut())
        .await?;
    Ok(gone == 1)
}
