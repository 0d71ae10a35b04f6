//! Redis or Valkey as a child process: a Unix socket in a folder that only its owner can enter.

use std::{
    fs,
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use rustix::process::Signal;

use crate::{
    Guide, Home, Sources,
    binaries::{self, Wanted},
    cleanup,
    error::EngineError,
    locate,
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
        let binary = Self::binary(home, sources, guide)?;
        let version = run(Command::new(&binary).arg("--version"))?
            .trim()
            .to_owned();
        let data = home.data.join("redis");
        home.owner.own_folder(&data, 0o700)?;
        let (socket, pid_file) = (home.run.join("redis.sock"), home.run.join("redis.pid"));
        let pid = fs::read_to_string(&pid_file)
            .ok()
            .and_then(|text| text.trim().parse().ok());
        if let Some(pid) = pid {
            let program = binary.file_name().unwrap_or_default().to_string_lossy();
            cleanup::terminate(pid, &program, Duration::from_secs(10));
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
            .arg(&data)
            .args(["--maxmemory-policy", "noeviction"])
            .current_dir(&data);
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

    /// The program, found or fetched: for whoever runs it in another way.
    pub fn binary(
        home: &Home,
        sources: Sources,
        guide: &dyn Guide,
    ) -> Result<PathBuf, EngineError> {
        binaries::find(&wanted(), home, sources, guide).map(|folder| server_in(&folder))
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

    /// Ends the server.
    pub fn stop(&mut self) {
        self.engine.stop();
    }
}

fn wanted() -> Wanted {
    Wanted {
        engine: "Redis",
        locate: || locate::redis().and_then(|server| server.parent().map(Path::to_path_buf)),
        wheel: wheels::valkey(),
        program: "valkey-server",
        package: "redis-server",
        settings: "REDIS_HOST or REDIS_URL",
    }
}

/// Valkey where there is one: the wheel has no other, a distribution may have both.
fn server_in(folder: &Path) -> PathBuf {
    let valkey = folder.join("valkey-server");
    if valkey.is_file() {
        valkey
    } else {
        folder.join("redis-server")
    }
}
