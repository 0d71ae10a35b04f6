//! `gatewright_device_redemptions`: each grant is picked up once.

use std::{collections::HashMap, net::IpAddr};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use gatewright_domain::ids::{GrantId, TokenId};
use uuid::Uuid;

use crate::schema::gatewright_device_redemptions as redemptions;
use gatewright_storage_kit::{Conn, StorageError};

/// Claims a grant for one token, asked for from an address. False when it was claimed before; waits
/// for a concurrent claim.
pub async fn insert(
    conn: &mut Conn,
    grant: GrantId,
    token: TokenId,
    ip: IpAddr,
    at: DateTime<Utc>,
) -> Result<bool, StorageError> {
    let inserted = diesel::insert_into(redemptions::table)
        .values((
            redemptions::grant_id.eq(grant.0),
            redemptions::token_id.eq(token.0),
            redemptions::redeemed_at.eq(at),
            redemptions::ip.eq(ip.to_string()),
        ))
        .on_conflict_do_nothing()
        .execute(conn.as_mut())
        .await?;
    Ok(inserted == 1)
}

/// From where each of these tokens was picked up, where that is known.
pub async fn find_addresses(
    conn: &mut Conn,
    tokens: &[TokenId],
) -> Result<HashMap<TokenId, String>, StorageError> {
    let ids: Vec<Uuid> = tokens.iter().map(|token| token.0).collect();
    let rows: Vec<(Uuid, Option<String>)> = redemptions::table
        .filter(redemptions::token_id.eq_any(ids))
        .select((redemptions::token_id, redemptions::ip))
        .load(conn.as_mut())
        .await?;
    let known = rows
        .into_iter()
        .filter_map(|(id, ip)| Some((TokenId(id), ip?)));
    Ok(known.collect())
}
