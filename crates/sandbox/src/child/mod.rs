//! The child: from a copy of the server's program to an interpreter that can do nothing else.

#[cfg(target_os = "linux")]
mod calls;
#[cfg(target_os = "linux")]
mod confine;
#[cfg(target_os = "linux")]
mod files;
#[cfg(target_os = "linux")]
mod quickjs;
#[cfg(target_os = "linux")]
mod reader;

use std::{
    env,
    io::{self, Write as _},
    path::PathBuf,
    process,
};

#[cfg(target_os = "linux")]
pub(crate) use self::reader::confined_reader;
use crate::plan::{CHILD, ChildPlan};

/// The status of a child that could not confine itself; its reason is on standard error.
pub(crate) const CANNOT: i32 = 78;

/// This program itself, as its children are started. On Linux it is the very one that runs, even when its file has been replaced since;
/// where the system does not say which one that is, nothing can be started.
pub fn own_program() -> PathBuf {
    if cfg!(target_os = "linux") {
        PathBuf::from("/proc/self/exe")
    } else {
        env::current_exe().unwrap_or_default()
    }
}

/// Becomes the child when the command line says so, and does not come back then. Must be the first thing that `main` does: before
/// threads, runtimes and settings.
pub fn take_over_if_asked() {
    let mut arguments = env::args().skip(1);
    if arguments.next().as_deref() != Some(CHILD) {
        return;
    }
    let plan = arguments.next().unwrap_or_default();
    let (status, problem) = match serde_json::from_str::<ChildPlan>(&plan) {
        Ok(plan) => become_it(plan),
        Err(error) => (
            CANNOT,
            format!("the plan of a child cannot be read: {error}"),
        ),
    };
    // Nobody reads it when the server has gone.
    drop(writeln!(io::stderr(), "{problem}"));
    process::exit(status);
}

#[cfg(target_os = "linux")]
fn become_it(plan: ChildPlan) -> (i32, String) {
    match confine::confined(plan) {
        Ok(never) => match never {},
        Err(problem @ confine::Problem::Unconfined(_)) => (CANNOT, problem.to_string()),
        Err(problem @ confine::Problem::Interpreter(_)) => (1, problem.to_string()),
    }
}

#[cfg(not(target_os = "linux"))]
fn become_it(_: ChildPlan) -> (i32, String) {
    (CANNOT, "programs can be isolated on Linux only".to_owned())
}
