//! What the processes that a run costs have used.

use std::fs;

use crate::bench_process::Stat;

/// The processes that a run costs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Processes {
    pub(crate) server: u32,
    pub(crate) postgres: u32,
    pub(crate) redis: u32,
}

/// Milliseconds of processor time.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cpu {
    pub(crate) server: f64,
    /// All of its processes.
    pub(crate) postgres: f64,
    pub(crate) redis: f64,
}

impl Processes {
    /// Used since each began.
    pub(crate) fn cpu(&self) -> anyhow::Result<Cpu> {
        let mut cpu = Cpu {
            server: Stat::of(self.server)?.own_ms,
            redis: Stat::of(self.redis)?.own_ms,
            postgres: 0.0,
        };
        let main = Stat::of(self.postgres)?;
        cpu.postgres += main.own_ms + main.waited_for_ms;
        for entry in fs::read_dir("/proc")?.flatten() {
            let pid = entry
                .file_name()
                .to_str()
                .and_then(|name| name.parse().ok());
            // One that ended meanwhile was waited for by the main one.
            if let Some(stat) = pid.and_then(|pid| Stat::of(pid).ok())
                && stat.parent == self.postgres
            {
                cpu.postgres += stat.own_ms;
            }
        }
        Ok(cpu)
    }
}

impl Cpu {
    /// From an earlier reading to this one, for each of so many.
    pub(crate) fn since(&self, earlier: &Self, count: f64) -> Self {
        Self {
            server: (self.server - earlier.server) / count,
            postgres: (self.postgres - earlier.postgres) / count,
            redis: (self.redis - earlier.redis) / count,
        }
    }
}
