//! Queues, schedules and dead letters, as whoever runs the system sees them.

use anyhow::{anyhow, bail};
use gatewright_domain::{Clock as _, SystemClock};
use gatewright_runtime::{Platform, ServerSettings, say, worker};

use crate::cli::{Command, DeadLetters, Which};

/// Does what a subcommand says, and prints what came of it.
pub(crate) async fn look_after(
    platform: &Platform,
    settings: &ServerSettings,
    command: Command,
) -> anyhow::Result<()> {
    let mut conn = worker::connection(platform).await?;
    let now = SystemClock.now();
    match command {
        Command::Queues { json } => {
            let depths = gatewright_jobs::depths(conn.as_mut()).await?;
            let rows = depths.iter().map(|one| {
                serde_json::json!({"queue": one.queue, "waiting": one.waiting, "dead": one.dead})
            });
            print_rows(json, rows, &["queue", "waiting", "dead"]);
        }
        Command::Schedules { json } => {
            let scheduler = worker::scheduler(settings).map_err(|text| anyhow!(text))?;
            let rows = scheduler
                .schedules()
                .iter()
                .map(|one| serde_json::json!({"schedule": one.name(), "next": one.next(now)}));
            print_rows(json, rows, &["schedule", "next"]);
        }
        Command::DeadLetters { command } => match command {
            DeadLetters::List { json } => {
                let dead = gatewright_jobs::list_dead(conn.as_mut(), 1000).await?;
                let rows = dead.iter().map(|one| serde_json::json!(one));
                print_rows(
                    json,
                    rows,
                    &["id", "kind", "attempts", "dead_at", "last_error"],
                );
            }
            DeadLetters::Replay(which) => {
                let count = gatewright_jobs::replay_dead(conn.as_mut(), which.id, now).await?;
                report(count, "given a new life", &which)?;
            }
            DeadLetters::Discard(which) => {
                let count = gatewright_jobs::discard_dead(conn.as_mut(), which.id).await?;
                report(count, "discarded", &which)?;
            }
        },
    }
    Ok(())
}

fn report(count: usize, done: &str, which: &Which) -> anyhow::Result<()> {
    match which.id {
        Some(id) if count == 0 => {
            bail!("there is no dead letter {id}; see `worker dead-letters list`")
        }
        _ => say!("{count} {done}"),
    }
    Ok(())
}

fn print_rows(json: bool, rows: impl Iterator<Item = serde_json::Value>, columns: &[&str]) {
    let rows: Vec<_> = rows.collect();
    if json {
        say!("{}", serde_json::Value::from(rows));
        return;
    }
    say!("{}", columns.join("  "));
    for row in rows {
        let cells = columns.iter().map(|column| match &row[*column] {
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        say!("{}", cells.collect::<Vec<_>>().join("  "));
    }
}
