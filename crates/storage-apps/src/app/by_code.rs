//! The app behind the code of a public address.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{App, HomeWorkspace, NORMAL, Row};
use crate::schema::{apps, sites, tenants};
use gatewright_storage_kit::{Conn, StorageError};

/// The app whose site has this code, with its workspace; a site that is not in use has none.
pub async fn find_by_code(
    conn: &mut Conn,
    code: &str,
) -> Result<Option<(App, HomeWorkspace)>, StorageError> {
    let found: Option<(Row, String, String)> = sites::table
        .inner_join(apps::table.on(sites::app_id.eq(apps::id)))
        .inner_join(tenants::table.on(apps::tenant_id.eq(tenants::id)))
        .filter(sites::code.eq(code))
        .filter(sites::status.eq(NORMAL))
        .order((sites::created_at, sites::id))
        .select((Row::as_select(), tenants::name, tenants::status))
        .first(conn.as_mut())
        .await
        .optional()?;
    Ok(found.map(|(row, name, status)| {
        let is_normal = status == NORMAL;
        (App::from(row), HomeWorkspace { name, is_normal })
    }))
}
