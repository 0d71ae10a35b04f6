//! `cargo xtask bench runs`: what a run of an app costs, the figures beside the targets. The processor time of PostgreSQL and of
//! Redis is counted beside the server's.

mod rows;
mod streams;
mod table;

use std::{path::PathBuf, sync::Arc, time::Duration};

use clap::Args;

use self::table::Table;
use crate::bench_kit::{arrange::Apps, model::Model, processes::Processes, stage::Stage};

/// How to measure runs.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Seconds per measurement.
    #[arg(long, default_value_t = 5)]
    seconds: u32,
    /// Clients of the busy measurements.
    #[arg(long, default_value_t = 16)]
    clients: usize,
    /// Streams that are held open on paused runs.
    #[arg(long, default_value_t = 5_000)]
    streams: usize,
    /// Only rows whose name holds this.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Measure this api-server instead of building one.
    #[arg(long, value_name = "PATH")]
    binary: Option<PathBuf>,
    /// Print JSON on the standard output; progress goes to the other one.
    #[arg(long)]
    json: bool,
}

/// What every measurement needs.
#[derive(Clone)]
struct Bench {
    port: u16,
    tokens: Arc<Vec<String>>,
    apps: Apps,
    processes: Processes,
    model: Model,
    clients: usize,
    span: Duration,
    only: Option<String>,
}

impl Bench {
    /// The bearer of a client.
    fn token(&self, client: usize) -> &str {
        &self.tokens[client % self.tokens.len()]
    }

    /// Progress.
    #[allow(clippy::unused_self, reason = "said on behalf of a measurement")]
    fn say(&self, line: &str) {
        eprintln!("==> {line}");
    }

    fn wants(&self, name: &str) -> bool {
        self.only.as_ref().is_none_or(|only| name.contains(only))
    }
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let stage = Stage::set(options.binary.as_deref())?;
    let table = stage.runtime.block_on(async {
        let bench = Bench {
            port: stage.port,
            tokens: Arc::clone(&stage.tokens),
            apps: stage.console().await?.apps().await?,
            processes: stage.processes,
            model: stage.model.clone(),
            clients: options.clients.max(1),
            span: Duration::from_secs(u64::from(options.seconds.max(1))),
            only: options.only.clone(),
        };
        measure(&bench, Table::new(stage.idle_mib), options.streams).await
    })?;
    drop(stage);
    if options.json {
        println!("{:#}", table.json());
    } else {
        table.print();
    }
    Ok(())
}

async fn measure(bench: &Bench, mut table: Table, wanted: usize) -> anyhow::Result<Table> {
    for row in rows::all(bench) {
        if !bench.wants(row.name) {
            continue;
        }
        // What cannot be run is a line of the table, and the others are measured.
        match row.measure(bench).await {
            Ok(figures) => table.rows.push(figures),
            Err(error) => table.missing.push((row.name, format!("{error:#}"))),
        }
        streams::drain(bench).await?;
    }
    if bench.wants(rows::BESIDE) {
        match rows::beside_open_streams(bench).await {
            Ok(beside) => table.beside = Some(beside),
            Err(error) => table.missing.push((rows::BESIDE, format!("{error:#}"))),
        }
        bench.model.end();
        streams::drain(bench).await?;
    }
    if wanted > 0 && bench.wants(rows::PAUSED) {
        bench.say(&format!("{wanted} streams on paused runs"));
        match streams::open(bench, wanted).await {
            Ok((open, _streams)) => table.open = Some(open),
            Err(error) => table.missing.push((rows::PAUSED, format!("{error:#}"))),
        }
    }
    Ok(table)
}
