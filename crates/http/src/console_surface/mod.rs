//! `/console/api`: the part of console identity that a device approval needs.

mod account;
mod bootstrap;
mod features;
mod oauth;
mod session;
mod workspaces;

use crate::operation::{Operation, operations};

pub(crate) fn operations() -> Vec<Operation> {
    let mut all = operations!["bootstrap":
        bootstrap::ping, bootstrap::version, bootstrap::dsl_version,
        bootstrap::get_setup, bootstrap::set_up, bootstrap::get_init, bootstrap::init];
    all.extend(operations!["session": session::login, session::logout, session::refresh]);
    all.extend(operations!["account": account::profile]);
    all.extend(operations!["identity providers": oauth::login, oauth::authorize, oauth::connect]);
    all.extend(operations!["workspaces":
        workspaces::list, workspaces::current, workspaces::info, workspaces::switch]);
    all.extend(operations!["features":
        features::system_features, features::features, features::vector_space]);
    all
}
