//! What is seen of this process: its figures on their listener, its spans on their way to a collector.

mod calls;
mod runs;
mod sources;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use gatewright_domain::{error::Unavailable, settings::SettingError};
use gatewright_observe::{
    MetricsSettings,
    listener::MetricsListener,
    metrics::Metrics,
    trace::{Exporter, Tracer},
};
use tokio::task::JoinHandle;

pub(crate) use self::{calls::ObservedCall, runs::ObservedRuns};
pub use self::{runs::RunFigures, sources::Sources};
use crate::{settings::ServerSettings, telemetry};

/// What the process is called where nobody names it: only the API server has spans.
const SERVICE: &str = "gatewright-api";
/// How long a process that ends waits for the collector.
const GOODBYE: Duration = Duration::from_secs(2);

/// Where what happens is counted and told. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Observation {
    /// The figures of the process.
    pub metrics: Arc<Metrics>,
    /// Takes spans; none where nothing is traced.
    pub tracer: Option<Tracer>,
}

/// Which program is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// The API server.
    Api,
    /// A worker, which has no runs.
    Worker,
}

/// What shows and sends until the process ends.
#[derive(Debug)]
pub struct Observing {
    listener: Option<JoinHandle<()>>,
    exporter: Option<Exporter>,
}

/// The figures cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum ObservingError {
    /// The settings say what cannot be.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// The port cannot be had.
    #[error(
        "cannot listen on {address} for /metrics: {problem}; set {setting} to a free port, or leave it unset"
    )]
    Port {
        /// Where it was to listen.
        address: SocketAddr,
        /// Which setting says so.
        setting: &'static str,
        /// What the system says.
        problem: std::io::Error,
    },
}

impl Default for Observation {
    fn default() -> Self {
        Self {
            metrics: Arc::new(Metrics::new()),
            tracer: None,
        }
    }
}

impl Observation {
    /// Begins to trace, where the settings name a collector. Must be called on a runtime, before anything that is to be traced is made.
    ///
    /// # Errors
    /// When the client of the collector cannot be made.
    pub fn trace(&mut self, settings: &ServerSettings) -> Result<Option<Exporter>, Unavailable> {
        let wrong = |error: SettingError| Unavailable::new("the settings", error);
        let settings = &settings.traces;
        let Some(collector) = settings.collector().map_err(wrong)? else {
            return Ok(None);
        };
        let mut resource = settings.resource().map_err(wrong)?;
        let name = settings.service_name.clone();
        let name = name.unwrap_or_else(|| SERVICE.to_owned());
        // Named by a setting of its own, it is that.
        resource.retain(|(key, _)| key != "service.name" && key != "service.version");
        resource.push(("service.name".to_owned(), name));
        let version = gatewright_domain::GATEWRIGHT_VERSION.to_owned();
        resource.push(("service.version".to_owned(), version));
        let sampler = settings.sampler().map_err(wrong)?;
        let counts = self.metrics.spans.clone();
        let started = Tracer::start(collector, resource, sampler, counts);
        let (tracer, exporter) =
            started.map_err(|error| Unavailable::new("the client of the collector", error))?;
        telemetry::trace_requests(tracer.clone());
        self.tracer = Some(tracer);
        Ok(Some(exporter))
    }
}

impl Program {
    fn port(self, settings: &MetricsSettings) -> (Option<u16>, &'static str) {
        match self {
            Self::Api => (settings.port, "GATEWRIGHT_METRICS_PORT"),
            Self::Worker => (settings.worker_port, "GATEWRIGHT_WORKER_METRICS_PORT"),
        }
    }
}

impl Observing {
    /// Shows figures where the settings say so, and goes on to send spans.
    ///
    /// # Errors
    /// When the port is somebody else's.
    pub async fn start(
        settings: &MetricsSettings,
        program: Program,
        sources: Sources,
        exporter: Option<Exporter>,
    ) -> Result<Self, ObservingError> {
        let (port, setting) = program.port(settings);
        let Some(port) = port else {
            return Ok(Self {
                listener: None,
                exporter,
            });
        };
        let address = SocketAddr::new(settings.address()?, port);
        let refused = |problem| ObservingError::Port {
            address,
            setting,
            problem,
        };
        let listener = MetricsListener::bind(address).await.map_err(refused)?;
        let address = listener.address().map_err(refused)?;
        tracing::info!(event = "metrics.ready", %address, "figures are shown");
        Ok(Self {
            listener: Some(tokio::spawn(listener.serve(Arc::new(sources)))),
            exporter,
        })
    }

    /// Shows nothing any more, and sends what waits.
    pub async fn finish(self) {
        if let Some(listener) = self.listener {
            listener.abort();
        }
        if let Some(exporter) = self.exporter {
            exporter.finish(GOODBYE).await;
        }
    }
}
