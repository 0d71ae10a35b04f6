//! Apps and workflows with what people want to see beside them: tags, authors, dates.

use std::collections::HashMap;

use gatewright_domain::ids::{AccountId, AppId, WorkspaceId};
use gatewright_storage_apps::{
    app::App,
    model_config,
    person::{self, Person},
    site::{self, Site},
    tag::{self, AppTag},
    workflow::{self, Dates, Workflow},
};
use gatewright_storage_kit::{Conn, StorageError};
use uuid::Uuid;

use crate::{ModelConfigView, SecretKeys, WorkflowContent, apps::has_graph};

/// An app in a list.
#[derive(Debug, Clone)]
pub struct AppRow {
    /// The row of the app.
    pub app: App,
    /// The app's tags, ordered by name.
    pub tags: Vec<AppTag>,
    /// The name of who made it, while their account exists.
    pub author: Option<String>,
    /// Of the version that is published.
    pub workflow: Option<Dates>,
    /// Of a classic app.
    pub model_config: Option<ModelConfigView>,
    /// Whether a trigger starts its draft.
    pub has_draft_trigger: bool,
}

/// A page of apps.
#[derive(Debug, Clone)]
pub struct AppPage {
    /// The apps of this page.
    pub rows: Vec<AppRow>,
    /// Of all pages.
    pub total: u64,
}

/// An app with its site.
#[derive(Debug, Clone)]
pub struct AppDetail {
    /// The app as lists show it.
    pub row: AppRow,
    /// How it presents itself.
    pub site: Option<Site>,
}

/// What an app is filed under, and who made it.
#[derive(Debug, Clone, Default)]
pub struct AppCredits {
    /// Names of its tags, in their order.
    pub tags: Vec<String>,
    /// The name of who made it, while their account exists.
    pub author: Option<String>,
}

/// A draft or a version, with who made and changed it.
#[derive(Debug, Clone)]
pub struct WorkflowView {
    /// The row of the workflow.
    pub workflow: Workflow,
    /// What it does; secrets in clear.
    pub content: WorkflowContent,
    /// Who made it, while their account exists.
    pub created_by: Option<Person>,
    /// Who changed it last.
    pub updated_by: Option<Person>,
}

/// Apps of one workspace with what stands beside them in a list, in their order.
pub(crate) async fn rows(
    conn: &mut Conn,
    workspace: WorkspaceId,
    apps: Vec<App>,
) -> Result<Vec<AppRow>, StorageError> {
    let ids: Vec<AppId> = apps.iter().map(|app| app.id).collect();
    let graphs: Vec<AppId> = apps
        .iter()
        .filter(|app| has_graph(app))
        .map(|app| app.id)
        .collect();
    let authors: Vec<AccountId> = apps.iter().filter_map(|app| app.created_by).collect();
    let published: Vec<_> = apps.iter().filter_map(|app| app.workflow_id).collect();
    let configs: Vec<Uuid> = apps.iter().filter_map(|app| app.model_config_id).collect();
    let mut tags = tag::list_of_apps(conn, workspace, &ids).await?;
    let authors = person::list(conn, &authors).await?;
    let dates = workflow::list_dates(conn, workspace, &published).await?;
    let triggered = workflow::list_with_draft_trigger(conn, workspace, &graphs).await?;
    let configs = if configs.is_empty() {
        vec![]
    } else {
        model_config::list(conn, &configs).await?
    };
    let row = |app: App| AppRow {
        tags: tags.remove(&app.id).unwrap_or_default(),
        author: name_of(&authors, app.created_by),
        workflow: dates
            .iter()
            .find(|one| Some(one.id) == app.workflow_id)
            .cloned(),
        model_config: configs
            .iter()
            .find(|one| Some(one.id) == app.model_config_id)
            .map(ModelConfigView::from),
        has_draft_trigger: triggered.contains(&app.id),
        app,
    };
    Ok(apps.into_iter().map(row).collect())
}

fn name_of(people: &HashMap<AccountId, Person>, id: Option<AccountId>) -> Option<String> {
    Some(people.get(&id?)?.name.clone())
}

/// Of one app: it is asked for often, and needs none of the rest.
pub(crate) async fn credits(conn: &mut Conn, app: &App) -> Result<AppCredits, StorageError> {
    let mut tags = tag::list_of_apps(conn, app.workspace, &[app.id]).await?;
    let tags = tags.remove(&app.id).unwrap_or_default();
    let author = match app.created_by {
        Some(author) => name_of(&person::list(conn, &[author]).await?, Some(author)),
        None => None,
    };
    Ok(AppCredits {
        tags: tags.into_iter().map(|tag| tag.name).collect(),
        author,
    })
}

/// One app with all that is told of it.
pub(crate) async fn detail(conn: &mut Conn, app: App) -> Result<AppDetail, StorageError> {
    let site = site::find(conn, app.id).await?;
    let fallback = AppRow {
        app: app.clone(),
        tags: vec![],
        author: None,
        workflow: None,
        model_config: None,
        has_draft_trigger: false,
    };
    let workspace = app.workspace;
    let row = rows(conn, workspace, vec![app]).await?.pop();
    Ok(AppDetail {
        row: row.unwrap_or(fallback),
        site,
    })
}

/// Workflows of one workspace with their people, in their order.
pub(crate) async fn workflows(
    conn: &mut Conn,
    keys: &SecretKeys,
    workflows: Vec<Workflow>,
) -> Result<Vec<WorkflowView>, StorageError> {
    let makers = workflows.iter().map(|one| one.created_by);
    let changers = workflows.iter().filter_map(|one| one.updated_by);
    let people: Vec<AccountId> = makers.chain(changers).collect();
    let people = person::list(conn, &people).await?;
    let view = |workflow: Workflow| WorkflowView {
        content: WorkflowContent::read(keys, workflow.workspace, &workflow.content),
        created_by: people.get(&workflow.created_by).cloned(),
        updated_by: workflow.updated_by.and_then(|id| people.get(&id).cloned()),
        workflow,
    };
    Ok(workflows.into_iter().map(view).collect())
}
