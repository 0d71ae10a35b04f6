//! Ending what an account has open, in the transaction of what makes it necessary: a new era begins, so
//! that nothing that was given before can be cashed in (`gatewright_domain::era`), sessions and bearers
//! end, and caches are told before the commit: if they cannot be told, nothing is committed.

use chrono::{DateTime, Utc};
use gatewright_auth::bearer::TokenHash;
use gatewright_domain::{
    audit::{AuditAction, AuditEvent},
    era::{Ending, Era},
    ids::ConsoleSessionId,
};
use gatewright_storage_identity::{
    account::LockedAccount, bearer_token, console_session, era, era::EraBegun, erasure,
};
use gatewright_storage_kit::{StorageError, Tx};

use super::{error::AccountError, service::Accounts};
use crate::credential::lock_own;
use gatewright_usecase_kit::CachedBearers;
use gatewright_usecase_kit::ConsoleIdentity;
use gatewright_usecase_kit::{Ctx, Env, record};

impl Accounts {
    /// Ends everything that somebody has open but the session that asks: all or nothing.
    pub async fn end_others(&self, ctx: &Ctx, who: &ConsoleIdentity) -> Result<(), AccountError> {
        let (id, spared) = (who.account.id, who.claims.session_id);
        let mut tx = self.pool.begin().await?;
        let own = lock_own(&mut tx, ctx, who).await?;
        let begun = begin_era(&mut tx, &self.env, &own, Ending::EverythingElseEnded).await?;
        let ended = end_all(&mut tx, begun, Some(spared), ctx.now).await?;
        let event = AuditEvent::new(AuditAction::LoggedOut).by(id);
        let event = event.with("everything_but", spared);
        record(&mut tx, &self.env, ctx, event).await?;
        commit_ending(tx, &self.store, ended).await?;
        self.known.forget(id);
        Ok(())
    }
}

/// Begins an era of an account. Of any number of endings at the same time, each begins its own.
pub(crate) async fn begin_era(
    tx: &mut Tx,
    env: &Env,
    account: &LockedAccount,
    ending: Ending,
) -> Result<EraBegun, StorageError> {
    tracing::info!(
        event = "account.era_began",
        account = %account.id(),
        ending = ending.as_str(),
        "an era of an account ends"
    );
    era::begin(tx, account, Era::begin(env.ids.as_ref())).await
}

/// Bearers that ended in the open transaction, and that caches have to hear of before it commits.
#[must_use = "caches are told when it is committed"]
pub(crate) struct Ended(Vec<TokenHash>);

impl Ended {
    /// How many bearers ended.
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }
}

/// Ends all sessions but one, and all bearers, of an account whose new era has begun.
pub(crate) async fn end_all(
    tx: &mut Tx,
    begun: EraBegun,
    spared: Option<ConsoleSessionId>,
    at: DateTime<Utc>,
) -> Result<Ended, StorageError> {
    let account = begun.account();
    console_session::revoke_others(tx, account, spared, at).await?;
    Ok(Ended(bearer_token::revoke_all(tx, account, at).await?))
}

/// Ends every session and every bearer of everybody, whose new eras have begun. Says how many sessions.
pub(crate) async fn end_everything(
    tx: &mut Tx,
    at: DateTime<Utc>,
) -> Result<(usize, Ended), StorageError> {
    let sessions = erasure::revoke_all_sessions(tx, at).await?;
    let ended = Ended(bearer_token::revoke_everything(tx, at).await?);
    Ok((sessions, ended))
}

/// Tells the caches and commits, or lets the bearers live on.
pub(crate) async fn commit_ending(
    tx: Tx,
    store: &CachedBearers,
    Ended(hashes): Ended,
) -> Result<(), StorageError> {
    for (told, hash) in hashes.iter().enumerate() {
        if let Err(error) = store.deny(hash).await {
            lift_denial(store, &hashes[..told]).await;
            return Err(error.into());
        }
    }
    let committed = tx.commit().await;
    if committed.is_err() {
        lift_denial(store, &hashes).await;
    }
    committed
}

async fn lift_denial(store: &CachedBearers, hashes: &[TokenHash]) {
    for hash in hashes {
        store.lift_denial(hash).await;
    }
}
