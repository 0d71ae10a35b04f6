//! A child process in a group of its own, with its log in a file, stopped politely and then firmly.

use std::{
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use crate::{error::EngineError, owner::Owner};

/// How long between two looks at something that takes time.
pub(crate) const STEP: Duration = Duration::from_millis(20);

/// A running engine.
#[derive(Debug)]
pub(crate) struct Engine {
    child: Child,
    stop_with: Signal,
}

impl Engine {
    /// Starts `command` as `owner`; a Ctrl-C at the terminal reaches us, not it.
    pub(crate) fn spawn(
        mut command: Command,
        owner: Owner,
        log: &Path,
        stop_with: Signal,
    ) -> Result<Self, EngineError> {
        let log_file = gatewright_private_file::create(log).map_err(|e| EngineError::io(log, e))?;
        let errors = log_file.try_clone().map_err(|e| EngineError::io(log, e))?;
        owner.apply(&mut command);
        command
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(log_file)
            .stderr(errors);
        let program = command.get_program().to_owned();
        let child = command
            .spawn()
            .map_err(|e| EngineError::io(Path::new(&program), e))?;
        Ok(Self { child, stop_with })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn has_exited(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Asks the process to end, waits, and kills it when it does not.
    pub(crate) fn stop(&mut self) {
        self.signal(self.stop_with);
        let deadline = Instant::now() + Duration::from_secs(15);
        while !self.has_exited() {
            if Instant::now() > deadline {
                self.signal(Signal::KILL);
            }
            pause(STEP);
        }
    }

    fn signal(&self, signal: Signal) {
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            // It may have ended by itself in this moment: then there is nothing to tell it.
            let _already_gone = kill_process(pid, signal);
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if !self.has_exited() {
            self.stop();
        }
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "waiting for a process at the start of a command, not in a server"
)]
pub(crate) fn pause(span: Duration) {
    std::thread::sleep(span);
}

/// Waits until `is_ready`, or fails with the end of the log.
pub(crate) fn wait_until(
    engine: &'static str,
    process: &mut Engine,
    log: &Path,
    mut is_ready: impl FnMut() -> bool,
) -> Result<(), EngineError> {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !is_ready() {
        if process.has_exited() || Instant::now() > deadline {
            return Err(EngineError::NotReady {
                engine,
                log: tail(log),
            });
        }
        pause(STEP);
    }
    Ok(())
}

/// The last lines of a log, on one line.
pub(crate) fn tail(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().rev().take(5).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join(" | ")
}

/// Runs a command to its end.
pub(crate) fn run(command: &mut Command) -> Result<String, EngineError> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|e| EngineError::io(Path::new(&name), e))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let last: Vec<&str> = text.lines().rev().take(3).collect();
    Err(EngineError::Command {
        command: name,
        output: last.into_iter().rev().collect::<Vec<_>>().join(" | "),
    })
}
