//! The signed base of a chain of the audit trail: that retention, and nobody else, removed what stood
//! before it. The key comes from `SECRET_KEY`; whoever can only write to the database cannot sign.

use gatewright_auth::keys::{HmacKey, KeyRing, MasterKeys, Purpose};
use gatewright_storage_identity::audit_log::{Base, ChainHead};
use uuid::Uuid;

/// Signs the bases that retention leaves at the beginning of a chain.
#[derive(Clone)]
pub struct AuditBaseKeys(KeyRing);

/// What a base is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BaseState {
    /// Nothing was ever removed.
    Untouched,
    /// Retention says so, with the key in use.
    Signed,
    /// Retention said so with a key that still verifies: to be signed again before it is retired.
    SignedBefore,
    /// Something was removed, and nothing of ours says by whom.
    Unsigned,
}

impl AuditBaseKeys {
    /// Derives the keys.
    pub fn new(master: &MasterKeys) -> Self {
        Self(master.ring(Purpose::AuditBase))
    }

    /// The signature as it is stored: key id, dot, code.
    pub fn sign(&self, chain: Uuid, base: &Base) -> String {
        let key = self.0.active();
        format!("{}.{}", key.kid(), code(&key, chain, base))
    }

    /// What the signature of a chain's base is worth.
    pub fn state(&self, head: &ChainHead) -> BaseState {
        let base = &head.base;
        if base.seq == 0 && base.hash.is_empty() {
            return BaseState::Untouched;
        }
        let signed = head.base_signature.as_deref().and_then(|text| {
            let (kid, signature) = text.split_once('.')?;
            let key = self.0.find(kid)?;
            let expected = code(&key, head.chain, base);
            gatewright_auth::secrets_equal(expected, signature).then_some(key)
        });
        match signed {
            None => BaseState::Unsigned,
            Some(key) if key.kid() == self.0.active().kid() => BaseState::Signed,
            Some(_) => BaseState::SignedBefore,
        }
    }
}

/// Every field but the last is of a form that has no slash.
fn code(key: &HmacKey, chain: Uuid, base: &Base) -> String {
    let before = base.before.map(|at| at.timestamp_micros());
    let before = before.map_or_else(String::new, |micros| micros.to_string());
    key.digest_hex(format!("{chain}/{}/{before}/{}", base.seq, base.hash).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(base: Base, base_signature: Option<String>) -> ChainHead {
        ChainHead {
            chain: Uuid::from_u128(7),
            seq: 20,
            hash: "h".into(),
            base,
            base_signature,
        }
    }

    fn base() -> Base {
        Base {
            seq: 12,
            hash: "abc".into(),
            before: chrono::DateTime::from_timestamp(1_800_000_000, 0),
        }
    }

    #[test]
    fn b9_audit_base_without_a_valid_signature_is_refused() {
        let keys = AuditBaseKeys::new(&MasterKeys::new(&[3; 32], []));
        let signature = keys.sign(Uuid::from_u128(7), &base());
        let state = |base, signature| keys.state(&head(base, signature));
        assert_eq!(state(base(), Some(signature.clone())), BaseState::Signed);
        assert_eq!(state(base(), None), BaseState::Unsigned);
        let changed = [
            Base { seq: 13, ..base() },
            Base {
                hash: "abd".into(),
                ..base()
            },
            Base {
                before: None,
                ..base()
            },
        ];
        for base in changed {
            assert_eq!(state(base, Some(signature.clone())), BaseState::Unsigned);
        }
        let elsewhere = keys.sign(Uuid::from_u128(8), &base());
        assert_eq!(state(base(), Some(elsewhere)), BaseState::Unsigned);
        let rotated = AuditBaseKeys::new(&MasterKeys::new(&[4; 32], [[3; 32].as_slice()]));
        let before = rotated.state(&head(base(), Some(signature.clone())));
        assert_eq!(before, BaseState::SignedBefore);
        let retired = AuditBaseKeys::new(&MasterKeys::new(&[4; 32], []));
        assert_eq!(
            retired.state(&head(base(), Some(signature))),
            BaseState::Unsigned
        );
        let none = Base {
            seq: 0,
            hash: String::new(),
            before: None,
        };
        assert_eq!(state(none, None), BaseState::Untouched);
    }
}
