//! A run as it stands, for whoever may look at its app.

use chrono::{DateTime, Utc};
use gatewright_domain::file::FileOwner;
use gatewright_storage_runs::run::{self, Run};
use gatewright_usecase_apps::App;
use gatewright_usecase_files::FileAsker;
use gatewright_usecase_kit::Ctx;
use gatewright_variables::file::IDENTITY;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{RunService, RunServiceError};

/// A run as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct RunDetail {
    /// Primary key of `workflow_runs`.
    pub id: Uuid,
    /// The version that ran.
    pub workflow_id: Uuid,
    /// `running`, `paused`, `succeeded`, `failed`, `stopped`, `partial-succeeded`.
    pub status: String,
    /// Inputs and `sys.*`, as they are stored: JSON in a text.
    pub inputs: String,
    /// A JSON object, empty while the run has not ended.
    pub outputs: Value,
    /// Why it failed or was stopped.
    pub error: Option<String>,
    /// How long it took, in seconds.
    pub elapsed_time: f64,
    /// Tokens of all models.
    pub total_tokens: i64,
    /// Nodes that ended.
    pub total_steps: i32,
    /// When it began, in UTC.
    pub created_at: DateTime<Utc>,
    /// When it ended, in UTC; none while it has not.
    pub finished_at: Option<DateTime<Utc>>,
}

impl From<Run> for RunDetail {
    fn from(run: Run) -> Self {
        let outputs = run.outputs.as_deref().map(serde_json::from_str);
        Self {
            id: run.id,
            workflow_id: run.workflow_id,
            status: run.status,
            inputs: run.inputs.unwrap_or_else(|| "{}".to_owned()),
            outputs: outputs.and_then(Result::ok).unwrap_or_else(|| json!({})),
            error: run.error,
            elapsed_time: run.elapsed_time,
            total_tokens: run.total_tokens,
            total_steps: run.total_steps.unwrap_or_default(),
            created_at: run.created_at.and_utc(),
            finished_at: run.finished_at.map(|at| at.and_utc()),
        }
    }
}

impl RunService {
    /// A run of an app; none when there is none, or it is another app's. The addresses of its files are good again.
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub async fn detail(&self, app: &App, run: Uuid) -> Result<Option<RunDetail>, RunServiceError> {
        let mut conn = self.pool.get().await?;
        let found = run::find(&mut conn, app.workspace.0, app.id.0, run).await?;
        drop(conn);
        let Some(run) = found else {
            return Ok(None);
        };
        let asker = FileAsker {
            workspace: app.workspace,
            owner: FileOwner::of_row(&run.created_by_role, run.created_by),
        };
        let mut detail = RunDetail::from(run);
        let ctx = Ctx::of_system(self.env.clock.now(), "run");
        self.files.renew(&ctx, asker, &mut detail.outputs).await?;
        if detail.inputs.contains(IDENTITY) {
            let mut inputs: Value = serde_json::from_str(&detail.inputs).unwrap_or_default();
            self.files.renew(&ctx, asker, &mut inputs).await?;
            detail.inputs = inputs.to_string();
        }
        Ok(Some(detail))
    }
}
