//! `/openapi/v1`.

mod account;
mod device_decide;
mod device_poll;
mod device_sso;
mod device_start;
mod introspect;
mod members;
mod meta;
mod revoke;
mod workspaces;

use gatewright_http_kit::{operation::Operation, operations};

/// RFC 8628 §3.4.
pub(crate) const DEVICE_GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// All of `/openapi/v1` that identity serves.
pub fn operations() -> Vec<Operation> {
    let mut all = operations!["meta": meta::health, meta::version];
    all.extend(operations!["device flow":
        device_start::start, device_poll::poll, device_decide::lookup, device_decide::approve, device_decide::deny, revoke::revoke, introspect::introspect]);
    all.extend(operations!["device flow, SSO branch":
        device_sso::initiate, device_sso::complete, device_sso::approval_context, device_sso::approve_external]);
    all.extend(operations!["account":
        account::get_account, account::list_sessions, account::revoke_own_session, account::revoke_session]);
    all.extend(operations!["workspaces":
        workspaces::list, workspaces::get, workspaces::switch,
        members::list, members::invite, members::leave, members::remove, members::set_role, members::audit_events]);
    all
}
