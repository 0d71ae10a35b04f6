//! Real servers for these tests: one, one with TLS, a set with three sentinels, a cluster of six. All
//! on the loopback, all gone with their value.

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use gatewright_engines::{Redis, Sources};
use gatewright_kv::RedisSettings;

use crate::e2e::engines::{Quiet, engines_home};

const TIMEOUT: Duration = Duration::from_secs(20);

/// A running server.
pub(super) struct Server {
    child: Child,
    pub(super) port: u16,
    folder: tempfile::TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Server {
    /// Without TLS, with further arguments.
    pub(super) async fn start(arguments: &[&str]) -> Self {
        let server = Self::spawn(&any_binary(), free_port(), arguments, &[]);
        server
            .wait_for(&redis::Client::open(server.url()).unwrap())
            .await;
        server
    }

    /// Answers on `port`, with files in its folder.
    pub(super) fn spawn(
        binary: &Path,
        port: u16,
        arguments: &[&str],
        files: &[(&str, &str)],
    ) -> Self {
        let folder = tempfile::Builder::new().prefix("gw-kv-").tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        let port_text = port.to_string();
        let mut command = Command::new(binary);
        if arguments.first() == Some(&"sentinel.conf") {
            command.args(["sentinel.conf", "--sentinel"]);
        } else {
            command
                .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
                .args(["--maxmemory-policy", "noeviction", "--daemonize", "no"])
                .args(arguments);
            if !arguments.contains(&"--tls-port") {
                command.args(["--port", &port_text]);
            }
        }
        let child = command
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        Self {
            child,
            port,
            folder,
        }
    }

    pub(super) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(super) fn settings(&self) -> RedisSettings {
        RedisSettings {
            url: Some(self.url().into()),
            ..RedisSettings::default()
        }
    }

    pub(super) fn folder_path(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn kill(&mut self) {
        let _already_gone = self.child.kill();
        let _reaped = self.child.wait();
    }

    pub(super) async fn wait_for(&self, client: &redis::Client) {
        let deadline = Instant::now() + TIMEOUT;
        loop {
            if let Ok(mut connection) = client.get_multiplexed_async_connection().await
                && redis::cmd("PING").exec_async(&mut connection).await.is_ok()
            {
                return;
            }
            assert!(
                Instant::now() < deadline,
                "it does not start: {}",
                self.log()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// One command over a connection of its own.
    pub(super) async fn ask<T: redis::FromRedisValue>(
        &self,
        words: &[&str],
    ) -> redis::RedisResult<T> {
        ask(&self.url(), words).await
    }

    /// Connections that the server has, this question's included.
    pub(super) async fn clients(&self) -> usize {
        let list: String = self.ask(&["CLIENT", "LIST"]).await.unwrap();
        list.lines().count()
    }

    pub(super) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

pub(super) async fn ask<T: redis::FromRedisValue>(
    url: &str,
    words: &[&str],
) -> redis::RedisResult<T> {
    let client = redis::Client::open(url)?;
    let mut connection = client.get_multiplexed_async_connection().await?;
    let mut command = redis::cmd(words[0]);
    for word in &words[1..] {
        command.arg(word);
    }
    command.query_async(&mut connection).await
}

/// The program that the other tests use too, or the fetched one.
pub(super) fn any_binary() -> PathBuf {
    let (home, _folder) = engines_home();
    Redis::binary(&home, Sources::Any, &Quiet).unwrap()
}

/// The program of the distribution: the fetched one is built without TLS.
pub(super) fn binary_with_tls() -> PathBuf {
    let path = std::env::var("PATH").unwrap();
    let mut found = std::env::split_paths(&path)
        .flat_map(|folder| ["redis-server", "valkey-server"].map(|name| folder.join(name)))
        .filter(|program| program.is_file());
    found.next().expect(
        "no redis-server with TLS: apt-get install --no-install-recommends redis-server (RUNLEVEL=1 keeps it from being started)",
    )
}

/// Free at this moment.
pub(super) fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}

pub(super) async fn wait_until(what: &str, mut probe: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + TIMEOUT;
    while !probe().await {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
