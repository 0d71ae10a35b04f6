//! `/openapi/v1`: apps for programs of people with an account.

mod apps;
mod describe;
mod dsl;
mod failure;
mod imports;
mod may_import;
mod permitted;

use gatewright_domain::{
    ids::WorkspaceId,
    member::Capability,
    workspace::{MemberWorkspace, WorkspaceStatus},
};
use gatewright_http_kit::{
    operation::{Facts, Operations},
    operations,
};
use gatewright_usecase_apps::Actor;
use gatewright_usecase_device::bearer::{BearerRouteError, Identity};

use crate::console::LARGE;

/// All of `/openapi/v1` that is about apps.
pub(crate) fn operations() -> Operations {
    operations!["apps": apps::list, describe::describe, permitted::list, permitted::describe].and(
        operations!["app files": dsl::export => Facts::SLOW, dsl::check_dependencies,
            imports::import => LARGE, imports::confirm => LARGE],
    )
}

/// A workspace by the id that a request names, where the caller may do that.
fn workspace<'a>(
    identity: &'a Identity,
    id: &str,
    what: Capability,
) -> Result<&'a MemberWorkspace, BearerRouteError> {
    let id: Result<WorkspaceId, _> = id.parse();
    let id = id.map_err(|_| BearerRouteError::WorkspaceNotFound)?;
    let found = identity
        .workspaces
        .iter()
        .find(|one| one.id == id && one.status == WorkspaceStatus::Normal);
    let found = found.ok_or(BearerRouteError::WorkspaceNotFound)?;
    if found.role.may(what) {
        Ok(found)
    } else {
        Err(BearerRouteError::RoleInsufficient)
    }
}

fn actor(identity: &Identity, workspace: WorkspaceId) -> Actor {
    Actor {
        workspace,
        account: identity.account.id,
    }
}
