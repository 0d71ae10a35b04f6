//! Runs programs of people: Python 3 and JavaScript without files, network and rights, and bounded in time, memory and output.
//!
//! Each program gets a process of its own. The server starts *itself* again as `sandbox-child`; that child closes what it was left,
//! gives up its rights (`setuid` where it has any), takes limits (`setrlimit`), says good-bye to files and ports (Landlock) and to
//! system calls (seccomp), and becomes the interpreter. Only then does it see a program. Children are made ahead and wait; none
//! serves twice. A machine that cannot isolate runs nothing: [`SandboxError::CannotIsolate`].
//!
//! [`confine`] does the same to a process that works on what strangers send.

pub mod child;
mod confinement;
mod engine;
mod limits;
mod outcome;
mod output;
mod plan;
mod pool;
mod process;
mod sandbox;
mod spawner;

pub use confinement::{Confinement, confine};
pub use engine::Language;
pub use limits::Limits;
pub use outcome::Outcome;
pub use sandbox::{Program, Proxy, Sandbox, SandboxError, SandboxSettings, SandboxStatus};
