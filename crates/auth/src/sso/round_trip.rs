//! The secrets of a round trip to a provider: computed from `state`, so that nothing has to be
//! stored while somebody is away signing in.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use gatewright_crypto::keys::{KeyRing, MasterKeys, Purpose};
use gatewright_domain::Secret;

use super::ProviderName;
use crate::envelope::TokenText;

/// One way out and back.
#[derive(Debug, Clone)]
pub struct RoundTrip {
    /// `state`: ties the answer to the browser.
    pub state: TokenText,
    /// `nonce`: ties the ID token to the round trip (OpenID Connect Core §3.1.2.1).
    pub nonce: Secret,
    /// The PKCE code verifier, 43 characters (RFC 7636 §4.1).
    pub pkce_verifier: Secret,
}

/// The keys that round trips are computed with.
#[derive(Debug, Clone)]
pub struct RoundTripKeys(KeyRing);

impl RoundTripKeys {
    /// Derives the keys of the cookies of a round trip from the installation's keys.
    pub fn new(master: &MasterKeys) -> Self {
        Self(master.ring(Purpose::RoundTrip))
    }

    /// The round trip of a `state` to one provider. The answer of another provider meets another
    /// nonce and another verifier (RFC 9700 §4.4, mix-up). `kid` is that of the key which signed
    /// what the browser holds, so that a rotation in between changes nothing; `None` when that key
    /// was retired.
    pub fn compute(
        &self,
        kid: &str,
        provider: &ProviderName,
        state: &TokenText,
    ) -> Option<RoundTrip> {
        let key = self.0.find(kid)?;
        let derive = |what: &str| {
            let message = format!("{what}\n{provider}\n{}", state.expose());
            Secret::from(URL_SAFE_NO_PAD.encode(key.sign(message.as_bytes())))
        };
        Some(RoundTrip {
            state: state.clone(),
            nonce: derive("nonce"),
            pkce_verifier: derive("pkce"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_provider_and_each_state_has_secrets_of_its_own() {
        let master = MasterKeys::new(&[7; 32], []);
        let kid = master.key_ids().remove(0);
        let keys = RoundTripKeys::new(&master);
        let trip = |provider: &str, state: &str| {
            keys.compute(&kid, &provider.parse().unwrap(), &state.parse().unwrap())
                .unwrap()
        };
        let one = trip("corp", "s");
        assert_eq!(one.nonce.expose(), trip("corp", "s").nonce.expose());
        assert_eq!(one.pkce_verifier.expose().len(), 43);
        assert_ne!(one.nonce.expose(), one.pkce_verifier.expose());
        for other in [trip("corp", "t"), trip("evil", "s")] {
            assert_ne!(one.nonce.expose(), other.nonce.expose());
            assert_ne!(one.pkce_verifier.expose(), other.pkce_verifier.expose());
        }
        assert!(
            keys.compute("retired", &"corp".parse().unwrap(), &one.state)
                .is_none()
        );
    }
}
