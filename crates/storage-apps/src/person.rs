//! Who made or changed something, as others may see them.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use gatewright_domain::ids::AccountId;
use uuid::Uuid;

use crate::schema::accounts;
use gatewright_storage_kit::{Conn, StorageError};

/// An account by name and address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Primary key of the account.
    pub id: AccountId,
    /// The name as people see it.
    pub name: String,
    /// The mail address of the account.
    pub email: String,
}

/// The accounts of these ids; those that are gone are left out.
pub async fn list(
    conn: &mut Conn,
    ids: &[AccountId],
) -> Result<HashMap<AccountId, Person>, StorageError> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows: Vec<(Uuid, String, String)> = accounts::table
        .filter(accounts::id.eq_any(ids))
        .select((accounts::id, accounts::name, accounts::email))
        .load(conn.as_mut())
        .await?;
    let person = |(id, name, email)| {
        let id = AccountId(id);
        (id, Person { id, name, email })
    };
    Ok(rows.into_iter().map(person).collect())
}
