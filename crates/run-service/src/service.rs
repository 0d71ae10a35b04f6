//! Runs as surfaces use them: begun.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use gatewright_auth::{form_token::FormKeys, limits::Limit};
use gatewright_domain::ids::{AppId, FileId, WorkflowId};
use gatewright_engine::{Declared, Engine, Graph, Limits, Start};
use gatewright_kv::RateLimits;
use gatewright_run_events::{CreatedBy, MessageIdentity};
use gatewright_storage_kit::Pool;
use gatewright_storage_runs::message_file;
use gatewright_usecase_apps::{App, AppError, Apps, Runnable};
use gatewright_usecase_files::Files;
use gatewright_usecase_kit::{Ctx, Env};
use gatewright_usecase_runs::{
    Dialogue, RunHandle, RunKey, RunPlan, RunRegistry, Surface, execution_id,
};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::{
    ActiveCount, Asked, KnownModels, Namer, RemoteRuns, RunServiceError,
    end_users::session,
    inputs::{CheckedInputs, FileResolver, asker},
    judges::{Judges, Nobody},
    known_models, messages, question,
    system::{Shown, System},
};

/// On whose behalf.
#[derive(Debug, Clone)]
pub enum Caller {
    /// A member of the workspace.
    Account {
        /// Primary key of the account.
        id: Uuid,
        /// The name of the account.
        name: String,
        /// The mail address of the account.
        email: String,
    },
    /// Whom the holder of an app's key names; empty: nobody in particular.
    User(String),
    /// A visitor of the page of an app, who has a row.
    Visitor {
        /// Primary key of the end user.
        id: Uuid,
        /// What they are called in the app: `sys.user_id`.
        session: String,
    },
}

/// What a caller sends.
#[derive(Debug, Clone)]
pub struct StartRun {
    /// Where the caller asks.
    pub surface: Surface,
    /// A version of it; none: the published one.
    pub version: Option<WorkflowId>,
    /// As the caller sent them.
    pub inputs: Map<String, Value>,
    /// Files beside the inputs (`sys.files`), as the caller names them.
    pub files: Vec<Value>,
    /// On whose behalf.
    pub caller: Caller,
    /// What is said, to an app that answers in conversations; nothing to a workflow.
    pub asked: Option<Asked>,
}

/// What all attempts to begin a run have in common.
pub(crate) struct Ground {
    /// The app and its version.
    pub(crate) runnable: Runnable,
    /// The graph of the version.
    pub(crate) graph: Arc<Graph>,
    /// The inputs that the app declares, checked.
    pub(crate) inputs: Map<String, Value>,
    /// Files beside the inputs.
    pub(crate) files: Vec<Value>,
    /// Who asks the app.
    pub(crate) created_by: CreatedBy,
    /// Where they do.
    pub(crate) surface: Surface,
}

/// What runs that wait for people need of their process.
#[derive(Clone)]
pub struct People {
    /// What the process calls itself where it takes a run.
    pub owner: Uuid,
    /// Computes the tokens of forms.
    pub keys: FormKeys,
    /// Seconds after which a form is expired, however long its node would wait.
    pub form_seconds: i64,
    /// Counts what strangers ask of pages of forms.
    pub limiter: RateLimits,
    /// How much that may be, per client address.
    pub limit: Limit,
}

/// What a process gives its runs beside their stores.
pub struct Process {
    /// Time, ids and randomness.
    pub env: Env,
    /// Counts runs of apps that may have only so many.
    pub active: ActiveCount,
    /// For runs that wait for people.
    pub people: People,
    /// Who answers for which model.
    pub models: Arc<dyn KnownModels>,
}

/// Runs of published apps.
pub struct RunService {
    pub(crate) apps: Arc<Apps>,
    pub(crate) registry: Arc<RunRegistry>,
    pub(crate) pool: Pool,
    pub(crate) env: Env,
    pub(crate) limits: Limits,
    /// Runs of other processes.
    pub(crate) remote: Option<Arc<RemoteRuns>>,
    /// Runs elsewhere that had ended when they were last looked for.
    pub(crate) ended: Mutex<HashSet<Uuid>>,
    pub(crate) files: Arc<Files>,
    pub(crate) active: ActiveCount,
    pub(crate) people: People,
    models: Arc<dyn KnownModels>,
    pub(crate) namer: Option<Arc<dyn Namer>>,
    pub(crate) judges: Arc<dyn Judges>,
}

impl RunService {
    /// Over these apps, in this process.
    pub fn new(
        apps: Arc<Apps>,
        files: Arc<Files>,
        registry: Arc<RunRegistry>,
        pool: Pool,
        process: Process,
    ) -> Self {
        Self {
            people: process.people,
            models: process.models,
            apps,
            registry,
            pool,
            env: process.env,
            limits: Limits::default(),
            active: process.active,
            remote: None,
            ended: Mutex::default(),
            files,
            namer: None,
            judges: Arc::new(Nobody),
        }
    }

    /// The same, with somebody who names conversations that begin. Without one they keep the beginning of their question.
    #[must_use]
    pub fn with_namer(self, namer: Arc<dyn Namer>) -> Self {
        Self {
            namer: Some(namer),
            ..self
        }
    }

    /// The same, with those who judge what is said. Without them apps that ask for it do not run.
    #[must_use]
    pub fn with_judges(self, judges: Arc<dyn Judges>) -> Self {
        Self { judges, ..self }
    }

    /// The same, with a way to runs of other processes. Without it a reader of such a run sees what storage has of it, and its end.
    #[must_use]
    pub fn with_remote(self, remote: Arc<RemoteRuns>) -> Self {
        Self {
            remote: Some(remote),
            ..self
        }
    }

    /// Waits until other processes left something to do about leases.
    pub(crate) async fn leases_changed(&self) {
        match &self.remote {
            Some(remote) => remote.leases_changed().await,
            None => std::future::pending().await,
        }
    }

    /// Begins a run of an app whose mode is `workflow`, or `advanced-chat` when something is asked. When this returns, the run is in
    /// storage, with its message and its conversation, and its log has its beginning.
    ///
    /// # Errors
    /// When the app has no published version, an input does not fit, the graph cannot run, the conversation is not the caller's or is
    /// busy, too much runs already, or a store is gone.
    pub async fn start(
        &self,
        ctx: &Ctx,
        app: AppId,
        request: StartRun,
    ) -> Result<RunHandle, RunServiceError> {
        let found = self.apps.published(app, request.version).await;
        let runnable = found.map_err(|error| not_found(error, request.version))?;
        self.start_runnable(ctx, runnable, request).await
    }

    /// The same of an app in use whose row the caller has just read, to let the request in.
    ///
    /// # Errors
    /// As of [`Self::start`].
    pub async fn start_known(
        &self,
        ctx: &Ctx,
        app: App,
        request: StartRun,
    ) -> Result<RunHandle, RunServiceError> {
        let found = self.apps.published_of(app, request.version).await;
        let runnable = found.map_err(|error| not_found(error, request.version))?;
        self.start_runnable(ctx, runnable, request).await
    }

    async fn start_runnable(
        &self,
        ctx: &Ctx,
        runnable: Runnable,
        request: StartRun,
    ) -> Result<RunHandle, RunServiceError> {
        if (runnable.app.mode == messages::MODE) != request.asked.is_some() {
            return Err(RunServiceError::WrongMode);
        }
        let inputs = CheckedInputs::read(&runnable.content.graph, &request.inputs)?;
        let graph = runnable.graph(&self.limits);
        let graph = graph.map_err(|error| RunServiceError::Graph(error.to_string()))?;
        known_models::require(&*self.models, runnable.app.workspace, &graph).await?;
        let created_by = self.creator(ctx, &runnable, request.caller).await?;
        let resolver = FileResolver {
            files: &self.files,
            ctx,
            asker: asker(runnable.app.workspace, &created_by)?,
        };
        let inputs = inputs.resolve(&resolver).await?;
        let features = &runnable.content.features;
        let files = resolver.beside(features, &request.files).await?;
        let ground = Ground {
            runnable,
            graph,
            inputs,
            files,
            created_by,
            surface: request.surface,
        };
        match &request.asked {
            Some(asked) => self.answer(ctx, ground, asked.clone()).await,
            None => self.begin(ctx, &ground, None).await,
        }
    }

    /// Begins one run.
    pub(crate) async fn begin(
        &self,
        ctx: &Ctx,
        ground: &Ground,
        dialogue: Option<Box<Dialogue>>,
    ) -> Result<RunHandle, RunServiceError> {
        let runnable = &ground.runnable;
        let inputs = ground.inputs.clone();
        let run_id = self.env.ids.new_uuid();
        let system = System::new(ground, run_id, dialogue.as_deref());
        let plan = plan(ground, run_id, &system.shown(&inputs, ctx.now)?);
        let declared = |one: &gatewright_dsl::Variable| Declared {
            name: one.name.clone(),
            value_type: json!(one.value_type)
                .as_str()
                .unwrap_or("string")
                .to_owned(),
            value: one.value.clone(),
        };
        let start = Start {
            inputs,
            system: system.whole(ctx.now),
            conversation: dialogue
                .as_deref()
                .map(question::declared)
                .unwrap_or_default(),
            environment: runnable
                .content
                .environment_variables
                .iter()
                .map(declared)
                .collect(),
            ..Start::default()
        };
        let engine = Engine::new(Arc::clone(&ground.graph), self.limits.clone());
        let plan = RunPlan {
            message: dialogue.as_deref().map(identity),
            dialogue,
            ..plan
        };
        self.active.enter(runnable, run_id).await?;
        match self.registry.start(plan, Box::new(engine), start).await {
            Ok(handle) => {
                // The request that began it is found by its run, and the run by its request.
                let span = tracing::Span::current();
                span.record("run_id", tracing::field::display(run_id));
                span.record(
                    "tenant_id",
                    tracing::field::display(runnable.app.workspace.0),
                );
                self.active.watch(&handle);
                Ok(handle)
            }
            Err(error) => {
                self.active.leave(run_id).await;
                Err(error.into())
            }
        }
    }

    /// Whoever begins it, with a row of their own when they are no account.
    async fn creator(
        &self,
        ctx: &Ctx,
        runnable: &Runnable,
        caller: Caller,
    ) -> Result<CreatedBy, RunServiceError> {
        let user = match caller {
            Caller::Account { id, name, email } => {
                return Ok(CreatedBy::Account {
                    id: id.to_string(),
                    name,
                    email,
                });
            }
            Caller::Visitor { id, session } => {
                return Ok(CreatedBy::EndUser {
                    id: id.to_string(),
                    user: session,
                });
            }
            Caller::User(user) => user,
        };
        let id = self.end_user(ctx, &runnable.app, &user).await?;
        Ok(CreatedBy::EndUser {
            id: id.to_string(),
            user: session(&runnable.app, &user).session_id.to_owned(),
        })
    }

    /// Whether an upload came with a message of the app.
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub async fn has_file(&self, app: &App, upload: FileId) -> Result<bool, RunServiceError> {
        let mut conn = self.pool.get().await?;
        Ok(message_file::is_of_app(&mut conn, app.id.0, upload.0).await?)
    }
}

/// Names the version that there is none of.
fn not_found(error: AppError, version: Option<WorkflowId>) -> RunServiceError {
    match (error, version) {
        (AppError::VersionNotFound, Some(version)) => RunServiceError::VersionNotFound(version),
        (error, _) => error.into(),
    }
}

/// What a run begins with.
pub(crate) fn plan(ground: &Ground, run_id: Uuid, shown: &Shown) -> RunPlan {
    let runnable = &ground.runnable;
    RunPlan {
        key: RunKey { run_id, epoch: 1 },
        task_id: task_id(run_id),
        tenant_id: runnable.app.workspace.0,
        app_id: runnable.app.id.0,
        workflow_id: runnable.workflow_id.0,
        message: None,
        dialogue: None,
        created_by: ground.created_by.clone(),
        surface: ground.surface,
        inputs: shown.streamed.clone(),
        stored_inputs: shown.stored.clone(),
    }
}

/// The message as clients know it.
pub(crate) fn identity(dialogue: &Dialogue) -> MessageIdentity {
    MessageIdentity {
        conversation_id: dialogue.conversation_id.to_string(),
        message_id: dialogue.message_id.to_string(),
        created_at: i64::try_from(dialogue.asked_at / 1_000_000).unwrap_or_default(),
    }
}

/// The handle by which callers stop a run: made of its id, so that every process knows it.
pub(crate) fn task_id(run: Uuid) -> Uuid {
    execution_id(run, u64::MAX)
}
