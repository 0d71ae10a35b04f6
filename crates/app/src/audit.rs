//! Writing audit rows: in the transaction of the act where there is one.

use gatewright_domain::{audit::AuditEvent, ids::AuditEventId};
use gatewright_storage::{Pool, StorageError, Tx};

use crate::ambient::{Ambient, Ctx};

/// Adds an event with what the request says about itself, and logs its name.
pub(crate) async fn record(
    tx: &mut Tx,
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
    gatewright_storage::audit::insert(tx, id, &event, &ctx.request_id, ctx.now).await
}

/// Adds an event that no change goes with.
pub(crate) async fn record_alone(
    pool: &Pool,
    ambient: &Ambient,
    ctx: &Ctx,
    event: AuditEvent,
) -> Result<(), StorageError> {
    let mut tx = pool.begin().await?;
    record(&mut tx, ambient, ctx, event).await?;
    tx.commit().await
}
