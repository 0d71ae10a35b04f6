//! `tags` and `tag_bindings`. Every statement is bound to a workspace.

use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{Int8, Nullable, Text, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use gatewright_domain::ids::{AccountId, TagId, WorkspaceId};
use uuid::Uuid;

use crate::schema::{tag_bindings as bindings, tags};
use crate::to_column;
use gatewright_storage_kit::{Conn, StorageError};

/// A tag with the number of things it is on.
#[derive(Debug, Clone, QueryableByName)]
pub struct Tag {
    /// Primary key of `tags`.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// The name as people see it.
    #[diesel(sql_type = Text)]
    pub name: String,
    /// `knowledge`, `app` or `snippet`.
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// How many things.
    #[diesel(sql_type = Int8)]
    pub binding_count: i64,
}

/// Which workspace, and who acts there.
#[derive(Debug, Clone, Copy)]
pub struct Actor {
    /// The workspace that the act is bound to.
    pub workspace: WorkspaceId,
    /// The account that acts.
    pub account: AccountId,
}

const SELECT: &str = "SELECT t.id, t.name, t.type AS kind, count(b.id) AS binding_count FROM tags t \
                      LEFT JOIN tag_bindings b ON b.tag_id = t.id AND b.tenant_id = t.tenant_id ";

/// Tags of a kind, the newest first; `keyword` is a part of the name in any case.
pub async fn list(
    conn: &mut Conn,
    workspace: WorkspaceId,
    kind: &str,
    keyword: Option<&str>,
) -> Result<Vec<Tag>, StorageError> {
    let query = format!(
        "{SELECT} WHERE t.tenant_id = $1 AND t.type = $2 \
         AND ($3 IS NULL OR position(lower($3) IN lower(t.name)) > 0) \
         GROUP BY t.id ORDER BY t.created_at DESC, t.id DESC"
    );
    Ok(diesel::sql_query(query)
        .bind::<SqlUuid, _>(workspace.0)
        .bind::<Text, _>(kind)
        .bind::<Nullable<Text>, _>(keyword)
        .load(conn.as_mut())
        .await?)
}

/// One tag of the workspace.
pub async fn find(
    conn: &mut Conn,
    workspace: WorkspaceId,
    id: TagId,
) -> Result<Option<Tag>, StorageError> {
    let query = format!("{SELECT} WHERE t.tenant_id = $1 AND t.id = $2 GROUP BY t.id");
    Ok(diesel::sql_query(query)
        .bind::<SqlUuid, _>(workspace.0)
        .bind::<SqlUuid, _>(id.0)
        .get_result(conn.as_mut())
        .await
        .optional()?)
}

/// Whoever wants to give a tag of this kind a name waits here for the others.
pub async fn lock_names(
    conn: &mut Conn,
    workspace: WorkspaceId,
    kind: &str,
) -> Result<(), StorageError> {
    diesel::sql_query("SELECT pg_advisory_xact_lock(hashtextextended('tags/' || $1, 0))")
        .bind::<Text, _>(format!("{workspace}/{kind}"))
        .execute(conn.as_mut())
        .await?;
    Ok(())
}

/// Whether another tag of this kind has the name.
pub async fn is_name_taken(
    conn: &mut Conn,
    workspace: WorkspaceId,
    kind: &str,
    name: &str,
    except: Option<TagId>,
) -> Result<bool, StorageError> {
    let taken = diesel::select(diesel::dsl::exists(
        tags::table
            .filter(tags::tenant_id.eq(workspace.0))
            .filter(tags::kind.eq(kind))
            .filter(tags::name.eq(name))
            .filter(tags::id.ne(except.map_or(Uuid::nil(), |id| id.0))),
    ));
    Ok(taken.get_result(conn.as_mut()).await?)
}

/// Adds a tag.
pub async fn insert(
    conn: &mut Conn,
    actor: Actor,
    id: TagId,
    kind: &str,
    name: &str,
    at: DateTime<Utc>,
) -> Result<(), StorageError> {
    diesel::insert_into(tags::table)
        .values((
            tags::id.eq(id.0),
            tags::tenant_id.eq(actor.workspace.0),
            tags::kind.eq(kind),
            tags::name.eq(name),
            tags::created_by.eq(actor.account.0),
            tags::created_at.eq(to_column(at)),
        ))
        .execute(conn.as_mut())
        .await?;
    Ok(())
}

/// Renames a tag of the workspace.
pub async fn update_name(
    conn: &mut Conn,
    workspace: WorkspaceId,
    id: TagId,
    name: &str,
) -> Result<(), StorageError> {
    diesel::update(tags::table.find(id.0))
        .filter(tags::tenant_id.eq(workspace.0))
        .set(tags::name.eq(name))
        .execute(conn.as_mut())
        .await?;
    Ok(())
}

/// Deletes a tag of the workspace with its bindings. False when there is none.
pub async fn delete(
    conn: &mut Conn,
    workspace: WorkspaceId,
    id: TagId,
) -> Result<bool, StorageError> {
    diesel::delete(bindings::table)
        .filter(bindings::tenant_id.eq(workspace.0))
        .filter(bindings::tag_id.eq(id.0))
        .execute(conn.as_mut())
        .await?;
    let gone = diesel::delete(tags::table.find(id.0))
        .filter(tags::tenant_id.eq(workspace.0))
        .execute(conn.as_mut())
        .await?;
    Ok(gone == 1)
}

/// Takes tags of the workspace off a thing; others are passed over.
pub async fn unbind(
    conn: &mut Conn,
    workspace: WorkspaceId,
    target: Uuid,
    ids: &[Uuid],
) -> Result<usize, StorageError> {
    Ok(diesel::delete(bindings::table)
        .filter(bindings::tenant_id.eq(workspace.0))
        .filter(bindings::target_id.eq(target))
        .filter(bindings::tag_id.eq_any(ids))
        .execute(conn.as_mut())
        .await?)
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Int8)]
    number: i64,
}

/// Whether something that tags can be put on is in the workspace. Applications and knowledge come with
/// their own slices; where their tables are (a database that was switched over), they are asked.
pub async fn is_target_there(
    conn: &mut Conn,
    workspace: WorkspaceId,
    kind: &str,
    target: Uuid,
) -> Result<bool, StorageError> {
    let table = match kind {
        "app" => "apps",
        "knowledge" => "datasets",
        _ => return Ok(false),
    };
    let exists: Found =
        diesel::sql_query("SELECT count(*) AS number FROM pg_tables WHERE tablename = $1")
            .bind::<Text, _>(table)
            .get_result(conn.as_mut())
            .await?;
    if exists.number == 0 {
        return Ok(false);
    }
    let found: Found = diesel::sql_query(format!(
        "SELECT count(*) AS number FROM {table} WHERE id = $1 AND tenant_id = $2"
    ))
    .bind::<SqlUuid, _>(target)
    .bind::<SqlUuid, _>(workspace.0)
    .get_result(conn.as_mut())
    .await?;
    Ok(found.number == 1)
}

/// Puts tags of the workspace and kind on a thing; others are passed over, present ones stay.
pub async fn bind(
    conn: &mut Conn,
    actor: Actor,
    kind: &str,
    target: Uuid,
    bindings: &[(Uuid, Uuid)],
    at: DateTime<Utc>,
) -> Result<(), StorageError> {
    for (id, tag) in bindings {
        diesel::sql_query(
            "INSERT INTO tag_bindings (id, tenant_id, tag_id, target_id, created_by, created_at) \
             SELECT $1, t.tenant_id, t.id, $4, $5, $6 FROM tags t \
             WHERE t.id = $2 AND t.tenant_id = $3 AND t.type = $7 AND NOT EXISTS \
             (SELECT 1 FROM tag_bindings b WHERE b.tag_id = t.id AND b.target_id = $4)",
        )
        .bind::<SqlUuid, _>(id)
        .bind::<SqlUuid, _>(tag)
        .bind::<SqlUuid, _>(actor.workspace.0)
        .bind::<SqlUuid, _>(target)
        .bind::<SqlUuid, _>(actor.account.0)
        .bind::<diesel::sql_types::Timestamp, _>(to_column(at))
        .bind::<Text, _>(kind)
        .execute(conn.as_mut())
        .await?;
    }
    Ok(())
}
