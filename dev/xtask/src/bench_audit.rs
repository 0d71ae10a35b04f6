//! The trail that the logins of the benchmark left, read from its first event to its last.

use std::{
    process::{Command, Stdio},
    time::Instant,
};

use anyhow::Context as _;

/// Verifies with `api_server` and prints how long it took, its start included.
pub(crate) fn measure(api_server: &mut Command) -> anyhow::Result<()> {
    api_server.args(["audit", "verify"]).stdout(Stdio::piped());
    let started = Instant::now();
    let output = api_server
        .output()
        .context("cannot run the release binary")?;
    let seconds = started.elapsed().as_secs_f64();
    let text = String::from_utf8_lossy(&output.stdout);
    anyhow::ensure!(
        output.status.success(),
        "the audit trail is not whole: {text}"
    );
    println!("audit verify: {} in {seconds:.2} s", text.trim());
    Ok(())
}
