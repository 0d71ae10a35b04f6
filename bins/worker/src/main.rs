//! The worker. The first jobs arrive with a later release; until then it proves that it could run
//! them (its dependencies answer, the schema is the one it knows), says so, and stops cleanly.
#![allow(clippy::print_stderr, reason = "this is a command line")]

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context as _, bail};
use clap::Parser;
use gatewright_domain::GATEWRIGHT_VERSION;
use gatewright_jobs::QueueName;
use gatewright_runtime::{
    Platform, ServerSettings, environment::Environment, init_telemetry, termination,
};

/// Gatewright's background worker.
#[derive(Debug, Parser)]
#[command(name = "worker", version = GATEWRIGHT_VERSION)]
struct Cli {
    /// Read settings from this file below the environment, instead of `.env` in the current folder.
    #[arg(short = 'e', long, value_name = "FILE")]
    env_file: Option<PathBuf>,
    /// Queues to serve, comma-separated; all when left out.
    #[arg(short, long, value_delimiter = ',', value_name = "QUEUE")]
    queues: Vec<QueueName>,
    /// Make this file when ready, and remove it when stopping.
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("worker: {error:#}");
            ExitCode::from(2)
        }
    }
}

async fn run(cli: Cli) -> anyhow::Result<()> {
    let environment = Environment::load_file(&cli.env_file.unwrap_or(".env".into()))?;
    let settings = ServerSettings::load(&environment)?;
    init_telemetry(&settings.log);
    let platform = Platform::new(&settings).context("the connections cannot be prepared")?;
    let health = platform.readiness().check().await;
    if let Some(problem) = health.postgres {
        bail!("PostgreSQL {problem}");
    }
    if let Some(problem) = health.schema {
        bail!("the database schema {problem}");
    }
    let queues = if cli.queues.is_empty() {
        QueueName::ALL.to_vec()
    } else {
        cli.queues
    };
    let names: Vec<&str> = queues.into_iter().map(QueueName::as_str).collect();
    tracing::info!(queues = names.join(","), "worker ready");
    if let Some(file) = &cli.ready_file {
        std::fs::write(file, "ready\n")
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    let signal = termination().await.context("signals cannot be heard")?;
    tracing::info!(signal, "stopping");
    if let Some(file) = &cli.ready_file {
        std::fs::remove_file(file).with_context(|| format!("cannot remove {}", file.display()))?;
    }
    platform.pool.close();
    Ok(())
}
