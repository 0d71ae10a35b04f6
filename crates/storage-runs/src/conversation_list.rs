//! `conversations` as lists show them: those of one account or end user with one app, in an order that an index has, from a given
//! one on.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{
    OptionalExtension as _, QueryableByName,
    sql_types::{Array, BigInt, Bool, Nullable, Text, Timestamp, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use gatewright_storage_kit::{Conn, StorageError, Tx, statement};
use uuid::Uuid;

use crate::{run::Creator, to_column};

/// A conversation as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Listed {
    /// Primary key of `conversations`.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// What lists call it.
    #[diesel(sql_type = Text)]
    pub name: String,
    /// The inputs that it began with: a JSON object.
    #[diesel(sql_type = Text)]
    pub inputs: String,
    /// `normal`, or another word when nobody may go on with it.
    #[diesel(sql_type = Text)]
    pub status: String,
    /// What the app said before anybody asked.
    #[diesel(sql_type = Nullable<Text>)]
    pub introduction: Option<String>,
    /// When it began, in UTC.
    #[diesel(sql_type = Timestamp)]
    pub created_at: NaiveDateTime,
    /// When its last round began, or it was last renamed, in UTC.
    #[diesel(sql_type = Timestamp)]
    pub updated_at: NaiveDateTime,
}

/// By which time a list is in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortTime {
    /// When it began.
    Created,
    /// When its last round began.
    Updated,
}

/// Whose conversations with which app.
#[derive(Debug, Clone, Copy)]
pub struct Owned<'a> {
    /// The app that is talked to.
    pub app: Uuid,
    /// Whose they are.
    pub creator: Creator,
    /// Surfaces on which they began; those of which nobody knows where they began count always.
    pub surfaces: &'a [&'a str],
}

/// In which order, and from where on.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    /// By which time.
    pub sort: SortTime,
    /// The latest first.
    pub newest_first: bool,
    /// `true`: those that their owner pinned; `false`: the others; none: all.
    pub pinned: Option<bool>,
    /// The last one that was shown: its time and id; none: from the beginning on.
    pub after: Option<Place>,
    /// At most so many.
    pub limit: i64,
}

/// Where a row stands in a list. Rows of one time are in the order of their ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The time by which the list is in order, in UTC.
    pub at: NaiveDateTime,
    /// The primary key of the row.
    pub id: Uuid,
}

/// `$1` the app, `$2` whose, `$3` surfaces, `$4` whether pinned, `$5` and `$6` the place, `$7` how many.
macro_rules! list {
    ($owner:literal, $time:literal, $comes_after:literal, $direction:literal, $first:literal, $first_id:literal) => {
        concat!(
            "SELECT c.id, c.name, c.inputs::text AS inputs, c.status, c.introduction, c.created_at, c.updated_at FROM conversations c WHERE c.app_id = $1 AND c.",
            $owner,
            " = $2 AND NOT c.is_deleted AND (c.invoke_from IS NULL OR c.invoke_from = ANY ($3)) \
               AND ($4 IS NULL OR $4 = EXISTS (SELECT FROM pinned_conversations p WHERE p.app_id = $1 AND p.conversation_id = c.id \
                 AND p.created_by = $2)) AND (c.",
            $time,
            ", c.id) ",
            $comes_after,
            " (coalesce($5, '",
            $first,
            "'::timestamp), coalesce($6, '",
            $first_id,
            "'::uuid)) ORDER BY c.",
            $time,
            " ",
            $direction,
            ", c.id ",
            $direction,
            " LIMIT $7"
        )
    };
    ($owner:literal, $time:literal, newest) => {
        list!($owner, $time, "<", "DESC", "infinity", "ffffffff-ffff-ffff-ffff-ffffffffffff")
    };
    ($owner:literal, $time:literal, oldest) => {
        list!($owner, $time, ">", "ASC", "-infinity", "00000000-0000-0000-0000-000000000000")
    };
}

fn text_of(creator: Creator, part: &Part) -> &'static str {
    match (creator, part.sort, part.newest_first) {
        (Creator::EndUser(_), SortTime::Created, true) => {
            list!("from_end_user_id", "created_at", newest)
        }
        (Creator::EndUser(_), SortTime::Created, false) => {
            list!("from_end_user_id", "created_at", oldest)
        }
        (Creator::EndUser(_), SortTime::Updated, true) => {
            list!("from_end_user_id", "updated_at", newest)
        }
        (Creator::EndUser(_), SortTime::Updated, false) => {
            list!("from_end_user_id", "updated_at", oldest)
        }
        (Creator::Account(_), SortTime::Created, true) => {
            list!("from_account_id", "created_at", newest)
        }
        (Creator::Account(_), SortTime::Created, false) => {
            list!("from_account_id", "created_at", oldest)
        }
        (Creator::Account(_), SortTime::Updated, true) => {
            list!("from_account_id", "updated_at", newest)
        }
        (Creator::Account(_), SortTime::Updated, false) => {
            list!("from_account_id", "updated_at", oldest)
        }
    }
}

/// Conversations that were not deleted, a part of their list.
pub async fn list(
    conn: &mut Conn,
    owned: Owned<'_>,
    part: Part,
) -> Result<Vec<Listed>, StorageError> {
    let found = statement(text_of(owned.creator, &part))
        .bind::<SqlUuid, _>(owned.app)
        .bind::<SqlUuid, _>(owned.creator.id())
        .bind::<Array<Text>, _>(owned.surfaces.to_vec())
        .bind::<Nullable<Bool>, _>(part.pinned)
        .bind::<Nullable<Timestamp>, _>(part.after.map(|place| place.at))
        .bind::<Nullable<SqlUuid>, _>(part.after.map(|place| place.id))
        .bind::<BigInt, _>(part.limit)
        .load(conn.as_mut())
        .await?;
    Ok(found)
}

/// One conversation of an app, for the account or end user that it belongs to; none that was deleted.
pub async fn find(
    conn: &mut Conn,
    app: Uuid,
    creator: Creator,
    id: Uuid,
) -> Result<Option<Listed>, StorageError> {
    let found = statement(
        "SELECT id, name, inputs::text AS inputs, status, introduction, created_at, updated_at FROM conversations \
         WHERE id = $1 AND app_id = $2 AND from_end_user_id IS NOT DISTINCT FROM $3 AND from_account_id IS NOT DISTINCT FROM $4 \
           AND NOT is_deleted",
    )
    .bind::<SqlUuid, _>(id)
    .bind::<SqlUuid, _>(app)
    .bind::<Nullable<SqlUuid>, _>(creator.end_user())
    .bind::<Nullable<SqlUuid>, _>(creator.account())
    .get_result(conn.as_mut())
    .await
    .optional()?;
    Ok(found)
}

/// Calls a conversation otherwise. Who it belongs to is the caller's business.
pub async fn rename(
    conn: &mut Conn,
    id: Uuid,
    name: &str,
    at: DateTime<Utc>,
) -> Result<(), StorageError> {
    statement(
        "UPDATE conversations SET name = $1, updated_at = $2 WHERE id = $3 AND NOT is_deleted",
    )
    .bind::<Text, _>(name)
    .bind::<Timestamp, _>(to_column(at))
    .bind::<SqlUuid, _>(id)
    .execute(conn.as_mut())
    .await?;
    Ok(())
}

/// Gives a conversation the name that was found for it, unless it is not called `instead_of` any more: somebody named it
/// meanwhile. Its place in lists stays.
pub async fn name(
    conn: &mut Conn,
    id: Uuid,
    name: &str,
    instead_of: &str,
) -> Result<(), StorageError> {
    statement("UPDATE conversations SET name = $1 WHERE id = $2 AND name = $3 AND NOT is_deleted")
        .bind::<Text, _>(name)
        .bind::<SqlUuid, _>(id)
        .bind::<Text, _>(instead_of)
        .execute(conn.as_mut())
        .await?;
    Ok(())
}

/// Takes a conversation away from the account or end user that it belongs to. `false`: they have none of that id. What is in it is
/// deleted by [`crate::conversation_erasure`].
pub async fn delete(
    tx: &mut Tx,
    app: Uuid,
    creator: Creator,
    id: Uuid,
) -> Result<bool, StorageError> {
    let gone = statement(
        "UPDATE conversations SET is_deleted = true WHERE id = $1 AND app_id = $2 AND from_end_user_id IS NOT DISTINCT FROM $3 \
           AND from_account_id IS NOT DISTINCT FROM $4 AND NOT is_deleted",
    )
    .bind::<SqlUuid, _>(id)
    .bind::<SqlUuid, _>(app)
    .bind::<Nullable<SqlUuid>, _>(creator.end_user())
    .bind::<Nullable<SqlUuid>, _>(creator.account())
    .execute(tx.as_mut())
    .await?;
    Ok(gone == 1)
}
