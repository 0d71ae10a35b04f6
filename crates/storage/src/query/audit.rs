//! `gatewright_audit_events`.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use gatewright_domain::{audit::AuditEvent, ids::AuditEventId};

use crate::{error::StorageError, pool::Conn, schema::gatewright_audit_events as events};

/// Adds an event. Call it in the transaction of the act itself.
pub async fn insert(
    conn: &mut Conn,
    id: AuditEventId,
    event: &AuditEvent,
    request_id: &str,
    at: DateTime<Utc>,
) -> Result<(), StorageError> {
    let details: serde_json::Map<String, serde_json::Value> = event
        .details
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.as_str().into()))
        .collect();
    diesel::insert_into(events::table)
        .values((
            events::id.eq(id.0),
            events::occurred_at.eq(at),
            events::action.eq(event.action.as_str()),
            events::actor_account_id.eq(event.actor.map(|actor| actor.0)),
            events::tenant_id.eq(event.workspace.map(|workspace| workspace.0)),
            events::ip.eq(event.ip.map(|ip| ip.to_string())),
            events::user_agent.eq(event.user_agent.as_deref()),
            events::request_id.eq(request_id),
            events::details.eq(serde_json::Value::Object(details)),
        ))
        .execute(&mut conn.0)
        .await?;
    Ok(())
}
