//! What stands somewhere already and is read when Prometheus asks: one table of all of it.

use std::sync::atomic::AtomicU64;

use prometheus_client::{
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

/// Whether a figure only grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Counter,
    Gauge,
}

/// The one list of what is read: the name, what its label is called (empty: it has none), and what it means.
macro_rules! figures {
    ($($variant:ident: $kind:ident $name:literal by $label:literal = $about:literal;)+) => {
        /// A figure that is read when Prometheus asks.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Figure {
            $(#[doc = $about] $variant,)+
        }

        impl Figure {
            const ALL: &'static [Self] = &[$(Self::$variant,)+];

            fn row(self) -> (Kind, &'static str, &'static str, &'static str) {
                match self {
                    $(Self::$variant => (Kind::$kind, $name, $label, $about),)+
                }
            }
        }
    };
}

figures! {
    RunsActive: Gauge "gatewright_runs_active" by "" = "Runs that are under way in this process";
    QueueReadable: Gauge "gatewright_queue_readable" by "" = "Whether PostgreSQL said in time what waits in the queues; 0: the figures of queues are missing";
    QueueJobs: Gauge "gatewright_queue_jobs" by "queue" = "Jobs that wait, are due later or are being done";
    QueueOldest: Gauge "gatewright_queue_oldest_seconds" by "queue" = "For how long the job is due that waits longest; 0: none is due";
    QueueRetrying: Gauge "gatewright_queue_retrying" by "queue" = "Jobs that failed at least once and are tried again";
    QueueDead: Gauge "gatewright_queue_dead_letters" by "queue" = "Jobs that were given up";
    JobsDone: Counter "gatewright_jobs_done" by "kind" = "Jobs that this worker did";
    JobsFailed: Counter "gatewright_job_failures" by "kind" = "Attempts at jobs that failed in this worker";
    PoolMax: Gauge "gatewright_pool_connections_max" by "pool" = "Connections that there may be";
    PoolInUse: Gauge "gatewright_pool_connections_in_use" by "pool" = "Connections that somebody has; of Redis, commands under way on the one connection";
    PoolWaiting: Gauge "gatewright_pool_waiting" by "pool" = "How many wait for a connection";
    PoolTimeouts: Counter "gatewright_pool_timeouts" by "pool" = "How often no connection or no answer came in time";
    SandboxStarted: Counter "gatewright_sandbox_programs_started" by "" = "Programs of code nodes that were begun in the sandbox of this process";
    SandboxBusy: Gauge "gatewright_sandbox_programs_busy" by "" = "Programs of code nodes that run or wait for their turn";
    SandboxRefused: Counter "gatewright_sandbox_programs_refused" by "" = "Programs of code nodes that were refused because too many waited, or because the machine cannot isolate";
    DocumentsRead: Counter "gatewright_documents_read" by "outcome" = "Documents whose text was wanted, by whether it was found";
    Refusals: Counter "gatewright_rate_limit_refusals" by "limit" = "Requests that a limit refused";
    Memory: Gauge "process_resident_memory_bytes" by "" = "Memory that the process has, in bytes";
    Cpu: Counter "process_cpu_seconds" by "" = "Time that processors spent on the process, in seconds";
    OpenFiles: Gauge "process_open_fds" by "" = "Open files and connections";
    MaxFiles: Gauge "process_max_fds" by "" = "Open files and connections that the system allows";
}

/// One value of a figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    figure: Figure,
    label: String,
    value: f64,
}

impl Reading {
    /// Of a figure with a label.
    pub fn new(figure: Figure, label: impl Into<String>, value: f64) -> Self {
        Self {
            figure,
            label: label.into(),
            value,
        }
    }

    /// Of a figure without one.
    pub fn alone(figure: Figure, value: f64) -> Self {
        Self::new(figure, "", value)
    }
}

/// No label, or one.
type Labels = Vec<(&'static str, String)>;

/// Shows every figure; one that was not read has no values.
pub(super) fn register(registry: &mut Registry, readings: impl IntoIterator<Item = Reading>) {
    let mut readings: Vec<Reading> = readings.into_iter().collect();
    for figure in Figure::ALL {
        let (kind, name, label, about) = figure.row();
        let of_it = readings.extract_if(.., |one| one.figure == *figure);
        let values = of_it.map(|one| {
            let labels: Labels = match label {
                "" => Vec::new(),
                label => vec![(label, one.label)],
            };
            (labels, one.value)
        });
        match kind {
            Kind::Counter => {
                let family = Family::<Labels, Counter<f64, AtomicU64>>::default();
                for (labels, value) in values {
                    family.get_or_create(&labels).inc_by(value);
                }
                registry.register(name, about, family);
            }
            Kind::Gauge => {
                let family = Family::<Labels, Gauge<f64, AtomicU64>>::default();
                for (labels, value) in values {
                    family.get_or_create(&labels).set(value);
                }
                registry.register(name, about, family);
            }
        }
    }
}
