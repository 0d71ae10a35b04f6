//! The worker: does the jobs of the queues that it serves, fires schedules, and looks after dead
//! letters. Any number of workers may run.
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, anyhow, bail};
use chrono::TimeDelta;
use clap::{Args, Parser, Subcommand};
use gatewright_domain::{Clock as _, GATEWRIGHT_VERSION, SystemClock};
use gatewright_jobs::QueueName;
use gatewright_runtime::{
    Platform, ServerSettings, complain,
    environment::Environment,
    init_telemetry, key_file, say, termination, up,
    worker::{self, Duties},
};
use uuid::Uuid;

/// Gatewright's background worker: sends mail, fires schedules, cleans up. Any number may run; each job
/// is done by one of them, and again by another if that one ends in the middle. A signal (SIGTERM,
/// SIGINT) lets it finish what it began.
#[derive(Debug, Parser)]
#[command(name = "worker", version = GATEWRIGHT_VERSION)]
struct Cli {
    /// Read settings from this file below the environment, instead of `.env` in the current folder.
    #[arg(short = 'e', long, value_name = "FILE")]
    env_file: Option<PathBuf>,
    /// Queues to serve, comma-separated (mail, retention); all when left out.
    #[arg(short, long, value_delimiter = ',', value_name = "QUEUE")]
    queues: Vec<QueueName>,
    /// Jobs at the same time.
    #[arg(short, long, default_value_t = 4, value_name = "COUNT")]
    concurrency: u8,
    /// Seconds without a sign of life after which another worker takes a job over.
    #[arg(long, default_value_t = 60, value_name = "SECONDS", value_parser = clap::value_parser!(u16).range(2..=3600))]
    lease: u16,
    /// Whether this worker fires schedules: each tick fires once, however many do.
    #[arg(long, value_enum, default_value_t = Schedules::On)]
    schedules: Schedules,
    /// Make this file when ready, and remove it when stopping.
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
    /// Instead of working.
    #[command(subcommand)]
    command: Option<Command>,
}

/// Whether schedules are fired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Schedules {
    /// Beside the queues.
    On,
    /// Not here.
    Off,
    /// And no queue is served.
    Only,
}

/// Looking after the queue.
#[derive(Debug, Subcommand)]
enum Command {
    /// How much waits in each queue.
    Queues {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// When each schedule fires next.
    Schedules {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Jobs that ran out of attempts.
    DeadLetters {
        /// What to do.
        #[command(subcommand)]
        command: DeadLetters,
    },
}

/// Looking after dead letters.
#[derive(Debug, Subcommand)]
enum DeadLetters {
    /// The latest first, at most 1000.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Give one (or all) a new life with all its attempts.
    Replay(Which),
    /// Forget one (or all).
    Discard(Which),
}

/// Which dead letters.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Which {
    /// This one.
    id: Option<Uuid>,
    /// All of them.
    #[arg(long)]
    all: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain!("worker: {error:#}");
            ExitCode::from(2)
        }
    }
}

async fn run(cli: Cli) -> anyhow::Result<()> {
    let file = cli.env_file.as_deref().unwrap_or(Path::new(".env"));
    if cli.env_file.is_some() && !file.exists() {
        bail!("{}: there is no such file", file.display());
    }
    let mut environment = Environment::load_file(file)?;
    if cli.command.is_some() && cli.env_file.is_none() {
        environment = up::with_running_system(environment, Path::new("."));
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
    tracing::info!(queues = names, "worker ready");
    if let Some(file) = &cli.ready_file {
        std::fs::write(file, "ready\n")
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    let signal = termination().await.context("signals cannot be heard")?;
    tracing::info!(signal, "stopping: finishing what runs");
    if let Some(file) = &cli.ready_file {
        std::fs::remove_file(file).with_context(|| format!("cannot remove {}", file.display()))?;
    }
    drop(stop);
    working.await.context("the worker failed")?;
    spares.abort();
    if let Some(follower) = follower {
        follower.abort();
    }
    platform.pool.close();
    tracing::info!("stopped");
    Ok(())
}

async fn look_after(
    platform: &Platform,
    settings: &ServerSettings,
    command: Command,
) -> anyhow::Result<()> {
    let mut conn = worker::connection(platform).await?;
    let now = SystemClock.now();
    match command {
        Command::Queues { json } => {
            let depths = gatewright_jobs::depths(conn.as_mut()).await?;
            let rows = depths.iter().map(|one| {
                serde_json::json!({"queue": one.queue, "waiting": one.waiting, "dead": one.dead})
            });
            print_rows(json, rows, &["queue", "waiting", "dead"]);
        }
        Command::Schedules { json } => {
            let scheduler = worker::scheduler(settings).map_err(|text| anyhow!(text))?;
            let rows = scheduler
                .schedules()
                .iter()
                .map(|one| serde_json::json!({"schedule": one.name(), "next": one.next(now)}));
            print_rows(json, rows, &["schedule", "next"]);
        }
        Command::DeadLetters { command } => match command {
            DeadLetters::List { json } => {
                let dead = gatewright_jobs::list_dead(conn.as_mut(), 1000).await?;
                let rows = dead.iter().map(|one| serde_json::json!(one));
                print_rows(
                    json,
                    rows,
                    &["id", "kind", "attempts", "dead_at", "last_error"],
                );
            }
            DeadLetters::Replay(which) => {
                let count = gatewright_jobs::replay_dead(conn.as_mut(), which.id, now).await?;
                report(count, "given a new life", &which)?;
            }
            DeadLetters::Discard(which) => {
                let count = gatewright_jobs::discard_dead(conn.as_mut(), which.id).await?;
                report(count, "discarded", &which)?;
            }
        },
    }
    Ok(())
}

fn report(count: usize, done: &str, which: &Which) -> anyhow::Result<()> {
    match which.id {
        Some(id) if count == 0 => {
            bail!("there is no dead letter {id}; see `worker dead-letters list`")
        }
        _ => say!("{count} {done}"),
    }
    Ok(())
}

fn print_rows(json: bool, rows: impl Iterator<Item = serde_json::Value>, columns: &[&str]) {
    let rows: Vec<_> = rows.collect();
    if json {
        say!("{}", serde_json::Value::from(rows));
        return;
    }
    say!("{}", columns.join("  "));
    for row in rows {
        let cells = columns.iter().map(|column| match &row[*column] {
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        say!("{}", cells.collect::<Vec<_>>().join("  "));
    }
}
