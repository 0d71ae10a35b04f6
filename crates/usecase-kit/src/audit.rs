//! Writing audit rows: in the transaction of the act where there is one.
//!
//! What an account does to itself (a sign-in, a sign-out, another password) stands in the trail of the
//! workspace that it works in, so that those who answer for the workspace see it. What nobody's account
//! did stands in the installation's chains.

use gatewright_auth::{
    bearer::RateLimiter as _,
    limits::{Limit, Rate},
};
use gatewright_domain::{
    audit::AuditEvent,
    error::{ChargeError, Unavailable},
    ids::AuditEventId,
    workspace::workspace_in_use,
};
use gatewright_kv::RateLimits;
use gatewright_storage_identity::workspace;
use gatewright_storage_kit::{Pool, StorageError, Tx};

use crate::env::{Ctx, Env};

/// Failures of one account that a workspace's trail takes; what is over it is still written, into the
/// installation's chains, where whoever guesses passwords drowns nothing that a workspace looks for.
const FAILURES_IN_TRAIL: Limit = Limit {
    name: "failures_in_trail",
    rate: Rate::new(20, 3600),
};

/// Adds an event with what the request says about itself, and logs its name.
pub async fn record(
    tx: &mut Tx,
    env: &Env,
    ctx: &Ctx,
    event: AuditEvent,
) -> Result<(), StorageError> {
    let event = placed(tx, event).await?;
    write(tx, env, ctx, event).await
}

/// Adds an event that no change goes with.
pub async fn record_alone(
    pool: &Pool,
    env: &Env,
    ctx: &Ctx,
    event: AuditEvent,
) -> Result<(), StorageError> {
    let mut tx = pool.begin().await?;
    record(&mut tx, env, ctx, event).await?;
    tx.commit().await
}

/// Adds the failure of somebody who may be a stranger to the account that it names.
pub async fn record_failure(
    pool: &Pool,
    limiter: &RateLimits,
    env: &Env,
    ctx: &Ctx,
    event: AuditEvent,
) -> Result<(), Unavailable> {
    let is_in_trail = match event.actor {
        Some(account) => {
            let account = account.to_string();
            match limiter.charge(&FAILURES_IN_TRAIL, &account).await {
                Ok(()) => true,
                Err(ChargeError::RateLimited(_)) => false,
                Err(ChargeError::Unavailable(error)) => return Err(error),
            }
        }
        None => false,
    };
    let mut tx = pool.begin().await?;
    let event = if is_in_trail {
        placed(&mut tx, event).await?
    } else {
        event
    };
    write(&mut tx, env, ctx, event).await?;
    Ok(tx.commit().await?)
}

/// The event in the workspace that its account works in, unless it says where it happened.
async fn placed(tx: &mut Tx, event: AuditEvent) -> Result<AuditEvent, StorageError> {
    let (Some(actor), None) = (event.actor, event.workspace) else {
        return Ok(event);
    };
    let workspaces = workspace::list_for_account(tx, actor).await?;
    let place = workspace_in_use(&workspaces).map(|workspace| workspace.id);
    Ok(event.within(place))
}

async fn write(
    tx: &mut Tx,
    env: &Env,
    ctx: &Ctx,
    mut event: AuditEvent,
) -> Result<(), StorageError> {
    event.ip = Some(ctx.address.ip());
    event.user_agent.clone_from(&ctx.user_agent);
    let id = AuditEventId::generate(env.ids.as_ref());
    tracing::info!(
        audit = true,
        event = event.action.as_str(),
        actor = event.actor.map(tracing::field::display),
        ip = %ctx.address,
        request_id = ctx.request_id,
        "audit"
    );
    gatewright_storage_identity::audit::insert(tx, id, &event, &ctx.request_id, ctx.now).await
}
