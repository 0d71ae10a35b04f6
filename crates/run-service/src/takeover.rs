//! Going on with a run whose process is gone.

use gatewright_domain::ids::{AppId, WorkflowId};
use gatewright_engine::{Engine, EngineState, Micros};
use gatewright_run_events::{CreatedBy, Json};
use gatewright_storage_runs::{
    checkpoint, conversation_variable, form, form_recipient,
    lease::{self, Lease},
    message,
    run::{self, Begun, RunState},
};
use gatewright_usecase_apps::Runnable;
use gatewright_usecase_runs::{Dialogue, Machine, RunKey, RunPlan, Surface, Wake, storable};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{
    RunService, RunServiceError,
    conversation::case_of,
    moderation::Moderation,
    pauses, question,
    service::{identity, task_id},
    stored_forms::{fill_tokens, is_open},
    system::NOT_SHOWN,
};

impl RunService {
    /// Goes on with a run whose lease this process has just taken, from its checkpoint. One that cannot go on ends as failed: its
    /// app or its version is gone, or its state cannot be read.
    ///
    /// # Errors
    /// When a store does not answer, or this process has as many runs as it takes; then the lease lapses once more.
    pub async fn take_up(&self, lease: Lease) -> Result<(), RunServiceError> {
        match self.resume(lease).await {
            Err(RunServiceError::App(error)) => self.give_up(lease, &error.to_string()).await,
            Err(RunServiceError::Graph(reason)) => self.give_up(lease, &reason).await,
            Err(other) => {
                // Whoever keeps what it cannot begin keeps it from the others.
                let mut conn = self.pool.get().await?;
                lease::give_back_run(&mut conn, lease.run_id, lease.epoch).await?;
                Err(other)
            }
            Ok(()) => Ok(()),
        }
    }

    /// Tells a run that is under way here which of its forms were answered; what it knows already it passes over.
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub(crate) async fn tell_answers(&self, run: Uuid) -> Result<(), RunServiceError> {
        if self.registry.find(run).is_none() {
            return Ok(());
        }
        let mut conn = self.pool.get().await?;
        let answered = form::list_answered(&mut conn, &[run]).await?;
        drop(conn);
        for wake in answered.iter().filter_map(pauses::wake) {
            self.registry.wake(run, wake).await;
        }
        Ok(())
    }

    async fn resume(&self, lease: Lease) -> Result<(), RunServiceError> {
        let mut conn = self.pool.get().await?;
        let begun = run::find_begun(&mut conn, lease.run_id).await?;
        let state = checkpoint::find(&mut conn, lease.run_id).await?;
        let answered = form::list_answered(&mut conn, &[lease.run_id]).await?;
        let recipients = form_recipient::list_of_run(&mut conn, lease.run_id).await?;
        let (Some(begun), Some(state)) = (begun, state) else {
            return Err(RunServiceError::Graph(
                "The state of the run is gone.".into(),
            ));
        };
        let mut state: Value = serde_json::from_slice(&state).map_err(unreadable)?;
        fill_tokens(&mut state, &recipients, &self.people.keys);
        let wakes = answered.iter().filter_map(pauses::wake);
        let wakes: Vec<Wake> = wakes.filter(|wake| is_open(&state, wake)).collect();
        let mut wakes = wakes.into_iter();
        let first = match lease.stop_requested_at {
            Some(_) => Wake::Stopped {
                reason: crate::store::STOPPED.to_owned(),
            },
            // One that does not wait begins with what its process left undone.
            None if begun.status != "paused" => Wake::Interrupted,
            None => match wakes.next() {
                Some(wake) => wake,
                None => return Ok(lease::release(&mut conn, &[lease.run_id]).await?),
            },
        };
        drop(conn);
        let version = WorkflowId(begun.workflow_id);
        let runnable = self
            .apps
            .published(AppId(begun.app_id), Some(version))
            .await?;
        let graph = runnable.graph(&self.limits);
        let graph = graph.map_err(|error| RunServiceError::Graph(error.to_string()))?;
        let dialogue = self.dialogue_of(lease, &begun, &runnable).await?;
        let plan = RunPlan {
            message: dialogue.as_ref().map(identity),
            dialogue: dialogue.map(Box::new),
            ..plan(lease.run_id, lease.epoch, &begun)?
        };
        let machine = |engine: &Json| {
            let state: EngineState =
                serde_json::from_str(engine.as_str()).map_err(|error| error.to_string())?;
            Ok(Box::new(Engine::restore(graph, state)) as Box<dyn Machine>)
        };
        let state = Json::from(state);
        let resumed = self.registry.resume(plan, &state, machine, first).await?;
        self.active.adopt(&runnable, &resumed);
        for wake in wakes {
            self.registry.wake(lease.run_id, wake).await;
        }
        Ok(())
    }

    /// The round of a conversation that the run is; none for a workflow.
    async fn dialogue_of(
        &self,
        lease: Lease,
        begun: &Begun,
        runnable: &Runnable,
    ) -> Result<Option<Dialogue>, RunServiceError> {
        let Some(conversation_id) = conversation_of(begun) else {
            return Ok(None);
        };
        let mut conn = self.pool.get().await?;
        let found = message::find_of_run(&mut conn, conversation_id, lease.run_id).await?;
        let Some(message) = found else {
            return Err(RunServiceError::Graph(
                "The message of the run is gone.".into(),
            ));
        };
        let stored = conversation_variable::list(&mut conn, conversation_id).await?;
        let asked_at = message.created_at.and_utc().timestamp_micros();
        Ok(Some(Dialogue {
            conversation_id,
            message_id: message.id,
            asked_at: Micros::try_from(asked_at).unwrap_or_default(),
            variables: question::variables(runnable, &stored),
            question: None,
            output_rule: Moderation::of(&runnable.content.features)?
                .and_then(|rules| rules.output_rule(&self.judges, case_of(&runnable.app))),
        }))
    }

    async fn give_up(&self, lease: Lease, reason: &str) -> Result<(), RunServiceError> {
        tracing::warn!(event = "run.given_up", run_id = %lease.run_id, reason, "a run cannot go on and ends as failed");
        let failed = RunState {
            id: lease.run_id,
            status: "failed",
            outputs: "{}",
            error: Some(reason),
            elapsed_time: 0.0,
            total_tokens: 0,
            total_steps: 0,
            exceptions_count: 0,
            finished_at: Some(self.env.clock.now()),
        };
        let mut tx = self.pool.begin().await?;
        let held = lease::lock(&mut tx, &[lease.run_id]).await?;
        if held.iter().all(|one| one.epoch != lease.epoch) {
            // Another process has it by now.
            return Ok(());
        }
        let begun = run::find_begun(&mut tx, lease.run_id).await?;
        if let Some(conversation) = begun.as_ref().and_then(conversation_of) {
            let found = message::find_of_run(&mut tx, conversation, lease.run_id).await?;
            if let Some(message) = found {
                let error = format!("Run failed: {reason}");
                message::fail(&mut tx, message.id, &storable(&error)).await?;
            }
        }
        run::update_state(&mut tx, &[failed]).await?;
        lease::delete(&mut tx, &[lease.run_id]).await?;
        Ok(tx.commit().await?)
    }
}

/// The plan that the run began with, under an ownership.
pub(crate) fn plan(run_id: Uuid, epoch: i64, begun: &Begun) -> Result<RunPlan, RunServiceError> {
    let stored: Map<String, Value> = serde_json::from_str(&begun.inputs).map_err(unreadable)?;
    let mut streamed = stored.clone();
    for name in NOT_SHOWN {
        streamed.shift_remove(&format!("sys.{name}"));
    }
    let id = begun.created_by.to_string();
    Ok(RunPlan {
        key: RunKey { run_id, epoch },
        task_id: task_id(run_id),
        tenant_id: begun.tenant_id,
        app_id: begun.app_id,
        workflow_id: begun.workflow_id,
        message: None,
        dialogue: None,
        surface: match begun.role.as_str() {
            "account" => Surface::Programs,
            _ => Surface::Service,
        },
        created_by: match begun.role.as_str() {
            "account" => CreatedBy::Account {
                id,
                name: begun.name.clone(),
                email: begun.email.clone(),
            },
            _ => CreatedBy::EndUser {
                id,
                user: begun.name.clone(),
            },
        },
        inputs: Json::from(Value::Object(streamed)),
        stored_inputs: Json::from(Value::Object(stored)),
    })
}

/// The conversation that a run is part of: its row of inputs says so.
pub(crate) fn conversation_of(begun: &Begun) -> Option<Uuid> {
    let stored: Value = serde_json::from_str(&begun.inputs).ok()?;
    stored["sys.conversation_id"].as_str()?.parse().ok()
}

#[allow(clippy::needless_pass_by_value, reason = "maps errors")]
fn unreadable(error: serde_json::Error) -> RunServiceError {
    RunServiceError::Graph(format!("The state of the run cannot be read: {error}"))
}
