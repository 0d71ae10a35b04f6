//! Device grants: the state under the digest of the device code, an index from the digest of the
//! user code to it. Neither code is stored. The state is sealed; the index need not be: it leads to a
//! state that names its user code itself.

use chrono::{DateTime, TimeDelta, Utc};
use gatewright_auth::{
    digest::sha256_hex,
    envelope::TokenText,
    keys::{HmacKey, KeyRing},
};
use gatewright_domain::{
    device_grant::{DeviceCode, DeviceGrant, UserCode},
    error::Unavailable,
    interval::ttl_millis,
};

use crate::{
    connection::Kv,
    seals::Seals,
    swap::{ATTEMPTS, Replacement, Swap, compare_and_swap, swap_spending},
};

/// State outlives its expiry by this much, so that a late poll still hears `expired_token` about a
/// code that we remember.
const GRACE: TimeDelta = TimeDelta::seconds(60);

/// Where device grants are kept.
#[derive(Clone)]
pub struct DeviceGrants {
    kv: Kv,
    digests: KeyRing,
    seals: Seals,
}

/// A grant together with what is needed to replace exactly this version of it.
#[derive(Debug, Clone)]
pub struct StoredGrant {
    /// The grant as it was when it was read.
    pub grant: DeviceGrant,
    key: String,
    raw: String,
}

impl DeviceGrants {
    /// Digests codes with the active key of `digests`, and finds them under any of its keys: a
    /// grant outlives a rotation.
    pub fn new(kv: Kv, digests: KeyRing, seals: Seals) -> Self {
        Self { kv, digests, seals }
    }

    /// What stands for a user code in new grants and keys.
    pub fn user_code_digest(&self, code: &UserCode) -> String {
        user_code_digest(&self.digests.active(), code)
    }

    /// Stores a new grant. False when the user code is taken: draw another. The index comes first:
    /// a crash in between leaves an index that leads nowhere, which counts as unknown.
    pub async fn insert(
        &self,
        grant: &DeviceGrant,
        device_code: &DeviceCode,
        now: DateTime<Utc>,
    ) -> Result<bool, Unavailable> {
        let ttl = grant_ttl_millis(grant, now);
        let state_digest = device_code_digest(&self.digests.active(), device_code);
        let claim = |key: String, value: String| {
            let mut command = redis::cmd("SET");
            command.arg(key).arg(value).arg("NX").arg("PX").arg(ttl);
            command
        };
        let index = claim(
            self.kv.key("dg:user", &grant.user_code_digest),
            state_digest.clone(),
        );
        if self.kv.run::<Option<String>>(&index).await?.is_none() {
            return Ok(false);
        }
        let key = self.kv.key("dg:state", &state_digest);
        let sealed = self.seal(&key, grant)?;
        let state = claim(key, sealed);
        Ok(self.kv.run::<Option<String>>(&state).await?.is_some())
    }

    /// The grant of a device code.
    pub async fn find_by_device_code(
        &self,
        code: &DeviceCode,
    ) -> Result<Option<StoredGrant>, Unavailable> {
        for key in self.digests.keys().iter() {
            let found = self.load(&device_code_digest(key, code)).await?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// The grant of a user code, if the index entry still belongs to it.
    pub async fn find_by_user_code(
        &self,
        code: &UserCode,
    ) -> Result<Option<StoredGrant>, Unavailable> {
        for key in self.digests.keys().iter() {
            let found = self
                .find_by_user_code_digest(&user_code_digest(key, code))
                .await?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    async fn find_by_user_code_digest(
        &self,
        digest: &str,
    ) -> Result<Option<StoredGrant>, Unavailable> {
        let mut command = redis::cmd("GET");
        command.arg(self.kv.key("dg:user", digest));
        let Some(state_digest) = self.kv.run_repeatable::<Option<String>>(&command).await? else {
            return Ok(None);
        };
        let stored = self.load(&state_digest).await?;
        Ok(stored.filter(|stored| stored.grant.user_code_digest == digest))
    }

    /// Replaces this version of a grant. False when somebody else was faster: load and decide again.
    pub async fn replace(
        &self,
        stored: &StoredGrant,
        next: &DeviceGrant,
        now: DateTime<Utc>,
    ) -> Result<bool, Unavailable> {
        let ttl = grant_ttl_millis(next, now);
        let next = self.seal(&stored.key, next)?;
        let replacement = Replacement {
            key: &stored.key,
            expected: &stored.raw,
            next: &next,
            ttl_millis: ttl,
        };
        compare_and_swap(&self.kv, replacement).await
    }

    /// Replaces this version of a grant and spends `nonce`, both or neither. The nonce is remembered
    /// until `remember_until`.
    pub async fn replace_spending(
        &self,
        stored: &StoredGrant,
        next: &DeviceGrant,
        nonce: &TokenText,
        remember_until: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<Swap, Unavailable> {
        // The same hash tag as the grant: one script touches both.
        let digest = sha256_hex(nonce.expose());
        let spent_key = format!("{}:spent:{digest}", stored.key);
        let spent_ttl = ttl_millis(remember_until + GRACE, now);
        let replacement = Replacement {
            key: &stored.key,
            expected: &stored.raw,
            next: &self.seal(&stored.key, next)?,
            ttl_millis: grant_ttl_millis(next, now),
        };
        swap_spending(&self.kv, replacement, &spent_key, spent_ttl).await
    }

    /// How often a caller should try [`Self::replace`].
    pub const ATTEMPTS: usize = ATTEMPTS;

    async fn load(&self, state_digest: &str) -> Result<Option<StoredGrant>, Unavailable> {
        let key = self.kv.key("dg:state", state_digest);
        let mut command = redis::cmd("GET");
        command.arg(&key);
        let raw: Option<String> = self.kv.run_repeatable(&command).await?;
        Ok(raw.and_then(|raw| {
            let value = self.seals.open(&key, &raw)?;
            match serde_json::from_str(&value) {
                Ok(grant) => Some(StoredGrant { grant, key, raw }),
                Err(error) => {
                    tracing::error!(
                        event = "device_grant.unreadable",
                        %error,
                        "a stored device grant cannot be read; treated as unknown"
                    );
                    None
                }
            }
        }))
    }

    fn seal(&self, key: &str, grant: &DeviceGrant) -> Result<String, Unavailable> {
        let text =
            serde_json::to_string(grant).map_err(|error| Unavailable::new("redis", error))?;
        Ok(self.seals.seal(key, &text, grant.expires_at + GRACE))
    }
}

fn user_code_digest(key: &HmacKey, code: &UserCode) -> String {
    key.digest_hex(format!("user-code/{}", code.expose()).as_bytes())
}

fn device_code_digest(key: &HmacKey, code: &DeviceCode) -> String {
    key.digest_hex(format!("device-code/{}", code.expose()).as_bytes())
}

fn grant_ttl_millis(grant: &DeviceGrant, now: DateTime<Utc>) -> i64 {
    ttl_millis(grant.expires_at + GRACE, now)
}
