//! Values that carry authority are sealed: whoever can write to Redis but does not have `SECRET_KEY`
//! can delete what stands there, and put back what stood under the same key before, until it is over.
//! Nothing else: a seal binds the value to its key and to its end. And whoever can only read there reads
//! nobody's address: the value is veiled.
//!
//! `2:<end>:<code>:<veiled value>`, the end in milliseconds since 1970, the code HMAC-SHA-256 in hex.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use gatewright_auth::{
    keys::{HmacKey, KeyRing},
    veil::{unveil, veil},
};
use gatewright_domain::Clock;

const VERSION: &str = "2";

/// Seals values and opens them. Cheap to clone.
#[derive(Clone)]
pub struct Seals {
    keys: KeyRing,
    clock: Arc<dyn Clock>,
}

impl Seals {
    /// Seals with the active key of `keys` and opens with any of them: what is stored outlives a
    /// rotation. The keys are for this and nothing else.
    pub fn new(keys: KeyRing, clock: Arc<dyn Clock>) -> Self {
        Self { keys, clock }
    }

    /// `value` for `key`, good until `end`. The same for the same: it can be compared with what is
    /// stored.
    pub(crate) fn seal(&self, key: &str, value: &str, end: DateTime<Utc>) -> String {
        sealed(&self.keys.active(), key, value, end)
    }

    /// `value` for `key`, good for so many seconds from now.
    pub(crate) fn seal_for(&self, key: &str, value: &str, seconds: u32) -> String {
        let end = self.clock.now() + TimeDelta::seconds(i64::from(seconds));
        self.seal(key, value, end)
    }

    /// What [`Self::seal`] says with each of the keys, the active one first: a value that was stored
    /// before a rotation is still found.
    pub(crate) fn all(&self, key: &str, value: &str, end: DateTime<Utc>) -> Vec<String> {
        let keys = self.keys.keys();
        keys.iter()
            .map(|one| sealed(one, key, value, end))
            .collect()
    }

    /// A text as a part of a key: who has the store and not the key cannot try what it might be.
    pub(crate) fn digest(&self, text: &str) -> String {
        self.keys
            .active()
            .digest_hex(format!("digest/{text}").as_bytes())
    }

    /// The value of `key`, if we sealed it for this key and it is not over.
    pub(crate) fn open(&self, key: &str, text: &str) -> Option<String> {
        let Some((end, value)) = self.genuine(key, text) else {
            tracing::error!(
                event = "redis.value_not_ours",
                family = family(key),
                "Redis holds a value that this installation did not write there; treated as absent"
            );
            return None;
        };
        (self.clock.now().timestamp_millis() < end).then_some(value)
    }

    fn genuine(&self, key: &str, text: &str) -> Option<(i64, String)> {
        let mut parts = text.splitn(4, ':');
        if parts.next()? != VERSION {
            return None;
        }
        let (end, code, veiled) = (parts.next()?, parts.next()?, parts.next()?);
        let end: i64 = end.parse().ok()?;
        let message = message(key, veiled, end);
        let keys = self.keys.keys();
        let ours = keys
            .iter()
            .find(|one| one.verify_hex(message.as_bytes(), code))?;
        Some((end, unveil(&behind_veils(ours), veiled)?))
    }
}

fn sealed(with: &HmacKey, key: &str, value: &str, end: DateTime<Utc>) -> String {
    let end = end.timestamp_millis();
    // What is too large for the cipher (64 GiB) becomes nothing, which opens as absent.
    let veiled = veil(&behind_veils(with), value).unwrap_or_default();
    let code = with.digest_hex(message(key, &veiled, end).as_bytes());
    format!("{VERSION}:{end}:{code}:{veiled}")
}

/// The secret of the veils: no message of a seal and no text of a digest begins so.
fn behind_veils(key: &HmacKey) -> String {
    key.digest_hex(b"veil")
}

/// Each part has a length or cannot hold the separator: no two texts of three parts are one message.
fn message(key: &str, value: &str, end: i64) -> String {
    format!("{}:{key}:{end}:{value}", key.len())
}

/// The key without what tells its members apart, for the log.
fn family(key: &str) -> &str {
    key.split('{').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use gatewright_test_support::ManualClock;

    use super::*;

    fn seals(keys: KeyRing) -> (Seals, ManualClock) {
        let clock = ManualClock::new();
        (Seals::new(keys, Arc::new(clock.clone())), clock)
    }

    fn key(name: &str) -> HmacKey {
        HmacKey::new(name, format!("a key for seals in tests: {name}").as_bytes())
    }

    #[test]
    fn b8_sealed_value_opens_unchanged_under_its_own_key_until_its_expiry() {
        let (seals, clock) = seals(KeyRing::fixed(key("a"), []));
        let end = clock.now() + chrono::TimeDelta::seconds(60);
        let text = seals.seal("gw:bearer:{x}", "a:value", end);
        assert!(!text.contains("a:value"), "{text}");
        let opened = seals.open("gw:bearer:{x}", &text);
        assert_eq!(opened.as_deref(), Some("a:value"));
        assert_eq!(
            seals.open("gw:bearer:{y}", &text),
            None,
            "moved to another key"
        );
        let later = end.timestamp_millis() + 1;
        let other = seals.seal("gw:bearer:{x}", "b:value", end);
        let last = |text: &str| text.rsplit(':').next().unwrap().to_owned();
        let forgeries = [
            text.replace(&last(&text), &last(&other)),
            text.replace(&end.timestamp_millis().to_string(), &later.to_string()),
            text.replacen("2:", "1:", 1),
            text[..text.len() - 1].to_owned(),
            "a:value".to_owned(),
            "1:x:y:z".to_owned(),
            String::new(),
        ];
        for forged in forgeries {
            assert_eq!(seals.open("gw:bearer:{x}", &forged), None, "{forged}");
        }
        clock.advance_seconds(60);
        assert_eq!(seals.open("gw:bearer:{x}", &text), None, "it is over");
    }

    #[test]
    fn b8_seal_of_a_previous_key_opens_and_of_a_foreign_key_does_not() {
        let (before, clock) = seals(KeyRing::fixed(key("old"), []));
        let end = clock.now() + chrono::TimeDelta::seconds(60);
        let text = before.seal("k", "v", end);
        let (rotated, _) = seals(KeyRing::fixed(key("new"), [key("old")]));
        assert_eq!(rotated.open("k", &text).as_deref(), Some("v"));
        assert!(rotated.all("k", "v", end).contains(&text));
        let (foreign, _) = seals(KeyRing::fixed(key("new"), []));
        assert_eq!(foreign.open("k", &text), None);
    }

    #[test]
    fn seal_message_is_unique_per_key_value_and_expiry() {
        assert_ne!(message("a:1", "v", 2), message("a", "2:v", 1));
        assert_ne!(message("k", "1:v", 2), message("k:2", "v", 1));
    }
}
