//! Clients that ask the same again and again, each over a connection of its own.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::ensure;

use super::http::{Connection, Exchange, Watch, head};

/// What clients do.
#[derive(Clone, Debug)]
pub(crate) struct Work {
    /// One for each client; clients beyond them begin anew.
    pub(crate) requests: Arc<Vec<Vec<u8>>>,
    pub(crate) watch: Watch,
    pub(crate) expects: Expects,
}

/// What a good answer is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expects {
    pub(crate) status: u16,
    /// A text that it holds.
    pub(crate) text: &'static str,
}

/// A run that went well.
pub(crate) const SUCCEEDED: Expects = Expects {
    status: 200,
    text: "succeeded",
};

/// How long, and how many at a time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    pub(crate) clients: usize,
    pub(crate) span: Duration,
    /// Between the beginnings of two runs of one client; none: at once.
    pub(crate) every: Option<Duration>,
}

/// What was measured, times in milliseconds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Times {
    pub(crate) seconds: f64,
    pub(crate) whole: Vec<f64>,
    /// To the first event that is watched for.
    pub(crate) first: Vec<f64>,
    /// From the last event that is watched for to the end of the answer.
    pub(crate) closing: Vec<f64>,
}

impl Work {
    /// Does it. `seen` hears of each run.
    pub(crate) async fn run(
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
            let Expects { status, text } = self.expects;
            let is_good = exchange.status == status && exchange.text.contains(text);
            ensure!(is_good, "a bad answer: {}", head(&exchange.text));
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
    pub(crate) fn count(&self) -> f64 {
        f64::from(u32::try_from(self.whole.len()).unwrap_or(u32::MAX))
    }
}
