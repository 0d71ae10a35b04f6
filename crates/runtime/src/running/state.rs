//! What runs, for the next `up`, for `down` and for scripts.

use std::{fs, os::unix::fs::MetadataExt as _, path::Path};

use serde_json::{Value, json};

/// A running system.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// The process id of the supervisor.
    pub pid: u32,
    /// The servers, which a killed supervisor leaves behind: name and pid.
    pub servers: Vec<(String, u32)>,
    /// Whether everything answers.
    pub is_ready: bool,
    /// Where the API answers; empty when only the services run.
    pub api_url: String,
    /// Where people type, when that is a web console elsewhere (`CONSOLE_WEB_URL`); empty: at the API.
    pub console_url: String,
    /// PostgreSQL, as a connection string.
    pub db_url: String,
    /// Redis, as a connection string.
    pub redis_url: String,
    /// What runs, in words.
    pub engines: Vec<String>,
    /// Where the data is; empty when the engines are not ours.
    pub data: String,
    /// Whether nobody had an account when it came up.
    pub has_no_account: bool,
    /// Which build runs: see [`this_build`].
    pub build: String,
}

/// What tells one build of this program from the next: size and time of its file.
pub fn this_build() -> String {
    let file = std::env::current_exe().and_then(fs::metadata);
    file.map(|file| format!("{}-{}-{}", file.len(), file.mtime(), file.mtime_nsec()))
        .unwrap_or_default()
}

impl State {
    /// Reads a state file; anything unreadable counts as none.
    pub fn load(path: &Path) -> Option<Self> {
        let value: Value = serde_json::from_str(&fs::read_to_string(path).ok()?).ok()?;
        let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        let servers = value["servers"].as_object()?;
        Some(Self {
            pid: u32::try_from(value["pid"].as_u64()?).ok()?,
            servers: servers
                .iter()
                .filter_map(|(name, pid)| Some((name.clone(), u32::try_from(pid.as_u64()?).ok()?)))
                .collect(),
            is_ready: value["is_ready"].as_bool()?,
            api_url: text("api_url"),
            console_url: text("console_url"),
            db_url: text("db_url"),
            redis_url: text("redis_url"),
            engines: value["engines"]
                .as_array()?
                .iter()
                .filter_map(|e| e.as_str().map(str::to_owned))
                .collect(),
            data: text("data"),
            has_no_account: value["has_no_account"].as_bool().unwrap_or(false),
            build: text("build"),
        })
    }

    /// Writes the state file.
    ///
    /// # Errors
    /// What the file system says.
    pub fn save(&self, path: &Path) -> std::io::Result<()> {
        let servers: serde_json::Map<String, Value> = self
            .servers
            .iter()
            .map(|(name, pid)| (name.clone(), json!(pid)))
            .collect();
        let value = json!({
            "pid": self.pid,
            "servers": servers,
            "is_ready": self.is_ready,
            "api_url": self.api_url,
            "console_url": self.console_url,
            "db_url": self.db_url,
            "redis_url": self.redis_url,
            "engines": self.engines,
            "data": self.data,
            "has_no_account": self.has_no_account,
            "build": self.build,
        });
        gatewright_private_file::replace(path, format!("{value:#}\n").as_bytes())
    }

    /// Writes the addresses so that a shell can source them.
    ///
    /// # Errors
    /// What the file system says.
    pub fn save_addresses(&self, path: &Path) -> std::io::Result<()> {
        let line = |name: &str, value: &str| format!("{name}='{}'\n", value.replace('\'', r"'\''"));
        let text = [
            ("API_URL", &self.api_url),
            ("DB_URL", &self.db_url),
            ("REDIS_URL", &self.redis_url),
        ]
        .map(|(name, value)| line(name, value))
        .concat();
        gatewright_private_file::replace(path, text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn running_state_round_trips_and_is_quoted_for_the_shell() {
        let folder = tempfile::tempdir().unwrap();
        let state = State {
            pid: 7,
            servers: vec![("worker".into(), 9)],
            is_ready: true,
            api_url: "http://127.0.0.1:5001".into(),
            db_url: "postgres://u:p'w@h/db".into(),
            ..State::default()
        };
        let path = folder.path().join("state.json");
        state.save(&path).unwrap();
        let loaded = State::load(&path).unwrap();
        assert_eq!(
            (loaded.pid, loaded.servers, loaded.is_ready),
            (7, state.servers.clone(), true)
        );
        let addresses = folder.path().join("addresses.env");
        state.save_addresses(&addresses).unwrap();
        let text = std::fs::read_to_string(addresses).unwrap();
        assert!(
            text.contains(r"DB_URL='postgres://u:p'\''w@h/db'"),
            "{text}"
        );
    }
}
