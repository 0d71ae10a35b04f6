//! The connections and the services, built from settings.

use std::sync::Arc;

use gatewright_app::{
    Ambient,
    bearer::{Bearers, BearersParts, CachedBearers},
    console::{Console, ConsoleParts, Passwords, Setup},
    device::{DeviceFlow, DeviceFlowParts},
    known_accounts::KnownAccounts,
    readiness::Readiness,
    workspace::Workspaces,
};
use gatewright_auth::{
    OsRandom,
    console::ConsoleKeys,
    device::ReceiptKeys,
    keys::{MasterKeys, Purpose},
    limits::Limits,
    sso::SignInStateKeys,
};
use gatewright_domain::{RandomIds, SystemClock, error::Unavailable};
use gatewright_kv::{
    BearerCache, DeviceGrants, Kv, LoginThrottles, RateLimits, Revocations, SpentNonces,
    WindowClock,
};
use gatewright_storage::Pool;

use crate::{identity, key_file, settings::ServerSettings};

/// Connections and surroundings.
pub struct Platform {
    /// PostgreSQL.
    pub pool: Pool,
    /// Redis.
    pub kv: Kv,
    /// The installation's secrets; replaced when its keys rotate.
    pub master: MasterKeys,
    ambient: Ambient,
    windows: WindowClock,
}

/// The use-cases.
pub struct AppServices {
    /// Sign-in and sessions.
    pub console: Arc<Console>,
    /// Set-up.
    pub setup: Arc<Setup>,
    /// The device flow.
    pub device: Arc<DeviceFlow>,
    /// Bearers.
    pub bearers: Arc<Bearers>,
    /// Workspaces.
    pub workspaces: Arc<Workspaces>,
    /// Readiness.
    pub readiness: Arc<Readiness>,
    /// The look-up of bearers, which must hear of revocations elsewhere.
    pub store: CachedBearers,
    /// The installation's keys; readiness says which.
    pub master: MasterKeys,
}

impl Platform {
    /// With the system's clock, ids and randomness. Nothing is connected yet.
    pub fn new(settings: &ServerSettings) -> Result<Self, Unavailable> {
        let ambient = Ambient {
            clock: Arc::new(SystemClock),
            ids: Arc::new(RandomIds),
            random: Arc::new(OsRandom::default()),
        };
        Self::with(settings, ambient, WindowClock::Redis)
    }

    /// With surroundings of the caller's: for tests.
    pub fn with(
        settings: &ServerSettings,
        ambient: Ambient,
        windows: WindowClock,
    ) -> Result<Self, Unavailable> {
        Ok(Self {
            pool: Pool::new(&settings.db)?,
            kv: Kv::new(&settings.redis)?,
            master: key_file::load(&settings.secret)
                .map_err(|error| Unavailable::new("the keys", error))?,
            ambient,
            windows,
        })
    }

    /// Whether the dependencies answer.
    pub fn readiness(&self) -> Readiness {
        Readiness::new(self.pool.clone(), self.kv.clone())
    }

    /// Tells `store` of revocations on other nodes, until the future is dropped.
    pub async fn hear_revocations(kv: Kv, store: CachedBearers) {
        Revocations::new(kv).listen(|hash| store.forget(hash)).await;
    }

    /// Builds the use-cases.
    ///
    /// # Errors
    /// When the clients of other servers cannot be made.
    pub fn services(&self, settings: &ServerSettings) -> Result<AppServices, Unavailable> {
        let master = self.master.clone();
        let limits = Limits::from(&settings.limits);
        let digests = master.ring(Purpose::StorageDigest);
        let console_keys = ConsoleKeys::new(&master);
        let passwords = Passwords::new(
            settings.console.hash_parallelism,
            Arc::clone(&self.ambient.random),
        );
        let (clock, ids) = (
            Arc::clone(&self.ambient.clock),
            Arc::clone(&self.ambient.ids),
        );
        let limiter = RateLimits::new(self.kv.clone(), ids, clock, self.windows);
        let cache = BearerCache::new(self.kv.clone());
        let store = CachedBearers::new(self.pool.clone(), cache, self.ambient.clone());
        let known = Arc::new(KnownAccounts::new());
        let nonces = SpentNonces::new(self.kv.clone());
        let (providers, sso) = identity::parts(settings, &master, &self.ambient.clock, &nonces)?;
        let broker = sso.broker.clone();
        let lockout = chrono_seconds(settings.console.lockout_seconds);
        Ok(AppServices {
            console: Arc::new(Console::new(ConsoleParts {
                pool: self.pool.clone(),
                limiter: limiter.clone(),
                limits: limits.clone(),
                throttles: LoginThrottles::new(self.kv.clone(), digests.active(), lockout),
                keys: console_keys.clone(),
                sign_in_states: SignInStateKeys::new(&master),
                providers,
                nonces,
                settings: settings.console.clone(),
                passwords: passwords.clone(),
                ambient: self.ambient.clone(),
            })),
            setup: Arc::new(Setup::new(
                self.pool.clone(),
                limiter.clone(),
                limits.clone(),
                console_keys,
                settings.console.clone(),
                passwords,
                self.ambient.clone(),
            )),
            device: Arc::new(DeviceFlow::new(DeviceFlowParts {
                pool: self.pool.clone(),
                grants: DeviceGrants::new(self.kv.clone(), digests),
                limiter: limiter.clone(),
                limits: limits.clone(),
                bearers: store.clone(),
                settings: settings.device.clone(),
                urls: settings.urls.clone(),
                receipts: ReceiptKeys::new(&master),
                sso,
                ambient: self.ambient.clone(),
            })),
            bearers: Arc::new(Bearers::new(BearersParts {
                pool: self.pool.clone(),
                store: store.clone(),
                known: Arc::clone(&known),
                limiter,
                limits,
                enabled: settings.device.bearer_enabled,
                broker,
                ambient: self.ambient.clone(),
            })),
            workspaces: Arc::new(Workspaces::new(
                self.pool.clone(),
                self.ambient.clone(),
                known,
            )),
            readiness: Arc::new(self.readiness()),
            store,
            master,
        })
    }
}

fn chrono_seconds(seconds: u32) -> chrono::TimeDelta {
    chrono::TimeDelta::seconds(i64::from(seconds))
}
