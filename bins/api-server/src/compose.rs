//! From settings to the services that the routes are given.

use std::sync::{Arc, atomic::AtomicBool};

use actix_web::web::Data;
use gatewright_domain::{
    Clock,
    settings::{SettingError, Settings as _, Source},
};
use gatewright_http::{
    AppsServices, FilesServices, HttpSettings, IdentityServices, RunsServices, Services,
    WebAppServices,
};
use gatewright_runtime::{AppServices, RunPlane, ServerSettings};

/// All settings of the API server.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What the worker shares.
    pub server: ServerSettings,
    /// Settings of the HTTP edge.
    pub http: HttpSettings,
}

impl Settings {
    /// Reads and checks everything; the first problem ends it.
    pub fn load(source: &dyn Source) -> Result<Self, SettingError> {
        Ok(Self {
            server: ServerSettings::load(source)?,
            http: HttpSettings::load(source)?,
        })
    }
}

/// Gives the routes what they need.
pub fn services(
    settings: &Settings,
    app: &AppServices,
    runs: &RunPlane,
    clock: Arc<dyn Clock>,
) -> Services {
    Services {
        identity: identity(settings, app),
        apps: AppsServices {
            apps: Data::from(Arc::clone(&app.apps)),
            extensions: Data::from(Arc::clone(&app.extensions)),
        },
        files: FilesServices {
            files: Data::from(Arc::clone(&app.files)),
        },
        runs: RunsServices {
            runs: Data::from(Arc::clone(&runs.service)),
            conversations: Data::from(Arc::clone(&runs.conversations)),
        },
        web_apps: WebAppServices {
            visitors: Data::from(Arc::clone(&runs.visitors)),
        },
        readiness: Data::from(Arc::clone(&app.readiness)),
        keys: Data::new(app.master.clone()),
        http: Data::new(settings.http.clone()),
        urls: Data::new(settings.server.urls.clone()),
        deploy_env: settings.server.secret.deploy_env.clone(),
        requests: Data::new(runs.observed.metrics.requests.clone()),
        draining: Data::new(AtomicBool::new(false)),
        clock,
    }
}

fn identity(settings: &Settings, app: &AppServices) -> IdentityServices {
    IdentityServices {
        console: Data::from(Arc::clone(&app.console)),
        setup: Data::from(Arc::clone(&app.setup)),
        device: Data::from(Arc::clone(&app.device)),
        bearers: Data::from(Arc::clone(&app.bearers)),
        workspaces: Data::from(Arc::clone(&app.workspaces)),
        accounts: Data::from(Arc::clone(&app.accounts)),
        members: Data::from(Arc::clone(&app.members)),
        api_keys: Data::from(Arc::clone(&app.api_keys)),
        tags: Data::from(Arc::clone(&app.tags)),
        audit_log: Data::from(Arc::clone(&app.audit_log)),
        console_settings: Data::new(settings.server.console.clone()),
        device_settings: Data::new(settings.server.device.clone()),
    }
}
