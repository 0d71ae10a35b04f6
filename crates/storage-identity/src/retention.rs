//! Deleting what has outlived its use: a batch at a time, oldest first, safe to repeat.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Int8, Timestamptz};
use diesel_async::RunQueryDsl;

use gatewright_storage_kit::{Conn, StorageError};

/// What is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expired {
    /// Bearers that were revoked or expired before the instant (console.md §10.7).
    Bearers,
    /// Console sessions that ended before it.
    Sessions,
    /// Invitations that expired before it.
    Invitations,
    /// Accounts that were invited before it, never came and have no invitation left.
    PendingAccounts,
    /// Records of mails that were sent before it.
    MailDeliveries,
    /// Jobs that became dead letters before it.
    DeadJobs,
    /// Redemptions of device grants before it.
    DeviceRedemptions,
}

impl Expired {
    fn statement(self) -> &'static str {
        match self {
            Self::Bearers => {
                "DELETE FROM oauth_access_tokens WHERE id IN (SELECT id FROM oauth_access_tokens \
                 WHERE revoked_at < $1 OR (revoked_at IS NULL AND expires_at < $1) LIMIT $2)"
            }
            Self::Sessions => {
                "DELETE FROM gatewright_console_sessions WHERE id IN (SELECT id FROM gatewright_console_sessions \
                 WHERE revoked_at < $1 OR idle_expires_at < $1 OR absolute_expires_at < $1 LIMIT $2)"
            }
            Self::Invitations => {
                "DELETE FROM gatewright_invitations WHERE id IN (SELECT id FROM gatewright_invitations \
                 WHERE expires_at < $1 LIMIT $2)"
            }
            Self::PendingAccounts => {
                "WITH idle AS (SELECT id FROM accounts a WHERE status = 'pending' AND created_at < $1 \
                 AND last_login_at IS NULL AND NOT EXISTS (SELECT 1 FROM gatewright_invitations i WHERE i.account_id = a.id) \
                 AND EXISTS (SELECT 1 FROM tenant_account_joins j WHERE j.account_id = a.id AND j.role <> 'owner') \
                 LIMIT $2), joins AS (DELETE FROM tenant_account_joins WHERE account_id IN (SELECT id FROM idle)) \
                 DELETE FROM accounts WHERE id IN (SELECT id FROM idle)"
            }
            Self::MailDeliveries => {
                "DELETE FROM gatewright_mail_deliveries WHERE job_id IN (SELECT d.job_id FROM gatewright_mail_deliveries d \
                 WHERE d.sent_at < $1 AND NOT EXISTS (SELECT 1 FROM gatewright_jobs j WHERE j.id = d.job_id) LIMIT $2)"
            }
            Self::DeadJobs => {
                "DELETE FROM gatewright_jobs WHERE id IN (SELECT id FROM gatewright_jobs \
                 WHERE dead_at < $1 LIMIT $2)"
            }
            Self::DeviceRedemptions => {
                "DELETE FROM gatewright_device_redemptions WHERE grant_id IN (SELECT grant_id \
                 FROM gatewright_device_redemptions r WHERE redeemed_at < $1 AND NOT EXISTS (SELECT 1 FROM \
                 oauth_access_tokens t WHERE t.id = r.token_id AND t.revoked_at IS NULL) LIMIT $2)"
            }
        }
    }
}

/// Deletes at most `most` rows. Says how many.
pub async fn delete(
    conn: &mut Conn,
    what: Expired,
    before: DateTime<Utc>,
    most: i64,
) -> Result<usize, StorageError> {
    Ok(diesel::sql_query(what.statement())
        .bind::<Timestamptz, _>(before)
        .bind::<Int8, _>(most)
        .execute(conn.as_mut())
        .await?)
}
