//! The run itself: it begins, waits, ends.

use serde::{Deserialize, Serialize};

use super::form::PauseReason;
use crate::Json;

/// Why a stream begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StartReason {
    /// A new run.
    Initial,
    /// It goes on after a pause.
    Resumption,
}

impl StartReason {
    /// As clients read it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Initial => "initial",
            Self::Resumption => "resumption",
        }
    }
}

/// The run, or a resumed part of it, begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkflowStarted {
    /// The version that runs.
    pub workflow_id: String,
    /// The user's inputs and `sys.*`, without `sys.conversation_id` and `sys.timestamp`.
    pub inputs: Json,
    /// The same with `sys.timestamp`, as stored: a snapshot shows these.
    pub stored_inputs: Json,
    /// When the run began, in Unix seconds.
    pub created_at: i64,
    /// Whether the run begins or goes on.
    pub reason: StartReason,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunStatus {
    /// Every node did what it should.
    Succeeded,
    /// A node failed, or a limit was reached.
    Failed,
    /// Somebody stopped it.
    Stopped,
    /// It reached its end, though a node failed or had to be tried again.
    PartialSucceeded,
}

impl RunStatus {
    /// As clients read it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
            Self::PartialSucceeded => "partial-succeeded",
        }
    }
}

/// Who began the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CreatedBy {
    /// A member of the workspace.
    Account {
        /// The id of the account.
        id: String,
        /// The name of the account.
        name: String,
        /// The mail address of the account.
        email: String,
    },
    /// A user of the app.
    EndUser {
        /// The end user.
        id: String,
        /// What the caller calls them.
        user: String,
    },
}

/// The run waits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkflowPaused {
    /// Nodes that wait.
    pub paused_nodes: Vec<String>,
    /// Outputs so far; callers of the service API get `{}`.
    pub outputs: Json,
    /// Why, one by one.
    pub reasons: Vec<PauseReason>,
    /// When the run began, in Unix seconds.
    pub created_at: i64,
    /// How long it took until now, in seconds.
    pub elapsed_time: f64,
    /// How many tokens were spent until now.
    pub total_tokens: u64,
    /// How many nodes ran until now.
    pub total_steps: u64,
}

impl WorkflowPaused {
    pub(super) fn weight(&self) -> usize {
        let reasons: usize = self
            .reasons
            .iter()
            .map(|reason| match reason {
                PauseReason::HumanInputRequired(form) => form.weight(),
                PauseReason::ScheduledPause { message } => message.len(),
            })
            .sum();
        reasons + self.outputs.as_str().len()
    }
}

/// The run has ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkflowFinished {
    /// The version that ran.
    pub workflow_id: String,
    /// How the run ended.
    pub status: RunStatus,
    /// What came out: an object.
    pub outputs: Json,
    /// Why it failed, or `Stopped by user.`
    pub error: Option<String>,
    /// How long the run took, in seconds.
    pub elapsed_time: f64,
    /// Of all models.
    pub total_tokens: u64,
    /// Nodes that ended.
    pub total_steps: u64,
    /// Who began it.
    pub created_by: CreatedBy,
    /// When the run began, in Unix seconds.
    pub created_at: i64,
    /// When the run ended, in Unix seconds.
    pub finished_at: i64,
    /// Nodes that failed and were gone around.
    pub exceptions_count: u64,
    /// Files among the outputs: an array.
    pub files: Json,
}
