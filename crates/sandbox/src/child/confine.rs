//! The steps from a process like any other to one that can do nothing but compute. The order matters: each step needs what the
//! next one takes.

use std::{
    convert::Infallible,
    fs::{self, File},
    io::{self, Write as _},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use rustix::{
    process::{Gid, Resource, Rlimit, Signal, Uid, set_parent_process_death_signal, setrlimit},
    thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid},
};

use crate::plan::{Becomes, Bounds, ChildPlan};

use super::{calls, files, quickjs};

/// The group that belongs to nobody.
const NOBODY: u32 = 65_534;
/// Open files that an interpreter may have.
const MAX_DESCRIPTORS: u64 = 64;
/// Bytes of a thread's stack.
const STACK_BYTES: u64 = 8 << 20;

/// Why there is no interpreter in this process.
#[derive(Debug, thiserror::Error)]
pub(super) enum Problem {
    /// It could not be confined.
    #[error("{0}")]
    Unconfined(String),
    /// It was, and then the interpreter could not be started.
    #[error("it cannot be started: {0}")]
    Interpreter(io::Error),
}

impl From<String> for Problem {
    fn from(problem: String) -> Self {
        Self::Unconfined(problem)
    }
}

/// What a process keeps.
pub(super) struct Kept<'a> {
    /// The program that it may become, if any.
    pub(super) program: Option<&'a Path>,
    /// Files and folders that it may read.
    pub(super) readable: &'a [PathBuf],
    /// The user that it is from then on; `None`: whoever it was.
    pub(super) uid: Option<u32>,
    /// The one TCP port that it may connect to.
    pub(super) port: Option<u16>,
    pub(super) bounds: Bounds,
    /// Whether it ends with the thread that started it, which has to live as long as the server then.
    pub(super) ends_with_its_parent: bool,
}

/// Takes everything else from this process, for good.
pub(super) fn give_up_all_but(kept: &Kept<'_>) -> Result<(), String> {
    close_what_was_left();
    offer_to_be_ended();
    files::restrict(kept.program, kept.readable, kept.port)?;
    give_up_rights(kept.uid)?;
    if kept.ends_with_its_parent {
        end_with_the_server()?;
    }
    limit(kept.bounds)?;
    calls::restrict(kept.port.is_some())
}

/// Confines this process and becomes what the plan says.
pub(super) fn confined(plan: ChildPlan) -> Result<Infallible, Problem> {
    give_up_all_but(&Kept {
        program: match &plan.becomes {
            Becomes::Interpreter { program, .. } => Some(program),
            Becomes::QuickJs { .. } => None,
        },
        readable: &plan.readable,
        uid: plan.uid,
        port: plan.port,
        bounds: plan.bounds,
        ends_with_its_parent: true,
    })?;
    match plan.becomes {
        Becomes::Interpreter {
            program,
            arguments,
            environment,
        } => {
            let mut command = Command::new(program);
            command.args(arguments).env_clear().envs(environment);
            Err(Problem::Interpreter(command.exec()))
        }
        Becomes::QuickJs { memory } => quickjs::run(memory).map_err(Problem::Unconfined),
    }
}

/// Whatever is open beside the three standard streams was somebody else's.
fn close_what_was_left() {
    let open: Vec<i32> = match fs::read_dir("/proc/self/fd") {
        Ok(entries) => entries
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
            .collect(),
        Err(_) => (3..4096).collect(),
    };
    for descriptor in open.into_iter().filter(|descriptor| *descriptor > 2) {
        // The one that the list itself was read by is closed already.
        let _ = nix::unistd::close(descriptor);
    }
}

/// Where memory runs out, a program goes before a server does.
fn offer_to_be_ended() {
    let score = File::options().write(true).open("/proc/self/oom_score_adj");
    // Without `/proc` the kernel chooses by size.
    drop(score.and_then(|mut score| score.write_all(b"1000")));
}

/// From here on this process is this user, or whoever it was, who must not be root.
fn give_up_rights(uid: Option<u32>) -> Result<(), String> {
    if let Some(uid) = uid {
        let (uid, gid) = (Uid::from_raw(uid), Gid::from_raw(NOBODY));
        set_thread_groups(&[]).map_err(problem("the groups cannot be given up"))?;
        set_thread_res_gid(gid, gid, gid).map_err(problem("the group cannot be changed"))?;
        set_thread_res_uid(uid, uid, uid).map_err(problem("the user cannot be changed"))?;
    }
    if rustix::process::geteuid().is_root() {
        return Err("a program would run as root".to_owned());
    }
    Ok(())
}

/// When the server goes, its children do. After the change of user, which forgets it.
fn end_with_the_server() -> Result<(), String> {
    set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(problem("the end of the server would not be noticed"))
}

fn problem(what: &str) -> impl Fn(rustix::io::Errno) -> String {
    move |error| format!("{what}: {}", io::Error::from(error))
}

/// Limits that the kernel holds.
fn limit(bounds: Bounds) -> Result<(), String> {
    let limits = [
        (Resource::Core, Some(0)),
        (Resource::Fsize, Some(0)),
        (Resource::Nofile, Some(MAX_DESCRIPTORS)),
        (Resource::Stack, Some(STACK_BYTES)),
        (Resource::Memlock, Some(0)),
        (Resource::Msgqueue, Some(0)),
        (Resource::Sigpending, Some(64)),
        (Resource::Cpu, Some(bounds.cpu_seconds)),
        (Resource::Nproc, bounds.threads),
        (Resource::Data, bounds.data),
        // Last: what follows must not need more memory than the interpreter gets.
        (Resource::As, bounds.addresses),
    ];
    for (resource, most) in limits {
        let Some(most) = most else { continue };
        let limit = Rlimit {
            current: Some(most),
            maximum: Some(most),
        };
        setrlimit(resource, limit).map_err(|error| {
            format!("{resource:?} cannot be limited: {}", io::Error::from(error))
        })?;
    }
    Ok(())
}
