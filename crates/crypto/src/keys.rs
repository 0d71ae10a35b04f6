//! Keys: one active, any number that still verify; one derived key per purpose, so that a token
//! made for one purpose is worth nothing for another.

use std::fmt;

use ring::hmac;

/// A derived HMAC-SHA-256 key with the id that goes into headers.
#[derive(Clone)]
pub struct HmacKey {
    kid: String,
    key: hmac::Key,
}

impl HmacKey {
    /// From raw bytes, used as they are.
    pub fn new(kid: impl Into<String>, bytes: &[u8]) -> Self {
        Self {
            kid: kid.into(),
            key: hmac::Key::new(hmac::HMAC_SHA256, bytes),
        }
    }

    /// The id in the `kid` header.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The authentication code of `message`, 32 bytes.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        hmac::sign(&self.key, message).as_ref().to_vec()
    }

    /// The authentication code in hex: a key for storage that a dump does not reveal.
    pub fn digest_hex(&self, message: &[u8]) -> String {
        hex::encode(hmac::sign(&self.key, message))
    }

    /// Whether `code` is the authentication code of `message`. Constant time.
    pub fn verify(&self, message: &[u8], code: &[u8]) -> bool {
        hmac::verify(&self.key, message, code).is_ok()
    }
}

impl fmt::Debug for HmacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HmacKey({})", self.kid)
    }
}

/// What a derived key is for. One list, so that no purpose is used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Console access tokens.
    ConsoleAccess,
    /// Console CSRF tokens.
    ConsoleCsrf,
    /// Console refresh tokens.
    ConsoleRefresh,
    /// The session of `POST /init`.
    InitSession,
    /// The cookie of a browser that signed in before.
    KnownBrowser,
    /// The lookup receipt of the device flow.
    LookupReceipt,
    /// Digests of user codes, device codes and addresses used as Redis keys.
    StorageDigest,
}

impl Purpose {
    fn label(self) -> &'static str {
        match self {
            Self::ConsoleAccess => "console-access",
            Self::ConsoleCsrf => "console-csrf",
            Self::ConsoleRefresh => "console-refresh",
            Self::InitSession => "init-session",
            Self::KnownBrowser => "known-browser",
            Self::LookupReceipt => "lookup-receipt",
            Self::StorageDigest => "storage-digest",
        }
    }
}

/// The keys of one purpose: the first signs, all verify.
#[derive(Debug, Clone)]
pub struct KeyRing {
    keys: Vec<HmacKey>,
}

impl KeyRing {
    /// The key that signs.
    pub fn active(&self) -> &HmacKey {
        &self.keys[0]
    }

    /// The key that a header names, if we still verify with it.
    pub fn find(&self, kid: &str) -> Option<&HmacKey> {
        self.keys.iter().find(|key| key.kid == kid)
    }

    /// All of them, the active one first.
    pub fn iter(&self) -> impl Iterator<Item = &HmacKey> {
        self.keys.iter()
    }
}

/// The installation's secrets: `SECRET_KEY` and its predecessors.
#[derive(Clone)]
pub struct MasterKeys {
    secrets: Vec<zeroize::Zeroizing<Vec<u8>>>,
}

impl MasterKeys {
    /// The active secret, and those that only verify any more.
    pub fn new<'a>(active: &'a [u8], previous: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let secrets = std::iter::once(active)
            .chain(previous)
            .map(|secret| zeroize::Zeroizing::new(secret.to_vec()))
            .collect();
        Self { secrets }
    }

    /// The ring of one purpose.
    pub fn ring(&self, purpose: Purpose) -> KeyRing {
        let keys = self
            .secrets
            .iter()
            .map(|secret| {
                let master = hmac::Key::new(hmac::HMAC_SHA256, secret);
                let derive = |label: &str| hmac::sign(&master, label.as_bytes());
                let kid = hex::encode(&derive("gatewright/v1/kid").as_ref()[..6]);
                let key = derive(&format!("gatewright/v1/{}", purpose.label()));
                HmacKey::new(kid, key.as_ref())
            })
            .collect();
        KeyRing { keys }
    }
}

impl fmt::Debug for MasterKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKeys({} keys)", self.secrets.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purposes_do_not_share_keys_and_predecessors_verify() {
        let old = MasterKeys::new(b"old secret old secret old secret", []);
        let new = MasterKeys::new(
            b"new secret new secret new secret",
            [&b"old secret old secret old secret"[..]],
        );
        let signed = old.ring(Purpose::ConsoleAccess).active().sign(b"m");
        let ring = new.ring(Purpose::ConsoleAccess);
        let kid = old.ring(Purpose::ConsoleAccess).active().kid().to_owned();
        assert!(ring.find(&kid).expect("kept").verify(b"m", &signed));
        assert!(!ring.active().verify(b"m", &signed));
        assert!(
            !new.ring(Purpose::ConsoleCsrf)
                .iter()
                .any(|key| key.verify(b"m", &signed))
        );
    }
}
