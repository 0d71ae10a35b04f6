//! Spans on their way out. Whoever has one puts it into a bounded queue and goes on; one task sends what has gathered. A collector that
//! is gone costs spans, which are counted, and one line in the log until it is back.

use std::time::Duration;

use gatewright_outbound::{OutboundError, streaming::StreamingClient};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::timeout,
};

use super::{Collector, Sampler, Span, otlp};
use crate::metrics::SpanCounts;

/// Spans that wait at most; what comes then is dropped.
const QUEUE: usize = 4_096;
/// Spans of one request.
const BATCH: usize = 512;
/// How long the first span of a batch waits for others.
const GATHER: Duration = Duration::from_secs(1);

/// Takes spans. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Tracer {
    queue: mpsc::Sender<Span>,
    sampler: Sampler,
    counts: SpanCounts,
}

/// The task that sends them.
#[derive(Debug)]
pub struct Exporter {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Tracer {
    /// Begins to send. Must be called on a runtime. `resource` is what is said of the process.
    ///
    /// # Errors
    /// When the client cannot be made.
    pub fn start(
        collector: Collector,
        resource: Vec<(String, String)>,
        sampler: Sampler,
        counts: SpanCounts,
    ) -> Result<(Self, Exporter), OutboundError> {
        let client = StreamingClient::new()?;
        let (queue, spans) = mpsc::channel(QUEUE);
        let (stop, stopped) = oneshot::channel();
        let sending = Sending {
            spans,
            client,
            collector,
            resource,
            counts: counts.clone(),
            is_reached: true,
        };
        let task = tokio::spawn(sending.run(stopped));
        let tracer = Self {
            queue,
            sampler,
            counts,
        };
        Ok((tracer, Exporter { stop, task }))
    }

    /// Which traces are kept.
    pub fn sampler(&self) -> Sampler {
        self.sampler
    }

    /// Sends a span, soon. Waits for nothing.
    pub fn export(&self, span: Span) {
        if self.queue.try_send(span).is_err() {
            self.counts.dropped("queue_full", 1);
        }
    }
}

impl Exporter {
    /// Sends what waits, if the collector takes it within this time.
    pub async fn finish(mut self, within: Duration) {
        drop(self.stop);
        if timeout(within, &mut self.task).await.is_err() {
            self.task.abort();
        }
    }
}

struct Sending {
    spans: mpsc::Receiver<Span>,
    client: StreamingClient,
    collector: Collector,
    resource: Vec<(String, String)>,
    counts: SpanCounts,
    /// Whether the collector took the last batch.
    is_reached: bool,
}

impl Sending {
    async fn run(mut self, mut stopped: oneshot::Receiver<()>) {
        loop {
            let mut batch = Vec::with_capacity(BATCH);
            let is_last = tokio::select! {
                _ = &mut stopped => true,
                () = gather(&mut self.spans, &mut batch) => false,
            };
            if is_last {
                self.spans.close();
                while let Ok(span) = self.spans.try_recv() {
                    batch.push(span);
                }
            }
            if !batch.is_empty() {
                self.send(batch).await;
            }
            if is_last {
                return;
            }
        }
    }

    async fn send(&mut self, batch: Vec<Span>) {
        let spans = batch.len();
        let body = otlp::encode(&self.resource, batch);
        match self.collector.send(&self.client, body).await {
            Ok(()) => {
                self.counts.exported(spans);
                if !std::mem::replace(&mut self.is_reached, true) {
                    tracing::info!(
                        event = "trace.collector_back",
                        "the collector takes spans again"
                    );
                }
            }
            Err(problem) => {
                self.counts.dropped("not_taken", spans);
                if std::mem::replace(&mut self.is_reached, false) {
                    tracing::warn!(
                        event = "trace.collector_lost",
                        problem,
                        "the collector takes no spans; they are dropped and counted until it does"
                    );
                }
            }
        }
    }
}

/// Waits for a first span, and a moment for others. Dropping the future loses nothing.
async fn gather(spans: &mut mpsc::Receiver<Span>, batch: &mut Vec<Span>) {
    while batch.is_empty() {
        if spans.recv_many(batch, BATCH).await == 0 {
            // Nobody can send any more; the word to stop comes soon.
            std::future::pending::<()>().await;
        }
    }
    let more = async { while batch.len() < BATCH && spans.recv_many(batch, BATCH).await > 0 {} };
    // In time or not: what came is there.
    let _ = timeout(GATHER, more).await;
}
