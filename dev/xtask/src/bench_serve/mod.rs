//! `cargo xtask bench serve`: what the routes cost by which applications are served, with an app's key as companies' servers ask them,
//! and what a thousand answers cost that stream at the same time.

mod arrange;
mod rows;
mod streams;
mod table;

use std::{path::PathBuf, time::Duration};

use clap::Args;

use self::{arrange::Served, table::Table};
use crate::bench_kit::{arrange::Apps, model::Model, processes::Processes, stage::Stage};

/// How to measure what is served.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Seconds per measurement.
    #[arg(long, default_value_t = 5)]
    seconds: u32,
    /// Clients of the busy measurements.
    #[arg(long, default_value_t = 16)]
    clients: usize,
    /// Answers that stream at the same time; 0: none.
    #[arg(long, default_value_t = 1_000)]
    streams: usize,
    /// Seconds for which they are watched.
    #[arg(long, default_value_t = 20)]
    stream_seconds: u32,
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
struct Bench {
    port: u16,
    apps: Apps,
    served: Served,
    processes: Processes,
    model: Model,
    clients: usize,
    span: Duration,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let stage = Stage::set(options.binary.as_deref())?;
    let table = stage.runtime.block_on(measure(&stage, options))?;
    drop(stage);
    if options.json {
        println!("{:#}", table.json());
    } else {
        table.print();
    }
    Ok(())
}

async fn measure(stage: &Stage, options: &Options) -> anyhow::Result<Table> {
    let apps = stage.console().await?.apps().await?;
    let bench = Bench {
        port: stage.port,
        served: Served::arrange(stage.port, &apps).await?,
        apps,
        processes: stage.processes,
        model: stage.model.clone(),
        clients: options.clients.max(1),
        span: Duration::from_secs(u64::from(options.seconds.max(1))),
    };
    let wants = |name: &str| options.only.as_ref().is_none_or(|only| name.contains(only));
    let mut table = Table::default();
    for row in rows::all(&bench) {
        if !wants(row.name) {
            continue;
        }
        eprintln!("==> {}", row.name);
        // What cannot be asked is a line of the table, and the others are measured.
        match row.measure(&bench).await {
            Ok(measured) => table.rows.push(measured),
            Err(error) => table.missing.push((row.name, format!("{error:#}"))),
        }
    }
    if options.streams > 0 && wants(streams::NAME) {
        let span = Duration::from_secs(u64::from(options.stream_seconds.max(1)));
        match streams::measure(&bench, options.streams, span).await {
            Ok(figures) => table.streams = Some(figures),
            Err(error) => table.missing.push((streams::NAME, format!("{error:#}"))),
        }
    }
    Ok(table)
}
