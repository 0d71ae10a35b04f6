//! The process itself, as the system sees it.

use std::fs;

use rustix::process::{Resource, getrlimit};

use super::{Figure, Reading};

/// Ticks of a second in `/proc`: `USER_HZ`, 100 on every machine that Linux calls by `x86_64` or `aarch64`.
const TICKS: f64 = 100.0;

/// Memory, processors, open files; what the system does not tell is left out.
pub(super) fn readings() -> impl Iterator<Item = Reading> {
    let limit = getrlimit(Resource::Nofile).current;
    [
        resident().map(|bytes| Reading::alone(Figure::Memory, bytes)),
        cpu().map(|seconds| Reading::alone(Figure::Cpu, seconds)),
        open_files().map(|files| Reading::alone(Figure::OpenFiles, files)),
        limit.map(|files| Reading::alone(Figure::MaxFiles, float(files))),
    ]
    .into_iter()
    .flatten()
}

fn resident() -> Option<f64> {
    let text = fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(float(kibibytes.saturating_mul(1024)))
}

/// In user and in kernel mode: the 14th and 15th field of `proc_pid_stat(5)`, counted behind the name, in which anything may stand.
fn cpu() -> Option<f64> {
    let text = fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |index: usize| fields.get(index)?.parse::<u64>().ok();
    Some(float(ticks(11)?.saturating_add(ticks(12)?)) / TICKS)
}

fn open_files() -> Option<f64> {
    let open = fs::read_dir("/proc/self/fd").ok()?.count();
    // The folder itself is open while it is read.
    u64::try_from(open.saturating_sub(1)).ok().map(float)
}

#[allow(
    clippy::cast_precision_loss,
    reason = "what a figure shows need not be exact beyond 53 bits"
)]
fn float(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn process_has_memory_time_and_open_files() {
        assert!(resident().is_some_and(|bytes| bytes > 1e5));
        assert!(open_files().is_some_and(|files| files >= 1.0));
        assert!(cpu().is_some_and(|seconds| seconds >= 0.0));
    }
}
