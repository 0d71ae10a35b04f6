//! Writing audit rows: in the transaction of the act where there is one.

use gatewright_domain::{audit::AuditEvent, ids::AuditEventId};
use gatewright_storage::{Conn, StorageError};

use crate::ambient::{Ambient, Ctx};

/// Adds an event with what the request says about itself, and logs its name.
pub(crate) async fn record(
    conn: &mut Conn,
    ambient: &Ambient,
    ctx: &Ctx,
    mut event: AuditEvent,
) -> Result<(), StorageError> {
    event.ip = Some(ctx.address.ip());
    event.user_agent.clone_from(&ctx.user_agent);
    let id = AuditEventId::generate(ambient.ids.as_ref());
    tracing::info!(
        audit = true,
        event = event.action.as_str(),
        actor = event.actor.map(tracing::field::display),
        ip = %ctx.address,
        request_id = ctx.request_id,
        "audit"
    );
    gatewright_storage::audit::insert(conn, id, &event, &ctx.request_id, ctx.now).await
}
