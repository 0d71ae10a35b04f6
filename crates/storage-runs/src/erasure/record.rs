//! Everything about one end user, row by row, as JSON with the columns of its table.

use diesel::{
    QueryableByName,
    sql_types::{Array, BigInt, Text, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use gatewright_storage_kit::{Conn, StorageError};
use uuid::Uuid;

/// A table whose rows name the end user.
#[derive(Debug)]
pub struct Root {
    /// The name of the table.
    pub table: &'static str,
    condition: &'static str,
    /// Tables whose rows name one of this table.
    pub children: &'static [Child],
}

/// A table whose rows name a row of another.
#[derive(Debug)]
pub struct Child {
    /// The name of the table.
    pub table: &'static str,
    parent: &'static str,
}

const TALKED: &str = "t.app_id = $1 AND t.from_source = 'api' AND t.from_end_user_id = $2";
const KEPT: &str = "t.app_id = $1 AND t.created_by = $2 AND t.created_by_role = 'end_user'";

const fn child(table: &'static str, parent: &'static str) -> Child {
    Child { table, parent }
}

/// What is told of an end user, in this order. Nothing that lets somebody in is among it.
pub static ROOTS: [Root; 8] = [
    Root {
        table: "end_users",
        condition: "t.app_id = $1 AND t.id = $2",
        children: &[],
    },
    Root {
        table: "conversations",
        condition: TALKED,
        children: &[child("workflow_conversation_variables", "conversation_id")],
    },
    Root {
        table: "messages",
        condition: TALKED,
        children: &[
            child("message_files", "message_id"),
            child("message_feedbacks", "message_id"),
        ],
    },
    Root {
        table: "pinned_conversations",
        condition: KEPT,
        children: &[],
    },
    Root {
        table: "saved_messages",
        condition: KEPT,
        children: &[],
    },
    Root {
        table: "workflow_runs",
        condition: KEPT,
        children: &[
            child("workflow_node_executions", "workflow_run_id"),
            child("workflow_app_logs", "workflow_run_id"),
            child("human_input_forms", "workflow_run_id"),
        ],
    },
    Root {
        table: "upload_files",
        condition: "t.created_by = $2 AND t.created_by_role = 'end_user' AND $1 IS NOT NULL",
        children: &[],
    },
    Root {
        table: "tool_files",
        condition: "t.user_id = $2 AND $1 IS NOT NULL",
        children: &[],
    },
];

/// A row as it is told.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Record {
    /// Its primary key.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// A JSON object, without the graph of a run, which is the app's.
    #[diesel(sql_type = Text)]
    pub row: String,
}

/// An end user of an app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whom {
    /// The app that they use.
    pub app: Uuid,
    /// Primary key of `end_users`.
    pub user: Uuid,
}

/// Rows of a table that name an end user, in the order of their ids, behind one.
pub async fn list(
    conn: &mut Conn,
    root: &Root,
    whom: Whom,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Record>, StorageError> {
    let text = format!(
        "SELECT t.id, (to_jsonb(t) - 'graph')::text AS row FROM {} t WHERE {} AND t.id > $3 ORDER BY t.id LIMIT $4",
        root.table, root.condition
    );
    let found = diesel::sql_query(text)
        .bind::<SqlUuid, _>(whom.app)
        .bind::<SqlUuid, _>(whom.user)
        .bind::<SqlUuid, _>(after)
        .bind::<BigInt, _>(limit)
        .load(conn.as_mut())
        .await?;
    Ok(found)
}

/// Rows of a table that name one of these, in the order of their ids, behind one.
pub async fn list_children(
    conn: &mut Conn,
    child: &Child,
    parents: &[Uuid],
    after: Uuid,
    limit: i64,
) -> Result<Vec<Record>, StorageError> {
    let text = format!(
        "SELECT t.id, to_jsonb(t)::text AS row FROM {} t WHERE t.{} = ANY ($1) AND t.id > $2 ORDER BY t.id LIMIT $3",
        child.table, child.parent
    );
    let found = diesel::sql_query(text)
        .bind::<Array<SqlUuid>, _>(parents)
        .bind::<SqlUuid, _>(after)
        .bind::<BigInt, _>(limit)
        .load(conn.as_mut())
        .await?;
    Ok(found)
}
