//! The slice as the edge sees it: the services that its routes are given, and its operations on each surface.

use actix_web::web::{Data, ServiceConfig};
use gatewright_http_kit::{documentation::Surface, operation::Operations};
use gatewright_usecase_apps::{ApiExtensions, Apps};

use crate::{console, openapi};

/// The use-cases of apps.
#[derive(Clone)]
pub struct AppsServices {
    /// Apps of workspaces.
    pub apps: Data<Apps>,
    /// Servers of others that workspaces have asked.
    pub extensions: Data<ApiExtensions>,
}

impl AppsServices {
    /// Gives the routes what they take.
    pub fn provide(&self, config: &mut ServiceConfig) {
        config
            .app_data(self.apps.clone())
            .app_data(self.extensions.clone());
    }
}

/// The operations below a surface's path.
pub fn operations(surface: Surface) -> Operations {
    match surface {
        Surface::OpenApi => openapi::operations(),
        Surface::Console => console::operations(),
        Surface::Service | Surface::WebApp => Operations::default(),
    }
}

/// The operations of a surface's document that stand elsewhere: none.
pub fn operations_elsewhere(_: Surface) -> Operations {
    Operations::default()
}
