//! Eras: `accounts.gatewright_era`, and `gatewright_eras` for those who have no account.

use diesel::{prelude::*, sql_types::Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use gatewright_domain::{era::Era, ids::AccountId};
use uuid::Uuid;

use crate::account::LockedAccount;
use crate::schema::gatewright_eras as eras;
use gatewright_storage_kit::{Conn, StorageError};

const EXTERNAL: &str = "external";

/// An era that has begun in this transaction. What ends eras (a new password, a new address) asks for one,
/// and whoever ends what the account has open uses it up.
#[must_use = "an era begins when something ends: end what the account has open too"]
#[derive(Debug)]
pub struct EraBegun(AccountId);

impl EraBegun {
    /// The account whose era began.
    pub fn account(&self) -> AccountId {
        self.0
    }
}

/// Begins an era of an account.
pub async fn begin(
    conn: &mut Conn,
    account: &LockedAccount,
    era: Era,
) -> Result<EraBegun, StorageError> {
    diesel::sql_query("UPDATE accounts SET gatewright_era = $2 WHERE id = $1")
        .bind::<SqlUuid, _>(account.id().0)
        .bind::<SqlUuid, _>(era.0)
        .execute(conn.as_mut())
        .await?;
    Ok(EraBegun(account.id()))
}

/// Begins an era of every account, and of everybody without one. Each account gets one of its own, so that
/// none can come to one that it had before a backup was restored.
pub async fn begin_all(conn: &mut Conn, external: Era) -> Result<(), StorageError> {
    diesel::sql_query("UPDATE accounts SET gatewright_era = gen_random_uuid()")
        .execute(conn.as_mut())
        .await?;
    diesel::insert_into(eras::table)
        .values((eras::subject.eq(EXTERNAL), eras::era.eq(external.0)))
        .on_conflict(eras::subject)
        .do_update()
        .set(eras::era.eq(external.0))
        .execute(conn.as_mut())
        .await?;
    Ok(())
}

/// The era of people without an account.
pub async fn find_external(conn: &mut Conn) -> Result<Era, StorageError> {
    let era: Option<Uuid> = eras::table
        .find(EXTERNAL)
        .select(eras::era)
        .first(conn.as_mut())
        .await
        .optional()?;
    Ok(Era(era.unwrap_or_default()))
}

/// The same, locked until the transaction ends: what is minted in it, the next ending sees.
pub async fn lock_external(conn: &mut Conn) -> Result<Era, StorageError> {
    let era: Option<Uuid> = eras::table
        .find(EXTERNAL)
        .select(eras::era)
        .for_share()
        .first(conn.as_mut())
        .await
        .optional()?;
    Ok(Era(era.unwrap_or_default()))
}
