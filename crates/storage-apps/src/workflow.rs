//! `workflows`: of each app one draft, which is edited, and the versions that were published.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{pg::Pg, prelude::*};
use diesel_async::RunQueryDsl;
use gatewright_domain::ids::{AccountId, AppId, WorkflowId, WorkspaceId};
use uuid::Uuid;

use crate::app::Slice;
use crate::schema::workflows;
use crate::to_column;
use gatewright_storage_kit::{Conn, StorageError};

/// What `workflows.version` says of a draft.
pub const DRAFT: &str = "draft";

/// A draft or a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workflow {
    /// Primary key of `workflows`.
    pub id: WorkflowId,
    /// The workspace that the workflow belongs to.
    pub workspace: WorkspaceId,
    /// Of which app.
    pub app: AppId,
    /// `workflow` or `chat`.
    pub kind: String,
    /// `draft`, or the time of its publication as Python prints it.
    pub version: String,
    /// What people call a version; may be empty.
    pub marked_name: String,
    /// What they say of it; may be empty.
    pub marked_comment: String,
    /// What it does.
    pub content: Content,
    /// Who made it.
    pub created_by: AccountId,
    /// When it was made, in UTC.
    pub created_at: DateTime<Utc>,
    /// Who changed it last, if somebody did.
    pub updated_by: Option<AccountId>,
    /// When it was last changed, in UTC.
    pub updated_at: DateTime<Utc>,
}

impl Workflow {
    /// Whether it is the draft.
    pub fn is_draft(&self) -> bool {
        self.version == DRAFT
    }
}

/// What a workflow does: JSON texts, as they are stored.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, AsChangeset, Insertable)]
#[diesel(table_name = workflows, check_for_backend(Pg))]
pub struct Content {
    /// `{nodes, edges, viewport}`.
    pub graph: String,
    /// What the app shows and takes beside its graph.
    pub features: String,
    /// By name; secrets are encrypted.
    pub environment_variables: String,
    /// A JSON object of variables by name.
    pub conversation_variables: String,
    /// By name; of knowledge pipelines.
    pub rag_pipeline_variables: String,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = workflows, check_for_backend(Pg))]
struct Row {
    id: Uuid,
    tenant_id: Uuid,
    app_id: Uuid,
    kind: String,
    version: String,
    marked_name: String,
    marked_comment: String,
    #[diesel(embed)]
    content: Content,
    created_by: Uuid,
    created_at: NaiveDateTime,
    updated_by: Option<Uuid>,
    updated_at: NaiveDateTime,
}

impl From<Row> for Workflow {
    fn from(row: Row) -> Self {
        Self {
            id: WorkflowId(row.id),
            workspace: WorkspaceId(row.tenant_id),
            app: AppId(row.app_id),
            kind: row.kind,
            version: row.version,
            marked_name: row.marked_name,
            marked_comment: row.marked_comment,
            content: row.content,
            created_by: AccountId(row.created_by),
            created_at: row.created_at.and_utc(),
            updated_by: row.updated_by.map(AccountId),
            updated_at: row.updated_at.and_utc(),
        }
    }
}

/// The draft of an app.
pub async fn find_draft(
    conn: &mut Conn,
    workspace: WorkspaceId,
    app: AppId,
) -> Result<Option<Workflow>, StorageError> {
    let row: Option<Row> = workflows::table
        .filter(workflows::tenant_id.eq(workspace.0))
        .filter(workflows::app_id.eq(app.0))
        .filter(workflows::version.eq(DRAFT))
        .order((workflows::created_at, workflows::id))
        .select(Row::as_select())
        .first(conn.as_mut())
        .await
        .optional()?;
    Ok(row.map(Workflow::from))
}

/// The draft or a version of an app.
pub async fn find(
    conn: &mut Conn,
    workspace: WorkspaceId,
    app: AppId,
    id: WorkflowId,
) -> Result<Option<Workflow>, StorageError> {
    let row: Option<Row> = workflows::table
        .find(id.0)
        .filter(workflows::tenant_id.eq(workspace.0))
        .filter(workflows::app_id.eq(app.0))
        .select(Row::as_select())
        .first(conn.as_mut())
        .await
        .optional()?;
    Ok(row.map(Workflow::from))
}

/// When a workflow was made and changed, and by whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dates {
    /// Primary key of the workflow.
    pub id: WorkflowId,
    /// Who made it.
    pub created_by: AccountId,
    /// When it was made, in UTC.
    pub created_at: DateTime<Utc>,
    /// Who changed it last.
    pub updated_by: Option<AccountId>,
    /// When it was last changed, in UTC.
    pub updated_at: DateTime<Utc>,
}

/// The dates of these workflows of a workspace.
pub async fn list_dates(
    conn: &mut Conn,
    workspace: WorkspaceId,
    ids: &[WorkflowId],
) -> Result<Vec<Dates>, StorageError> {
    type Row = (Uuid, Uuid, NaiveDateTime, Option<Uuid>, NaiveDateTime);
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows: Vec<Row> = workflows::table
        .filter(workflows::tenant_id.eq(workspace.0))
        .filter(workflows::id.eq_any(ids))
        .select((
            workflows::id,
            workflows::created_by,
            workflows::created_at,
            workflows::updated_by,
            workflows::updated_at,
        ))
        .load(conn.as_mut())
        .await?;
    let dates = |(id, created_by, created_at, updated_by, updated_at): Row| Dates {
        id: WorkflowId(id),
        created_by: AccountId(created_by),
        created_at: created_at.and_utc(),
        updated_by: updated_by.map(AccountId),
        updated_at: updated_at.and_utc(),
    };
    Ok(rows.into_iter().map(dates).collect())
}

/// Which of these apps have a draft that a trigger starts.
pub async fn list_with_draft_trigger(
    conn: &mut Conn,
    workspace: WorkspaceId,
    apps: &[AppId],
) -> Result<Vec<AppId>, StorageError> {
    let ids: Vec<Uuid> = apps.iter().map(|id| id.0).collect();
    let is_triggered = diesel::dsl::sql::<diesel::sql_types::Bool>(
        "graph ~ '\"type\": ?\"trigger-(webhook|schedule|plugin)\"'",
    );
    let found: Vec<Uuid> = workflows::table
        .filter(workflows::tenant_id.eq(workspace.0))
        .filter(workflows::app_id.eq_any(ids))
        .filter(workflows::version.eq(DRAFT))
        .filter(is_triggered)
        .select(workflows::app_id)
        .load(conn.as_mut())
        .await?;
    Ok(found.into_iter().map(AppId).collect())
}

/// Which versions of an app.
#[derive(Debug, Clone, Copy, Default)]
pub struct VersionFilter {
    /// Only those that somebody gave a name.
    pub only_named: bool,
    /// Only those of this account.
    pub by: Option<AccountId>,
}

/// The draft (its version sorts first) and the versions, the newest first. An app that was never published has
/// none.
pub async fn list_versions(
    conn: &mut Conn,
    workspace: WorkspaceId,
    app: AppId,
    filter: VersionFilter,
    slice: Slice,
) -> Result<Vec<Workflow>, StorageError> {
    let mut query = workflows::table
        .filter(workflows::tenant_id.eq(workspace.0))
        .filter(workflows::app_id.eq(app.0))
        .into_boxed();
    if filter.only_named {
        query = query.filter(workflows::marked_name.ne(""));
    }
    if let Some(account) = filter.by {
        query = query.filter(workflows::created_by.eq(account.0));
    }
    let rows: Vec<Row> = query
        .order((workflows::version.desc(), workflows::id.desc()))
        .offset(slice.offset)
        .limit(slice.limit)
        .select(Row::as_select())
        .load(conn.as_mut())
        .await?;
    Ok(rows.into_iter().map(Workflow::from).collect())
}

/// Adds a draft or a version.
pub async fn insert(conn: &mut Conn, workflow: &Workflow) -> Result<(), StorageError> {
    diesel::insert_into(workflows::table)
        .values((
            workflows::id.eq(workflow.id.0),
            workflows::tenant_id.eq(workflow.workspace.0),
            workflows::app_id.eq(workflow.app.0),
            workflows::kind.eq(&workflow.kind),
            workflows::version.eq(&workflow.version),
            workflows::marked_name.eq(&workflow.marked_name),
            workflows::marked_comment.eq(&workflow.marked_comment),
            &workflow.content,
            workflows::created_by.eq(workflow.created_by.0),
            workflows::created_at.eq(to_column(workflow.created_at)),
            workflows::updated_by.eq(workflow.updated_by.map(|id| id.0)),
            workflows::updated_at.eq(to_column(workflow.updated_at)),
        ))
        .execute(conn.as_mut())
        .await?;
    Ok(())
}

/// Who changes something, and when.
#[derive(Debug, Clone, Copy)]
pub struct Change {
    /// The account that changes something.
    pub by: AccountId,
    /// When it changes it, in UTC.
    pub at: DateTime<Utc>,
}

/// What people call a version and say of it.
#[derive(Debug, Clone, Copy)]
pub struct Marks<'a> {
    /// May be empty.
    pub name: &'a str,
    /// May be empty.
    pub comment: &'a str,
}

/// Writes what a draft does. The caller holds the row of its app.
pub async fn update_content(
    conn: &mut Conn,
    workspace: WorkspaceId,
    id: WorkflowId,
    content: &Content,
    change: Change,
) -> Result<(), StorageError> {
    diesel::update(workflows::table.find(id.0))
        .filter(workflows::tenant_id.eq(workspace.0))
        .set((
            content,
            workflows::updated_by.eq(change.by.0),
            workflows::updated_at.eq(to_column(change.at)),
        ))
        .execute(conn.as_mut())
        .await?;
    Ok(())
}

/// Writes what people call a version and say of it.
pub async fn update_marks(
    conn: &mut Conn,
    workspace: WorkspaceId,
    id: WorkflowId,
    marks: Marks<'_>,
    change: Change,
) -> Result<(), StorageError> {
    diesel::update(workflows::table.find(id.0))
        .filter(workflows::tenant_id.eq(workspace.0))
        .set((
            workflows::marked_name.eq(marks.name),
            workflows::marked_comment.eq(marks.comment),
            workflows::updated_by.eq(change.by.0),
            workflows::updated_at.eq(to_column(change.at)),
        ))
        .execute(conn.as_mut())
        .await?;
    Ok(())
}

/// Deletes a version.
pub async fn delete(
    conn: &mut Conn,
    workspace: WorkspaceId,
    id: WorkflowId,
) -> Result<(), StorageError> {
    diesel::delete(workflows::table.find(id.0))
        .filter(workflows::tenant_id.eq(workspace.0))
        .filter(workflows::version.ne(DRAFT))
        .execute(conn.as_mut())
        .await?;
    Ok(())
}
