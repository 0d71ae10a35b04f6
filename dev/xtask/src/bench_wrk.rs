//! One measurement: wrk against an address, and what the server's process needed for it.

use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

use crate::{
    bench::Options,
    bench_process::{Stat, resident_mib},
};

/// One measurement.
pub(crate) struct Figures {
    pub(crate) requests_per_second: f64,
    pub(crate) p50: String,
    pub(crate) p99: String,
    pub(crate) cpu_ms_per_request: f64,
    pub(crate) resident_mib: f64,
}

pub(crate) fn require_wrk() -> anyhow::Result<()> {
    // wrk answers 1 to -v; that it starts at all is what counts.
    match Command::new("wrk")
        .arg("-v")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
    {
        Ok(_) => Ok(()),
        Err(_) => bail!("wrk is not installed (Debian, Ubuntu: apt-get install wrk)"),
    }
}

pub(crate) fn lua(tokens: &[String]) -> String {
    let list: Vec<String> = tokens
        .iter()
        .map(|token| format!("\"Bearer {token}\""))
        .collect();
    format!(
        "local tokens = {{{}}}\nlocal n = 0\nrequest = function()\n  n = n % {} + 1\n  wrk.headers['Authorization'] = tokens[n]\n  return wrk.format('GET')\nend\n\
         done = function(summary)\n  io.write('non-2xx: ' .. summary.errors.status .. '\\n')\nend\n",
        list.join(","),
        tokens.len()
    )
}

pub(crate) fn wrk(
    options: &Options,
    pid: u32,
    url: &str,
    script: Option<&str>,
) -> anyhow::Result<Figures> {
    let before = Stat::of(pid)?.own_ms;
    let mut command = Command::new("wrk");
    command
        .args(["-t1", "--latency"])
        .arg(format!("-c{}", options.connections))
        .arg(format!("-d{}s", options.seconds));
    if let Some(script) = script {
        command.args(["-s", script]);
    }
    let output = command.arg(url).output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let cpu_ms = Stat::of(pid)?.own_ms - before;
    if text.contains("Non-2xx") {
        bail!("not every answer was 200:\n{text}");
    }
    let field = |name: &str| {
        text.lines()
            .find_map(|line| line.trim().strip_prefix(name))
            .map(|rest| rest.trim().to_owned())
            .with_context(|| format!("wrk printed no {name}:\n{text}"))
    };
    let requests: f64 = text
        .lines()
        .find_map(|line| {
            line.trim()
                .split_once(" requests in")
                .map(|(count, _)| count)
        })
        .context("wrk printed no count")?
        .parse()?;
    Ok(Figures {
        requests_per_second: field("Requests/sec:")?.parse()?,
        p50: field("50%")?,
        p99: field("99%")?,
        cpu_ms_per_request: cpu_ms / requests,
        resident_mib: resident_mib(pid)?,
    })
}
