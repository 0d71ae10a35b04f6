//! Ending what a killed supervisor left behind. A pid alone proves nothing, so the name of the
//! program must be right too.

use std::{
    fs,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use crate::process::{STEP, pause};

/// Whether a process with this pid runs a program of this name.
pub fn is_alive(pid: u32, program: &str) -> bool {
    let Some(raw) = to_pid(pid) else { return false };
    if test_kill_process(raw).is_err() {
        return false;
    }
    match fs::read(format!("/proc/{pid}/cmdline")) {
        // An empty command line is a process that has ended and was not waited for.
        Ok(line) => !line.is_empty() && String::from_utf8_lossy(&line).contains(program),
        // No /proc on this system: the pid has to do.
        Err(_) => !fs::exists("/proc/self").unwrap_or(false),
    }
}

/// Ends a process if it still runs a program of this name; true when it is gone.
pub fn terminate(pid: u32, program: &str, timeout: Duration) -> bool {
    let Some(raw) = to_pid(pid) else { return true };
    // PostgreSQL takes SIGINT as "fast": sessions are cut, data is written.
    let polite = if program == "postgres" {
        Signal::INT
    } else {
        Signal::TERM
    };
    if !is_alive(pid, program) || kill_process(raw, polite).is_err() {
        return !is_alive(pid, program);
    }
    let deadline = Instant::now() + timeout;
    while is_alive(pid, program) {
        if Instant::now() > deadline {
            return false;
        }
        pause(STEP);
    }
    true
}

fn to_pid(pid: u32) -> Option<Pid> {
    i32::try_from(pid).ok().and_then(Pid::from_raw)
}
