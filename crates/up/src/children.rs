//! The two servers as child processes.

use std::{path::PathBuf, process::Stdio, time::Duration};

use gatewright_engines::terminate;
use tokio::process::{Child, Command};

use super::UpError;

/// How long a server may drain.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(40);

/// What the servers need to know.
pub(super) struct Launch {
    /// The folder of the binaries: our own.
    pub(super) binaries: PathBuf,
    /// Settings below the environment.
    pub(super) env_file: PathBuf,
    /// Settings above the caller's environment: what only we know.
    pub(super) extra: Vec<(&'static str, String)>,
    /// Where the API listens.
    pub(super) port: u16,
}

/// A running server.
pub(super) struct Server {
    pub(super) name: &'static str,
    pub(super) child: Child,
}

impl Launch {
    /// Runs `api-server migrate` to its end.
    pub(super) async fn migrate(&self) -> Result<(), UpError> {
        let output = self
            .command("api-server", &["migrate"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .output()
            .await
            .map_err(UpError::new)?;
        if output.status.success() {
            return Ok(());
        }
        let errors = String::from_utf8_lossy(&output.stderr);
        Err(UpError(format!("migrating failed: {}", errors.trim())))
    }

    /// Starts a server.
    pub(super) fn start(&self, name: &'static str, arguments: &[&str]) -> Result<Server, UpError> {
        let child = self.command(name, arguments).spawn().map_err(|error| {
            UpError(format!(
                "{}: {error}; build it with `cargo build`",
                self.binaries.join(name).display()
            ))
        })?;
        Ok(Server { name, child })
    }

    fn command(&self, name: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.binaries.join(name));
        command
            .arg("--env-file")
            .arg(&self.env_file)
            .args(arguments)
            .envs(
                self.extra
                    .iter()
                    .map(|(name, value)| (*name, value.as_str())),
            )
            .process_group(0)
            .stdin(Stdio::null());
        command
    }
}

impl Server {
    pub(super) fn pid(&self) -> u32 {
        self.child.id().unwrap_or_default()
    }

    /// Asks the server to end and waits for it.
    pub(super) async fn stop(mut self) {
        let (pid, name) = (self.pid(), self.name);
        // Asking is instant; waiting is done without blocking.
        let _asked =
            tokio::task::spawn_blocking(move || terminate(pid, name, Duration::ZERO)).await;
        if tokio::time::timeout(SHUTDOWN_TIMEOUT, self.child.wait())
            .await
            .is_err()
        {
            tracing::warn!(event = "up.child_killed", name, "does not end; killed");
            let _gone_anyway = self.child.kill().await;
        }
    }
}
