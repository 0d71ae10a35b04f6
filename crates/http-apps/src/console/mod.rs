//! `/console/api/apps`.

mod api_extensions;
mod app_body;
mod apps;
mod change;
mod drafts;
mod files;
mod imports;
mod site_body;
mod versions;
mod workflow_body;

use gatewright_domain::ids::{AppId, WorkflowId};
use gatewright_http_kit::{
    extract::{InWorkspace, PathId},
    operation::{BodyLimit, Facts, Operations},
    operations,
};
use gatewright_usecase_apps::{Actor, AppError};

/// Takes an app file or a graph.
pub(crate) const LARGE: Facts = Facts {
    body: BodyLimit::Bytes(24 << 20),
    ..Facts::SLOW
};

/// All of `/console/api` that is about apps.
pub(crate) fn operations() -> Operations {
    operations!["apps": apps::list, apps::create, apps::get, apps::delete, change::update, change::set_name,
        change::set_icon, change::set_site_enabled, change::set_api_enabled, change::update_site,
        change::reset_site_code]
    .and(operations!["API extensions": api_extensions::list, api_extensions::create => Facts::SLOW, api_extensions::get,
        api_extensions::change => Facts::SLOW, api_extensions::delete])
    .and(operations!["app files": imports::import => LARGE, imports::confirm => LARGE, imports::check_dependencies,
        files::export => Facts::SLOW, files::copy => Facts::SLOW])
    .and(operations!["workflows": drafts::get, drafts::save => LARGE, versions::published, versions::publish => Facts::SLOW,
        versions::list, versions::mark, versions::delete, versions::restore => Facts::SLOW])
}

fn actor<N>(here: &InWorkspace<N>) -> Actor {
    Actor {
        workspace: here.workspace.id,
        account: here.identity.account.id,
    }
}

/// The app of a path.
fn app_id(id: &PathId<AppId>) -> Result<AppId, AppError> {
    id.or(AppError::NotFound)
}

/// The version of a path.
fn version_id(id: &PathId<WorkflowId>) -> Result<WorkflowId, AppError> {
    id.or(AppError::VersionNotFound)
}
