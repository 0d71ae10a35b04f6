//! The app of a path, for a member of its workspace whose role suffices. Another workspace's is not found.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Data};
use gatewright_domain::ids::AppId;
use gatewright_http_kit::{
    error::ConsoleFailure,
    extract::{InWorkspace, Needed},
};
use gatewright_usecase_apps::{App, AppError, Apps};

use super::failure::NotShown;

/// Modes whose apps run a graph.
pub(super) const GRAPH: &[&str] = &["workflow", "advanced-chat"];
/// The mode whose apps do both.
pub(super) const CHATFLOW: &[&str] = &["advanced-chat"];
/// Modes whose apps hold conversations.
pub(super) const CHAT: &[&str] = &["chat", "agent-chat", "advanced-chat"];
/// Modes whose apps answer one question at a time.
pub(super) const COMPLETION: &[&str] = &["completion"];

/// An app of the workspace, and who asks.
pub(crate) struct AppHere<N> {
    /// Who asks, and where.
    pub(super) here: InWorkspace<N>,
    /// The app of the path.
    pub(super) app: App,
}

impl<N> AppHere<N> {
    /// That the app is of one of these modes.
    pub(super) fn require(&self, modes: &'static [&'static str]) -> Result<(), NotShown> {
        if modes.contains(&self.app.mode.as_str()) {
            return Ok(());
        }
        Err(NotShown::WrongMode(modes))
    }
}

impl<N: Needed + 'static> FromRequest for AppHere<N> {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let here = InWorkspace::<N>::from_request(request, payload);
        let request = request.clone();
        Box::pin(async move {
            let here = here.await?;
            let apps = Data::<Apps>::extract(&request).await?;
            let id = request.match_info().get("app_id").unwrap_or_default();
            let id: AppId = id
                .parse()
                .map_err(|_| ConsoleFailure::from(AppError::NotFound))?;
            let app = apps.find(here.workspace.id, id).await;
            let app = app.map_err(ConsoleFailure::from)?;
            Ok(Self { here, app })
        })
    }
}
