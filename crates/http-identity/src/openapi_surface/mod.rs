//! `/openapi/v1`.

mod account;
mod device_decide;
mod device_poll;
pub(crate) mod device_sso;
mod device_start;
mod introspect;
mod member_error;
mod members;
mod meta;
mod revoke;
mod workspaces;

use gatewright_http_kit::{
    input::number::WholeNumber,
    operation::{Facts, Operations},
    operations,
};

/// Which page of a list.
type PageNumber = WholeNumber<1, 1_000_000>;
/// How many rows a page of a list has.
type PageSize = WholeNumber<1, 200>;

/// RFC 8628 §3.4.
pub(crate) const DEVICE_GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// All of `/openapi/v1` that identity serves.
pub fn operations() -> Operations {
    operations!["meta": meta::health, meta::version]
        .and(operations!["device flow":
        device_start::start, device_poll::poll, device_decide::lookup, device_decide::approve, device_decide::deny, revoke::revoke, introspect::introspect])
        .and(operations!["device flow, SSO branch":
        device_sso::initiate => Facts::STANDARD.asking_provider(), device_sso::complete => Facts::STANDARD.asking_provider(), device_sso::approval_context, device_sso::approve_external])
        .and(operations!["account":
        account::get_account, account::list_sessions, account::revoke_own_session, account::revoke_session])
        .and(operations!["workspaces":
        workspaces::list, workspaces::get, workspaces::switch,
        members::list, members::invite, members::leave, members::remove, members::set_role, members::audit_events])
}
