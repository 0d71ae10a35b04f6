//! A line for each node that has ended, as it happens.

use gatewright_run_events::{NodeFinished, NodeStatus, RunEvent};

use super::text;

/// Characters of a node's title, and of an error, that a line shows.
const MAX_TITLE: usize = 40;
const MAX_ERROR: usize = 300;

/// What an event is in a line for people; most are none.
pub(super) fn line(event: &RunEvent) -> Option<String> {
    match event {
        RunEvent::NodeFinished(node) => Some(finished(node)),
        RunEvent::NodeRetry(retry) => Some(format!(
            "{}; attempt {} follows",
            finished(&retry.attempt),
            retry.retry_index
        )),
        RunEvent::IterationStarted(start) | RunEvent::LoopStarted(start) => Some(format!(
            "  begins  {} ({}, at most {} rounds)",
            text::line(&start.container.title, MAX_TITLE),
            start.container.node_type,
            start.length
        )),
        RunEvent::IterationCompleted(end) | RunEvent::LoopCompleted(end) => Some(format!(
            "  {:<7} {} ({}, {})",
            word(end.status),
            text::line(&end.container.title, MAX_TITLE),
            end.container.node_type,
            duration(end.elapsed_time)
        )),
        RunEvent::HumanInputRequired(form) => Some(format!(
            "  waits   {} (form {})",
            text::line(&form.node_title, MAX_TITLE),
            form.form_id
        )),
        _ => None,
    }
}

fn word(status: NodeStatus) -> &'static str {
    match status {
        NodeStatus::Succeeded => "ok",
        NodeStatus::Failed => "failed",
        NodeStatus::Exception => "skipped",
        NodeStatus::Retry => "retry",
        NodeStatus::Paused => "waits",
        NodeStatus::Stopped => "stopped",
    }
}

fn finished(node: &NodeFinished) -> String {
    let word = word(node.status);
    let is_inner = node.node.iteration_id.is_some() || node.node.loop_id.is_some();
    let indent = if is_inner { "    " } else { "  " };
    let title = text::line(&node.node.title, MAX_TITLE);
    let seconds = duration(node.elapsed_time);
    let error = node.error.as_deref().filter(|error| !error.is_empty());
    let error = error.map_or_else(String::new, |error| {
        format!(": {}", text::line(error, MAX_ERROR))
    });
    format!(
        "{indent}{word:<7} {title} ({}, {seconds}){error}",
        text::line(&node.node.node_type, MAX_TITLE)
    )
}

/// A duration of so many seconds.
pub(super) fn duration(seconds: f64) -> String {
    if seconds < 1.0 {
        format!("{:.0} ms", seconds.max(0.0) * 1000.0)
    } else {
        format!("{seconds:.1} s")
    }
}
