//! The supervisor: engines, migrations, servers, readiness; then waiting; then the way back.

use std::{
    fs::{self, File, OpenOptions},
    io::Write as _,
    net::TcpListener,
    path::PathBuf,
    time::Duration,
};

use gatewright_domain::settings::{self, Settings as _, Source as _};
use gatewright_engines::{Durability, Guide as _, Home, Postgres, Redis, pdfium, terminate};
use gatewright_kv::RedisSettings;
use gatewright_storage_kit::DbSettings;

use super::{
    Options, Terminal, UpError,
    children::{Launch, Server},
    env_file::{self, Ensured},
    panel,
};
use gatewright_runtime::{
    environment::Environment,
    probe,
    running::{DevFolder, EXAMPLE_API_URL, State, names_postgres, names_redis, this_build},
    termination,
};

const LOOK_AGAIN: Duration = Duration::from_millis(50);
const READY_WITHIN: Duration = Duration::from_mins(1);

/// The engines that are ours.
#[derive(Default)]
struct Engines {
    postgres: Option<Postgres>,
    redis: Option<Redis>,
}

impl Engines {
    fn has_lost_one(&mut self) -> bool {
        self.postgres.as_mut().is_some_and(Postgres::has_exited)
            || self.redis.as_mut().is_some_and(Redis::has_exited)
    }

    fn stop(mut self) {
        if let Some(redis) = &mut self.redis {
            redis.stop();
        }
        if let Some(postgres) = &mut self.postgres {
            postgres.stop();
        }
    }
}

pub(super) async fn run(folder: &DevFolder, options: &Options) -> Result<(), UpError> {
    let _lock = lock(folder)?;
    clear_leftovers(folder);
    let terminal = Terminal {
        assume_yes: options.assume_yes,
    };
    let env_path = folder.root.join(".env");
    match env_file::ensure(&env_path)? {
        Ensured::Written => terminal.say(&format!(
            "wrote {} with a fresh SECRET_KEY",
            env_path.display()
        )),
        Ensured::KeyFilledIn => terminal.say(&format!(
            "put a fresh SECRET_KEY into {}",
            env_path.display()
        )),
        Ensured::Untouched => {}
    }
    let environment = Environment::load_file(&env_path).map_err(UpError::new)?;
    for unknown in environment.unknown_names() {
        terminal.say(&format!("{unknown}"));
    }
    let port = port(&environment)?;
    if !options.services_only {
        require_free(port)?;
    }
    let mut state = State {
        pid: std::process::id(),
        build: this_build(),
        console_url: environment.get("CONSOLE_WEB_URL").unwrap_or_default(),
        ..State::default()
    };
    let (engines, launch) = start_engines(folder, options, &environment, &terminal, &mut state)?;
    let outcome = run_servers(folder, options, engines, launch, &terminal, state).await;
    for path in [folder.state_file(), folder.addresses_file()] {
        let _gone_already = fs::remove_file(path);
    }
    outcome
}

async fn run_servers(
    folder: &DevFolder,
    options: &Options,
    mut engines: Engines,
    launch: Launch,
    terminal: &Terminal,
    mut state: State,
) -> Result<(), UpError> {
    let mut servers = vec![];
    // Listening for signals begins before the first child, so that none is left behind.
    let outcome = tokio::select! {
        signal = termination() => signal.map(|_| ()).map_err(UpError::new),
        ended = async {
            if !options.services_only {
                start_servers(folder, &launch, terminal, &mut servers, &mut state).await?;
            }
            state.has_no_account = has_no_account(&state).await;
            state.is_ready = true;
            state.save_addresses(&folder.addresses_file()).map_err(UpError::new)?;
            state.save(&folder.state_file()).map_err(UpError::new)?;
            panel::print(folder, &state, panel::Situation::Fresh);
            watch(&mut servers, &mut engines).await
        } => ended,
    };
    terminal.say("stopping");
    for server in servers {
        server.stop().await;
    }
    tokio::task::spawn_blocking(move || engines.stop())
        .await
        .map_err(UpError::new)?;
    terminal.say("stopped");
    outcome
}

fn lock(folder: &DevFolder) -> Result<File, UpError> {
    let path = folder.lock_file();
    let failed = |error: std::io::Error| UpError(format!("{}: {error}", path.display()));
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(failed)?;
    if file.try_lock().is_err() {
        return Err(UpError(
            "the system is up already, or coming up; end it with ./dev/down (or: api-server down)"
                .into(),
        ));
    }
    file.set_len(0)
        .and_then(|()| write!(file, "{}", std::process::id()))
        .map_err(failed)?;
    Ok(file)
}

/// Ends the servers of a supervisor that was killed.
fn clear_leftovers(folder: &DevFolder) {
    if let Some(state) = State::load(&folder.state_file()) {
        for (name, pid) in state.servers {
            terminate(pid, &name, Duration::from_secs(10));
        }
    }
    for path in [
        folder.state_file(),
        folder.addresses_file(),
        folder.dev.join("worker.ready"),
    ] {
        let _gone_already = fs::remove_file(path);
    }
}

fn port(environment: &Environment) -> Result<u16, UpError> {
    settings::read(environment, "DIFY_PORT", "5001", 5001).map_err(UpError::new)
}

fn require_free(port: u16) -> Result<(), UpError> {
    match TcpListener::bind(("127.0.0.1", port)) {
        Ok(_) => Ok(()),
        Err(_) => Err(UpError(format!(
            "port {port} is in use by another program; choose another: DIFY_PORT={} ./dev/up",
            port.saturating_add(10)
        ))),
    }
}

/// Uses what the settings name, and runs what they do not.
fn start_engines(
    folder: &DevFolder,
    options: &Options,
    environment: &Environment,
    terminal: &Terminal,
    state: &mut State,
) -> Result<(Engines, Launch), UpError> {
    let cache = cache_folder(environment);
    let home = Home::for_project(&folder.dev, cache).map_err(UpError::new)?;
    let sources = options.sources;
    let mut engines = Engines::default();
    let mut extra = vec![];
    let (has_db, has_redis) = (names_postgres(environment), names_redis(environment));
    if !has_db || !has_redis {
        home.prepare().map_err(UpError::new)?;
        state.data = home.data.display().to_string();
    }
    if has_db {
        state.engines.push("PostgreSQL as configured".into());
        let settings = DbSettings::load(environment).map_err(UpError::new)?;
        state.db_url = settings.connection_string();
    } else {
        terminal.say("starting PostgreSQL");
        let postgres =
            Postgres::start(&home, sources, Durability::Durable, terminal).map_err(UpError::new)?;
        state.engines.push(postgres.version().to_owned());
        state.db_url = postgres.url();
        extra.push(("DATABASE_URL", postgres.url()));
        engines.postgres = Some(postgres);
    }
    if has_redis {
        state.engines.push("Redis as configured".into());
        let settings = RedisSettings::load(environment).map_err(UpError::new)?;
        state.redis_url = settings.connection_string();
    } else {
        terminal.say("starting Redis");
        let redis =
            Redis::start(&home, sources, Durability::Durable, terminal).map_err(UpError::new)?;
        state.engines.push(redis.version().to_owned());
        state.redis_url = redis.url();
        extra.push(("REDIS_URL", redis.url()));
        engines.redis = Some(redis);
    }
    extra.extend(api_url_for(environment)?);
    extra.extend(pdfium_for(environment, &home, terminal));
    let own = std::env::current_exe().map_err(UpError::new)?;
    let binaries = own.parent().map(PathBuf::from).unwrap_or_default();
    let env_file = folder.root.join(".env");
    Ok((
        engines,
        Launch {
            binaries,
            env_file,
            extra,
            port: port(environment)?,
        },
    ))
}

/// The library that reads PDF files, unless the settings name one. Without it everything else works.
fn pdfium_for(
    environment: &Environment,
    home: &Home,
    terminal: &Terminal,
) -> Option<(&'static str, String)> {
    const NAME: &str = "GATEWRIGHT_PDFIUM_LIBRARY";
    if environment.get(NAME).is_some_and(|path| !path.is_empty()) {
        return None;
    }
    match pdfium::library(&home.cache, terminal) {
        Ok(library) => library.map(|path| (NAME, path.display().to_string())),
        Err(error) => {
            terminal.say(&format!("PDF files will not be read: {error}"));
            None
        }
    }
}

fn cache_folder(environment: &Environment) -> PathBuf {
    let named = |name: &str| {
        environment
            .get(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    named("XDG_CACHE_HOME")
        .or_else(|| named("HOME").map(|home| home.join(".cache")))
        .unwrap_or_else(std::env::temp_dir)
        .join("gatewright/engines")
}

/// The example's address follows the port; an address that somebody chose stays.
fn api_url_for(environment: &Environment) -> Result<Option<(&'static str, String)>, UpError> {
    let port = port(environment)?;
    let is_example = environment
        .get("CONSOLE_API_URL")
        .is_none_or(|url| url == EXAMPLE_API_URL);
    Ok(is_example.then(|| ("CONSOLE_API_URL", format!("http://127.0.0.1:{port}"))))
}

async fn start_servers(
    folder: &DevFolder,
    launch: &Launch,
    terminal: &Terminal,
    servers: &mut Vec<Server>,
    state: &mut State,
) -> Result<(), UpError> {
    terminal.say("migrating");
    launch.migrate().await?;
    terminal.say("starting the API and a worker");
    servers.push(launch.start("api-server", &["serve"])?);
    let ready_file = folder.dev.join("worker.ready");
    let ready_text = ready_file.display().to_string();
    servers.push(launch.start("worker", &["--ready-file", &ready_text])?);
    state.servers = servers
        .iter()
        .map(|server| (server.name.to_owned(), server.pid()))
        .collect();
    state.api_url = format!("http://127.0.0.1:{}", launch.port);
    state.save(&folder.state_file()).map_err(UpError::new)?;
    let ready = async {
        while !(ready_file.exists() && probe::is_ready(launch.port).await) {
            for server in servers.iter_mut() {
                require_running(server)?;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Ok(())
    };
    match tokio::time::timeout(READY_WITHIN, ready).await {
        Ok(outcome) => outcome,
        Err(_) => Err(UpError(format!(
            "not ready after {} s; see {}",
            READY_WITHIN.as_secs(),
            folder.log().display()
        ))),
    }
}

fn require_running(server: &mut Server) -> Result<(), UpError> {
    match server.child.try_wait() {
        Ok(None) => Ok(()),
        Ok(Some(status)) => Err(UpError(format!(
            "{} ended ({status}); its last words stand above",
            server.name
        ))),
        Err(error) => Err(UpError::new(error)),
    }
}

/// Whether the system still waits for its first owner. One that cannot be asked is not said to.
async fn has_no_account(state: &State) -> bool {
    match state
        .api_url
        .rsplit_once(':')
        .and_then(|(_, port)| port.parse().ok())
    {
        Some(port) => probe::waits_for_setup(port).await,
        None => false,
    }
}

/// Ends when something that should run does not.
async fn watch(servers: &mut [Server], engines: &mut Engines) -> Result<(), UpError> {
    loop {
        for server in servers.iter_mut() {
            require_running(server)?;
        }
        if engines.has_lost_one() {
            return Err(UpError(
                "PostgreSQL or Redis ended by itself; see its log in the data folder".into(),
            ));
        }
        tokio::time::sleep(LOOK_AGAIN * 10).await;
    }
}
