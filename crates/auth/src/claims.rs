//! From signed to believed. A good signature says who wrote the claims, not that they make sense:
//! [`Unverified`] can only be read through checks, and a claim type is built from what they return.

use chrono::{DateTime, TimeDelta, Utc};
use gatewright_crypto::{
    jws::{self, Opened},
    keys::KeyRing,
};
use serde_json::{Map, Value};

/// How far the clocks of two machines may differ.
pub const LEEWAY: TimeDelta = TimeDelta::seconds(30);

/// Claims whose signature is good and whose content nobody has looked at.
#[derive(Debug, Clone)]
pub struct Unverified(Opened);

/// The token is not usable. One answer for every reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClaimsError {
    /// Malformed, or the signature is wrong.
    #[error("invalid token")]
    Signature,
    /// Past its life.
    #[error("token has expired")]
    Expired,
    /// Signed, but not the shape that its purpose needs.
    #[error("claim shape invalid")]
    Shape,
}

impl Unverified {
    /// Checks the signature only.
    pub fn open(ring: &KeyRing, token: &str) -> Result<Self, ClaimsError> {
        jws::verify(ring, token)
            .map(Self)
            .map_err(|_| ClaimsError::Signature)
    }

    /// The id of the key that signed.
    pub fn kid(&self) -> &str {
        &self.0.kid
    }

    /// A text claim of 1 to 255 characters.
    pub fn text(&self, name: &str) -> Result<&str, ClaimsError> {
        let text = self
            .0
            .claims
            .get(name)
            .and_then(Value::as_str)
            .ok_or(ClaimsError::Shape)?;
        if text.is_empty() || text.chars().count() > 255 {
            Err(ClaimsError::Shape)
        } else {
            Ok(text)
        }
    }

    /// A text claim that parses.
    pub fn parse<T: std::str::FromStr>(&self, name: &str) -> Result<T, ClaimsError> {
        self.text(name)?.parse().map_err(|_| ClaimsError::Shape)
    }

    /// Whether a claim is there at all.
    pub fn has(&self, name: &str) -> bool {
        self.0.claims.contains_key(name)
    }

    /// Requires `aud` to be this one, or a list with it (RFC 7519 §4.1.3).
    pub fn require_audience(&self, audience: &str) -> Result<(), ClaimsError> {
        let named = match self.0.claims.get("aud") {
            Some(Value::String(one)) => one == audience,
            Some(Value::Array(several)) => {
                several.iter().all(Value::is_string)
                    && several.iter().any(|one| one.as_str() == Some(audience))
            }
            _ => false,
        };
        if named {
            Ok(())
        } else {
            Err(ClaimsError::Shape)
        }
    }

    /// Requires an integer `exp` in the future and an `iat` not after now, each with [`LEEWAY`],
    /// the same of `nbf` when there is one, and a life of more than nothing and at most `cap`.
    pub fn require_live(
        &self,
        now: DateTime<Utc>,
        cap: TimeDelta,
    ) -> Result<DateTime<Utc>, ClaimsError> {
        let (expires_at, issued_at) = (self.instant("exp")?, self.instant("iat")?);
        let not_before = if self.has("nbf") {
            self.instant("nbf")?
        } else {
            issued_at
        };
        // In this order: what is not yet issued may lie where no instant can be added to.
        if issued_at.max(not_before) > now + LEEWAY
            || expires_at <= issued_at
            || expires_at > issued_at + cap
        {
            return Err(ClaimsError::Shape);
        }
        if now >= expires_at + LEEWAY {
            Err(ClaimsError::Expired)
        } else {
            Ok(expires_at)
        }
    }

    /// Whether they were signed after now, beyond [`LEEWAY`].
    pub fn is_from_the_future(&self, now: DateTime<Utc>) -> bool {
        self.instant("iat")
            .is_ok_and(|issued| issued > now + LEEWAY)
    }

    fn instant(&self, name: &str) -> Result<DateTime<Utc>, ClaimsError> {
        self.0
            .claims
            .get(name)
            .and_then(Value::as_i64)
            .and_then(|seconds| DateTime::from_timestamp(seconds, 0))
            .ok_or(ClaimsError::Shape)
    }
}

/// Signs text claims together with `iat` and `exp` in whole seconds.
pub fn seal(
    ring: &KeyRing,
    claims: &[(&str, &str)],
    now: DateTime<Utc>,
    lifetime: TimeDelta,
) -> String {
    let mut map: Map<String, Value> = claims
        .iter()
        .map(|(name, value)| ((*name).to_owned(), Value::from(*value)))
        .collect();
    map.insert("iat".into(), now.timestamp().into());
    map.insert("exp".into(), (now + lifetime).timestamp().into());
    // A map of texts and integers always serialises; an empty token is refused everywhere.
    jws::sign(ring, &map).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatewright_crypto::keys::{MasterKeys, Purpose};

    fn ring() -> KeyRing {
        MasterKeys::new(&[9; 32], []).ring(Purpose::ConsoleAccess)
    }

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    #[test]
    fn sec_088_claims_expiry_has_thirty_seconds_of_leeway_and_no_more() {
        let hour = TimeDelta::hours(1);
        let token = seal(&ring(), &[], now(), hour);
        let claims = Unverified::open(&ring(), &token).unwrap();
        let end = now() + hour + LEEWAY;
        assert!(
            claims
                .require_live(end - TimeDelta::seconds(1), hour)
                .is_ok()
        );
        assert_eq!(claims.require_live(end, hour), Err(ClaimsError::Expired));
    }

    #[test]
    fn sec_089_sec_090_claims_from_the_future_or_with_too_long_a_ttl_are_refused() {
        let token = seal(
            &ring(),
            &[],
            now() + TimeDelta::minutes(1),
            TimeDelta::hours(1),
        );
        let claims = Unverified::open(&ring(), &token).unwrap();
        assert_eq!(
            claims.require_live(now(), TimeDelta::hours(1)),
            Err(ClaimsError::Shape)
        );
        let token = seal(&ring(), &[], now(), TimeDelta::hours(2));
        let claims = Unverified::open(&ring(), &token).unwrap();
        assert_eq!(
            claims.require_live(now(), TimeDelta::hours(1)),
            Err(ClaimsError::Shape)
        );
    }

    #[test]
    fn claims_of_a_wrong_shape_are_refused_though_signed() {
        let long = "x".repeat(256);
        let token = seal(
            &ring(),
            &[("empty", ""), ("long", &long)],
            now(),
            TimeDelta::hours(1),
        );
        let claims = Unverified::open(&ring(), &token).unwrap();
        for name in ["empty", "long", "missing", "exp"] {
            assert_eq!(claims.text(name), Err(ClaimsError::Shape), "{name}");
        }
    }
}
