//! What processes of this machine have used, by `/proc`.

use std::fs;

use anyhow::Context as _;

/// Of `/proc/<pid>/stat`; 100 on every Linux that Rust supports here.
const MS_PER_TICK: f64 = 10.0;

/// The processes that a run costs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Processes {
    pub(super) server: u32,
    pub(super) postgres: u32,
    pub(super) redis: u32,
}

/// Milliseconds of processor time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cpu {
    pub(super) server: f64,
    /// All of its processes.
    pub(super) postgres: f64,
    pub(super) redis: f64,
}

impl Processes {
    /// Used since each began.
    pub(super) fn cpu(&self) -> anyhow::Result<Cpu> {
        let mut cpu = Cpu {
            server: Stat::of(self.server)?.own,
            redis: Stat::of(self.redis)?.own,
            postgres: 0.0,
        };
        let main = Stat::of(self.postgres)?;
        cpu.postgres += main.own + main.waited_for;
        for entry in fs::read_dir("/proc")?.flatten() {
            let pid = entry
                .file_name()
                .to_str()
                .and_then(|name| name.parse().ok());
            // One that ended meanwhile was waited for by the main one.
            if let Some(stat) = pid.and_then(|pid| Stat::of(pid).ok())
                && stat.parent == self.postgres
            {
                cpu.postgres += stat.own;
            }
        }
        Ok(cpu)
    }
}

impl Cpu {
    /// From an earlier reading to this one, for each of so many.
    pub(super) fn since(&self, earlier: &Self, count: f64) -> Self {
        Self {
            server: (self.server - earlier.server) / count,
            postgres: (self.postgres - earlier.postgres) / count,
            redis: (self.redis - earlier.redis) / count,
        }
    }
}

struct Stat {
    parent: u32,
    own: f64,
    waited_for: f64,
}

impl Stat {
    fn of(pid: u32) -> anyhow::Result<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        // A name may have blanks and brackets in it.
        let fields = stat.rsplit(") ").next().context("an odd stat file")?;
        let fields: Vec<&str> = fields.split(' ').collect();
        let number = |at: usize| fields.get(at).and_then(|text| text.parse::<f64>().ok());
        let ms = |at: usize| number(at).unwrap_or(0.0) * MS_PER_TICK;
        Ok(Self {
            parent: fields
                .get(1)
                .and_then(|text| text.parse().ok())
                .context("no parent")?,
            own: ms(11) + ms(12),
            waited_for: ms(13) + ms(14),
        })
    }
}
