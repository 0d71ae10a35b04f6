//! The connections and the services, built from settings.

use gatewright_usecase_kit::CachedBearers;
use std::sync::{Arc, atomic::AtomicBool};

use gatewright_auth::{
    OsRandom,
    account::{CodeKeys, InvitationKeys},
    bearer::BearerAuthenticator,
    console::ConsoleKeys,
    device::ReceiptKeys,
    file::FileUrlKeys,
    keys::{MasterKeys, Purpose},
    limits::Limits,
    sso::{Broker, SignInStateKeys},
};
use gatewright_domain::{RandomIds, SystemClock, error::Unavailable};
use gatewright_kv::{
    BearerCache, DeviceGrants, Kv, OneTimeGrants, RateLimits, Revocations, Seals, SpentNonces,
    Throttles, WindowClock,
};
use gatewright_objects::Objects;
use gatewright_outbound::guard::GuardedClient;
use gatewright_storage_kit::Pool;
use gatewright_usecase_apps::{ApiExtensions, Apps};
use gatewright_usecase_device::{
    bearer::Bearers,
    device::{DeviceFlow, SsoBranch},
};
use gatewright_usecase_files::Files;
use gatewright_usecase_identity::{
    account::Accounts,
    admin::Admin,
    console::{Console, Setup},
    credential::{Codes, OwnerChecks, Passwords},
    member::Members,
};
use gatewright_usecase_kit::{
    AccountCache, AuditBaseKeys, Env, GeoIp,
    mail::{MailQueue, Recipients},
    provider::Providers,
    readiness::Readiness,
};
use gatewright_usecase_workspace::{
    audit_log::AuditLog,
    workspace::{ApiKeys, Tags, Workspaces},
};

use crate::{
    apps, identity, key_file, observing::Observation, runs::RunPlane, settings::ServerSettings,
};

/// Connections and surroundings.
pub struct Platform {
    /// The pool of connections to PostgreSQL.
    pub pool: Pool,
    /// The connection to Redis.
    pub kv: Kv,
    /// The installation's secrets; replaced when its keys rotate.
    pub master: MasterKeys,
    /// Time, ids, randomness.
    pub env: Env,
    /// Where what happens is counted and told.
    pub observed: Observation,
    windows: WindowClock,
}

/// The use-cases, ready to be given to routes and commands.
pub struct AppServices {
    /// Sign-in and sessions.
    pub console: Arc<Console>,
    /// Set-up of an empty installation.
    pub setup: Arc<Setup>,
    /// The device flow.
    pub device: Arc<DeviceFlow>,
    /// Accounts, as their owners change them.
    pub accounts: Arc<Accounts>,
    /// Members of workspaces.
    pub members: Arc<Members>,
    /// Files that people upload.
    pub files: Arc<Files>,
    /// Tags and API keys.
    pub api_keys: Arc<ApiKeys>,
    /// Tags of workspaces.
    pub tags: Arc<Tags>,
    /// Apps of workspaces.
    pub apps: Arc<Apps>,
    /// Servers of others that workspaces have asked.
    pub extensions: Arc<ApiExtensions>,
    /// What goes to places that apps name.
    pub(crate) guarded: GuardedClient,
    /// The audit trail.
    pub audit_log: Arc<AuditLog>,
    /// What administrators do.
    pub admin: Arc<Admin>,
    /// Access tokens: listing, revoking, introspecting.
    pub bearers: Arc<Bearers>,
    /// Workspaces of an account: listing, switching, renaming.
    pub workspaces: Arc<Workspaces>,
    /// Whether the dependencies answer.
    pub readiness: Arc<Readiness>,
    /// The look-up of bearers, which must hear of revocations elsewhere.
    pub store: CachedBearers,
    /// The installation's keys; readiness says which.
    pub master: MasterKeys,
}

impl Platform {
    /// With the system's clock, ids and randomness. Nothing is connected yet.
    pub fn new(settings: &ServerSettings) -> Result<Self, Unavailable> {
        let env = Env {
            clock: Arc::new(SystemClock),
            ids: Arc::new(RandomIds),
            random: Arc::new(OsRandom::default()),
        };
        Self::with(settings, env, WindowClock::Redis)
    }

    /// With surroundings of the caller's: for tests.
    pub fn with(
        settings: &ServerSettings,
        env: Env,
        windows: WindowClock,
    ) -> Result<Self, Unavailable> {
        Ok(Self {
            pool: Pool::new(&settings.db)?,
            kv: Kv::new(&settings.redis)?,
            master: key_file::load(&settings.secret)
                .map_err(|error| Unavailable::new("the keys", error))?,
            env,
            observed: Observation::default(),
            windows,
        })
    }

    /// What seals the values in Redis that carry authority.
    pub fn seals(&self) -> Seals {
        let keys = self.master.ring(Purpose::SealedValue);
        Seals::new(keys, Arc::clone(&self.env.clock))
    }

    /// What counts requests.
    pub(crate) fn rate_limits(&self) -> RateLimits {
        let (clock, ids) = (Arc::clone(&self.env.clock), Arc::clone(&self.env.ids));
        let digest = self.master.ring(Purpose::StorageDigest).active();
        RateLimits::new(self.kv.clone(), digest, ids, clock, self.windows)
    }

    /// Whether the dependencies answer.
    pub fn readiness(&self) -> Readiness {
        Readiness::new(self.pool.clone(), self.kv.clone())
    }

    /// Tells `store` of revocations on other nodes, until the future is dropped.
    pub async fn subscribe_revocations(kv: Kv, store: CachedBearers) {
        Revocations::new(kv).listen(|hash| store.forget(hash)).await;
    }

    /// The runs of this process, over its use-cases: for a process that serves. Must be called on a runtime.
    ///
    /// # Errors
    /// When the file of model endpoints cannot be used.
    pub fn runs(
        &self,
        settings: &ServerSettings,
        app: &AppServices,
    ) -> Result<RunPlane, Unavailable> {
        RunPlane::new(self, settings, app)
    }

    /// Builds the use-cases.
    ///
    /// # Errors
    /// When the clients of other servers cannot be made.
    pub fn services(&self, settings: &ServerSettings) -> Result<AppServices, Unavailable> {
        let nonces = SpentNonces::new(self.kv.clone());
        let clock = &self.env.clock;
        let sso = identity::sso_branch(settings, &self.master, clock, nonces.clone())?;
        let geo_ip = GeoIp::open(settings.device.geo_ip_database.as_deref())?;
        let shared = Shared::new(self, settings, sso.providers.clone());
        let guarded = apps::guarded_client(settings)?;
        let apps = Arc::new(apps::apps(self, settings, guarded.clone())?);
        let extensions = Arc::new(apps::extensions(self, guarded.clone()));
        Ok(AppServices {
            console: Arc::new(shared.console(nonces)),
            accounts: Arc::new(shared.accounts()),
            members: Arc::new(shared.members()),
            files: Arc::new(shared.files(guarded.clone())),
            api_keys: Arc::new(ApiKeys::new(self.pool.clone(), self.env.clone())),
            tags: Arc::new(Tags::new(self.pool.clone(), self.env.clone())),
            guarded,
            apps,
            extensions,
            audit_log: Arc::new(AuditLog::new(
                self.pool.clone(),
                AuditBaseKeys::new(&self.master),
                self.env.clone(),
            )),
            admin: Arc::new(shared.admin()),
            setup: Arc::new(shared.setup()),
            bearers: Arc::new(shared.bearers(sso.broker.clone())),
            device: Arc::new(shared.device(sso, geo_ip)),
            workspaces: Arc::new(Workspaces::new(
                self.pool.clone(),
                self.env.clone(),
                Arc::clone(&shared.known),
            )),
            readiness: Arc::new(self.readiness()),
            store: shared.store,
            master: self.master.clone(),
        })
    }
}

/// A reset must be remembered for as long as anything that it resets.
fn throttles(platform: &Platform, settings: &ServerSettings, limits: &Limits) -> Throttles {
    let slopes = [
        &limits.login_account,
        &limits.mail_recipient,
        &limits.code_guess,
    ];
    let memories = slopes.map(|limit| limit.rate.window).into_iter();
    let memory = memories.fold(settings.console.failure_memory(), Ord::max);
    let digest = platform.master.ring(Purpose::StorageDigest).active();
    Throttles::new(platform.kv.clone(), digest, memory)
}

/// What several use-cases are made of.
struct Shared<'a> {
    platform: &'a Platform,
    settings: &'a ServerSettings,
    limits: Limits,
    limiter: RateLimits,
    throttles: Throttles,
    passwords: Passwords,
    store: CachedBearers,
    known: Arc<AccountCache>,
    mail_queue: MailQueue,
    codes: Codes,
    invitations: InvitationKeys,
    providers: Providers,
}

impl<'a> Shared<'a> {
    fn new(platform: &'a Platform, settings: &'a ServerSettings, providers: Providers) -> Self {
        let (env, master) = (&platform.env, &platform.master);
        let limits = Limits::from(&settings.limits);
        let limiter = platform.rate_limits();
        let throttles = throttles(platform, settings, &limits);
        let cache = BearerCache::new(platform.kv.clone(), platform.seals());
        Self {
            passwords: Passwords::new(settings.console.hash_parallelism, Arc::clone(&env.random)),
            store: CachedBearers::new(platform.pool.clone(), cache, env.clone()),
            known: Arc::new(AccountCache::new()),
            mail_queue: MailQueue::new(
                settings.mail.is_set_up(),
                settings.urls.clone(),
                env.clone(),
            ),
            codes: Codes {
                grants: OneTimeGrants::new(platform.kv.clone(), platform.seals()),
                limiter: limiter.clone(),
                limits: limits.clone(),
                throttles: throttles.clone(),
                recipients: Recipients::new(throttles.clone(), limits.mail_recipient.slope()),
                browsers: ConsoleKeys::new(master),
                keys: CodeKeys::new(master),
                settings: settings.account.clone(),
                pool: platform.pool.clone(),
                env: env.clone(),
            },
            invitations: InvitationKeys::new(master),
            throttles,
            platform,
            settings,
            limits,
            limiter,
            providers,
        }
    }

    fn console(&self, nonces: SpentNonces) -> Console {
        Console {
            pool: self.platform.pool.clone(),
            limiter: self.limiter.clone(),
            limits: self.limits.clone(),
            throttles: self.throttles.clone(),
            codes: self.codes.clone(),
            mail_queue: self.mail_queue.clone(),
            invitations: self.invitations.clone(),
            keys: ConsoleKeys::new(&self.platform.master),
            sign_in_states: SignInStateKeys::new(&self.platform.master),
            providers: self.providers.clone(),
            nonces,
            settings: self.settings.console.clone(),
            passwords: self.passwords.clone(),
            env: self.platform.env.clone(),
        }
    }

    fn accounts(&self) -> Accounts {
        Accounts {
            pool: self.platform.pool.clone(),
            codes: self.codes.clone(),
            mail_queue: self.mail_queue.clone(),
            limiter: self.limiter.clone(),
            limits: self.limits.clone(),
            throttles: self.throttles.clone(),
            store: self.store.clone(),
            known: Arc::clone(&self.known),
            invitations: self.invitations.clone(),
            providers: self.providers.clone(),
            console: self.settings.console.clone(),
            settings: self.settings.account.clone(),
            owners: OwnerChecks {
                pool: self.platform.pool.clone(),
                limiter: self.limiter.clone(),
                limits: self.limits.clone(),
                passwords: self.passwords.clone(),
                password_login: self.settings.console.password_login,
            },
            passwords: self.passwords.clone(),
            env: self.platform.env.clone(),
        }
    }

    fn members(&self) -> Members {
        Members {
            pool: self.platform.pool.clone(),
            codes: self.codes.clone(),
            mail_queue: self.mail_queue.clone(),
            limiter: self.limiter.clone(),
            limits: self.limits.clone(),
            known: Arc::clone(&self.known),
            invitations: self.invitations.clone(),
            console: self.settings.console.clone(),
            settings: self.settings.account.clone(),
            env: self.platform.env.clone(),
        }
    }

    fn files(&self, elsewhere: GuardedClient) -> Files {
        Files {
            pool: self.platform.pool.clone(),
            objects: Objects::new(&self.settings.objects),
            keys: FileUrlKeys::new(&self.platform.master),
            urls: self.settings.urls.clone(),
            settings: self.settings.files.clone(),
            limiter: self.limiter.clone(),
            limits: self.limits.clone(),
            elsewhere,
            env: self.platform.env.clone(),
        }
    }

    fn admin(&self) -> Admin {
        Admin {
            pool: self.platform.pool.clone(),
            store: self.store.clone(),
            throttles: self.throttles.clone(),
            passwords: self.passwords.clone(),
            env: self.platform.env.clone(),
        }
    }

    fn setup(&self) -> Setup {
        Setup {
            pool: self.platform.pool.clone(),
            limiter: self.limiter.clone(),
            limits: self.limits.clone(),
            keys: ConsoleKeys::new(&self.platform.master),
            settings: self.settings.console.clone(),
            passwords: self.passwords.clone(),
            env: self.platform.env.clone(),
            is_finished: AtomicBool::new(false),
        }
    }

    fn device(&self, sso: SsoBranch, geo_ip: GeoIp) -> DeviceFlow {
        DeviceFlow {
            pool: self.platform.pool.clone(),
            grants: DeviceGrants::new(
                self.platform.kv.clone(),
                self.platform.master.ring(Purpose::StorageDigest),
                self.platform.seals(),
            ),
            limiter: self.limiter.clone(),
            limits: self.limits.clone(),
            bearers: self.store.clone(),
            settings: self.settings.device.clone(),
            urls: self.settings.urls.clone(),
            receipts: ReceiptKeys::new(&self.platform.master),
            sso,
            mail_queue: self.mail_queue.clone(),
            geo_ip,
            env: self.platform.env.clone(),
        }
    }

    fn bearers(&self, broker: Option<Arc<dyn Broker>>) -> Bearers {
        Bearers {
            pool: self.platform.pool.clone(),
            store: self.store.clone(),
            known: Arc::clone(&self.known),
            limiter: self.limiter.clone(),
            limits: self.limits.clone(),
            authenticator: BearerAuthenticator::new(
                self.store.clone(),
                self.limiter.clone(),
                self.limits.clone(),
            ),
            enabled: self.settings.device.bearer_enabled,
            broker,
            env: self.platform.env.clone(),
        }
    }
}
