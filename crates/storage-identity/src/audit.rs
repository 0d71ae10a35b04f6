//! Writing `gatewright_audit_events`. Each event names the hash of the one before it in its chain, so
//! that nothing can be changed, taken out or put in unnoticed.

use std::collections::BTreeMap;

use chrono::{DateTime, SubsecRound as _, Utc};
use diesel::{
    prelude::*,
    sql_types::{Int8, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use gatewright_auth::digest::sha256_hex;
use gatewright_domain::{audit::AuditEvent, ids::AuditEventId};
use serde_json::Value;
use uuid::Uuid;

use gatewright_storage_kit::{StorageError, Tx};

/// Events of no workspace go to one of so many chains: sign-ins need not wait for each other.
pub const INSTALLATION_CHAINS: u8 = 16;

/// An event as it is stored.
#[derive(Debug, Clone, PartialEq, QueryableByName)]
pub struct AuditRow {
    /// Primary key of the event.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// Which chain: the workspace, or one of the installation's.
    #[diesel(sql_type = SqlUuid)]
    pub chain: Uuid,
    /// The place in the chain; the first is 1.
    #[diesel(sql_type = Int8)]
    pub seq: i64,
    /// Of everything here and the hash before. SHA-256 in hex.
    #[diesel(sql_type = Text)]
    pub hash: String,
    /// UTC, whole microseconds.
    #[diesel(sql_type = Timestamptz)]
    pub occurred_at: DateTime<Utc>,
    /// What happened, as the text of an audit action.
    #[diesel(sql_type = Text)]
    pub action: String,
    /// Who did it.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub actor_account_id: Option<Uuid>,
    /// The workspace that it happened in; none for the installation.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub tenant_id: Option<Uuid>,
    /// From which address.
    #[diesel(sql_type = Nullable<Text>)]
    pub ip: Option<String>,
    /// The `User-Agent` of the request; none where there was none.
    #[diesel(sql_type = Nullable<Text>)]
    pub user_agent: Option<String>,
    /// Joins log lines and events.
    #[diesel(sql_type = Nullable<Text>)]
    pub request_id: Option<String>,
    /// What else belongs to the event, a JSON object.
    #[diesel(sql_type = Jsonb)]
    pub details: Value,
}

impl AuditRow {
    /// The hash that this row must have after `previous`. Every field is written with its length, so
    /// that no two rows read the same.
    pub fn hash_after(&self, previous: &str) -> String {
        let sorted: BTreeMap<&String, &Value> =
            self.details.as_object().into_iter().flatten().collect();
        let details = serde_json::to_string(&sorted).unwrap_or_default();
        let fields = [
            Some(previous.to_owned()),
            Some(self.chain.to_string()),
            Some(self.seq.to_string()),
            Some(self.id.to_string()),
            Some(self.occurred_at.timestamp_micros().to_string()),
            Some(self.action.clone()),
            self.actor_account_id.map(|id| id.to_string()),
            self.tenant_id.map(|id| id.to_string()),
            self.ip.clone(),
            self.user_agent.clone(),
            self.request_id.clone(),
            Some(details),
        ];
        let mut text = String::new();
        for field in fields {
            match field {
                Some(field) => text.push_str(&format!("{}:{field};", field.len())),
                None => text.push_str("-;"),
            }
        }
        sha256_hex(text)
    }
}

/// The chain of an event.
fn chain_of(id: AuditEventId, event: &AuditEvent) -> Uuid {
    match event.workspace {
        Some(workspace) => workspace.0,
        None => Uuid::from_u128(u128::from(id.0.as_bytes()[15] % INSTALLATION_CHAINS)),
    }
}

#[derive(QueryableByName)]
struct Head {
    #[diesel(sql_type = Int8)]
    seq: i64,
    #[diesel(sql_type = Text)]
    hash: String,
}

/// Adds an event to the end of its chain, in the transaction of the act itself. Call it late: until
/// the transaction ends, others who write to this chain wait.
pub async fn insert(
    tx: &mut Tx,
    id: AuditEventId,
    event: &AuditEvent,
    request_id: &str,
    at: DateTime<Utc>,
) -> Result<(), StorageError> {
    let chain = chain_of(id, event);
    let head: Head = diesel::sql_query(
        "INSERT INTO gatewright_audit_heads (chain, seq, hash) VALUES ($1, 0, '') \
         ON CONFLICT (chain) DO UPDATE SET seq = gatewright_audit_heads.seq RETURNING seq, hash",
    )
    .bind::<SqlUuid, _>(chain)
    .get_result(tx.as_mut())
    .await?;
    let details = event.details.iter();
    let mut row = AuditRow {
        id: id.0,
        chain,
        seq: head.seq + 1,
        hash: String::new(),
        occurred_at: at.trunc_subsecs(6),
        action: event.action.as_str().to_owned(),
        actor_account_id: event.actor.map(|actor| actor.0),
        tenant_id: event.workspace.map(|workspace| workspace.0),
        ip: event.ip.map(|ip| ip.to_string()),
        user_agent: event.user_agent.clone(),
        request_id: Some(request_id.to_owned()),
        details: details
            .map(|(name, value)| ((*name).to_owned(), Value::from(value.as_str())))
            .collect(),
    };
    row.hash = row.hash_after(&head.hash);
    append(tx, &row).await
}

async fn append(tx: &mut Tx, row: &AuditRow) -> Result<(), StorageError> {
    diesel::sql_query(
        "WITH moved AS (UPDATE gatewright_audit_heads SET seq = $3, hash = $4 WHERE chain = $2) \
         INSERT INTO gatewright_audit_events (id, chain, seq, hash, occurred_at, action, \
         actor_account_id, tenant_id, ip, user_agent, request_id, details) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind::<SqlUuid, _>(row.id)
    .bind::<SqlUuid, _>(row.chain)
    .bind::<Int8, _>(row.seq)
    .bind::<Text, _>(&row.hash)
    .bind::<Timestamptz, _>(row.occurred_at)
    .bind::<Text, _>(&row.action)
    .bind::<Nullable<SqlUuid>, _>(row.actor_account_id)
    .bind::<Nullable<SqlUuid>, _>(row.tenant_id)
    .bind::<Nullable<Text>, _>(row.ip.as_deref())
    .bind::<Nullable<Text>, _>(row.user_agent.as_deref())
    .bind::<Nullable<Text>, _>(row.request_id.as_deref())
    .bind::<Jsonb, _>(&row.details)
    .execute(tx.as_mut())
    .await?;
    Ok(())
}
