//! What providers say, read by name: only what is used is looked at, so that an odd type of anything
//! else does not matter; what is used and malformed is named.

use chrono::{DateTime, Utc};
use gatewright_auth::sso::ProviderError;
use gatewright_crypto::unique_json::UniqueObject;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// A member that is used is not what it must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` {problem}")]
pub(crate) struct MalformedClaim {
    name: &'static str,
    problem: &'static str,
}

impl MalformedClaim {
    pub(crate) fn new(name: &'static str, problem: &'static str) -> Self {
        Self { name, problem }
    }
}

impl From<MalformedClaim> for ProviderError {
    fn from(error: MalformedClaim) -> Self {
        Self::Malformed(error.into())
    }
}

/// A JSON object in which no name comes twice. A member that is null counts as missing: many
/// providers write those they do not have so.
#[derive(Debug, Clone, Default)]
pub(crate) struct Claims(Map<String, Value>);

impl<'de> Deserialize<'de> for Claims {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        UniqueObject::deserialize(deserializer).map(|UniqueObject(map)| Self(map))
    }
}

impl Claims {
    /// Reads an object; `what` is its name in the error.
    pub(crate) fn read(what: &'static str, json: &[u8]) -> Result<Self, MalformedClaim> {
        serde_json::from_slice(json).map_err(|_| {
            MalformedClaim::new(what, "is not a JSON object in which no name comes twice")
        })
    }

    fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// Whether it is there.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// A text, where it matters that it is one.
    pub(crate) fn text(&self, name: &'static str) -> Result<Option<&str>, MalformedClaim> {
        let problem = MalformedClaim::new(name, "is not a text");
        match self.get(name) {
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(problem),
            None => Ok(None),
        }
    }

    /// A text that must be there, and not empty.
    pub(crate) fn need_text(&self, name: &'static str) -> Result<&str, MalformedClaim> {
        match self.text(name)? {
            None => Err(MalformedClaim::new(name, "is missing")),
            Some("") => Err(MalformedClaim::new(name, "is empty")),
            Some(text) => Ok(text),
        }
    }

    /// A text that is a nicety: of another type, it is as good as missing.
    pub(crate) fn text_if_any(&self, name: &str) -> Option<&str> {
        self.get(name)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    }

    /// A list of texts that is a nicety.
    pub(crate) fn list_if_any(&self, name: &str) -> Option<Vec<&str>> {
        let list = self.get(name)?.as_array()?;
        Some(list.iter().filter_map(Value::as_str).collect())
    }

    /// A boolean, or one of the two texts that several providers write instead.
    pub(crate) fn truth(&self, name: &'static str) -> Result<Option<bool>, MalformedClaim> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Bool(truth)) => Ok(Some(*truth)),
            Some(Value::String(text)) if text == "true" => Ok(Some(true)),
            Some(Value::String(text)) if text == "false" => Ok(Some(false)),
            Some(_) => Err(MalformedClaim::new(name, "is neither true nor false")),
        }
    }

    /// Seconds since 1970, whole or not (RFC 7519 §2, `NumericDate`).
    pub(crate) fn instant(
        &self,
        name: &'static str,
    ) -> Result<Option<DateTime<Utc>>, MalformedClaim> {
        let problem = MalformedClaim::new(name, "is not a number of seconds");
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        // Parts of a second do not matter with the leeway that there is.
        #[allow(clippy::cast_possible_truncation, reason = "floats saturate")]
        let whole = value.as_i64().or(value.as_f64().map(|float| float as i64));
        let instant = whole.and_then(|seconds| DateTime::from_timestamp(seconds, 0));
        instant.map(Some).ok_or(problem)
    }

    /// The same, which must be there.
    pub(crate) fn need_instant(&self, name: &'static str) -> Result<DateTime<Utc>, MalformedClaim> {
        self.instant(name)?
            .ok_or(MalformedClaim::new(name, "is missing"))
    }

    /// One text or a list of texts.
    pub(crate) fn texts(&self, name: &'static str) -> Result<Vec<&str>, MalformedClaim> {
        let problem = MalformedClaim::new(name, "is neither a text nor a list of texts");
        match self.get(name) {
            None => Err(MalformedClaim::new(name, "is missing")),
            Some(Value::String(one)) => Ok(vec![one]),
            Some(Value::Array(several)) => {
                let texts: Option<Vec<&str>> = several.iter().map(Value::as_str).collect();
                texts.ok_or(problem)
            }
            Some(_) => Err(problem),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(json: &str) -> Claims {
        Claims::read("it", json.as_bytes()).unwrap()
    }

    #[test]
    fn e1_claim_that_is_malformed_is_named() {
        let odd =
            claims(r#"{"sub": 7, "exp": "soon", "aud": [1], "email_verified": 1, "n": null}"#);
        let says = |error: MalformedClaim| error.to_string();
        assert_eq!(says(odd.text("sub").unwrap_err()), "`sub` is not a text");
        assert_eq!(says(odd.need_text("n").unwrap_err()), "`n` is missing");
        assert!(says(odd.need_instant("exp").unwrap_err()).contains("`exp`"));
        assert!(says(odd.texts("aud").unwrap_err()).contains("`aud`"));
        assert!(says(odd.truth("email_verified").unwrap_err()).contains("`email_verified`"));
        assert!(Claims::read("it", br#"{"a":1,"a":2}"#).is_err());
        assert!(Claims::read("it", b"[]").is_err());
    }

    #[test]
    fn e1_claim_in_usual_vendor_spellings_is_read() {
        let usual =
            claims(r#"{"exp": 1.8e9, "iat": 1800000000.9, "aud": "me", "v": "true", "name": 3}"#);
        assert_eq!(
            usual.need_instant("exp").unwrap().timestamp(),
            1_800_000_000
        );
        assert_eq!(
            usual.need_instant("iat").unwrap().timestamp(),
            1_800_000_000
        );
        assert_eq!(usual.texts("aud").unwrap(), ["me"]);
        assert_eq!(usual.truth("v").unwrap(), Some(true));
        assert_eq!(usual.text_if_any("name"), None);
        assert!(claims(r#"{"exp": 1e300}"#).instant("exp").is_err());
    }
}
