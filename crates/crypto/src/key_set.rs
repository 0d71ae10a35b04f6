//! The keys of one purpose, for another service that verifies what was signed for it: a JWK set
//! (RFC 7517 §5) with the member `purpose`.
//!
//! The keys are symmetric, so whoever verifies with one can sign with it too, for that purpose and no
//! other: they are derived from the installation's secrets, and lead back to none.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use serde::{Deserialize, Serialize};

use crate::keys::{DERIVED_BYTES, HmacKey, KeyRing, Purpose, derived_bytes, key_id};

/// Keys that were derived to be given away. Nothing prints them but [`Self::to_json`].
pub struct ExportedKeys(Set);

#[derive(Serialize, Deserialize)]
struct Set {
    purpose: String,
    keys: Vec<Jwk>,
}

/// RFC 7518 §6.4.
#[derive(Serialize, Deserialize)]
struct Jwk {
    kty: String,
    #[serde(rename = "use")]
    usage: String,
    alg: String,
    kid: String,
    k: String,
}

/// Why a text is no set of keys for a purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeySetError {
    /// Not the JSON of a set.
    #[error("not a JWK set with a purpose, as `api-server keys export` prints it")]
    Malformed,
    /// Keys for something else.
    #[error("the keys are for another purpose")]
    OtherPurpose,
    /// A key of another kind, length or algorithm.
    #[error("a key is not a symmetric one of 256 bits for HS256")]
    OtherKind,
    /// A set without keys.
    #[error("there is no key in the set")]
    Empty,
}

impl ExportedKeys {
    /// From the installation's secrets, the active one first.
    pub fn derive<'a>(purpose: Purpose, secrets: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let key = |secret: &[u8]| Jwk {
            kty: "oct".into(),
            usage: "sig".into(),
            alg: "HS256".into(),
            kid: key_id(secret),
            k: BASE64URL.encode(derived_bytes(secret, purpose)),
        };
        Self(Set {
            purpose: purpose.label().to_owned(),
            keys: secrets.into_iter().map(key).collect(),
        })
    }

    /// The set as JSON: a secret.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for ExportedKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids = self.0.keys.iter().map(|key| &key.kid);
        write!(f, "ExportedKeys({}, ", self.0.purpose)?;
        f.debug_list().entries(ids).finish()?;
        f.write_str(")")
    }
}

impl KeyRing {
    /// The keys of a purpose, as `api-server keys export` prints them.
    ///
    /// # Errors
    /// [`KeySetError`]; no key is in its text.
    pub fn from_exported(json: &str, purpose: Purpose) -> Result<Self, KeySetError> {
        let set: Set = serde_json::from_str(json).map_err(|_| KeySetError::Malformed)?;
        if set.purpose != purpose.label() {
            return Err(KeySetError::OtherPurpose);
        }
        let keys: Result<Vec<HmacKey>, KeySetError> = set.keys.iter().map(Jwk::read).collect();
        let mut keys = keys?.into_iter();
        let active = keys.next().ok_or(KeySetError::Empty)?;
        Ok(Self::fixed(active, keys))
    }
}

impl Jwk {
    fn read(&self) -> Result<HmacKey, KeySetError> {
        let bytes = BASE64URL.decode(&self.k).unwrap_or_default();
        if self.kty == "oct" && self.alg == "HS256" && bytes.len() == DERIVED_BYTES {
            Ok(HmacKey::new(self.kid.as_str(), &bytes))
        } else {
            Err(KeySetError::OtherKind)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::MasterKeys;

    const SECRET: &[u8] = b"a secret a secret a secret a secret";
    const OLD: &[u8] = b"old secret old secret old secret";

    #[test]
    fn g7_exported_keys_verify_their_purpose_and_sign_no_other() {
        let json = ExportedKeys::derive(Purpose::ApprovalGrant, [SECRET, OLD]).to_json();
        let exported = KeyRing::from_exported(&json, Purpose::ApprovalGrant).unwrap();
        let master = MasterKeys::new(SECRET, [OLD]);
        for own in master.ring(Purpose::ApprovalGrant).keys().iter() {
            let key = exported.find(own.kid()).expect("exported");
            assert!(key.verify(b"m", &own.sign(b"m")));
        }
        let forged: Vec<Vec<u8>> = exported.keys().iter().map(|key| key.sign(b"m")).collect();
        let others = Purpose::ALL
            .iter()
            .filter(|p| **p != Purpose::ApprovalGrant);
        let rings = others
            .map(|purpose| master.ring(*purpose))
            .chain([master.shared_ring()]);
        for key in rings.flat_map(|ring| ring.keys().to_vec()) {
            assert!(!forged.iter().any(|code| key.verify(b"m", code)), "{key:?}");
        }
        // Nor is the secret in what was given away, in any spelling.
        for secret in [SECRET, OLD] {
            for spelled in [BASE64URL.encode(secret), hex::encode(secret)] {
                assert!(!json.contains(&spelled));
            }
        }
    }

    #[test]
    fn g7_key_set_of_another_format_is_refused_and_not_printed() {
        let set = ExportedKeys::derive(Purpose::SubjectAssertion, [SECRET]);
        let json = set.to_json();
        let read = |text: &str| KeyRing::from_exported(text, Purpose::ApprovalGrant).unwrap_err();
        assert_eq!(read(&json), KeySetError::OtherPurpose);
        let ours = json.replace("subject-assertion", "approval-grant");
        assert_eq!(read(&ours.replace("oct", "RSA")), KeySetError::OtherKind);
        assert_eq!(read(&ours.replace("HS256", "none")), KeySetError::OtherKind);
        assert_eq!(
            read("{\"purpose\":\"approval-grant\",\"keys\":[]}"),
            KeySetError::Empty
        );
        assert_eq!(read("[]"), KeySetError::Malformed);
        let k = set.0.keys[0].k.clone();
        assert!(json.contains(&k) && !format!("{set:?}").contains(&k));
    }
}
