//! `api-server up`: a whole system on one machine without Docker. Engines, migrations, API and worker
//! are children of one supervisor, which waits until all is ready, says so, and ends all of it again.

mod children;
mod env_file;
mod panel;
mod supervisor;

use std::{
    fs::{self, File},
    io::{self, Read as _, Write as _},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use gatewright_engines::{Guide, is_alive, terminate};

pub use gatewright_engines::Sources;
use gatewright_runtime::{
    running::{DevFolder, State, running, this_build},
    terminal,
};

/// The program that supervises, as `/proc` shows it.
const PROGRAM: &str = "api-server";
/// How long a system may take to end: requests are drained, then data is written.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_mins(1);
/// Lines of progress in the log begin with this.
pub(crate) const PROGRESS: &str = "==> ";

/// What to bring up.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder of `.env` and `.dev`.
    pub folder: PathBuf,
    /// Only PostgreSQL and Redis.
    pub services_only: bool,
    /// Fetch the engines even when the machine has some.
    pub sources: Sources,
    /// Whether questions are taken as answered by yes.
    pub assume_yes: bool,
}

/// Bringing the system up or down failed; the text says what to do.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct UpError(pub String);

impl UpError {
    fn new(text: impl std::fmt::Display) -> Self {
        Self(text.to_string())
    }
}

/// Says what goes on at the terminal, and asks there.
pub(crate) struct Terminal {
    pub(crate) assume_yes: bool,
}

impl Guide for Terminal {
    fn say(&self, line: &str) {
        terminal::line(&format!("{PROGRESS}{line}"));
    }

    fn consents(&self, question: &str) -> bool {
        if self.assume_yes {
            return true;
        }
        if !io::IsTerminal::is_terminal(&io::stdin()) {
            return false;
        }
        let mut answer = String::new();
        write!(io::stdout(), "{question} [y/N] ").is_ok()
            && io::stdout().flush().is_ok()
            && io::stdin().read_line(&mut answer).is_ok()
            && matches!(answer.trim(), "y" | "Y" | "yes")
    }
}

/// Brings the system up and stays until a signal comes.
pub async fn run_in_foreground(options: Options) -> Result<(), UpError> {
    let folder = DevFolder::open(&options.folder).map_err(UpError::new)?;
    supervisor::run(&folder, &options).await
}

/// Brings the system up in the background and returns when it is ready. Harmless when it runs already.
pub fn run_detached(options: &Options) -> Result<(), UpError> {
    let folder = DevFolder::open(&options.folder).map_err(UpError::new)?;
    if let Some(state) = running(&folder) {
        if state.api_url.is_empty() && !options.services_only {
            return Err(UpError::new(
                "only PostgreSQL and Redis run here; start the servers with ./dev/start-api and \
                 ./dev/start-worker, or end them first (./dev/down) and run this again",
            ));
        }
        let situation = if state.build == this_build() {
            panel::Situation::Running
        } else {
            panel::Situation::RunningAnotherBuild
        };
        panel::print(&folder, &state, situation);
        return Ok(());
    }
    let log = gatewright_private_file::create(&folder.log()).map_err(UpError::new)?;
    let errors = log.try_clone().map_err(UpError::new)?;
    let program = std::env::current_exe().map_err(UpError::new)?;
    let mut command = Command::new(program);
    command.arg("up").current_dir(&folder.root);
    for (wanted, flag) in [
        (options.services_only, "--services-only"),
        (options.sources == Sources::WheelsOnly, "--fetch-engines"),
        // The question was asked, or cannot be: nobody sits at the background process.
        (options.assume_yes, "--yes"),
    ] {
        if wanted {
            command.arg(flag);
        }
    }
    let mut child = command
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(errors)
        .spawn()
        .map_err(UpError::new)?;
    let mut shown = 0;
    loop {
        shown = show_progress(&folder.log(), shown);
        if let Some(state) = State::load(&folder.state_file())
            .filter(|state| state.pid == child.id() && state.is_ready)
        {
            show_progress(&folder.log(), shown);
            panel::print(&folder, &state, panel::Situation::Fresh);
            return Ok(());
        }
        if let Some(status) = child.try_wait().map_err(UpError::new)? {
            show_progress(&folder.log(), shown);
            return Err(UpError(format!(
                "the system did not come up ({status}):\n{}\nthe whole log: {}",
                last_lines(&folder.log(), 12),
                folder.log().display()
            )));
        }
        pause(Duration::from_millis(50));
    }
}

/// Ends what `up` started, also what a killed supervisor left behind. Says whether there was anything.
pub fn down(folder: &Path) -> Result<bool, UpError> {
    let Some(folder) = DevFolder::existing(folder) else {
        return Ok(false);
    };
    // Read first: a supervisor that ends takes the file with it.
    let servers = State::load(&folder.state_file()).map_or_else(Vec::new, |state| state.servers);
    let supervisor = supervisor_pid(&folder).map(|pid| (PROGRAM.to_owned(), pid));
    let mut was_up = false;
    for (name, pid) in supervisor.into_iter().chain(servers) {
        was_up |= is_alive(pid, &name);
        if !terminate(pid, &name, SHUTDOWN_TIMEOUT) {
            return Err(UpError(format!(
                "process {pid} ({name}) does not end; look at {}",
                folder.log().display()
            )));
        }
    }
    Ok(was_up)
}

/// The supervisor that holds the lock.
fn supervisor_pid(folder: &DevFolder) -> Option<u32> {
    let mut text = String::new();
    File::open(folder.lock_file())
        .ok()?
        .read_to_string(&mut text)
        .ok()?;
    text.trim()
        .parse()
        .ok()
        .filter(|pid| is_alive(*pid, PROGRAM))
}

fn show_progress(log: &Path, shown: usize) -> usize {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix(PROGRESS))
        .collect();
    for line in lines.iter().skip(shown) {
        terminal::line(&format!("{PROGRESS}{line}"));
    }
    lines.len()
}

fn last_lines(log: &Path, count: usize) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

#[allow(
    clippy::disallowed_methods,
    reason = "waiting for a process in a command line"
)]
fn pause(span: Duration) {
    std::thread::sleep(span);
}
