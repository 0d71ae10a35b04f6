//! What nodes of workflows ask for, done: the runners behind the port of runs.

mod documents_seen;
mod settings;
#[cfg(test)]
mod tests;

use std::{io, sync::Arc};

use gatewright_domain::{Clock, ids::WorkspaceId};
use gatewright_engine::{
    Failure,
    call::{CallResult, NodeCall},
};
use gatewright_model::{
    Endpoints, ModelCatalogue, ModeratorCatalogue, SpeechCatalogue, token::RoughCounter,
};
use gatewright_model_openai::EndpointCatalogue;
use gatewright_node_runners::{
    code::CodeRunner,
    documents::DocumentRunner,
    files::RunFiles,
    history::RunHistory,
    http::HttpRunner,
    model::{Listener, ModelRunner, ModelScope},
};
use gatewright_outbound::{
    OutboundError,
    guard::{GuardedClient, GuardedProxy},
    streaming::StreamingClient,
};
use gatewright_run_events::CreatedBy;
use gatewright_sandbox::{Proxy, Sandbox};
use gatewright_usecase_runs::{CallReport, NodeRunner, NodeWork, PortFuture, RunPlan};

use documents_seen::DocumentCounts;
pub(crate) use documents_seen::DocumentsSeen;
pub use settings::{EndpointsError, NodeSettings};

use crate::observing::{Observation, ObservedCall};

/// What a run may see of files and of its conversation.
pub trait RunSurroundings: Send + Sync {
    /// The files that the run may read and make.
    fn files(&self, plan: &RunPlan) -> Arc<dyn RunFiles>;

    /// What was said before.
    fn history(&self, plan: &RunPlan) -> Arc<dyn RunHistory>;
}

/// Does what nodes ask for. Cheap to clone.
#[derive(Clone)]
pub struct NodeCalls {
    catalogue: EndpointCatalogue,
    models: ModelRunner,
    servers: HttpRunner,
    programs: CodeRunner,
    documents: DocumentRunner,
    surroundings: Arc<dyn RunSurroundings>,
    clock: Arc<dyn Clock>,
    observed: Observation,
    documents_seen: Arc<DocumentCounts>,
}

/// Nothing can be asked.
#[derive(Debug, thiserror::Error)]
pub enum NodeCallsError {
    /// The system's root certificates cannot be used.
    #[error(transparent)]
    Client(#[from] OutboundError),
    /// There can be no sandbox.
    #[error("the sandbox: {0}")]
    Sandbox(#[from] io::Error),
}

impl NodeCalls {
    /// With these models, and with other servers through this client; programs reach a network by `proxy` alone. Must be called on a runtime: programs belong to it.
    ///
    /// # Errors
    /// [`NodeCallsError`].
    pub fn new(
        settings: &NodeSettings,
        endpoints: Endpoints,
        guarded: GuardedClient,
        surroundings: Arc<dyn RunSurroundings>,
        clock: Arc<dyn Clock>,
        proxy: Option<GuardedProxy>,
    ) -> Result<Self, NodeCallsError> {
        let client = StreamingClient::new()?;
        let catalogue = EndpointCatalogue::new(Arc::new(endpoints), client.clone());
        Ok(Self {
            models: ModelRunner::new(
                Arc::new(catalogue.clone()),
                Arc::new(RoughCounter),
                Arc::clone(&clock),
            ),
            clock,
            observed: Observation::default(),
            documents_seen: Arc::default(),
            catalogue,
            servers: HttpRunner::new(guarded, settings.http_limits()),
            programs: programs(settings, client, proxy)?,
            documents: settings.documents(),
            surroundings,
        })
    }

    /// The same, seen by somebody.
    #[must_use]
    pub fn observed_by(self, observed: Observation) -> Self {
        Self { observed, ..self }
    }

    /// The sandbox of this process, if programs run in it.
    pub(crate) fn sandbox(&self) -> Option<&Sandbox> {
        match &self.programs {
            CodeRunner::Embedded { sandbox, .. } => Some(&**sandbox),
            CodeRunner::Remote { .. } => None,
        }
    }

    /// What became of documents.
    pub(crate) fn documents_seen(&self) -> DocumentsSeen {
        self.documents_seen.read()
    }

    /// Who answers for which model: a graph is checked against it before it runs.
    pub fn catalogue(&self) -> Arc<dyn ModelCatalogue> {
        Arc::new(self.catalogue.clone())
    }

    /// Who hears and speaks.
    pub fn speech(&self) -> Arc<dyn SpeechCatalogue> {
        Arc::new(self.catalogue.clone())
    }

    /// Who judges whether a text may be shown.
    pub fn moderators(&self) -> Arc<dyn ModeratorCatalogue> {
        Arc::new(self.catalogue.clone())
    }

    async fn work(self, work: NodeWork) -> Result<CallResult, Failure> {
        let NodeWork {
            plan,
            id,
            call,
            report,
            ..
        } = work;
        match call {
            NodeCall::Model(call) => {
                let scope = self.scope(&plan);
                let seen = ObservedCall::begin(&self.observed, &self.clock, &plan, id, &call);
                let mut telling = Telling { report, seen };
                let answer = self.models.run(&scope, &call, &mut telling).await;
                telling.seen.ended(&answer);
                Ok(CallResult::Model(Box::new(answer?)))
            }
            NodeCall::Http(call) => {
                let files = self.surroundings.files(&plan);
                let answer = self.servers.run(&*files, &call).await?;
                Ok(CallResult::Http(Box::new(answer)))
            }
            NodeCall::Code(call) => {
                let answer = self.programs.run(&call).await?;
                Ok(CallResult::Code(Box::new(answer)))
            }
            NodeCall::Documents(call) => {
                let files = self.surroundings.files(&plan);
                let answer = self.documents.run(&*files, &call).await;
                let read = answer.as_ref().map(|answer| answer.texts.len());
                self.documents_seen.ended(read.ok());
                Ok(CallResult::Documents(Box::new(answer?)))
            }
        }
    }

    fn scope(&self, plan: &RunPlan) -> ModelScope {
        let user = match &plan.created_by {
            CreatedBy::Account { id, .. } | CreatedBy::EndUser { id, .. } => id.clone(),
        };
        ModelScope {
            workspace: WorkspaceId(plan.tenant_id),
            user: Some(user),
            files: self.surroundings.files(plan),
            history: self.surroundings.history(plan),
        }
    }
}

/// The operator's sandbox, or the one that is built in.
fn programs(
    settings: &NodeSettings,
    client: StreamingClient,
    proxy: Option<GuardedProxy>,
) -> io::Result<CodeRunner> {
    if let Some(settings) = settings.remote_sandbox() {
        return Ok(CodeRunner::Remote { client, settings });
    }
    let known = proxy.as_ref().map(|proxy| Proxy {
        port: proxy.port(),
        url: proxy.url(),
    });
    Ok(CodeRunner::Embedded {
        sandbox: Arc::new(Sandbox::new(settings.embedded_sandbox(known))?),
        proxy: proxy.map(Arc::new),
    })
}

impl NodeRunner for NodeCalls {
    fn run(&self, work: NodeWork) -> PortFuture<'static, Result<CallResult, Failure>> {
        Box::pin(self.clone().work(work))
    }
}

/// Hands pieces to the run; it waits while the run is behind.
struct Telling {
    report: CallReport,
    seen: ObservedCall,
}

impl Listener for Telling {
    fn text(&mut self, piece: String) -> PortFuture<'_, ()> {
        self.seen.piece();
        Box::pin(self.report.text(piece))
    }

    fn reasoning(&mut self, piece: String) -> PortFuture<'_, ()> {
        self.seen.piece();
        Box::pin(self.report.reasoning(piece))
    }
}
