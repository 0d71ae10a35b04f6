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
    OsRandom, console::ConsoleKeys, device::ReceiptKeys, keys::Purpose, limits::Limits,
};
use gatewright_domain::{RandomIds, SystemClock, error::Unavailable};
use gatewright_kv::{
    BearerCache, DeviceGrants, Kv, LoginThrottles, RateLimits, Revocations, WindowClock,
};
use gatewright_storage::Pool;

use crate::settings::ServerSettings;

/// Connections and surroundings.
pub struct Platform {
    /// PostgreSQL.
    pub pool: Pool,
    /// Redis.
    pub kv: Kv,
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
    pub fn services(&self, settings: &ServerSettings) -> AppServices {
        let master = settings.secret.master_keys();
        let limits = Limits::from(&settings.limits);
        let digest = master.ring(Purpose::StorageDigest).active().clone();
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
        let lockout = chrono_seconds(settings.console.lockout_seconds);
        AppServices {
            console: Arc::new(Console::new(ConsoleParts {
                pool: self.pool.clone(),
                limiter: limiter.clone(),
                limits: limits.clone(),
                throttles: LoginThrottles::new(self.kv.clone(), digest.clone(), lockout),
                keys: console_keys.clone(),
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
                grants: DeviceGrants::new(self.kv.clone(), digest),
                limiter: limiter.clone(),
                limits: limits.clone(),
                bearers: store.clone(),
                settings: settings.device.clone(),
                urls: settings.urls.clone(),
                receipts: ReceiptKeys::new(&master),
                ambient: self.ambient.clone(),
            })),
            bearers: Arc::new(Bearers::new(BearersParts {
                pool: self.pool.clone(),
                store: store.clone(),
                known: Arc::clone(&known),
                limiter,
                limits,
                enabled: settings.device.bearer_enabled,
                ambient: self.ambient.clone(),
            })),
            workspaces: Arc::new(Workspaces::new(
                self.pool.clone(),
                self.ambient.clone(),
                known,
            )),
            readiness: Arc::new(self.readiness()),
            store,
        }
    }
}

fn chrono_seconds(seconds: u32) -> chrono::TimeDelta {
    chrono::TimeDelta::seconds(i64::from(seconds))
}
