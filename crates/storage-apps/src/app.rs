//! `apps`. Every look-up but those of a bearer's target is bound to a workspace.

mod by_code;
mod by_key;
mod write;

pub use by_code::find_by_code;
pub use by_key::{KeyedApp, find_by_key, update_key_use};
pub use write::{insert, update};

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{pg::Pg, prelude::*};
use diesel_async::RunQueryDsl;
use gatewright_domain::ids::{AccountId, AppId, TagId, WorkflowId, WorkspaceId};
use uuid::Uuid;

use crate::schema::{apps, tag_bindings as bindings, tags, tenants};
use gatewright_storage_kit::{Conn, StorageError};

/// What `apps.status` says of one that is in use.
const NORMAL: &str = "normal";

/// A row of `apps`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    /// Primary key of `apps`.
    pub id: AppId,
    /// The workspace that the app belongs to.
    pub workspace: WorkspaceId,
    /// The name as people see it.
    pub name: String,
    /// May be empty.
    pub description: String,
    /// `workflow`, `advanced-chat`, `chat`, `agent-chat`, `completion`; an older database may hold others.
    pub mode: String,
    /// How it looks.
    pub icon: Icon,
    /// Of a classic app: its configuration.
    pub model_config_id: Option<Uuid>,
    /// Of an app with a graph: the published version. None: nothing is published.
    pub workflow_id: Option<WorkflowId>,
    /// Whether it is in use.
    pub is_normal: bool,
    /// Whether its page is open to its users.
    pub has_site: bool,
    /// Whether programs may run it.
    pub has_api: bool,
    /// Runs at a time, at most. None and 0: as many as the installation allows.
    pub max_active_requests: Option<i32>,
    /// Where traces go: JSON.
    pub tracing: Option<String>,
    /// Who made it.
    pub created_by: Option<AccountId>,
    /// When it was made, in UTC.
    pub created_at: DateTime<Utc>,
    /// Who changed it last.
    pub updated_by: Option<AccountId>,
    /// When it was last changed, in UTC.
    pub updated_at: DateTime<Utc>,
}

/// How an app looks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Icon {
    /// `emoji`, `image` or `link`.
    pub kind: Option<String>,
    /// A character, the id of an uploaded file, or an address.
    pub content: Option<String>,
    /// A colour of CSS.
    pub background: Option<String>,
    /// Whether answers show it too.
    pub is_answer_icon: bool,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = apps, check_for_backend(Pg))]
struct Row {
    id: Uuid,
    tenant_id: Uuid,
    name: String,
    description: String,
    mode: String,
    icon_type: Option<String>,
    icon: Option<String>,
    icon_background: Option<String>,
    app_model_config_id: Option<Uuid>,
    workflow_id: Option<Uuid>,
    status: String,
    enable_site: bool,
    enable_api: bool,
    max_active_requests: Option<i32>,
    tracing: Option<String>,
    created_by: Option<Uuid>,
    created_at: NaiveDateTime,
    updated_by: Option<Uuid>,
    updated_at: NaiveDateTime,
    use_icon_as_answer_icon: bool,
}

impl From<Row> for App {
    fn from(row: Row) -> Self {
        Self {
            id: AppId(row.id),
            workspace: WorkspaceId(row.tenant_id),
            name: row.name,
            description: row.description,
            mode: row.mode,
            icon: Icon {
                kind: row.icon_type,
                content: row.icon,
                background: row.icon_background,
                is_answer_icon: row.use_icon_as_answer_icon,
            },
            model_config_id: row.app_model_config_id,
            workflow_id: row.workflow_id.map(WorkflowId),
            is_normal: row.status == NORMAL,
            has_site: row.enable_site,
            has_api: row.enable_api,
            max_active_requests: row.max_active_requests,
            tracing: row.tracing,
            created_by: row.created_by.map(AccountId),
            created_at: row.created_at.and_utc(),
            updated_by: row.updated_by.map(AccountId),
            updated_at: row.updated_at.and_utc(),
        }
    }
}

/// Which apps of a workspace, and in which order. All conditions hold together.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only of these modes; empty: of all.
    pub modes: Vec<&'static str>,
    /// A part of the name, in any case.
    pub name: Option<String>,
    /// Apps that carry every one of these.
    pub tags: Vec<TagId>,
    /// Apps that carry a tag of this name.
    pub tag_name: Option<String>,
    /// Made by one of these; empty: by anybody.
    pub creators: Vec<AccountId>,
    /// Only those that programs may run.
    pub only_with_api: bool,
    /// Which apps come first.
    pub order: Order,
}

/// Which apps come first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// Those that were made last.
    #[default]
    NewestFirst,
    /// Those that were made first.
    OldestFirst,
    /// Those that were changed last.
    LastChangedFirst,
}

/// A stretch of a list.
#[derive(Debug, Clone, Copy)]
pub struct Slice {
    /// Rows before it.
    pub offset: i64,
    /// Rows, at most.
    pub limit: i64,
}

type Query<'a> = apps::BoxedQuery<'a, Pg>;

fn matching(workspace: WorkspaceId, filter: &Filter) -> Query<'_> {
    let mut query = apps::table
        .filter(apps::tenant_id.eq(workspace.0))
        .filter(apps::is_universal.eq(false))
        .filter(apps::status.eq(NORMAL))
        .into_boxed();
    if !filter.modes.is_empty() {
        query = query.filter(apps::mode.eq_any(filter.modes.clone()));
    }
    if let Some(name) = &filter.name {
        query = query.filter(apps::name.ilike(format!("%{}%", literal(name))));
    }
    if !filter.creators.is_empty() {
        let creators: Vec<Uuid> = filter.creators.iter().map(|id| id.0).collect();
        query = query.filter(apps::created_by.eq_any(creators));
    }
    if filter.only_with_api {
        query = query.filter(apps::enable_api.eq(true));
    }
    for tag in &filter.tags {
        let tagged = bindings::table
            .filter(bindings::tenant_id.eq(workspace.0))
            .filter(bindings::tag_id.eq(tag.0))
            .select(bindings::target_id);
        query = query.filter(apps::id.nullable().eq_any(tagged));
    }
    if let Some(name) = &filter.tag_name {
        let tagged = bindings::table
            .inner_join(tags::table.on(bindings::tag_id.eq(tags::id.nullable())))
            .filter(tags::tenant_id.eq(workspace.0))
            .filter(tags::kind.eq("app"))
            .filter(tags::name.eq(name))
            .select(bindings::target_id);
        query = query.filter(apps::id.nullable().eq_any(tagged));
    }
    query
}

/// A text of which LIKE means each character as it stands.
fn literal(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}

/// Apps of a workspace.
pub async fn list(
    conn: &mut Conn,
    workspace: WorkspaceId,
    filter: &Filter,
    slice: Slice,
) -> Result<Vec<App>, StorageError> {
    let query = matching(workspace, filter);
    let query = match filter.order {
        Order::NewestFirst => query.order((apps::created_at.desc(), apps::id.desc())),
        Order::OldestFirst => query.order((apps::created_at.asc(), apps::id.asc())),
        Order::LastChangedFirst => query.order((apps::updated_at.desc(), apps::id.desc())),
    };
    let rows: Vec<Row> = query
        .offset(slice.offset)
        .limit(slice.limit)
        .select(Row::as_select())
        .load(conn.as_mut())
        .await?;
    Ok(rows.into_iter().map(App::from).collect())
}

/// How many there are.
pub async fn count(
    conn: &mut Conn,
    workspace: WorkspaceId,
    filter: &Filter,
) -> Result<u64, StorageError> {
    let number: i64 = matching(workspace, filter)
        .count()
        .get_result(conn.as_mut())
        .await?;
    Ok(u64::try_from(number).unwrap_or(0))
}

/// One of a workspace.
pub async fn find(
    conn: &mut Conn,
    workspace: WorkspaceId,
    id: AppId,
) -> Result<Option<App>, StorageError> {
    let row: Option<Row> = apps::table
        .find(id.0)
        .filter(apps::tenant_id.eq(workspace.0))
        .filter(apps::status.eq(NORMAL))
        .select(Row::as_select())
        .first(conn.as_mut())
        .await
        .optional()?;
    Ok(row.map(App::from))
}

/// One of a workspace, locked until the transaction ends: whoever changes an app or its draft waits here for the others.
pub async fn find_for_update(
    conn: &mut Conn,
    workspace: WorkspaceId,
    id: AppId,
) -> Result<Option<App>, StorageError> {
    let row: Option<Row> = apps::table
        .find(id.0)
        .filter(apps::tenant_id.eq(workspace.0))
        .filter(apps::status.eq(NORMAL))
        .select(Row::as_select())
        .for_no_key_update()
        .first(conn.as_mut())
        .await
        .optional()?;
    Ok(row.map(App::from))
}

/// An app wherever it is, with the name of its workspace and whether that is in use: for callers of whom is
/// known afterwards what they may see.
pub async fn find_anywhere(
    conn: &mut Conn,
    id: AppId,
) -> Result<Option<(App, HomeWorkspace)>, StorageError> {
    let row: Option<(Row, String, String)> = apps::table
        .inner_join(tenants::table.on(apps::tenant_id.eq(tenants::id)))
        .filter(apps::id.eq(id.0))
        .select((Row::as_select(), tenants::name, tenants::status))
        .first(conn.as_mut())
        .await
        .optional()?;
    Ok(row.map(|(row, name, status)| {
        let app = App::from(row);
        let is_normal = status == NORMAL;
        (app, HomeWorkspace { name, is_normal })
    }))
}

/// Workspaces in use, by name, at most `limit`: for commands, which act in one of them.
pub async fn list_homes(
    conn: &mut Conn,
    limit: i64,
) -> Result<Vec<(WorkspaceId, String)>, StorageError> {
    let rows: Vec<(Uuid, String)> = tenants::table
        .filter(tenants::status.eq(NORMAL))
        .order((tenants::name.asc(), tenants::id.asc()))
        .limit(limit)
        .select((tenants::id, tenants::name))
        .load(conn.as_mut())
        .await?;
    let rows = rows.into_iter();
    Ok(rows.map(|(id, name)| (WorkspaceId(id), name)).collect())
}

/// Apps in use of all workspaces in use that programs may run, with their workspaces, the newest first. `ids`: only
/// these; none: all.
pub async fn list_open(
    conn: &mut Conn,
    ids: Option<&[AppId]>,
    filter: &Filter,
    slice: Slice,
) -> Result<Vec<(App, HomeWorkspace)>, StorageError> {
    let rows: Vec<(Row, String)> = open(ids, filter)
        .order((apps::created_at.desc(), apps::id.desc()))
        .offset(slice.offset)
        .limit(slice.limit)
        .select((Row::as_select(), tenants::name))
        .load(conn.as_mut())
        .await?;
    let is_normal = true;
    let home = |(row, name)| (App::from(row), HomeWorkspace { name, is_normal });
    Ok(rows.into_iter().map(home).collect())
}

/// How many there are.
pub async fn count_open(
    conn: &mut Conn,
    ids: Option<&[AppId]>,
    filter: &Filter,
) -> Result<u64, StorageError> {
    let number: i64 = open(ids, filter).count().get_result(conn.as_mut()).await?;
    Ok(u64::try_from(number).unwrap_or(0))
}

type OpenQuery<'a> = diesel::dsl::IntoBoxed<
    'a,
    diesel::dsl::InnerJoinOn<
        apps::table,
        tenants::table,
        diesel::dsl::Eq<apps::tenant_id, tenants::id>,
    >,
    Pg,
>;

fn open<'a>(ids: Option<&[AppId]>, filter: &'a Filter) -> OpenQuery<'a> {
    let mut query = apps::table
        .inner_join(tenants::table.on(apps::tenant_id.eq(tenants::id)))
        .into_boxed()
        .filter(tenants::status.eq(NORMAL))
        .filter(apps::status.eq(NORMAL))
        .filter(apps::is_universal.eq(false))
        .filter(apps::enable_api.eq(true));
    if let Some(ids) = ids {
        let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        query = query.filter(apps::id.eq_any(ids));
    }
    if !filter.modes.is_empty() {
        query = query.filter(apps::mode.eq_any(filter.modes.clone()));
    }
    if let Some(name) = &filter.name {
        query = query.filter(apps::name.ilike(format!("%{}%", literal(name))));
    }
    query
}

/// The workspace of an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HomeWorkspace {
    /// The name as people see it.
    pub name: String,
    /// Whether it is in use.
    pub is_normal: bool,
}
