//! Streams that stay open: of runs that wait for people, and of runs whose model is slow.

use std::time::{Duration, Instant};

use anyhow::Context as _;

use super::Bench;
use crate::{
    bench_kit::{
        http::{Connection, Watch, get, head, post},
        stage::raise_files,
    },
    bench_process::resident_mib,
    bench_times::percentile,
};

/// Files beside streams that a process has open.
const OTHER_FILES: usize = 200;
/// Runs that are begun at the same time.
const AT_ONCE: usize = 32;
/// Questions to the health route while streams are open.
const HEALTH: usize = 200;

/// Streams on paused runs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    pub(super) count: usize,
    pub(super) resident_mib: f64,
    pub(super) idle_mib: f64,
    pub(super) health_p99_ms: f64,
}

/// Begins runs that pause, one for each stream, and attaches to each.
pub(super) async fn open(bench: &Bench, wanted: usize) -> anyhow::Result<(Open, Vec<Connection>)> {
    let count = wanted.min(raise_files().saturating_sub(OTHER_FILES));
    let idle_mib = resident_mib(bench.processes.server)?;
    let mut streams = Vec::with_capacity(count);
    while streams.len() < count {
        let more = AT_ONCE.min(count - streams.len());
        let starting: Vec<_> = (streams.len()..streams.len() + more)
            .map(|n| tokio::spawn(open_one(bench.clone(), n)))
            .collect();
        for stream in starting {
            streams.push(stream.await??);
        }
        if streams.len() % 1_000 < AT_ONCE {
            bench.say(&format!("{} streams are open", streams.len()));
        }
    }
    let mut health = Connection::open(bench.port).await?;
    let question = get("/openapi/v1/_health", "none");
    let mut times = vec![];
    for _ in 0..HEALTH {
        let answer = health.exchange(&question, Watch::default()).await?;
        anyhow::ensure!(answer.status == 200, "health: {}", head(&answer.text));
        times.push(1000.0 * (answer.ended - answer.sent).as_secs_f64());
    }
    let open = Open {
        count,
        resident_mib: resident_mib(bench.processes.server)?,
        idle_mib,
        health_p99_ms: percentile(&times, 99).context("no health")?,
    };
    Ok((open, streams))
}

async fn open_one(bench: Bench, n: usize) -> anyhow::Result<Connection> {
    let app = &bench.apps.pause;
    let token = bench.token(n);
    let run = post(
        &format!("/openapi/v1/apps/{}/run", app.id),
        token,
        &serde_json::json!({"inputs": {"name": "Ada"}}),
    );
    let mut connection = Connection::open(bench.port).await?;
    let paused = connection.exchange(&run, Watch::default()).await?;
    let run = member(&paused.text, "workflow_run_id");
    let run = run.with_context(|| format!("no paused run: {}", head(&paused.text)))?;
    // Without where it stands nothing comes while the run waits.
    let path = format!(
        "/openapi/v1/apps/{}/tasks/{run}/events?include_state_snapshot=true&continue_on_pause=true",
        app.id
    );
    connection
        .begin(&get(&path, token), "workflow_paused")
        .await
        .context("no stream on a paused run")?;
    Ok(connection)
}

/// Begins runs whose model says a little from time to time. They end with the connections and the model.
pub(super) async fn slow(bench: &Bench, count: usize) -> anyhow::Result<Vec<Connection>> {
    let mut streams = Vec::with_capacity(count);
    for n in 0..count {
        let request = post(
            &format!("/openapi/v1/apps/{}/run", bench.apps.slow.id),
            bench.token(n),
            &serde_json::json!({"inputs": {"name": "Ada"}}),
        );
        let mut connection = Connection::open(bench.port).await?;
        connection.begin(&request, "workflow_started").await?;
        streams.push(connection);
    }
    // The calls of the last ones have begun too.
    tokio::time::sleep(Duration::from_millis(500)).await;
    Ok(streams)
}

/// The value of a text member, wherever it stands.
fn member<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("\"{name}\":\""))?;
    rest.split('"').next()
}

/// Waits until nothing is under way any more, for a while.
pub(super) async fn drain(bench: &Bench) -> anyhow::Result<()> {
    let deadline = Instant::now() + Duration::from_secs(10);
    let mut before = bench.processes.cpu()?.server;
    while Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let now = bench.processes.cpu()?.server;
        if now - before < 20.0 {
            break;
        }
        before = now;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn member_is_found_wherever_it_stands() {
        let text = r#"data: {"event":"x","workflow_run_id":"r-1","data":{}}"#;
        assert_eq!(member(text, "workflow_run_id"), Some("r-1"));
        assert_eq!(member(text, "run_id"), None);
    }
}
