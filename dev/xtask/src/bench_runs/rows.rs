//! The rows of the table: which app, over which route, and what is to be reached.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use anyhow::Context as _;
use serde_json::{Value, json};

use super::{Bench, streams};
use crate::{
    bench_kit::{
        arrange::App,
        http::{Exchange, Watch, post},
        load::{Pace, SUCCEEDED, Times, Work},
        model::FIRST_DELTA,
        processes::Cpu,
    },
    bench_times::percentile,
};

/// Streams beside which the first event is timed.
const OPEN: usize = 256;
/// Runs before anything is counted.
const WARM: Duration = Duration::from_millis(700);

pub(super) const BESIDE: &str = "256 open streams";
pub(super) const PAUSED: &str = "paused streams";

/// What is run, and what is to be reached.
pub(super) struct Row {
    pub(super) name: &'static str,
    target: Target,
    work: Work,
    /// Whether the first event is the first word of a model: then its time counts from when the model said it.
    follows_model: bool,
}

/// At most so many milliseconds; none: nothing is asked.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Target {
    /// Of processor time, server and PostgreSQL, with many clients.
    pub(super) busy_cpu: f64,
    /// Of the whole run with one client.
    pub(super) alone: Option<f64>,
    /// Until the first event with one client.
    pub(super) first: Option<f64>,
    /// Of 99 runs in 100 with many clients.
    pub(super) busy_p99: Option<f64>,
    /// At least so many with many clients.
    pub(super) per_second: Option<f64>,
}

/// With one number of clients.
#[derive(Clone, Debug)]
pub(super) struct Figures {
    pub(super) clients: usize,
    pub(super) per_second: f64,
    pub(super) p50: f64,
    pub(super) p99: f64,
    pub(super) first_p50: Option<f64>,
    pub(super) closing_p99: Option<f64>,
    pub(super) cpu: Cpu,
}

/// A row that was measured.
#[derive(Clone, Debug)]
pub(super) struct Measured {
    pub(super) name: &'static str,
    pub(super) target: Target,
    pub(super) alone: Figures,
    pub(super) busy: Figures,
}

/// First events while other streams are open.
#[derive(Clone, Copy, Debug)]
pub(super) struct Beside {
    pub(super) streams: usize,
    pub(super) per_second: f64,
    pub(super) first_p50: f64,
    pub(super) first_p99: f64,
}

const STARTED: Watch = Watch {
    first: "workflow_started",
    last: "workflow_finished",
};

/// All rows.
pub(super) fn all(bench: &Bench) -> Vec<Row> {
    let apps = &bench.apps;
    let greeting = json!({"name": "Ada"});
    let items: Vec<String> = (0..20).map(|n| format!("item {n}")).collect();
    let streamed = |app: &App, inputs: &Value| stream(bench, app, &json!({"inputs": inputs}));
    let asked = json!({"inputs": {}, "query": "What is it?"});
    vec![
        Row {
            name: "template, blocking",
            target: Target {
                busy_cpu: 1.0,
                alone: Some(2.0),
                busy_p99: Some(50.0),
                per_second: Some(1_000.0),
                first: None,
            },
            work: blocking(&apps.template, &greeting),
            follows_model: false,
        },
        Row {
            name: "template, streaming",
            target: Target {
                busy_cpu: 1.2,
                first: Some(5.0),
                ..Target::default()
            },
            work: streamed(&apps.template, &greeting),
            follows_model: false,
        },
        Row {
            name: "chain of 10, streaming",
            target: only_cpu(2.3),
            work: streamed(&apps.chain, &greeting),
            follows_model: false,
        },
        Row {
            name: "iteration of 20, streaming",
            target: Target {
                busy_cpu: 4.0,
                alone: Some(20.0),
                ..Target::default()
            },
            work: streamed(&apps.iteration, &json!({"batch": {"items": items}})),
            follows_model: false,
        },
        Row {
            name: "chatflow, streaming",
            target: only_cpu(1.5),
            work: stream(bench, &apps.chat, &asked),
            follows_model: false,
        },
        Row {
            name: "chatflow, 100 deltas",
            target: Target {
                busy_cpu: 4.0,
                first: Some(5.0),
                ..Target::default()
            },
            work: Work {
                watch: Watch {
                    first: FIRST_DELTA,
                    ..STARTED
                },
                ..stream(bench, &apps.model_chat, &asked)
            },
            follows_model: true,
        },
    ]
}

fn only_cpu(busy_cpu: f64) -> Target {
    Target {
        busy_cpu,
        ..Target::default()
    }
}

/// By people's bearers, each client with one of its own.
fn stream(bench: &Bench, app: &App, body: &Value) -> Work {
    let path = format!("/openapi/v1/apps/{}/run", app.id);
    let tokens = bench.tokens.iter();
    Work {
        requests: Arc::new(tokens.map(|token| post(&path, token, body)).collect()),
        watch: STARTED,
        expects: SUCCEEDED,
    }
}

/// By the app's key.
fn blocking(app: &App, inputs: &Value) -> Work {
    let body = json!({"inputs": inputs, "response_mode": "blocking", "user": "bench"});
    Work {
        requests: Arc::new(vec![post("/v1/workflows/run", &app.key, &body)]),
        watch: Watch::default(),
        expects: SUCCEEDED,
    }
}

impl Row {
    /// With one client, then with many.
    pub(super) async fn measure(&self, bench: &Bench) -> anyhow::Result<Measured> {
        bench.say(self.name);
        Ok(Measured {
            name: self.name,
            target: self.target,
            alone: self.figures(bench, 1).await?,
            busy: self.figures(bench, bench.clients).await?,
        })
    }

    async fn figures(&self, bench: &Bench, clients: usize) -> anyhow::Result<Figures> {
        let pace = |span| Pace {
            clients,
            span,
            every: None,
        };
        self.work.run(bench.port, pace(WARM), |_| {}).await?;
        let before = bench.processes.cpu()?;
        let behind = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&behind);
        let model = bench.model.clone();
        let note = move |exchange: &Exchange| {
            let times = (exchange.first, model.latest_first());
            if let ((Some(seen), Some(said)), Ok(mut behind)) = (times, noted.lock()) {
                behind.push(1000.0 * seen.saturating_duration_since(said).as_secs_f64());
            }
        };
        let times = self.work.run(bench.port, pace(bench.span), note).await?;
        let cpu = bench.processes.cpu()?.since(&before, times.count());
        let behind = behind.lock().map(|times| times.clone()).unwrap_or_default();
        let first = match (self.follows_model, clients) {
            (false, _) => percentile(&times.first, 50),
            // With several clients nobody knows whose word was the latest.
            (true, 1) => percentile(&behind, 50),
            (true, _) => None,
        };
        figures(clients, &times, first, cpu)
    }
}

fn figures(
    clients: usize,
    times: &Times,
    first_p50: Option<f64>,
    cpu: Cpu,
) -> anyhow::Result<Figures> {
    Ok(Figures {
        clients,
        per_second: times.count() / times.seconds,
        p50: percentile(&times.whole, 50).context("no run")?,
        p99: percentile(&times.whole, 99).context("no run")?,
        first_p50,
        closing_p99: percentile(&times.closing, 99),
        cpu,
    })
}

/// The first event of a quick run while many others are open, at half of what the server can do.
pub(super) async fn beside_open_streams(bench: &Bench) -> anyhow::Result<Beside> {
    bench.say(BESIDE);
    let per_second = capacity(bench).await?;
    let open = streams::slow(bench, OPEN).await?;
    let work = stream(
        bench,
        &bench.apps.template,
        &json!({"inputs": {"name": "Ada"}}),
    );
    let clients = bench.clients;
    let half = per_second / 2.0;
    let each = half / f64::from(u32::try_from(clients)?);
    let pace = Pace {
        clients,
        span: bench.span,
        every: Some(Duration::from_secs_f64(1.0 / each.max(0.1))),
    };
    let times = work.run(bench.port, pace, |_| {}).await?;
    drop(open);
    Ok(Beside {
        streams: OPEN,
        per_second: times.count() / times.seconds,
        first_p50: percentile(&times.first, 50).context("no first event")?,
        first_p99: percentile(&times.first, 99).context("no first event")?,
    })
}

/// How many runs of the template app a second the server can do.
async fn capacity(bench: &Bench) -> anyhow::Result<f64> {
    let inputs = json!({"inputs": {"name": "Ada"}});
    let work = stream(bench, &bench.apps.template, &inputs);
    let pace = Pace {
        clients: bench.clients,
        span: WARM * 3,
        every: None,
    };
    let times = work.run(bench.port, pace, |_| {}).await?;
    Ok(times.count() / times.seconds)
}
