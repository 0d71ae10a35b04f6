//! `gatewright_device_redemptions`: each grant is picked up once.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use gatewright_domain::ids::{GrantId, TokenId};

use crate::{
    error::StorageError, pool::Conn, schema::gatewright_device_redemptions as redemptions,
};

/// Claims a grant for one token. False when it was claimed before; waits for a concurrent claim.
pub async fn insert(
    conn: &mut Conn,
    grant: GrantId,
    token: TokenId,
    at: DateTime<Utc>,
) -> Result<bool, StorageError> {
    let inserted = diesel::insert_into(redemptions::table)
        .values((
            redemptions::grant_id.eq(grant.0),
            redemptions::token_id.eq(token.0),
            redemptions::redeemed_at.eq(at),
        ))
        .on_conflict_do_nothing()
        .execute(&mut conn.0)
        .await?;
    Ok(inserted == 1)
}
