//! `/openapi/v1`.

mod account;
mod device;
mod meta;
mod revoke;
mod workspaces;

use crate::operation::{Operation, operations};

/// RFC 8628 §3.4.
pub(crate) const DEVICE_GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:device_code";

pub(crate) fn operations() -> Vec<Operation> {
    let mut all = operations!["meta": meta::health, meta::version];
    all.extend(operations!["device flow":
        device::start, device::poll, device::lookup, device::approve, device::deny, revoke::revoke]);
    all.extend(operations!["account":
        account::get_account, account::list_sessions, account::revoke_own_session, account::revoke_session]);
    all.extend(operations!["workspaces":
        workspaces::list, workspaces::get, workspaces::switch]);
    all
}
