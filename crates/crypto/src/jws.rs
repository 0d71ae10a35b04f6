//! Compact JWS with HS256, by josekit, over ring's HMAC.
//!
//! josekit's own HS256 verifier compares with `!=`; ours does it in constant time. The algorithm is
//! fixed by us: a header that names another one, or carries anything that could change how the
//! token is read (`crit`, `b64`, `zip`, `jku`, `jwk`, `x5u`…), is refused before the signature is
//! looked at. What comes back is signed, not yet believed: `auth` turns it into typed claims.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use josekit::{
    JoseError,
    jws::{JwsAlgorithm, JwsContext, JwsHeader, JwsSigner, JwsVerifier},
};
use serde_json::{Map, Value};

use crate::{
    keys::{HmacKey, KeyRing},
    unique_json::UniqueObject,
};

/// Longest token that is looked at, in bytes.
pub const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// The token is not one of ours. One answer for every reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the token is malformed or its signature is wrong")]
pub struct InvalidJws;

/// What was signed, and under which key.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    /// The claims. Signed, not yet believed.
    pub claims: Map<String, Value>,
    /// The id of the key.
    pub kid: String,
}

/// Signs `claims` with the active key of `ring`. The header is that of device-flow.md §6.1, members
/// in that order.
///
/// # Errors
/// Never in practice: a JSON map always serialises.
pub fn sign(ring: &KeyRing, claims: &Map<String, Value>) -> Result<String, InvalidJws> {
    let key = ring.active();
    let payload = serde_json::to_vec(claims).map_err(|_| InvalidJws)?;
    let mut header = JwsHeader::new();
    for (name, value) in [("alg", ALGORITHM), ("kid", key.kid()), ("typ", "JWT")] {
        header
            .set_claim(name, Some(value.into()))
            .map_err(|_| InvalidJws)?;
    }
    JwsContext::new()
        .serialize_compact(&payload, &header, &Signer(key))
        .map_err(|_| InvalidJws)
}

/// Checks size, form, header and signature; returns the claims that were signed.
pub fn verify(ring: &KeyRing, token: &str) -> Result<Opened, InvalidJws> {
    if token.len() > MAX_TOKEN_BYTES {
        return Err(InvalidJws);
    }
    let kid = acceptable_header(token)?.ok_or(InvalidJws)?;
    let keys = ring.keys();
    if !keys.iter().any(|key| key.kid() == kid) {
        return Err(InvalidJws);
    }
    let claims = opened(keys, Some(kid.clone()), token)?;
    Ok(Opened { claims, kid })
}

/// The same of a token whose header names no key, as Dify makes them: any key of the ring may have signed it.
///
/// # Errors
/// When it names one, or none of them did.
pub fn verify_unnamed(ring: &KeyRing, token: &str) -> Result<Map<String, Value>, InvalidJws> {
    if token.len() > MAX_TOKEN_BYTES || acceptable_header(token)?.is_some() {
        return Err(InvalidJws);
    }
    opened(ring.keys(), None, token)
}

fn opened(
    keys: Arc<[HmacKey]>,
    kid: Option<String>,
    token: &str,
) -> Result<Map<String, Value>, InvalidJws> {
    let verifier = Verifier { keys, kid };
    let (payload, _) = JwsContext::new()
        .deserialize_compact(token, &verifier)
        .map_err(|_| InvalidJws)?;
    parse_claims(&payload)
}

/// Reads a payload: an object in which no name comes twice.
pub fn parse_claims(payload: &[u8]) -> Result<Map<String, Value>, InvalidJws> {
    let UniqueObject(claims) = serde_json::from_slice(payload).map_err(|_| InvalidJws)?;
    Ok(claims)
}

/// The `kid`, if there is one, of a header that says nothing but what we say ourselves: no member twice, no member
/// that changes how the token is read, no other type.
fn acceptable_header(token: &str) -> Result<Option<String>, InvalidJws> {
    let (header, _) = token.split_once('.').ok_or(InvalidJws)?;
    let bytes = URL_SAFE_NO_PAD.decode(header).map_err(|_| InvalidJws)?;
    let UniqueObject(mut header) = serde_json::from_slice(&bytes).map_err(|_| InvalidJws)?;
    let plain = header
        .keys()
        .all(|name| matches!(name.as_str(), "alg" | "typ" | "kid"));
    let typed = match header.get("typ") {
        None => true,
        Some(typ) => typ
            .as_str()
            .is_some_and(|typ| typ.eq_ignore_ascii_case("JWT")),
    };
    let ours = header.get("alg").and_then(Value::as_str) == Some(ALGORITHM);
    match header.remove("kid") {
        _ if !(plain && typed && ours) => Err(InvalidJws),
        Some(Value::String(kid)) => Ok(Some(kid)),
        None => Ok(None),
        _ => Err(InvalidJws),
    }
}

const ALGORITHM: &str = "HS256";

#[derive(Debug, Clone)]
struct Signer(HmacKey);

/// All keys of one id: after a rotation several secrets may stand behind the shared id. Without an id all of them.
#[derive(Debug, Clone)]
struct Verifier {
    keys: Arc<[HmacKey]>,
    kid: Option<String>,
}

#[derive(Debug, Clone)]
struct Hs256Algorithm;

impl JwsAlgorithm for Hs256Algorithm {
    fn name(&self) -> &'static str {
        ALGORITHM
    }
    fn box_clone(&self) -> Box<dyn JwsAlgorithm> {
        Box::new(Self)
    }
}

impl JwsSigner for Signer {
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

impl JwsVerifier for Verifier {
    fn algorithm(&self) -> &dyn JwsAlgorithm {
        &Hs256Algorithm
    }
    fn key_id(&self) -> Option<&str> {
        self.kid.as_deref()
    }
    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), JoseError> {
        let is_meant = |key: &&HmacKey| self.kid.as_deref().is_none_or(|kid| key.kid() == kid);
        let mut named = self.keys.iter().filter(is_meant);
        if named.any(|key| key.verify(message, signature)) {
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
    fn jws_that_was_signed_verifies() {
        let token = sign(&ring(), &claims()).unwrap();
        let opened = verify(&ring(), &token).unwrap();
        assert_eq!(opened.claims, claims());
        assert_eq!(opened.kid, ring().active().kid());
    }

    #[test]
    fn jws_header_equals_that_of_dify_to_the_byte() {
        let shared = MasterKeys::new(b"new", [&b"old"[..]]).shared_ring();
        let token = sign(&shared, &claims()).unwrap();
        let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap());
        assert_eq!(
            header.unwrap(),
            br#"{"alg":"HS256","kid":"dify-shared-v1","typ":"JWT"}"#
        );
        let old = MasterKeys::new(b"old", []).shared_ring();
        let from_before = sign(&old, &claims()).unwrap();
        assert!(verify(&shared, &from_before).is_ok(), "one id, two secrets");
        assert_eq!(verify(&old, &token), Err(InvalidJws));
    }

    #[test]
    fn sec_086_jws_with_a_duplicate_claim_or_header_member_is_refused_though_signed() {
        let ring = ring();
        let kid = ring.active().kid().to_owned();
        let twice = with_header(&format!(r#"{{"alg":"HS256","kid":"x","kid":"{kid}"}}"#));
        assert_eq!(verify(&ring, &twice), Err(InvalidJws));
        let header = URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"HS256","kid":"{kid}"}}"#));
        let nested = "[".repeat(2000);
        for payload in [
            r#"{"sub":"a","sub":"b"}"#,
            &format!(r#"{{"a":{nested}"#),
            "[]",
            "1",
        ] {
            let message = format!("{header}.{}", URL_SAFE_NO_PAD.encode(payload));
            let code = URL_SAFE_NO_PAD.encode(ring.active().sign(message.as_bytes()));
            let token = format!("{message}.{code}");
            assert_eq!(verify(&ring, &token), Err(InvalidJws), "{payload:.20}");
        }
    }

    #[test]
    fn sec_079_sec_080_sec_081_sec_083_sec_091_jws_with_foreign_header_is_refused() {
        let ring = ring();
        let kid = ring.active().kid().to_owned();
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
            format!(r#"{{"alg":"HS256","kid":"{kid}","typ":7}}"#),
            format!(r#"{{"alg":"ES256","kid":"{kid}"}}"#),
            format!(r#"{{"alg":["HS256"],"kid":"{kid}"}}"#),
            format!(r#"{{"alg":"HS256","kid":"{}"}}"#, "x".repeat(5000)),
            format!(r#"{{"alg":"HS256","kid":"{kid}","jwk":{{"kty":"oct","k":"AA"}}}}"#),
            format!(r#"{{"alg":"HS256","kid":"{kid}","x5u":"https://evil.example"}}"#),
        ] {
            assert_eq!(
                verify(&ring, &with_header(&header)),
                Err(InvalidJws),
                "{header}"
            );
        }
    }

    #[test]
    fn jws_over_the_size_limit_is_refused_before_parsing() {
        assert_eq!(verify(&ring(), &"x".repeat(1 << 20)), Err(InvalidJws));
    }

    proptest! {
        #[test]
        fn jws_with_any_changed_byte_is_refused(position in 0usize..1000, replacement in any::<u8>()) {
            let token = sign(&ring(), &claims()).unwrap();
            let mut bytes = token.clone().into_bytes();
            let position = position % bytes.len();
            prop_assume!(bytes[position] != replacement);
            bytes[position] = replacement;
            let changed = String::from_utf8_lossy(&bytes).into_owned();
            prop_assert_eq!(verify(&ring(), &changed), Err(InvalidJws));
        }

        #[test]
        fn jws_of_arbitrary_input_does_not_panic(text in ".{0,300}") {
            prop_assert_eq!(verify(&ring(), &text), Err(InvalidJws));
        }
    }
}
