//! What this process remembers, for at most a second, of the accounts that call it.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use gatewright_domain::{account::Account, ids::AccountId, workspace::MemberWorkspace};
use gatewright_storage_identity::{account, workspace};
use gatewright_storage_kit::{Pool, StorageError};

use crate::ttl_cache::{A_SECOND, TtlCache};

/// An account with its workspaces, the oldest first, archived ones too.
pub type CachedAccount = (Arc<Account>, Arc<[MemberWorkspace]>);

/// The memory. Whoever changes an account or its memberships calls [`Self::forget`].
pub struct AccountCache(TtlCache<AccountId, CachedAccount>);

impl AccountCache {
    /// Remembers nothing yet.
    pub fn new() -> Self {
        Self(TtlCache::new(A_SECOND))
    }

    /// Drops what is remembered of an account; called by whoever changes it.
    pub fn forget(&self, id: AccountId) {
        self.0.remove(&id);
    }

    /// The account, or `None` when there is no such row.
    pub async fn find(
        &self,
        pool: &Pool,
        id: AccountId,
        now: DateTime<Utc>,
    ) -> Result<Option<CachedAccount>, StorageError> {
        let epoch = match self.0.find(&id, now) {
            Ok(known) => return Ok(Some(known)),
            Err(epoch) => epoch,
        };
        let mut conn = pool.get().await?;
        let Some(account) = account::find(&mut conn, id).await? else {
            return Ok(None);
        };
        let workspaces = workspace::list_for_account(&mut conn, id).await?;
        let known: CachedAccount = (Arc::new(account), workspaces.into());
        self.0.insert(epoch, id, known.clone(), now);
        Ok(Some(known))
    }
}

impl Default for AccountCache {
    fn default() -> Self {
        Self::new()
    }
}
