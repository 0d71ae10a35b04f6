//! Ending what an account has open, in the transaction of what makes it necessary. Caches are told
//! before the commit: if they cannot be told, nothing is committed.

use chrono::{DateTime, Utc};
use gatewright_auth::bearer::TokenHash;
use gatewright_domain::{
    audit::{AuditAction, AuditEvent},
    ids::{AccountId, ConsoleSessionId},
};
use gatewright_storage::{StorageError, Tx, bearer_token, console_session};

use super::{error::AccountError, service::Accounts};
use crate::{ambient::Ctx, audit::record, bearer::CachedBearers, console::ConsoleIdentity};

impl Accounts {
    /// Ends everything that somebody has open but the session that asks: all or nothing.
    pub async fn end_others(&self, ctx: &Ctx, who: &ConsoleIdentity) -> Result<(), AccountError> {
        let (id, spared) = (who.account.id, who.claims.session_id);
        let mut tx = self.parts.pool.begin().await?;
        let ended = end_all(&mut tx, &self.parts.store, id, Some(spared), ctx.now).await?;
        let event = AuditEvent::new(AuditAction::LoggedOut).by(id);
        let event = event.with("everything_but", spared);
        record(&mut tx, &self.parts.ambient, ctx, event).await?;
        Ok(commit_ending(tx, &self.parts.store, ended).await?)
    }
}

/// Bearers that caches refuse already, while the transaction is open.
pub(crate) struct Ended(Vec<TokenHash>);

/// Ends all sessions but one, and all bearers.
pub(crate) async fn end_all(
    tx: &mut Tx,
    store: &CachedBearers,
    account: AccountId,
    spared: Option<ConsoleSessionId>,
    at: DateTime<Utc>,
) -> Result<Ended, StorageError> {
    console_session::revoke_others(tx, account, spared, at).await?;
    let hashes = bearer_token::revoke_all(tx, account, at).await?;
    for (told, hash) in hashes.iter().enumerate() {
        if let Err(error) = store.bury(hash).await {
            exhume(store, &hashes[..told]).await;
            return Err(error.into());
        }
    }
    Ok(Ended(hashes))
}

/// Commits, or lets the bearers live on.
pub(crate) async fn commit_ending(
    tx: Tx,
    store: &CachedBearers,
    ended: Ended,
) -> Result<(), StorageError> {
    let committed = tx.commit().await;
    if committed.is_err() {
        exhume(store, &ended.0).await;
    }
    committed
}

async fn exhume(store: &CachedBearers, hashes: &[TokenHash]) {
    for hash in hashes {
        store.exhume(hash).await;
    }
}
