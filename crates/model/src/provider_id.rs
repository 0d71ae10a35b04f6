//! Names of providers: `organization/plugin/provider`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize};

/// Who made the plugins that short names stand for.
const ORGANIZATION: &str = "langgenius";

/// A provider id in its long form, `langgenius/openai/openai`. Graphs, app files and rows hold that one; old
/// ones hold the bare name, which is read as the long form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct ProviderId(String);

/// The text is neither `organization/plugin/provider` nor a bare name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a provider id: it is organization/plugin/provider, of a-z, 0-9, _ and -")]
pub struct NotAProviderId;

impl ProviderId {
    /// The long form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last part, `openai`.
    pub fn provider(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }
}

impl FromStr for ProviderId {
    type Err = NotAProviderId;

    fn from_str(text: &str) -> Result<Self, NotAProviderId> {
        let is_name = |part: &str| {
            let of_names = |byte: u8| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-')
            };
            !part.is_empty() && part.len() <= 128 && part.bytes().all(of_names)
        };
        let parts: Vec<&str> = text.split('/').collect();
        if !parts.iter().all(|part| is_name(part)) {
            return Err(NotAProviderId);
        }
        match parts.as_slice() {
            // The one plugin that is named otherwise than its provider.
            ["google"] => Ok(Self(format!("{ORGANIZATION}/gemini/google"))),
            [name] => Ok(Self(format!("{ORGANIZATION}/{name}/{name}"))),
            [_, _, _] => Ok(Self(text.to_owned())),
            _ => Err(NotAProviderId),
        }
    }
}

impl fmt::Display for ProviderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ProviderId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_are_long_ones() {
        for (text, long) in [
            ("openai", Some("langgenius/openai/openai")),
            ("google", Some("langgenius/gemini/google")),
            ("me/my-plugin/model_1", Some("me/my-plugin/model_1")),
            ("a/b", None),
            ("a/b/c/d", None),
            ("", None),
            ("a//c", None),
            ("Open AI", None),
            ("../../etc", None),
        ] {
            let id = text.parse::<ProviderId>();
            assert_eq!(id.as_ref().map(ProviderId::as_str).ok(), long, "{text}");
        }
        let id: ProviderId = "google".parse().unwrap();
        assert_eq!(id.provider(), "google");
    }
}
