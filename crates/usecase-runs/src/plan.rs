//! What a run begins with: who, what, and how it is called.

use gatewright_run_events::{CreatedBy, Json, MessageIdentity, RunIdentity};
use uuid::Uuid;

use crate::Dialogue;

/// Which run, and which ownership of it: every write names both, so that a former owner's write changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunKey {
    /// The id of the run.
    pub run_id: Uuid,
    /// Grows by one whenever another process takes the run over, from 1 on; 0: nobody's, as where an app answered without a run.
    pub epoch: i64,
}

/// Where a run is begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surface {
    /// `/v1`: by whoever holds a key of the app.
    Service,
    /// `/api`: by a visitor of the page of an app.
    WebApp,
    /// `/openapi/v1`: by a program of an account.
    Programs,
    /// Pages of ours, and commands: by an account itself.
    People,
}

/// Everything about a run that does not change while it runs.
#[derive(Clone, Debug)]
pub struct RunPlan {
    /// Which run it is, and which ownership of it.
    pub key: RunKey,
    /// The handle by which callers stop it.
    pub task_id: Uuid,
    /// The id of the workspace.
    pub tenant_id: Uuid,
    /// The id of the app.
    pub app_id: Uuid,
    /// The version that runs.
    pub workflow_id: Uuid,
    /// The message that it answers with, in a chatflow.
    pub message: Option<MessageIdentity>,
    /// What a chatflow has beside the run; none where nobody keeps conversations.
    pub dialogue: Option<Box<Dialogue>>,
    /// Who began it.
    pub created_by: CreatedBy,
    /// Where they did; written when the run begins, and no matter then.
    pub surface: Surface,
    /// The user's inputs and `sys.*` as streams show them.
    pub inputs: Json,
    /// The same with `sys.timestamp`, as stored.
    pub stored_inputs: Json,
}

impl RunPlan {
    /// The run as its readers know it.
    #[must_use]
    pub fn identity(&self) -> RunIdentity {
        RunIdentity {
            workflow_run_id: self.key.run_id.to_string(),
            task_id: self.task_id.to_string(),
            message: self.message.clone(),
        }
    }
}
