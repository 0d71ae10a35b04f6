//! The run plane, put together: the engine's tasks, what they reach, and where they are kept.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::future::BoxFuture;
use gatewright_auth::{form_token::FormKeys, limits::Limits, web_passport::PassportKeys};
use gatewright_conversation_service::{Conversations, Models};
use gatewright_domain::{error::Unavailable, ids::WorkspaceId};
use gatewright_kv::{ActiveRuns, RunMirrors};
use gatewright_model::ModelCatalogue;
use gatewright_node_runners::{
    files::RunFiles,
    history::{HistoryError, NoHistory, Round, RunHistory},
};
use gatewright_outbound::guard::{GuardedClient, GuardedProxy};
use gatewright_run_service::{
    ActiveCount, FormTokens, FormWriter, Histories, KnownModels, LargeValues, LeaseKeeper, Namer,
    NewConversation, PastRound, People, PostgresRuns, Process, RemoteRuns, RunService, StoredPast,
    Visitors,
};
use gatewright_usecase_apps::Apps;
use gatewright_usecase_files::Files;
use gatewright_usecase_kit::Env;
use gatewright_usecase_runs::{Capacity, Dialogue, Ports, Recorder, RunPlan, RunRegistry};
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::{
    judges::WorkspaceJudges,
    node::{NodeCalls, RunSurroundings},
    observing::{Observation, ObservedRuns, RunFigures},
    platform::{AppServices, Platform},
    run_files::FilesOfRun,
    settings::ServerSettings,
    spills::FileSpills,
};

/// Runs that one process has under way; more are told to come back.
const RUNS: usize = 2_000;
/// Runs that went on, and of which others are still to be told; they find more by themselves.
const RESUMED: usize = 1_024;
/// Bytes of one run's log in memory.
const LOG_BYTES: usize = 8 << 20;

const CAPACITY: Capacity = Capacity {
    runs: RUNS,
    log_bytes: LOG_BYTES,
};

/// The runs of this process.
pub struct RunPlane {
    /// As surfaces use them.
    pub service: Arc<RunService>,
    /// What became of their conversations.
    pub conversations: Arc<Conversations>,
    /// Who visits their pages.
    pub visitors: Arc<Visitors>,
    /// Where what happens is counted and told.
    pub observed: Observation,
    calls: NodeCalls,
    registry: Arc<RunRegistry>,
    remote: Arc<RemoteRuns>,
    resumed: Mutex<Option<mpsc::Receiver<Uuid>>>,
    platform_pool: gatewright_storage_kit::Pool,
    owner: Uuid,
}

impl RunPlane {
    /// Over these apps. Must be called on a runtime: what is to be kept is written by a task of its own.
    ///
    /// # Errors
    /// When the clients of other servers cannot be made, or the file of endpoints cannot be used.
    pub(crate) fn new(
        platform: &Platform,
        settings: &ServerSettings,
        app: &AppServices,
    ) -> Result<Self, Unavailable> {
        let (apps, files) = (Arc::clone(&app.apps), Arc::clone(&app.files));
        let guarded = app.guarded.clone();
        let observed = platform.observed.clone();
        let runner = node_calls(platform, settings, &files, guarded)?.observed_by(observed.clone());
        let calls = runner.clone();
        let models = Arc::new(Catalogue(runner.catalogue()));
        let judges = Arc::new(WorkspaceJudges {
            models: runner.moderators(),
            extensions: Arc::clone(&app.extensions),
        });
        let conversations = Arc::new(conversations(platform, app, &runner));
        let namer = Arc::new(ByModel(Arc::clone(&conversations)));
        let owner = platform.env.ids.new_uuid();
        let keys = FormKeys::new(&platform.master);
        let forms = FormWriter {
            keys: keys.clone(),
            env: platform.env.clone(),
            sends_mail: settings.mail.is_set_up(),
        };
        let (resume_sender, resumed) = mpsc::channel(RESUMED);
        let store = PostgresRuns::new(platform.pool.clone(), owner, forms).telling(resume_sender);
        let people = people(platform, settings, owner);
        let ports = Ports {
            runner: Arc::new(runner),
            store: Arc::new(LargeValues::new(
                Recorder::start(Arc::new(store)),
                files.objects.clone(),
                platform.env.clone(),
            )),
            forms: Arc::new(FormTokens::new(platform.env.clone(), keys)),
            clock: Arc::clone(&platform.env.clock),
        };
        let past = StoredPast::new(platform.pool.clone());
        let registry = RunRegistry::new(ports, CAPACITY)
            .with_past(Arc::new(past))
            .with_spills(Arc::new(FileSpills))
            .with_observer(Arc::new(ObservedRuns(observed.clone())));
        let registry = Arc::new(registry);
        let wires = RunMirrors::new(platform.kv.clone(), platform.seals());
        let remote = Arc::new(RemoteRuns::new(wires, Arc::clone(&registry), owner));
        let (pool, env) = (platform.pool.clone(), platform.env.clone());
        let visitors = visitors(platform, settings, Arc::clone(&apps));
        let active = ActiveRuns::new(platform.kv.clone());
        let active = ActiveCount::new(active, settings.apps.active_limits());
        Ok(Self {
            service: Arc::new(
                RunService::new(
                    apps,
                    files,
                    Arc::clone(&registry),
                    pool.clone(),
                    Process {
                        env,
                        active,
                        people,
                        models,
                    },
                )
                .with_judges(judges)
                .with_remote(Arc::clone(&remote))
                .with_namer(namer),
            ),
            conversations,
            visitors: Arc::new(visitors),
            observed,
            calls,
            registry,
            remote,
            resumed: Mutex::new(Some(resumed)),
            platform_pool: pool,
            owner,
        })
    }

    /// Keeps the leases of this process until the future is dropped.
    pub fn keep_leases(&self) -> impl Future<Output = ()> + Send + use<> {
        self.keeper().run()
    }

    /// Does what other processes ask for of runs that are here, and hears of those that are there, until the future is dropped. Once.
    pub fn listen(&self) -> impl Future<Output = ()> + Send + use<> {
        let resumed = self.resumed.lock().ok().and_then(|mut once| once.take());
        let remote = Arc::clone(&self.remote);
        async move {
            if let Some(resumed) = resumed {
                remote.listen(resumed).await;
            }
        }
    }

    /// Goes on with runs of processes that are gone, once. Returns how many.
    ///
    /// # Errors
    /// When a store does not answer.
    pub async fn take_up_lapsed(&self) -> Result<usize, gatewright_run_service::RunServiceError> {
        self.keeper().take_up_lapsed().await
    }

    /// Looks after runs that are read here and are not here, once. Returns how many of them were found to have ended.
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub async fn look_after_awaited(
        &self,
    ) -> Result<usize, gatewright_run_service::RunServiceError> {
        self.service.look_after_awaited().await
    }

    /// Renews the leases of this process, once, and hears of stops that were asked of others.
    ///
    /// # Errors
    /// When a store does not answer.
    pub async fn renew_leases(&self) -> Result<(), gatewright_run_service::RunServiceError> {
        self.keeper().renew().await
    }

    /// Takes no more runs, and lets others go on with those that have not ended within `shutdown_timeout`.
    pub async fn leave(&self, shutdown_timeout: Duration) {
        let cut = self.registry.leave(shutdown_timeout).await;
        match self.keeper().give_back().await {
            Ok(given) => {
                self.remote.given_back().await;
                tracing::info!(
                    event = "run.leases_released",
                    cut,
                    given,
                    "runs are left to others"
                );
            }
            Err(error) => {
                tracing::warn!(
                    event = "run.lease_release_failed",
                    %error,
                    cut,
                    "leases of runs were not given back; they lapse by themselves"
                );
            }
        }
    }

    /// What stands in their memory, for whoever shows it.
    pub fn figures(&self) -> RunFigures {
        RunFigures {
            registry: Arc::clone(&self.registry),
            calls: self.calls.clone(),
        }
    }

    fn keeper(&self) -> LeaseKeeper {
        LeaseKeeper::new(
            self.platform_pool.clone(),
            self.owner,
            Arc::clone(&self.registry),
            Arc::clone(&self.service),
        )
    }
}

/// Who visits pages of apps.
fn visitors(platform: &Platform, settings: &ServerSettings, apps: Arc<Apps>) -> Visitors {
    Visitors {
        pool: platform.pool.clone(),
        env: platform.env.clone(),
        apps,
        keys: PassportKeys::new(&platform.master),
        limiter: platform.rate_limits(),
        limit: Limits::from(&settings.limits).passport,
    }
}

/// What was said to apps, and who speaks for them.
fn conversations(platform: &Platform, app: &AppServices, runner: &NodeCalls) -> Conversations {
    Conversations::new(
        platform.pool.clone(),
        platform.env.clone(),
        Arc::clone(&app.apps),
        Arc::clone(&app.files),
        Models {
            chat: runner.catalogue(),
            speech: runner.speech(),
        },
        FormKeys::new(&platform.master),
    )
}

/// Who may answer the forms of this process's runs, for how long and how often.
fn people(platform: &Platform, settings: &ServerSettings, owner: Uuid) -> People {
    People {
        owner,
        keys: FormKeys::new(&platform.master),
        form_seconds: i64::from(settings.maintenance.form_seconds),
        limiter: platform.rate_limits(),
        limit: Limits::from(&settings.limits).form,
    }
}

/// What nodes ask for, done with the models, servers and sandboxes that the settings name.
fn node_calls(
    platform: &Platform,
    settings: &ServerSettings,
    files: &Arc<Files>,
    guarded: GuardedClient,
) -> Result<NodeCalls, Unavailable> {
    let endpoints = settings.nodes.endpoints();
    let endpoints = endpoints.map_err(|error| Unavailable::new("the settings", error))?;
    let surroundings = Surroundings {
        histories: Arc::new(Histories::new(platform.pool.clone())),
        files: Arc::clone(files),
        env: platform.env.clone(),
    };
    let proxy = network_of_programs(platform, settings, guarded.clone())?;
    let runner = NodeCalls::new(
        &settings.nodes,
        endpoints,
        guarded,
        Arc::new(surroundings),
        Arc::clone(&platform.env.clock),
        proxy,
    );
    runner.map_err(|error| Unavailable::new("the client of models", error))
}

/// Models by the file of endpoints, as runs that are about to begin look them up.
struct Catalogue(Arc<dyn ModelCatalogue>);

impl KnownModels for Catalogue {
    fn look_up<'a>(
        &'a self,
        workspace: WorkspaceId,
        provider: &'a str,
        model: &'a str,
    ) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            let found = self.0.chat_model(workspace, provider, model).await;
            found.map(drop).map_err(|error| error.to_string())
        })
    }
}

/// Has models name conversations.
struct ByModel(Arc<Conversations>);

impl Namer for ByModel {
    fn name(&self, begun: NewConversation) {
        let NewConversation {
            workspace,
            conversation,
            query,
            name,
        } = begun;
        self.0.name_later(workspace, conversation, query, name);
    }
}

/// What runs see of the world around them.
struct Surroundings {
    histories: Arc<Histories>,
    files: Arc<Files>,
    env: Env,
}

impl RunSurroundings for Surroundings {
    fn files(&self, plan: &RunPlan) -> Arc<dyn RunFiles> {
        let files = Arc::clone(&self.files);
        Arc::new(FilesOfRun::new(files, self.env.clone(), plan))
    }

    fn history(&self, plan: &RunPlan) -> Arc<dyn RunHistory> {
        match &plan.dialogue {
            None => Arc::new(NoHistory),
            Some(dialogue) => Arc::new(Conversation {
                histories: Arc::clone(&self.histories),
                dialogue: dialogue.clone(),
                files: FilesOfRun::new(Arc::clone(&self.files), self.env.clone(), plan),
            }),
        }
    }
}

/// The conversation of one run.
struct Conversation {
    histories: Arc<Histories>,
    dialogue: Box<Dialogue>,
    files: FilesOfRun,
}

impl RunHistory for Conversation {
    fn rounds(&self, most: usize) -> BoxFuture<'_, Result<Vec<Round>, HistoryError>> {
        Box::pin(async move {
            let rounds = self.histories.rounds(&self.dialogue, most).await;
            let rounds = rounds.map_err(|error| {
                HistoryError(format!("The conversation cannot be read: {error}"))
            })?;
            let mut told = Vec::with_capacity(rounds.len());
            for PastRound {
                question,
                answer,
                files,
                ..
            } in rounds
            {
                let files = self.files.recall(&files).await;
                let files = files.map_err(|error| HistoryError(error.to_string()))?;
                told.push(Round {
                    question,
                    answer,
                    files,
                    ..Round::default()
                });
            }
            Ok(told)
        })
    }
}

/// The one way of programs to other servers, where they have one: it checks each place as it is checked for apps.
fn network_of_programs(
    platform: &Platform,
    settings: &ServerSettings,
    guarded: GuardedClient,
) -> Result<Option<GuardedProxy>, Unavailable> {
    if !settings.nodes.programs_have_a_network() {
        return Ok(None);
    }
    let secret = platform.env.random.base64url(16);
    let secret = secret.map_err(|error| Unavailable::new("randomness", error))?;
    let proxy = GuardedProxy::start(guarded, secret);
    let proxy = proxy.map_err(|error| Unavailable::new("the network of programs", error))?;
    Ok(Some(proxy))
}
