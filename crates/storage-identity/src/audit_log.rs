//! Reading the audit trail: for people, for verification, and cutting its oldest part.

use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{Int8, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use gatewright_domain::ids::WorkspaceId;
use uuid::Uuid;

use crate::audit::AuditRow;
use crate::schema::gatewright_audit_heads as heads;
use gatewright_storage_kit::{Conn, StorageError, Tx};

const COLUMNS: &str = "id, chain, seq, hash, occurred_at, action, actor_account_id, tenant_id, ip, \
                       user_agent, request_id, details";

/// Where a chain begins and ends.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = heads)]
pub struct ChainHead {
    /// The chain's id: the workspace, or one of the installation's.
    pub chain: Uuid,
    /// The last event's place.
    pub seq: i64,
    /// The last event's hash.
    pub hash: String,
    /// Where it begins.
    #[diesel(embed)]
    pub base: Base,
    /// Of the base.
    pub base_signature: Option<String>,
}

/// Where a chain begins.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = heads)]
pub struct Base {
    /// The place of the last event that retention removed; 0 when none was.
    #[diesel(column_name = base_seq)]
    pub seq: i64,
    /// The hash of that event, in hexadecimal digits.
    #[diesel(column_name = base_hash)]
    pub hash: String,
    /// Everything that was removed was older than this.
    #[diesel(column_name = base_before)]
    pub before: Option<DateTime<Utc>>,
}

/// The head of every chain.
pub async fn list_heads(conn: &mut Conn) -> Result<Vec<ChainHead>, StorageError> {
    Ok(heads::table
        .select(ChainHead::as_select())
        .order(heads::chain)
        .load(conn.as_mut())
        .await?)
}

/// Chains that have events and no head.
pub async fn list_headless(conn: &mut Conn) -> Result<Vec<Uuid>, StorageError> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = SqlUuid)]
        chain: Uuid,
    }
    let rows: Vec<Row> = diesel::sql_query(
        "SELECT DISTINCT chain FROM gatewright_audit_events e WHERE chain IS NOT NULL \
         AND NOT EXISTS (SELECT 1 FROM gatewright_audit_heads h WHERE h.chain = e.chain)",
    )
    .load(conn.as_mut())
    .await?;
    Ok(rows.into_iter().map(|row| row.chain).collect())
}

/// The next events of a chain after a place, in their order.
pub async fn list_chain(
    conn: &mut Conn,
    chain: Uuid,
    after: i64,
    most: i64,
) -> Result<Vec<AuditRow>, StorageError> {
    let query = format!(
        "SELECT {COLUMNS} FROM gatewright_audit_events WHERE chain = $1 AND seq > $2 ORDER BY seq LIMIT $3"
    );
    Ok(diesel::sql_query(query)
        .bind::<SqlUuid, _>(chain)
        .bind::<Int8, _>(after)
        .bind::<Int8, _>(most)
        .load(conn.as_mut())
        .await?)
}

/// Which events of a workspace.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// Only of this name.
    pub action: Option<String>,
    /// Only what this account did.
    pub actor: Option<Uuid>,
    /// Only from this instant on.
    pub from: Option<DateTime<Utc>>,
    /// Only before this instant.
    pub until: Option<DateTime<Utc>>,
    /// Only before this place.
    pub before: Option<i64>,
    /// At most so many.
    pub most: i64,
}

/// The events of a workspace, the latest first.
pub async fn list_for_workspace(
    conn: &mut Conn,
    workspace: WorkspaceId,
    filter: &AuditFilter,
) -> Result<Vec<AuditRow>, StorageError> {
    let query = format!(
        "SELECT {COLUMNS} FROM gatewright_audit_events WHERE chain = $1 \
         AND ($2 IS NULL OR seq < $2) AND ($3 IS NULL OR action = $3) \
         AND ($4 IS NULL OR actor_account_id = $4) AND ($5 IS NULL OR occurred_at >= $5) \
         AND ($6 IS NULL OR occurred_at < $6) ORDER BY seq DESC LIMIT $7"
    );
    Ok(diesel::sql_query(query)
        .bind::<SqlUuid, _>(workspace.0)
        .bind::<Nullable<Int8>, _>(filter.before)
        .bind::<Nullable<Text>, _>(filter.action.as_deref())
        .bind::<Nullable<SqlUuid>, _>(filter.actor)
        .bind::<Nullable<Timestamptz>, _>(filter.from)
        .bind::<Nullable<Timestamptz>, _>(filter.until)
        .bind::<Int8, _>(filter.most)
        .load(conn.as_mut())
        .await?)
}

/// A chain, locked: nobody adds to it until the transaction ends.
pub async fn lock_head(tx: &mut Tx, chain: Uuid) -> Result<Option<ChainHead>, StorageError> {
    Ok(heads::table
        .find(chain)
        .select(ChainHead::as_select())
        .for_update()
        .first(tx.as_mut())
        .await
        .optional()?)
}

/// Lets a locked chain begin at `base`: what stands up to it goes.
pub async fn move_base(
    tx: &mut Tx,
    chain: Uuid,
    base: &Base,
    signature: &str,
) -> Result<(), StorageError> {
    diesel::sql_query("DELETE FROM gatewright_audit_events WHERE chain = $1 AND seq <= $2")
        .bind::<SqlUuid, _>(chain)
        .bind::<Int8, _>(base.seq)
        .execute(tx.as_mut())
        .await?;
    diesel::update(heads::table.find(chain))
        .set((
            heads::base_seq.eq(base.seq),
            heads::base_hash.eq(&base.hash),
            heads::base_before.eq(base.before),
            heads::base_signature.eq(signature),
        ))
        .execute(tx.as_mut())
        .await?;
    Ok(())
}

/// Removes events from before there were chains.
pub async fn delete_unchained(
    conn: &mut Conn,
    before: DateTime<Utc>,
    most: i64,
) -> Result<usize, StorageError> {
    Ok(diesel::sql_query(
        "DELETE FROM gatewright_audit_events WHERE id IN (SELECT id FROM gatewright_audit_events \
         WHERE chain IS NULL AND occurred_at < $1 LIMIT $2)",
    )
    .bind::<Timestamptz, _>(before)
    .bind::<Int8, _>(most)
    .execute(conn.as_mut())
    .await?)
}
