//! The worker: does the jobs of the queues that it serves, fires schedules, and looks after dead
//! mails. Any number of workers may run.

mod cli;
mod look_after;

use std::{path::Path, process::ExitCode};

use anyhow::{Context as _, anyhow, bail};
use chrono::TimeDelta;
use clap::Parser as _;
use gatewright_jobs::QueueName;
use gatewright_runtime::{
    Platform, ServerSettings, complain,
    environment::Environment,
    helper, init_telemetry, key_file,
    observing::{Observing, Program, Sources},
    running::attach_running_system,
    termination,
    worker::{self, Duties},
};

use crate::{
    cli::{Cli, Schedules},
    look_after::look_after,
};

fn main() -> ExitCode {
    // Before anything else: a child that is to be confined has nothing of a server.
    helper::take_over_if_asked();
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain!("worker: {error:#}");
            ExitCode::from(2)
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn run(cli: Cli) -> anyhow::Result<()> {
    let file = cli.env_file.as_deref().unwrap_or(Path::new(".env"));
    if cli.env_file.is_some() && !file.exists() {
        bail!("{}: there is no such file", file.display());
    }
    let mut environment = Environment::load_file(file)?;
    if cli.command.is_some() && cli.env_file.is_none() {
        environment = attach_running_system(environment, Path::new("."));
    }
    let settings = ServerSettings::load(&environment)?;
    // Of other commands, standard output is for what they answer.
    if cli.command.is_none() {
        init_telemetry(&settings.log);
        environment.warn_of_unknown_names();
    }
    let platform = Platform::new(&settings).context("the connections cannot be prepared")?;
    let health = platform.readiness().check().await;
    if let Some(problem) = health.postgres {
        bail!("PostgreSQL {problem}");
    }
    if let Some(problem) = health.schema {
        bail!("the database schema {problem}");
    }
    if let Some(problem) = health.writes {
        tracing::warn!(
            event = "worker.started_degraded",
            dependency = "postgres",
            problem,
            "no job can be done until PostgreSQL takes writes"
        );
    }
    match cli.command {
        None => work(&cli, &platform, &settings).await,
        Some(command) => look_after(&platform, &settings, command).await,
    }
}

async fn work(cli: &Cli, platform: &Platform, settings: &ServerSettings) -> anyhow::Result<()> {
    let queues = match (cli.schedules, cli.queues.is_empty()) {
        (Schedules::Only, _) => vec![],
        (_, true) => QueueName::ALL.to_vec(),
        (_, false) => cli.queues.clone(),
    };
    let names: Vec<&str> = queues.iter().map(|queue| queue.as_str()).collect();
    let names = names.join(",");
    let duties = Duties {
        queues,
        concurrency: usize::from(cli.concurrency.max(1)),
        schedules: cli.schedules != Schedules::Off,
        lease: TimeDelta::seconds(i64::from(cli.lease)),
    };
    let runner = worker::runner(platform, settings, duties).map_err(|text| anyhow!(text))?;
    let sources = Sources::of(platform).with_jobs(runner.handlers.counts());
    let observing = Observing::start(&settings.metrics, Program::Worker, sources, None).await?;
    let follower = settings
        .secret
        .keys_file
        .clone()
        .map(|file| tokio::spawn(key_file::follow(file, platform.master.clone())));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let working = tokio::spawn(runner.run(async {
        // A closed channel is a stop as well.
        let _either = stopped.await;
    }));
    let spares = tokio::spawn(platform.pool.clone().keep_warm());
    tracing::info!(event = "worker.ready", queues = names, "worker ready");
    if let Some(file) = &cli.ready_file {
        gatewright_private_file::replace(file, b"ready\n")
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    let signal = termination().await.context("signals cannot be heard")?;
    tracing::info!(
        event = "worker.stopping",
        signal,
        "stopping: finishing what runs"
    );
    if let Some(file) = &cli.ready_file {
        std::fs::remove_file(file).with_context(|| format!("cannot remove {}", file.display()))?;
    }
    drop(stop);
    working.await.context("the worker failed")?;
    spares.abort();
    if let Some(follower) = follower {
        follower.abort();
    }
    observing.finish().await;
    platform.pool.close();
    tracing::info!(event = "worker.stopped", "stopped");
    Ok(())
}
