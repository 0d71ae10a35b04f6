//! The command line of the worker.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use gatewright_domain::GATEWRIGHT_VERSION;
use gatewright_jobs::QueueName;
use uuid::Uuid;

/// Gatewright's background worker: sends mail, fires schedules, cleans up. Any number may run; each job
/// is done by one of them, and again by another if that one ends in the middle. A signal (SIGTERM,
/// SIGINT) lets it finish what it began.
#[derive(Debug, Parser)]
#[command(name = "worker", version = GATEWRIGHT_VERSION)]
pub(crate) struct Cli {
    /// Read settings from this file below the environment, instead of `.env` in the current folder.
    #[arg(short = 'e', long, value_name = "FILE")]
    pub(crate) env_file: Option<PathBuf>,
    /// Queues to serve, comma-separated (mail, retention); all when left out.
    #[arg(short, long, value_delimiter = ',', value_name = "QUEUE")]
    pub(crate) queues: Vec<QueueName>,
    /// Jobs at the same time.
    #[arg(short, long, default_value_t = 4, value_name = "COUNT")]
    pub(crate) concurrency: u8,
    /// Seconds without a sign of life after which another worker takes a job over.
    #[arg(long, default_value_t = 60, value_name = "SECONDS", value_parser = clap::value_parser!(u16).range(2..=3600))]
    pub(crate) lease: u16,
    /// Whether this worker fires schedules: each tick fires once, however many do.
    #[arg(long, value_enum, default_value_t = Schedules::On)]
    pub(crate) schedules: Schedules,
    /// Make this file when ready, and remove it when stopping.
    #[arg(long, value_name = "FILE")]
    pub(crate) ready_file: Option<PathBuf>,
    /// Instead of working.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// Whether schedules are fired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Schedules {
    /// Beside the queues.
    On,
    /// Fire no schedule in this process.
    Off,
    /// And no queue is served.
    Only,
}

/// Looking after the queue.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// How much waits in each queue.
    Queues {
        /// Print JSON for programs.
        #[arg(long)]
        json: bool,
    },
    /// When each schedule fires next.
    Schedules {
        /// Print JSON for programs.
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
pub(crate) enum DeadLetters {
    /// The latest first, at most 1000.
    List {
        /// Print JSON for programs.
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
pub(crate) struct Which {
    /// The id of the one job.
    pub(crate) id: Option<Uuid>,
    /// All of them.
    #[arg(long)]
    pub(crate) all: bool,
}
