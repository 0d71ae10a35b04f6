//! Keys: one active, any number that still verify; one derived key per purpose, so that a token
//! made for one purpose is worth nothing for another.

use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard},
};

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

    /// [`Self::verify`] of a code in hex, as [`Self::digest_hex`] writes it.
    pub fn verify_hex(&self, message: &[u8], code: &str) -> bool {
        hex::decode(code).is_ok_and(|code| self.verify(message, &code))
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
    /// State envelopes that we open ourselves.
    StateEnvelope,
    /// External-subject assertions that we make ourselves.
    SubjectAssertion,
    /// Approval grants of the SSO branch of the device flow.
    ApprovalGrant,
    /// The cookie of a round trip to an identity provider for a sign-in at the console.
    SignInState,
    /// `nonce` and PKCE verifier of a round trip to an identity provider.
    RoundTrip,
    /// Codes that are sent by mail.
    OneTimeCode,
    /// The links of invitations.
    Invitation,
    /// Where the audit trail begins after retention.
    AuditBase,
    /// Digests of user codes, device codes and addresses used as Redis keys.
    StorageDigest,
    /// Addresses of files.
    FileUrl,
    /// Values in Redis that carry authority.
    SealedValue,
    /// Secrets that a workspace keeps in the database, such as those among the variables of its apps.
    WorkspaceSecret,
    /// Tokens that open a form of a run.
    FormToken,
    /// Passports of visitors of web apps.
    WebPassport,
}

impl Purpose {
    /// All purposes, in the order of their indices.
    pub const ALL: [Self; 20] = [
        Self::ConsoleAccess,
        Self::ConsoleCsrf,
        Self::ConsoleRefresh,
        Self::InitSession,
        Self::KnownBrowser,
        Self::LookupReceipt,
        Self::StateEnvelope,
        Self::SubjectAssertion,
        Self::ApprovalGrant,
        Self::SignInState,
        Self::RoundTrip,
        Self::OneTimeCode,
        Self::Invitation,
        Self::AuditBase,
        Self::StorageDigest,
        Self::FileUrl,
        Self::SealedValue,
        Self::WorkspaceSecret,
        Self::FormToken,
        Self::WebPassport,
    ];

    /// What another service may verify, and is given keys for.
    pub const EXPORTABLE: [Self; 2] = [Self::ApprovalGrant, Self::SubjectAssertion];

    /// The name, as the derivation and `api-server keys export` know it.
    pub fn label(self) -> &'static str {
        match self {
            Self::ConsoleAccess => "console-access",
            Self::ConsoleCsrf => "console-csrf",
            Self::ConsoleRefresh => "console-refresh",
            Self::InitSession => "init-session",
            Self::KnownBrowser => "known-browser",
            Self::LookupReceipt => "lookup-receipt",
            Self::StateEnvelope => "state-envelope",
            Self::SubjectAssertion => "subject-assertion",
            Self::ApprovalGrant => "approval-grant",
            Self::SignInState => "sign-in-state",
            Self::RoundTrip => "round-trip",
            Self::OneTimeCode => "one-time-code",
            Self::Invitation => "invitation",
            Self::AuditBase => "audit-base",
            Self::StorageDigest => "storage-digest",
            Self::FileUrl => "file-url",
            Self::SealedValue => "sealed-value",
            Self::WorkspaceSecret => "workspace-secret",
            Self::FormToken => "form-token",
            Self::WebPassport => "web-passport",
        }
    }
}

/// The key id of Dify's one shared key (device-flow.md §6.1).
pub const SHARED_KID: &str = "dify-shared-v1";

/// The keys of one purpose: the first signs, all verify. Rings that come from [`MasterKeys`] follow
/// a rotation while they are in use.
#[derive(Clone)]
pub struct KeyRing(Source);

#[derive(Clone)]
enum Source {
    Fixed(Arc<[HmacKey]>),
    Rotating(Arc<RwLock<Generation>>, Slot),
}

#[derive(Clone, Copy)]
enum Slot {
    Derived(Purpose),
    Shared,
}

impl KeyRing {
    /// A ring of keys from elsewhere: one that signs, and any that only verify.
    pub fn fixed(active: HmacKey, verify_only: impl IntoIterator<Item = HmacKey>) -> Self {
        Self(Source::Fixed(
            std::iter::once(active).chain(verify_only).collect(),
        ))
    }

    /// All keys as they are now, the active one first.
    pub fn keys(&self) -> Arc<[HmacKey]> {
        match &self.0 {
            Source::Fixed(keys) => Arc::clone(keys),
            Source::Rotating(generation, slot) => read(generation).ring(*slot),
        }
    }

    /// The key that signs.
    pub fn active(&self) -> HmacKey {
        self.keys()[0].clone()
    }

    /// The key of an id, if we still verify with it.
    pub fn find(&self, kid: &str) -> Option<HmacKey> {
        self.keys().iter().find(|key| key.kid == kid).cloned()
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KeyRing").field(&self.keys()).finish()
    }
}

/// One state of the installation's secrets, with everything derived from them.
struct Generation {
    derived: Vec<Arc<[HmacKey]>>,
    shared: Arc<[HmacKey]>,
}

impl Generation {
    fn new(secrets: &[&[u8]]) -> Self {
        let derived = Purpose::ALL
            .map(|purpose| secrets.iter().map(|s| derive(s, purpose)).collect())
            .to_vec();
        let shared = secrets
            .iter()
            .map(|s| HmacKey::new(SHARED_KID, s))
            .collect();
        Self { derived, shared }
    }

    fn ring(&self, slot: Slot) -> Arc<[HmacKey]> {
        match slot {
            Slot::Shared => Arc::clone(&self.shared),
            // The list of all purposes has them in the order of their declaration.
            Slot::Derived(purpose) => Arc::clone(&self.derived[purpose as usize]),
        }
    }
}

/// The public id of a secret; nothing about the secret can be learnt from it.
pub fn key_id(secret: &[u8]) -> String {
    let master = hmac::Key::new(hmac::HMAC_SHA256, secret);
    hex::encode(&hmac::sign(&master, b"gatewright/v1/kid").as_ref()[..6])
}

/// Bytes of a derived key.
pub(crate) const DERIVED_BYTES: usize = 32;

/// The key of a purpose, which leads back to no secret and to no other purpose.
pub(crate) fn derived_bytes(secret: &[u8], purpose: Purpose) -> Vec<u8> {
    let master = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let label = format!("gatewright/v1/{}", purpose.label());
    hmac::sign(&master, label.as_bytes()).as_ref().to_vec()
}

fn derive(secret: &[u8], purpose: Purpose) -> HmacKey {
    HmacKey::new(key_id(secret), &derived_bytes(secret, purpose))
}

fn read(generation: &RwLock<Generation>) -> RwLockReadGuard<'_, Generation> {
    // A panic cannot happen while it is held: nothing but assignments is done under it.
    generation.read().unwrap_or_else(PoisonError::into_inner)
}

/// The installation's secrets: the active one and those that only verify. Cheap to clone; all
/// clones and all rings made from them see a [`Self::replace`] at once.
///
/// ```
/// use gatewright_crypto::keys::{MasterKeys, Purpose};
///
/// let master = MasterKeys::new(b"the old secret, 32 bytes or more", []);
/// let ring = master.ring(Purpose::ConsoleAccess);
/// let (signer, code) = (ring.active(), ring.active().sign(b"message"));
///
/// // A rotation: what was signed before is verified on.
/// master.replace(b"the new secret, 32 bytes or more", [&b"the old secret, 32 bytes or more"[..]]);
/// let found = ring.find(signer.kid()).expect("a former key verifies");
/// assert!(found.verify(b"message", &code));
/// assert_ne!(ring.active().kid(), signer.kid());
/// ```
#[derive(Clone)]
pub struct MasterKeys(Arc<RwLock<Generation>>);

impl MasterKeys {
    /// The active secret, and those that only verify.
    pub fn new<'a>(active: &'a [u8], verify_only: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let secrets: Vec<&[u8]> = std::iter::once(active).chain(verify_only).collect();
        Self(Arc::new(RwLock::new(Generation::new(&secrets))))
    }

    /// Takes other secrets from now on: a rotation without a restart.
    pub fn replace<'a>(&self, active: &'a [u8], verify_only: impl IntoIterator<Item = &'a [u8]>) {
        let secrets: Vec<&[u8]> = std::iter::once(active).chain(verify_only).collect();
        let next = Generation::new(&secrets);
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = next;
    }

    /// The ring of one purpose.
    pub fn ring(&self, purpose: Purpose) -> KeyRing {
        KeyRing(Source::Rotating(
            Arc::clone(&self.0),
            Slot::Derived(purpose),
        ))
    }

    /// The ring that the enterprise counterpart shares: the secrets themselves, all under the id
    /// [`SHARED_KID`].
    pub fn shared_ring(&self) -> KeyRing {
        KeyRing(Source::Rotating(Arc::clone(&self.0), Slot::Shared))
    }

    /// Public ids of the secrets, the active one first.
    pub fn key_ids(&self) -> Vec<String> {
        self.ring(Purpose::StorageDigest)
            .keys()
            .iter()
            .map(|key| key.kid.clone())
            .collect()
    }
}

impl fmt::Debug for MasterKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKeys({:?})", self.key_ids())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &[u8] = b"old secret old secret old secret";
    const NEW: &[u8] = b"new secret new secret new secret";

    #[test]
    fn keys_differ_per_purpose_and_previous_keys_verify() {
        let old = MasterKeys::new(OLD, [])
            .ring(Purpose::ConsoleAccess)
            .active();
        let new = MasterKeys::new(NEW, [OLD]);
        let signed = old.sign(b"m");
        let ring = new.ring(Purpose::ConsoleAccess);
        assert!(ring.find(old.kid()).expect("kept").verify(b"m", &signed));
        assert!(!ring.active().verify(b"m", &signed));
        for purpose in Purpose::ALL.into_iter().skip(1) {
            let keys = new.ring(purpose).keys();
            assert!(
                !keys.iter().any(|key| key.verify(b"m", &signed)),
                "{purpose:?}"
            );
        }
    }

    #[test]
    fn every_key_purpose_has_its_own_index_and_label() {
        for (at, purpose) in Purpose::ALL.into_iter().enumerate() {
            assert_eq!(purpose as usize, at);
            let labels = Purpose::ALL.map(Purpose::label);
            assert_eq!(labels.iter().filter(|l| **l == purpose.label()).count(), 1);
        }
    }

    #[test]
    fn key_rotation_reaches_rings_in_use() {
        let master = MasterKeys::new(OLD, []);
        let (ring, shared) = (master.ring(Purpose::ApprovalGrant), master.shared_ring());
        let before = ring.active();
        master.clone().replace(NEW, [OLD]);
        assert_ne!(ring.active().kid(), before.kid());
        assert!(ring.find(before.kid()).is_some());
        assert_eq!(shared.keys().len(), 2);
        master.replace(NEW, []);
        assert!(ring.find(before.kid()).is_none(), "retired");
        assert_eq!(master.key_ids(), [key_id(NEW)]);
    }
}
