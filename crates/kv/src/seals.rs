//! Values that carry authority are sealed: whoever can write to Redis but does not have `SECRET_KEY`
//! can delete what stands there, and put back what stood under the same key before, until it is over.
//! Nothing else: a seal binds the value to its key and to its end.
//!
//! `1:<end>:<code>:<value>`, the end in milliseconds since 1970, the code HMAC-SHA-256 in hex.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use gatewright_auth::keys::{HmacKey, KeyRing};
use gatewright_domain::Clock;

const VERSION: &str = "1";

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
    pub(crate) fn open<'a>(&self, key: &str, text: &'a str) -> Option<&'a str> {
        let Some((end, value)) = self.genuine(key, text) else {
            tracing::error!(
                family = family(key),
                "Redis holds a value that this installation did not write there; treated as absent"
            );
            return None;
        };
        (self.clock.now().timestamp_millis() < end).then_some(value)
    }

    fn genuine<'a>(&self, key: &str, text: &'a str) -> Option<(i64, &'a str)> {
        let mut parts = text.splitn(4, ':');
        if parts.next()? != VERSION {
            return None;
        }
        let (end, code, value) = (parts.next()?, parts.next()?, parts.next()?);
        let end: i64 = end.parse().ok()?;
        let message = message(key, value, end);
        let keys = self.keys.keys();
        let is_ours = keys
            .iter()
            .any(|one| one.verify_hex(message.as_bytes(), code));
        is_ours.then_some((end, value))
    }
}

fn sealed(with: &HmacKey, key: &str, value: &str, end: DateTime<Utc>) -> String {
    let end = end.timestamp_millis();
    let code = with.digest_hex(message(key, value, end).as_bytes());
    format!("{VERSION}:{end}:{code}:{value}")
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
    fn b8_a_sealed_value_opens_under_its_own_key_unchanged_until_its_end() {
        let (seals, clock) = seals(KeyRing::fixed(key("a"), []));
        let end = clock.now() + chrono::TimeDelta::seconds(60);
        let text = seals.seal("gw:bearer:{x}", "a:value", end);
        assert_eq!(seals.open("gw:bearer:{x}", &text), Some("a:value"));
        assert_eq!(
            seals.open("gw:bearer:{y}", &text),
            None,
            "moved to another key"
        );
        let later = end.timestamp_millis() + 1;
        let forgeries = [
            text.replace("a:value", "b:value"),
            text.replace(&end.timestamp_millis().to_string(), &later.to_string()),
            text.replacen("1:", "2:", 1),
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
    fn b8_seals_of_a_key_that_still_verifies_open_and_those_of_another_do_not() {
        let (before, clock) = seals(KeyRing::fixed(key("old"), []));
        let end = clock.now() + chrono::TimeDelta::seconds(60);
        let text = before.seal("k", "v", end);
        let (rotated, _) = seals(KeyRing::fixed(key("new"), [key("old")]));
        assert_eq!(rotated.open("k", &text), Some("v"));
        assert!(rotated.all("k", "v", end).contains(&text));
        let (foreign, _) = seals(KeyRing::fixed(key("new"), []));
        assert_eq!(foreign.open("k", &text), None);
    }

    #[test]
    fn no_two_triples_are_one_message() {
        assert_ne!(message("a:1", "v", 2), message("a", "2:v", 1));
        assert_ne!(message("k", "1:v", 2), message("k:2", "v", 1));
    }
}
