//! The rows of the table: what is asked, and what it may cost.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use serde_json::json;

use super::{Bench, arrange::USER};
use crate::{
    bench_kit::{
        http::{Watch, get, post},
        load::{Expects, Pace, SUCCEEDED, Work},
        processes::Cpu,
    },
    bench_times::percentile,
};

/// Requests before anything is counted.
const WARM: Duration = Duration::from_millis(700);
/// A file is kept for each upload: no more than this is written.
const UPLOADS: Duration = Duration::from_secs(2);

/// What is asked.
pub(super) struct Row {
    pub(super) name: &'static str,
    /// At most so many milliseconds of the server's processor time, with many clients.
    pub(super) target: Option<f64>,
    span: Duration,
    work: Work,
}

/// With one number of clients, times in milliseconds.
#[derive(Clone, Debug)]
pub(super) struct Figures {
    pub(super) clients: usize,
    pub(super) per_second: f64,
    pub(super) p50: f64,
    pub(super) p99: f64,
    pub(super) cpu: Cpu,
}

/// A row that was measured.
#[derive(Clone, Debug)]
pub(super) struct Measured {
    pub(super) name: &'static str,
    pub(super) target: Option<f64>,
    pub(super) alone: Figures,
    pub(super) busy: Figures,
}

/// All rows.
pub(super) fn all(bench: &Bench) -> Vec<Row> {
    let chat = &bench.apps.chat.key;
    let conversation = &bench.served.conversation;
    let read = |path: &str, text| work(get(path, chat), Expects { status: 200, text });
    let asked = json!({"inputs": {}, "query": "What is it?", "user": USER, "response_mode": "streaming", "auto_generate_name": false});
    let stream = post("/v1/chat-messages", &bench.apps.model_chat.key, &asked);
    let row = |name, work| Row {
        name,
        target: None,
        span: bench.span,
        work,
    };
    let lists = [
        format!("/v1/conversations?user={USER}"),
        format!("/v1/messages?user={USER}&conversation_id={conversation}"),
    ];
    let kept = Expects {
        status: 201,
        text: "source_url",
    };
    vec![
        Row {
            target: Some(0.1),
            ..row("/v1/info", read("/v1/info", "advanced-chat"))
        },
        row("/v1/parameters", read("/v1/parameters", "user_input_form")),
        row("20 conversations", read(&lists[0], "has_more")),
        row("20 messages", read(&lists[1], "has_more")),
        row("chat, 100 tokens", work(stream, SUCCEEDED)),
        Row {
            span: bench.span.min(UPLOADS),
            ..row("upload of 10 MB", work(bench.served.upload.clone(), kept))
        },
        row("download of 10 MB", read(&bench.served.file, "wwwwwwww")),
    ]
}

fn work(request: Vec<u8>, expects: Expects) -> Work {
    Work {
        requests: Arc::new(vec![request]),
        watch: Watch::default(),
        expects,
    }
}

impl Row {
    /// With one client, then with many.
    pub(super) async fn measure(&self, bench: &Bench) -> anyhow::Result<Measured> {
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
        let times = self.work.run(bench.port, pace(self.span), |_| {}).await?;
        let cpu = bench.processes.cpu()?.since(&before, times.count());
        Ok(Figures {
            clients,
            per_second: times.count() / times.seconds,
            p50: percentile(&times.whole, 50).context("no answer")?,
            p99: percentile(&times.whole, 99).context("no answer")?,
            cpu,
        })
    }
}
