//! What a process of this machine has used, by `/proc`.

use std::fs;

use anyhow::Context as _;

/// Of `/proc/<pid>/stat`; 100 on every Linux that Rust supports here.
const MS_PER_TICK: f64 = 10.0;

/// Processor time of a process, in milliseconds.
pub(crate) struct Stat {
    /// The process that began it.
    pub(crate) parent: u32,
    /// Its own, in user and kernel mode.
    pub(crate) own_ms: f64,
    /// That of its children that have ended.
    pub(crate) waited_for_ms: f64,
}

impl Stat {
    pub(crate) fn of(pid: u32) -> anyhow::Result<Self> {
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
            own_ms: ms(11) + ms(12),
            waited_for_ms: ms(13) + ms(14),
        })
    }
}

/// What it holds in memory.
pub(crate) fn resident_mib(pid: u32) -> anyhow::Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .context("no VmRSS")?;
    let kib: f64 = line
        .split_whitespace()
        .nth(1)
        .context("an odd status file")?
        .parse()?;
    Ok(kib / 1024.0)
}
