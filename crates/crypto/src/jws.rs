//! Compact JWS with HS256, by josekit, over ring's HMAC.
//!
//! josekit's own HS256 verifier compares with `!=`; ours does it in constant time. The algorithm is
//! fixed by us: a header that names another one, or carries anything that could change how the
//! token is read (`crit`, `b64`, `zip`, `jku`, `jwk`, `x5u`…), is refused before the signature is
//! looked at. What comes back is signed, not yet believed: `auth` turns it into typed claims.

use josekit::{
    JoseError,
    jws::{JwsAlgorithm, JwsContext, JwsHeader, JwsSigner, JwsVerifier},
};
use serde_json::{Map, Value};

use crate::keys::{HmacKey, KeyRing};

/// Longest token that is looked at, in bytes.
pub const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// The token is not one of ours. One answer for every reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the token is malformed or its signature is wrong")]
pub struct InvalidJws;

/// Signs `claims` with the active key of `ring`.
///
/// # Errors
/// Never in practice: a JSON map always serialises.
pub fn sign(ring: &KeyRing, claims: &Map<String, Value>) -> Result<String, InvalidJws> {
    let payload = serde_json::to_vec(claims).map_err(|_| InvalidJws)?;
    let mut header = JwsHeader::new();
    header.set_token_type("JWT");
    JwsContext::new()
        .serialize_compact(&payload, &header, &Hs256(ring.active().clone()))
        .map_err(|_| InvalidJws)
}

/// Checks form, header and signature; returns the claims that were signed.
pub fn verify(ring: &KeyRing, token: &str) -> Result<Map<String, Value>, InvalidJws> {
    if token.len() > MAX_TOKEN_BYTES {
        return Err(InvalidJws);
    }
    let verifiers: Vec<Hs256> = ring.iter().cloned().map(Hs256).collect();
    let (payload, _) = JwsContext::new()
        .deserialize_compact_with_selector(token, |header| Ok(select(&verifiers, header)))
        .map_err(|_| InvalidJws)?;
    serde_json::from_slice(&payload).map_err(|_| InvalidJws)
}

/// The key that the header names, provided the header says nothing that we do not say ourselves.
fn select<'a>(verifiers: &'a [Hs256], header: &JwsHeader) -> Option<&'a dyn JwsVerifier> {
    let plain = header
        .claims_set()
        .keys()
        .all(|name| matches!(name.as_str(), "alg" | "typ" | "kid"));
    let typed = header
        .token_type()
        .is_none_or(|typ| typ.eq_ignore_ascii_case("JWT"));
    if !plain || !typed {
        return None;
    }
    let kid = header.key_id()?;
    verifiers
        .iter()
        .find(|v| v.0.kid() == kid)
        .map(|v| v as &dyn JwsVerifier)
}

#[derive(Debug, Clone)]
struct Hs256(HmacKey);

#[derive(Debug, Clone)]
struct Hs256Algorithm;

impl JwsAlgorithm for Hs256Algorithm {
    fn name(&self) -> &'static str {
        "HS256"
    }
    fn box_clone(&self) -> Box<dyn JwsAlgorithm> {
        Box::new(Self)
    }
}

impl JwsSigner for Hs256 {
    fn algorithm(&self) -> &dyn JwsAlgorithm {
        &Hs256Algorithm
    }
    fn key_id(&self) -> Option<&str> {
        Some(self.0.kid())
    }
    fn signature_len(&self) -> usize {
        32
    }
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, JoseError> {
        Ok(self.0.sign(message))
    }
    fn box_clone(&self) -> Box<dyn JwsSigner> {
        Box::new(self.clone())
    }
}

impl JwsVerifier for Hs256 {
    fn algorithm(&self) -> &dyn JwsAlgorithm {
        &Hs256Algorithm
    }
    fn key_id(&self) -> Option<&str> {
        Some(self.0.kid())
    }
    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), JoseError> {
        if self.0.verify(message, signature) {
            Ok(())
        } else {
            Err(JoseError::InvalidSignature(
                std::io::Error::other("mismatch").into(),
            ))
        }
    }
    fn box_clone(&self) -> Box<dyn JwsVerifier> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{MasterKeys, Purpose};
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    use proptest::prelude::*;

    fn ring() -> KeyRing {
        MasterKeys::new(b"a secret of thirty-two bytes or so", []).ring(Purpose::ConsoleAccess)
    }

    fn claims() -> Map<String, Value> {
        serde_json::from_str(r#"{"sub":"x","exp":1}"#).unwrap()
    }

    fn with_header(header: &str) -> String {
        let payload = URL_SAFE_NO_PAD.encode(r#"{"sub":"x"}"#);
        let message = format!("{}.{payload}", URL_SAFE_NO_PAD.encode(header));
        let signature = URL_SAFE_NO_PAD.encode(ring().active().sign(message.as_bytes()));
        format!("{message}.{signature}")
    }

    #[test]
    fn a_token_of_ours_comes_back() {
        let token = sign(&ring(), &claims()).unwrap();
        assert_eq!(verify(&ring(), &token), Ok(claims()));
    }

    #[test]
    fn sec_079_sec_080_sec_083_headers_that_are_not_ours_are_refused_though_signed() {
        let ring = ring();
        let kid = ring.active().kid();
        assert!(
            verify(
                &ring,
                &with_header(&format!(r#"{{"alg":"HS256","kid":"{kid}"}}"#))
            )
            .is_ok()
        );
        for header in [
            format!(r#"{{"alg":"none","kid":"{kid}"}}"#),
            format!(r#"{{"alg":"nOnE","kid":"{kid}"}}"#),
            format!(r#"{{"alg":"RS256","kid":"{kid}"}}"#),
            format!(r#"{{"kid":"{kid}"}}"#),
            r#"{"alg":"HS256"}"#.to_owned(),
            r#"{"alg":"HS256","kid":"other"}"#.to_owned(),
            r#"{"alg":"HS256","kid":["a"]}"#.to_owned(),
            r#"{"alg":"HS256","kid":"../../etc/passwd"}"#.to_owned(),
            format!(r#"{{"alg":"HS256","kid":"{kid}","crit":["x"]}}"#),
            format!(r#"{{"alg":"HS256","kid":"{kid}","crit":["b64"],"b64":false}}"#),
            format!(r#"{{"alg":"HS256","kid":"{kid}","jku":"https://evil.example"}}"#),
            format!(r#"{{"alg":"HS256","kid":"{kid}","zip":"DEF"}}"#),
            format!(r#"{{"alg":"HS256","kid":"{kid}","typ":"at+jwt"}}"#),
        ] {
            assert_eq!(
                verify(&ring, &with_header(&header)),
                Err(InvalidJws),
                "{header}"
            );
        }
    }

    #[test]
    fn a_huge_token_is_not_even_parsed() {
        assert_eq!(verify(&ring(), &"x".repeat(1 << 20)), Err(InvalidJws));
    }

    proptest! {
        #[test]
        fn no_byte_can_be_changed(position in 0usize..1000, replacement in any::<u8>()) {
            let token = sign(&ring(), &claims()).unwrap();
            let mut bytes = token.clone().into_bytes();
            let position = position % bytes.len();
            prop_assume!(bytes[position] != replacement);
            bytes[position] = replacement;
            let changed = String::from_utf8_lossy(&bytes).into_owned();
            prop_assert_eq!(verify(&ring(), &changed), Err(InvalidJws));
        }

        #[test]
        fn no_input_panics(text in ".{0,300}") {
            prop_assert_eq!(verify(&ring(), &text), Err(InvalidJws));
        }
    }
}
