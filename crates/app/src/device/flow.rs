//! What the use-cases of the device flow share.

use gatewright_auth::{
    device::{DeviceSettings, ReceiptKeys},
    limits::Limits,
    origin::PublicUrls,
};
use gatewright_kv::{DeviceGrants, RateLimits};
use gatewright_storage::Pool;

use crate::{ambient::Ambient, bearer::CachedBearers};

/// What [`DeviceFlow`] is made of.
pub struct DeviceFlowParts {
    /// PostgreSQL.
    pub pool: Pool,
    /// The grants.
    pub grants: DeviceGrants,
    /// The limiter.
    pub limiter: RateLimits,
    /// The limits.
    pub limits: Limits,
    /// The caches that a new token may have to clear.
    pub bearers: CachedBearers,
    /// The settings.
    pub settings: DeviceSettings,
    /// Where people go.
    pub urls: PublicUrls,
    /// The keys of lookup receipts.
    pub receipts: ReceiptKeys,
    /// Time, ids, randomness.
    pub ambient: Ambient,
}

/// The device flow.
pub struct DeviceFlow {
    pub(super) parts: DeviceFlowParts,
}

impl DeviceFlow {
    /// Puts the parts together.
    pub fn new(parts: DeviceFlowParts) -> Self {
        Self { parts }
    }
}
