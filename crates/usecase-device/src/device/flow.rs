//! What the use-cases of the device flow share.

use std::{net::IpAddr, sync::Arc};

use gatewright_auth::{
    device::{DeviceSettings, ReceiptKeys},
    envelope::EnvelopeKeys,
    limits::Limits,
    origin::PublicUrls,
    sso::Broker,
};
use gatewright_kv::{DeviceGrants, RateLimits, SpentNonces};
use gatewright_storage_kit::Pool;

use gatewright_usecase_kit::CachedBearers;
use gatewright_usecase_kit::{Env, GeoIp, mail::MailQueue, provider::Providers};

/// What the branch for people without an account needs.
pub struct SsoBranch {
    /// Whoever knows people without an account; none: the branch does not exist.
    pub broker: Option<Arc<dyn Broker>>,
    /// The keys of the signed objects.
    pub keys: EnvelopeKeys,
    /// The providers of the built-in broker.
    pub providers: Providers,
    /// Remembers which nonces were spent.
    pub nonces: SpentNonces,
}

/// The device flow.
pub struct DeviceFlow {
    /// The pool of connections to PostgreSQL.
    pub pool: Pool,
    /// The device grants, in Redis.
    pub grants: DeviceGrants,
    /// Charges requests to the limits.
    pub limiter: RateLimits,
    /// How much each limit allows.
    pub limits: Limits,
    /// The caches that a new token may have to clear.
    pub bearers: CachedBearers,
    /// The settings of the device flow.
    pub settings: DeviceSettings,
    /// Where people go.
    pub urls: PublicUrls,
    /// The keys of lookup receipts.
    pub receipts: ReceiptKeys,
    /// What the branch for people without an account needs.
    pub sso: SsoBranch,
    /// Queues mails in the transaction that causes them.
    pub mail_queue: MailQueue,
    /// Where addresses are.
    pub geo_ip: GeoIp,
    /// Time, ids, randomness.
    pub env: Env,
}

impl DeviceFlow {
    /// An address, with where about it is when that is known: for people.
    pub fn with_place(&self, address: IpAddr, is_chinese: bool) -> String {
        match self.geo_ip.find(address, is_chinese) {
            Some(place) => format!("{address} ({place})"),
            None => address.to_string(),
        }
    }
}
