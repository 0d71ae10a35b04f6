//! Everything that a benchmark over HTTP measures and asks: PostgreSQL that keeps what it is told (`fsync` and
//! `synchronous_commit` on), Redis, a model, and the server that is measured.

use std::{
    path::Path,
    process::{Child, Command},
    sync::Arc,
    time::Duration,
};

use gatewright_engines::Durability;
use gatewright_outbound::Outbound;
use rustix::process::{Resource, getrlimit, setrlimit};

use super::{arrange::Console, model::Model, processes::Processes};
use crate::{bench, bench_process::resident_mib, services::Services};

/// All of it, running; it ends with this.
pub(crate) struct Stage {
    pub(crate) runtime: tokio::runtime::Runtime,
    pub(crate) port: u16,
    /// Bearers of `/openapi/v1`.
    pub(crate) tokens: Arc<Vec<String>>,
    pub(crate) processes: Processes,
    pub(crate) model: Model,
    /// What the server held before anybody signed in: a password's hash takes its memory.
    pub(crate) idle_mib: f64,
    // The order of the fields is the order in which they end.
    _server: Server,
    _services: Services,
    _endpoints: tempfile::NamedTempFile,
    _files: tempfile::TempDir,
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

impl Stage {
    /// Sets it, with this server or one that is built now.
    pub(crate) fn set(binary: Option<&Path>) -> anyhow::Result<Self> {
        let binary = match binary {
            Some(binary) => binary.to_owned(),
            None => bench::build()?,
        };
        eprintln!("==> starting PostgreSQL and Redis");
        let services = Services::start_empty(Durability::Durable)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        let model = Model::default();
        let endpoints = endpoints(&runtime.block_on(model.start())?)?;
        let files = tempfile::tempdir()?;
        let enterprise = runtime.block_on(crate::bench_sso::enterprise())?;
        let port = bench::free_port()?;
        let command = || {
            let mut command = bench::api_server(&binary, &services, port, &enterprise);
            command
                .env("GATEWRIGHT_MODEL_ENDPOINTS", endpoints.path())
                .env("OPENDAL_FS_ROOT", files.path())
                .env("GATEWRIGHT_LIMIT_UPLOAD_BY_KEY", "0");
            command
        };
        bench::migrate(command())?;
        let tokens = bench::arrange(&services)?;
        raise_files();
        let server = Server(serve(command())?);
        bench::wait_ready(port)?;
        Ok(Self {
            port,
            tokens: Arc::new(tokens),
            processes: Processes {
                server: server.0.id(),
                postgres: services.postgres_pid(),
                redis: services.redis_pid(),
            },
            model,
            idle_mib: resident_mib(server.0.id())?,
            runtime,
            _server: server,
            _services: services,
            _endpoints: endpoints,
            _files: files,
        })
    }

    /// Signs in at the console.
    pub(crate) async fn console(&self) -> anyhow::Result<Console> {
        let base = format!("http://127.0.0.1:{}", self.port);
        let client = Outbound::new(Duration::from_secs(30))?;
        Console::sign_in(&base, client).await
    }
}

/// The file that tells the server of the model.
fn endpoints(model_url: &str) -> anyhow::Result<tempfile::NamedTempFile> {
    let file = tempfile::NamedTempFile::new()?;
    let toml = format!(
        "[[endpoint]]\nname = \"bench\"\nbase_url = \"{model_url}\"\nproviders = [\"*\"]\n[[endpoint.model]]\nname = \"*\"\n"
    );
    std::fs::write(file.path(), toml)?;
    Ok(file)
}

fn serve(mut command: Command) -> std::io::Result<Child> {
    command.arg("serve").spawn()
}

/// As many files as this process and those that it starts may have open; all that it can get.
pub(crate) fn raise_files() -> usize {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // Where that is refused the old limit stays.
    let _stays = setrlimit(Resource::Nofile, limit);
    let now = getrlimit(Resource::Nofile).current;
    now.map_or(usize::MAX, |most| {
        usize::try_from(most).unwrap_or(usize::MAX)
    })
}
