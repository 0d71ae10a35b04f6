//! `cargo xtask bench runs`: what a run of an app costs, the figures beside the targets. PostgreSQL keeps what it is told
//! (`fsync` and `synchronous_commit` on); its processor time and that of Redis are counted beside the server's.

mod arrange;
mod http;
mod load;
mod model;
mod processes;
mod rows;
mod streams;
mod table;

use std::{
    path::PathBuf,
    process::{Child, Command},
    sync::Arc,
    time::Duration,
};

use clap::Args;
use gatewright_engines::Durability;
use gatewright_outbound::Outbound;

use self::{arrange::Apps, model::Model, processes::Processes, table::Table};
use crate::{bench, bench_process::resident_mib, services::Services};

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

/// A server that ends with this.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _gone = self.0.kill();
        let _gone = self.0.wait();
    }
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let binary = match &options.binary {
        Some(binary) => binary.clone(),
        None => bench::build()?,
    };
    eprintln!("==> starting PostgreSQL and Redis");
    let services = Services::start_empty(Durability::Durable)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let model = Model::default();
    let model_url = runtime.block_on(model.start())?;
    let endpoints = tempfile::NamedTempFile::new()?;
    let toml = format!(
        "[[endpoint]]\nname = \"bench\"\nbase_url = \"{model_url}\"\nproviders = [\"*\"]\n[[endpoint.model]]\nname = \"*\"\n"
    );
    std::fs::write(endpoints.path(), toml)?;
    let enterprise = runtime.block_on(crate::bench_sso::enterprise())?;
    let port = bench::free_port()?;
    let command = || {
        let mut command = bench::api_server(&binary, &services, port, &enterprise);
        command.env("GATEWRIGHT_MODEL_ENDPOINTS", endpoints.path());
        command
    };
    bench::migrate(command())?;
    let tokens = bench::arrange(&services)?;
    streams::raise_files();
    let server = Server(serve(command())?);
    bench::wait_ready(port)?;
    // Before anybody signs in: a password's hash takes its memory.
    let idle_mib = resident_mib(server.0.id())?;
    let table = runtime.block_on(async {
        let base = format!("http://127.0.0.1:{port}");
        let client = Outbound::new(Duration::from_secs(30))?;
        let apps = arrange::Console::sign_in(&base, client)
            .await?
            .apps()
            .await?;
        let bench = Bench {
            port,
            tokens: Arc::new(tokens),
            apps,
            processes: Processes {
                server: server.0.id(),
                postgres: services.postgres_pid(),
                redis: services.redis_pid(),
            },
            model,
            clients: options.clients.max(1),
            span: Duration::from_secs(u64::from(options.seconds.max(1))),
            only: options.only.clone(),
        };
        measure(&bench, Table::new(idle_mib), options.streams).await
    })?;
    drop(server);
    if options.json {
        println!("{:#}", table.json());
    } else {
        table.print();
    }
    Ok(())
}

fn serve(mut command: Command) -> std::io::Result<Child> {
    command.arg("serve").spawn()
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
