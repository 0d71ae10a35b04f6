//! PostgreSQL as a child process: trust inside a folder that only its owner can enter, no network.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use rustix::process::Signal;

use crate::{
    Guide, Home, Sources,
    binaries::{self, Wanted},
    cleanup,
    error::EngineError,
    locate,
    process::{Engine, run, wait_until},
    wheels,
};

/// The role and the database that we make.
const ROLE: &str = "gatewright";
const DATABASE: &str = "dify";

/// Whether data must survive a power cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// What was committed survives a crash of the machine.
    Durable,
    /// It need not: tests.
    Throwaway,
}

/// A running PostgreSQL.
#[derive(Debug)]
pub struct Postgres {
    engine: Engine,
    run: PathBuf,
    version: String,
}

impl Postgres {
    /// Finds or fetches it, makes its data folder when there is none, starts it, waits for it.
    pub fn start(
        home: &Home,
        sources: Sources,
        durability: Durability,
        guide: &dyn Guide,
    ) -> Result<Self, EngineError> {
        Self::start_with(home, sources, durability, &[], guide)
    }

    /// The same, with settings of the server that win over ours: for tests of what we connect to.
    pub fn start_with(
        home: &Home,
        sources: Sources,
        durability: Durability,
        settings: &[(&str, String)],
        guide: &dyn Guide,
    ) -> Result<Self, EngineError> {
        let bin = binaries::find(&wanted(), home, sources, guide)?;
        let version = run(Command::new(bin.join("postgres")).arg("--version"))?
            .trim()
            .to_owned();
        let data = home.data.join("postgres");
        if !data.join("PG_VERSION").is_file() {
            initialise(&bin, &data, home)?;
        }
        end_leftover(&data);
        let log = home.data.join("postgres.log");
        let mut command = command(&bin, &data, home, durability);
        for (name, value) in settings {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        let mut engine = Engine::spawn(command, home.owner, &log, Signal::INT)?;
        wait_until("PostgreSQL", &mut engine, &log, || is_ready(&data))?;
        Ok(Self {
            engine,
            run: home.run.clone(),
            version,
        })
    }

    /// The connection string of our database.
    pub fn url(&self) -> String {
        self.url_of(DATABASE)
    }

    /// The connection string of another database.
    pub fn url_of(&self, database: &str) -> String {
        let socket = self
            .run
            .display()
            .to_string()
            .replace('%', "%25")
            .replace('/', "%2F");
        format!("postgres://{ROLE}@{socket}/{database}")
    }

    /// As it calls itself.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.engine.pid()
    }

    /// Whether it has ended by itself.
    pub fn has_exited(&mut self) -> bool {
        self.engine.has_exited()
    }

    /// Ends it, with its data written.
    pub fn stop(&mut self) {
        self.engine.stop();
    }
}

fn wanted() -> Wanted {
    Wanted {
        engine: "PostgreSQL",
        locate: locate::postgres,
        wheel: wheels::postgres(),
        program: "initdb",
        package: "postgresql",
        settings: "DB_HOST or DATABASE_URL",
    }
}

fn initialise(bin: &Path, data: &Path, home: &Home) -> Result<(), EngineError> {
    // A folder that a cut-off first start left behind holds nothing yet.
    if data.exists() {
        fs::remove_dir_all(data).map_err(|e| EngineError::io(data, e))?;
    }
    let half_done = home.data.join("postgres.new");
    if half_done.exists() {
        fs::remove_dir_all(&half_done).map_err(|e| EngineError::io(&half_done, e))?;
    }
    home.owner.own_folder(&half_done, 0o700)?;
    let mut initdb = Command::new(bin.join("initdb"));
    initdb
        .arg("-D")
        .arg(&half_done)
        .args([
            "-U",
            ROLE,
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
        ])
        .env("LC_ALL", "C")
        .current_dir(&home.data);
    home.owner.apply(&mut initdb);
    run(&mut initdb)?;
    create_database(bin, &half_done, home)?;
    fs::rename(&half_done, data).map_err(|e| EngineError::io(data, e))
}

/// Single-user mode needs no server and no client.
fn create_database(bin: &Path, data: &Path, home: &Home) -> Result<(), EngineError> {
    let mut command = Command::new(bin.join("postgres"));
    command
        .args(["--single", "-D"])
        .arg(data)
        .arg("postgres")
        .env("LC_ALL", "C")
        .current_dir(&home.data)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    home.owner.apply(&mut command);
    let failed = |e| EngineError::io(data, e);
    let mut child = command.spawn().map_err(failed)?;
    if let Some(mut input) = child.stdin.take() {
        writeln!(input, "CREATE DATABASE {DATABASE};").map_err(failed)?;
    }
    let status = child.wait().map_err(failed)?;
    if status.success() {
        Ok(())
    } else {
        Err(EngineError::Command {
            command: "postgres --single".into(),
            output: status.to_string(),
        })
    }
}

fn command(bin: &Path, data: &Path, home: &Home, durability: Durability) -> Command {
    let mut command = Command::new(bin.join("postgres"));
    let settings = [
        format!("unix_socket_directories={}", home.run.display()),
        "unix_socket_permissions=0700".into(),
        "listen_addresses=".into(),
        "shared_buffers=64MB".into(),
        "max_connections=200".into(),
        "timezone=UTC".into(),
        "log_timezone=UTC".into(),
        "logging_collector=off".into(),
    ];
    command
        .arg("-D")
        .arg(data)
        .env("LC_ALL", "C")
        .current_dir(&home.data);
    for setting in settings {
        command.arg("-c").arg(setting);
    }
    if durability == Durability::Throwaway {
        for setting in [
            "fsync=off",
            "synchronous_commit=off",
            "full_page_writes=off",
        ] {
            command.arg("-c").arg(setting);
        }
    }
    command
}

/// The eighth line of the pid file says how far the server is.
fn is_ready(data: &Path) -> bool {
    fs::read_to_string(data.join("postmaster.pid")).is_ok_and(|text| {
        text.lines()
            .nth(7)
            .is_some_and(|line| line.trim() == "ready")
    })
}

/// A supervisor that was killed leaves its PostgreSQL running on this very folder.
fn end_leftover(data: &Path) {
    let pid_file = data.join("postmaster.pid");
    let pid = fs::read_to_string(&pid_file)
        .ok()
        .and_then(|text| text.lines().next()?.trim().parse().ok());
    if let Some(pid) = pid {
        cleanup::terminate(pid, "postgres", Duration::from_secs(15));
    }
    // What is left of a killed one would look ready before the new one is.
    let _none_left = fs::remove_file(pid_file);
}
