//! Clients that run an app again and again, each over a connection of its own.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::ensure;

use super::http::{Connection, Exchange, Watch, head};

/// What clients do.
#[derive(Clone, Debug)]
pub(super) struct Work {
    /// One for each client; clients beyond them begin anew.
    pub(super) requests: Arc<Vec<Vec<u8>>>,
    pub(super) watch: Watch,
}

/// How long, and how many at a time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    pub(super) clients: usize,
    pub(super) span: Duration,
    /// Between the beginnings of two runs of one client; none: at once.
    pub(super) every: Option<Duration>,
}

/// What was measured, times in milliseconds.
#[derive(Clone, Debug, Default)]
pub(super) struct Times {
    pub(super) seconds: f64,
    pub(super) whole: Vec<f64>,
    /// To the first event that is watched for.
    pub(super) first: Vec<f64>,
    /// From the last event that is watched for to the end of the answer.
    pub(super) closing: Vec<f64>,
}

impl Work {
    /// Does it. `seen` hears of each run.
    pub(super) async fn run(
        &self,
        port: u16,
        pace: Pace,
        seen: impl Fn(&Exchange) + Clone + Send + 'static,
    ) -> anyhow::Result<Times> {
        let began = Instant::now();
        let end = began + pace.span;
        let clients: Vec<_> = (0..pace.clients)
            .map(|n| {
                let beat = pace.every.map(tokio::time::interval);
                tokio::spawn(self.clone().client(port, n, beat, end, seen.clone()))
            })
            .collect();
        let mut all = Times::default();
        let mut failure = None;
        for client in clients {
            match client.await? {
                Ok(times) => all.add(times),
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        all.seconds = began.elapsed().as_secs_f64();
        failure.map_or(Ok(all), Err)
    }

    async fn client(
        self,
        port: u16,
        n: usize,
        mut beat: Option<tokio::time::Interval>,
        end: Instant,
        seen: impl Fn(&Exchange),
    ) -> anyhow::Result<Times> {
        let mut connection = Connection::open(port).await?;
        let request = &self.requests[n % self.requests.len()];
        let mut times = Times::default();
        while Instant::now() < end {
            if let Some(beat) = &mut beat {
                beat.tick().await;
            }
            let exchange = connection.exchange(request, self.watch).await?;
            let is_good = exchange.status == 200 && exchange.text.contains("succeeded");
            ensure!(is_good, "a run failed: {}", head(&exchange.text));
            seen(&exchange);
            times.note(&exchange);
        }
        Ok(times)
    }
}

impl Times {
    fn note(&mut self, exchange: &Exchange) {
        let ms = |from: Instant, to: Instant| 1000.0 * to.duration_since(from).as_secs_f64();
        self.whole.push(ms(exchange.sent, exchange.ended));
        self.first
            .extend(exchange.first.map(|at| ms(exchange.sent, at)));
        self.closing
            .extend(exchange.last.map(|at| ms(at, exchange.ended)));
    }

    fn add(&mut self, other: Self) {
        self.whole.extend(other.whole);
        self.first.extend(other.first);
        self.closing.extend(other.closing);
    }

    /// How many runs there were.
    pub(super) fn count(&self) -> f64 {
        f64::from(u32::try_from(self.whole.len()).unwrap_or(u32::MAX))
    }
}
