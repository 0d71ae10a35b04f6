//! The slice as the edge sees it: the services that its routes are given, and its operations on each surface.

use actix_web::web::{Data, ServiceConfig};
use gatewright_auth::{console::ConsoleSettings, device::DeviceSettings};
use gatewright_http_kit::{documentation::Surface, operation::Operations};
use gatewright_usecase_device::{bearer::Bearers, device::DeviceFlow};
use gatewright_usecase_identity::{
    account::Accounts,
    console::{Console, Setup},
    member::Members,
};
use gatewright_usecase_workspace::{
    audit_log::AuditLog,
    workspace::{ApiKeys, Tags, Workspaces},
};

use crate::{console_surface, openapi_surface, system_surface};

/// The use-cases and settings of identity. Each route takes only what it uses.
#[derive(Clone)]
pub struct IdentityServices {
    /// Sign-in and sessions.
    pub console: Data<Console>,
    /// Set-up and its gate.
    pub setup: Data<Setup>,
    /// The device flow.
    pub device: Data<DeviceFlow>,
    /// Access tokens: listing, revoking, introspecting.
    pub bearers: Data<Bearers>,
    /// Workspaces of an account: listing, switching, renaming.
    pub workspaces: Data<Workspaces>,
    /// Accounts, as their owners change them.
    pub accounts: Data<Accounts>,
    /// Members of workspaces.
    pub members: Data<Members>,
    /// Tags and API keys.
    pub api_keys: Data<ApiKeys>,
    /// Tags of workspaces.
    pub tags: Data<Tags>,
    /// The audit trail.
    pub audit_log: Data<AuditLog>,
    /// Settings of the console.
    pub console_settings: Data<ConsoleSettings>,
    /// Settings of the device flow.
    pub device_settings: Data<DeviceSettings>,
}

impl IdentityServices {
    /// Gives the routes what they take.
    pub fn provide(&self, config: &mut ServiceConfig) {
        config
            .app_data(self.console.clone())
            .app_data(self.setup.clone())
            .app_data(self.device.clone())
            .app_data(self.bearers.clone())
            .app_data(self.workspaces.clone())
            .app_data(self.accounts.clone())
            .app_data(self.members.clone())
            .app_data(self.api_keys.clone())
            .app_data(self.tags.clone())
            .app_data(self.audit_log.clone())
            .app_data(self.console_settings.clone())
            .app_data(self.device_settings.clone());
    }
}

/// The operations below a surface's path.
pub fn operations(surface: Surface) -> Operations {
    match surface {
        Surface::OpenApi => openapi_surface::operations(),
        Surface::Console => console_surface::operations(),
        Surface::WebApp => console_surface::web_operations(),
        Surface::Service => Operations::default(),
    }
}

/// The operations of a surface's document that stand elsewhere: where OAuth clients start.
pub fn operations_elsewhere(surface: Surface) -> Operations {
    match surface {
        Surface::OpenApi => system_surface::discovery_operations(),
        Surface::Console | Surface::Service | Surface::WebApp => Operations::default(),
    }
}
