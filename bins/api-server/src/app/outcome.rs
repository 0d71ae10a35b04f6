//! How a run ended, for standard output and as an exit code.

use std::process::ExitCode;

use gatewright_run_events::RunEvent;
use gatewright_runtime::{complain, say};
use serde_json::{Value, json};

use super::{STOPPED, WAITS, progress, text};

/// What goes to standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Output {
    /// What came out, for people.
    Text,
    /// One JSON object when the run has ended.
    Json,
    /// Each event as a line of JSON.
    Events,
}

/// How a run ended, or why it does not go on here.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Outcome {
    /// `succeeded`, `partial-succeeded`, `failed`, `stopped`, `paused`, `left`, or `lost`.
    pub(super) status: &'static str,
    pub(super) outputs: Value,
    pub(super) error: Option<String>,
    pub(super) elapsed_time: f64,
    pub(super) total_tokens: u64,
    pub(super) total_steps: u64,
}

impl Outcome {
    /// Of an event that ends a run, or leaves it waiting.
    pub(super) fn of(event: &RunEvent) -> Option<Self> {
        match event {
            RunEvent::WorkflowFinished(end) => Some(Self {
                status: end.status.as_str(),
                outputs: end.outputs.to_value().unwrap_or_default(),
                error: end.error.clone().filter(|error| !error.is_empty()),
                elapsed_time: end.elapsed_time,
                total_tokens: end.total_tokens,
                total_steps: end.total_steps,
            }),
            RunEvent::WorkflowPaused(pause) => Some(Self {
                status: "paused",
                outputs: pause.outputs.to_value().unwrap_or_default(),
                error: None,
                elapsed_time: pause.elapsed_time,
                total_tokens: pause.total_tokens,
                total_steps: pause.total_steps,
            }),
            RunEvent::Error(error) => Some(Self {
                error: Some(error.message.clone()),
                ..Self::lost()
            }),
            _ => None,
        }
    }

    /// Of a run of which no end was heard: one that was left, or one that could not be kept.
    pub(super) fn unknown(is_left: bool) -> Self {
        if is_left {
            return Self {
                status: "left",
                error: Some("a server goes on with what is not finished".to_owned()),
                ..Self::lost()
            };
        }
        Self::lost()
    }

    fn lost() -> Self {
        Self {
            status: "lost",
            outputs: json!({}),
            error: Some(
                "the run could not be kept; a server goes on with it when the database answers"
                    .to_owned(),
            ),
            elapsed_time: 0.0,
            total_tokens: 0,
            total_steps: 0,
        }
    }

    /// Says it, and how the process ends.
    pub(super) fn report(&self, output: Output, ids: &Value) -> ExitCode {
        match output {
            Output::Json => say!("{}", self.json(ids)),
            Output::Text => {
                let answer = answer(&self.outputs);
                if !answer.is_empty() {
                    say!("{}", text::for_stdout(&answer));
                }
            }
            Output::Events => {}
        }
        complain!("{}", self.line());
        match self.status {
            "succeeded" | "partial-succeeded" => ExitCode::SUCCESS,
            "paused" => ExitCode::from(WAITS),
            "stopped" => ExitCode::from(STOPPED),
            _ => ExitCode::FAILURE,
        }
    }

    fn json(&self, ids: &Value) -> Value {
        json!({
            "app_id": ids["app_id"], "run_id": ids["run_id"], "task_id": ids["task_id"], "status": self.status,
            "outputs": self.outputs, "error": self.error, "elapsed_time": self.elapsed_time,
            "total_tokens": self.total_tokens, "total_steps": self.total_steps,
        })
    }

    fn line(&self) -> String {
        let word = match self.status {
            "paused" => "waits for a person",
            "partial-succeeded" => "succeeded in part",
            status => status,
        };
        let error = self.error.as_deref();
        let error = error.map_or_else(String::new, |error| format!(": {}", text::safe(error)));
        let nodes = if self.total_steps == 1 {
            "node"
        } else {
            "nodes"
        };
        format!(
            "{word} after {}, {} {nodes}, {} tokens{error}",
            progress::duration(self.elapsed_time),
            self.total_steps,
            self.total_tokens
        )
    }
}

/// The answer of a run: a text when that is all that came out, otherwise everything as JSON.
fn answer(outputs: &Value) -> String {
    let members = outputs.as_object();
    match members
        .map(|members| members.values().collect::<Vec<_>>())
        .as_deref()
    {
        None | Some([]) => String::new(),
        Some([Value::String(text)]) => text.clone(),
        Some(_) => serde_json::to_string_pretty(outputs).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answer_is_a_text_when_that_is_all_and_json_otherwise() {
        assert_eq!(answer(&json!({"result": "Hello\n"})), "Hello\n");
        assert_eq!(answer(&json!({"n": 1})), "{\n  \"n\": 1\n}");
        assert_eq!(answer(&json!({"a": "x", "b": "y"})).lines().count(), 4);
        assert_eq!(answer(&json!({})), "");
        assert_eq!(answer(&Value::Null), "");
    }

    #[test]
    fn outcome_is_told_in_one_line() {
        let lost = Outcome::lost();
        assert!(
            lost.line()
                .starts_with("lost after 0 ms, 0 nodes, 0 tokens: ")
        );
        let left = Outcome::unknown(true).line();
        assert!(left.starts_with("left after ") && left.ends_with("not finished"));
        let done = Outcome {
            status: "succeeded",
            error: None,
            elapsed_time: 1.25,
            total_steps: 1,
            ..lost
        };
        assert_eq!(done.line(), "succeeded after 1.2 s, 1 node, 0 tokens");
    }
}
