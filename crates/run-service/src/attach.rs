//! Readers of a run that did not begin it, or whose connection broke: whichever process has the run, and when it has ended.

use std::sync::Arc;

use gatewright_domain::{
    error::Unavailable,
    ids::{AppId, WorkspaceId},
};
use gatewright_run_events::{Attachment, MessageIdentity, RunIdentity, RunLog, finished_only};
use gatewright_storage_kit::Conn;
use gatewright_storage_runs::{
    end_user::{self, Session},
    message,
    run::{self, Run},
};
use gatewright_usecase_runs::{Found, RunPlan};
use uuid::Uuid;

use crate::{Caller, RunService, RunServiceError, past, takeover};

/// How often a run is looked for anew when it changed meanwhile.
const LOOKS: usize = 3;

/// Which run a caller wants to read, and how.
#[derive(Debug, Clone)]
pub struct AttachRun {
    /// The workspace of the app.
    pub workspace: WorkspaceId,
    /// The app that ran.
    pub app: AppId,
    /// The id of the run, as the caller sent it.
    pub run: String,
    /// Only those who began a run read it.
    pub caller: Caller,
    /// Whether the caller is shown first where the run stands.
    pub with_snapshot: bool,
    /// Whether the caller waits with a run that waits for people.
    pub continue_on_pause: bool,
}

/// What such a caller reads.
#[derive(Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "one for each reader, and never kept"
)]
pub enum Attached {
    /// The run has ended: the only line.
    Ended(Vec<u8>),
    /// What happens from now on, and what was before for those who asked.
    Live(Attachment, RunIdentity),
}

impl RunService {
    /// Attaches a reader to a run.
    ///
    /// # Errors
    /// When the caller began no such run in the app, or a store does not answer.
    pub async fn attach(&self, request: &AttachRun) -> Result<Attached, RunServiceError> {
        let run_id = request.run.parse();
        let run_id: Uuid = run_id.map_err(|_| RunServiceError::RunNotFound)?;
        for _ in 0..LOOKS {
            let mut conn = self.pool.get().await?;
            let run = self.read(&mut conn, request, run_id).await?;
            let plan = plan(&mut conn, run_id).await?;
            if let Some(end) = past::end(&plan, &run) {
                return Ok(Attached::Ended(finished_only(&plan.identity(), &end)));
            }
            if let Some(log) = self.log(conn, &plan, &run).await? {
                let attachment = log.attach(request.with_snapshot, request.continue_on_pause);
                let attachment = attachment.await;
                let attachment =
                    attachment.map_err(|error| Unavailable::new("the log of a run", error))?;
                return Ok(Attached::Live(attachment, plan.identity()));
            }
        }
        // Whoever asks again finds it standing still.
        Err(RunServiceError::TooMany)
    }

    /// The log of a run that had not ended when it was read; none when it went on meanwhile, so that it has to be read again.
    async fn log(
        &self,
        mut conn: Conn,
        plan: &RunPlan,
        run: &Run,
    ) -> Result<Option<Arc<RunLog>>, RunServiceError> {
        if let Some(handle) = self.registry.find(run.id) {
            return Ok(Some(handle.log));
        }
        let past = past::load(&mut conn, plan, run, &self.people.keys).await?;
        drop(conn);
        let elsewhere = self.remote.as_ref().filter(|_| run.status == "running");
        // What another process has of it comes from there.
        let known = if elsewhere.is_some() {
            vec![]
        } else {
            past.clone()
        };
        let log = match self.registry.find_or_await(run.id, || known) {
            Found::Here(handle) => return Ok(Some(handle.log)),
            Found::Awaited(log) => log,
        };
        if let Some(remote) = elsewhere {
            remote.follow(run.id, &log, past).await?;
        }
        // It may have gone on, or ended, before the log was there to be told.
        let mut conn = self.pool.get().await?;
        let status = run::find_status(&mut conn, run.id).await?;
        Ok(Some(log).filter(|_| status.as_ref() == Some(&run.status)))
    }

    /// The run, when it is the app's and the caller began it.
    async fn read(
        &self,
        conn: &mut Conn,
        request: &AttachRun,
        run_id: Uuid,
    ) -> Result<Run, RunServiceError> {
        let (workspace, app) = (request.workspace.0, request.app.0);
        let run = run::find(conn, workspace, app, run_id).await?;
        let run = run.ok_or(RunServiceError::RunNotFound)?;
        let (role, reader) = match &request.caller {
            Caller::Account { id, .. } => ("account", Some(*id)),
            Caller::Visitor { id, .. } => ("end_user", Some(*id)),
            Caller::User(user) => {
                let session = Session::of_key(workspace, app, user);
                ("end_user", end_user::find(conn, session).await?)
            }
        };
        let is_own = run.created_by_role == role && reader == Some(run.created_by);
        is_own.then_some(run).ok_or(RunServiceError::RunNotFound)
    }
}

/// The plan of a run, whoever's it is, as its readers need it.
pub(crate) async fn plan(conn: &mut Conn, run_id: Uuid) -> Result<RunPlan, RunServiceError> {
    let begun = run::find_begun(conn, run_id).await?;
    let begun = begun.ok_or(RunServiceError::RunNotFound)?;
    let message = match takeover::conversation_of(&begun) {
        None => None,
        Some(conversation) => {
            message::find_of_run(conn, conversation, run_id)
                .await?
                .map(|message| MessageIdentity {
                    conversation_id: conversation.to_string(),
                    message_id: message.id.to_string(),
                    created_at: message.created_at.and_utc().timestamp(),
                })
        }
    };
    Ok(RunPlan {
        message,
        ..takeover::plan(run_id, 0, &begun)?
    })
}
