//! Answers that stand in an app already: no run begins, and there is a message as after one.

use std::sync::Arc;

use gatewright_run_events::{
    Json, RunEvent, RunLog, RunStatus, StartReason, TextChunk, WorkflowFinished, WorkflowStarted,
};
use gatewright_usecase_kit::Ctx;
use gatewright_usecase_runs::{
    Checkpoint, Commit, Dialogue, Record, RunHandle, RunKey, RunPlan, preset_end, storable,
};

use crate::{
    RunService, RunServiceError, messages,
    service::{Ground, identity, plan},
    system::System,
};

impl RunService {
    /// Answers a question with `text`, and keeps both.
    pub(crate) async fn say(
        &self,
        ctx: &Ctx,
        ground: &Ground,
        dialogue: Box<Dialogue>,
        text: &str,
    ) -> Result<RunHandle, RunServiceError> {
        let run_id = self.env.ids.new_uuid();
        let shown = System::new(ground, run_id, Some(&dialogue)).shown(&ground.inputs, ctx.now)?;
        let plan = RunPlan {
            // Nobody owns it: there is no such run.
            key: RunKey { run_id, epoch: 0 },
            message: Some(identity(&dialogue)),
            dialogue: Some(dialogue),
            ..plan(ground, run_id, &shown)
        };
        let text = storable(text).into_owned();
        let commit = Commit {
            key: plan.key,
            records: records(&plan, &text, ctx.now.timestamp()),
            plan: Arc::new(plan),
            checkpoint: Checkpoint::Drop,
        };
        let mut tx = self.pool.begin().await?;
        let own = [&commit];
        if !messages::begin(&mut tx, &own).await?.is_empty() {
            return Err(RunServiceError::ConversationBusy);
        }
        messages::write(&mut tx, &own).await?;
        let answers: Vec<_> = messages::answer(&commit, false).into_iter().collect();
        messages::write_answers(&mut tx, &answers).await?;
        tx.commit().await?;
        let log = Arc::new(RunLog::new(None));
        let chunk = TextChunk {
            text,
            from_variable_selector: None,
        };
        for event in [
            RunEvent::TextChunk(chunk),
            RunEvent::MessageEnd(preset_end()),
        ] {
            // Two events never fill a log.
            let _ = log.append(event);
        }
        log.close();
        Ok(RunHandle {
            plan: commit.plan,
            log,
        })
    }
}

/// What messages are written by: as if a run had said it in no time.
fn records(plan: &RunPlan, text: &str, now: i64) -> Vec<Record> {
    let workflow_id = plan.workflow_id.to_string();
    vec![
        Record::Started(WorkflowStarted {
            workflow_id: workflow_id.clone(),
            inputs: plan.inputs.clone(),
            stored_inputs: plan.stored_inputs.clone(),
            created_at: now,
            reason: StartReason::Initial,
        }),
        Record::Message {
            answer: text.to_owned(),
            end: preset_end(),
        },
        Record::Finished(WorkflowFinished {
            workflow_id,
            status: RunStatus::Succeeded,
            outputs: Json::object(),
            error: None,
            elapsed_time: 0.0,
            total_tokens: 0,
            total_steps: 0,
            created_by: plan.created_by.clone(),
            created_at: now,
            finished_at: now,
            exceptions_count: 0,
            files: Json::array(),
        }),
    ]
}
