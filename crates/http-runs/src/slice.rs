//! The slice as the edge sees it: the services that its routes are given, and its operations on each surface.

use actix_web::web::{Data, ServiceConfig};
use gatewright_conversation_service::Conversations;
use gatewright_http_kit::{documentation::Surface, operation::Operations};
use gatewright_run_service::RunService;

use crate::{console, openapi};

/// The use-cases of runs.
#[derive(Clone)]
pub struct RunsServices {
    /// Runs of published apps.
    pub runs: Data<RunService>,
    /// What became of conversations, and logs.
    pub conversations: Data<Conversations>,
}

impl RunsServices {
    /// Gives the routes what they take.
    pub fn provide(&self, config: &mut ServiceConfig) {
        config
            .app_data(self.runs.clone())
            .app_data(self.conversations.clone());
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
