//! Writing a row of `apps`.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use gatewright_storage_kit::{Conn, StorageError};

use super::{App, Icon, NORMAL};
use crate::{schema::apps, to_column};

/// Adds an app.
pub async fn insert(conn: &mut Conn, app: &App) -> Result<(), StorageError> {
    diesel::insert_into(apps::table)
        .values((
            (
                apps::id.eq(app.id.0),
                apps::tenant_id.eq(app.workspace.0),
                apps::name.eq(&app.name),
                apps::description.eq(&app.description),
                apps::mode.eq(&app.mode),
                icon_columns(&app.icon),
            ),
            apps::app_model_config_id.eq(app.model_config_id),
            apps::workflow_id.eq(app.workflow_id.map(|id| id.0)),
            apps::status.eq(NORMAL),
            apps::enable_site.eq(app.has_site),
            apps::enable_api.eq(app.has_api),
            apps::max_active_requests.eq(app.max_active_requests),
            apps::created_by.eq(app.created_by.map(|id| id.0)),
            apps::created_at.eq(to_column(app.created_at)),
            apps::updated_by.eq(app.updated_by.map(|id| id.0)),
            apps::updated_at.eq(to_column(app.updated_at)),
        ))
        .execute(conn.as_mut())
        .await?;
    Ok(())
}

type IconColumns<'a> = (
    diesel::dsl::Eq<apps::icon_type, &'a Option<String>>,
    diesel::dsl::Eq<apps::icon, &'a Option<String>>,
    diesel::dsl::Eq<apps::icon_background, &'a Option<String>>,
    diesel::dsl::Eq<apps::use_icon_as_answer_icon, bool>,
);

fn icon_columns(icon: &Icon) -> IconColumns<'_> {
    (
        apps::icon_type.eq(&icon.kind),
        apps::icon.eq(&icon.content),
        apps::icon_background.eq(&icon.background),
        apps::use_icon_as_answer_icon.eq(icon.is_answer_icon),
    )
}

/// Writes everything of an app that can change. The caller holds its row.
pub async fn update(conn: &mut Conn, app: &App) -> Result<(), StorageError> {
    diesel::update(apps::table.find(app.id.0))
        .filter(apps::tenant_id.eq(app.workspace.0))
        .set((
            apps::name.eq(&app.name),
            apps::description.eq(&app.description),
            icon_columns(&app.icon),
            apps::app_model_config_id.eq(app.model_config_id),
            apps::workflow_id.eq(app.workflow_id.map(|id| id.0)),
            apps::enable_site.eq(app.has_site),
            apps::enable_api.eq(app.has_api),
            apps::max_active_requests.eq(app.max_active_requests),
            apps::updated_by.eq(app.updated_by.map(|id| id.0)),
            apps::updated_at.eq(to_column(app.updated_at)),
        ))
        .execute(conn.as_mut())
        .await?;
    Ok(())
}
