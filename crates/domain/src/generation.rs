//! The generations of Dify whose clients are served side by side. Where they contradict each other the
//! caller's `User-Agent` decides; nothing else is a matter of generations.

use crate::settings::SettingValue;

/// A generation of Dify's clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generation {
    /// That of Dify 1.14.2 and the command line 0.1.
    V1_14,
    /// That of Dify 1.16.1 and the command line 0.2, which refuses servers that say less than 1.16.0.
    V1_16,
}

impl Generation {
    /// The version of Dify that its clients expect to hear.
    pub const fn version(self) -> &'static str {
        match self {
            Self::V1_14 => "1.14.2",
            Self::V1_16 => "1.16.1",
        }
    }

    /// The generation that a `User-Agent` tells of: `difyctl/<version> (…)` below 0.2.0 is the older one.
    /// Whoever runs the command line from its source says 0.0.0 or the id of a commit: the newer one, as
    /// everybody else.
    pub fn of_client(user_agent: Option<&str>) -> Self {
        let version = user_agent
            .and_then(|text| text.trim_start().strip_prefix("difyctl/"))
            .and_then(core_version);
        match version {
            Some(core) if core != (0, 0, 0) && core < (0, 2, 0) => Self::V1_14,
            _ => Self::V1_16,
        }
    }
}

/// The three numbers that a semantic version begins with; none where it begins otherwise.
fn core_version(text: &str) -> Option<(u32, u32, u32)> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.');
    let mut numbers = text[..end.unwrap_or(text.len())].split('.');
    let is_ended_well = end.is_none_or(|at| text[at..].starts_with(['-', '+', ' ']));
    let mut next = || numbers.next()?.parse().ok();
    let core = (next()?, next()?, next()?);
    (numbers.next().is_none() && is_ended_well).then_some(core)
}

/// Which version of Dify clients are told: `GATEWRIGHT_DIFY_VERSION`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SpokenVersion {
    /// The one that the caller expects.
    #[default]
    Auto,
    /// This one, whoever asks.
    Pinned(Generation),
}

impl SpokenVersion {
    /// The generation to answer a caller as.
    pub fn towards(self, user_agent: Option<&str>) -> Generation {
        match self {
            Self::Auto => Generation::of_client(user_agent),
            Self::Pinned(generation) => generation,
        }
    }

    /// The version to state where no client compares it.
    pub const fn stated(self) -> &'static str {
        match self {
            Self::Auto => Generation::V1_16.version(),
            Self::Pinned(generation) => generation.version(),
        }
    }
}

impl SettingValue for SpokenVersion {
    fn parse_setting(text: &str) -> Result<Self, String> {
        match text.trim() {
            "auto" => Ok(Self::Auto),
            "1.14.2" => Ok(Self::Pinned(Generation::V1_14)),
            "1.16.1" => Ok(Self::Pinned(Generation::V1_16)),
            other => Err(format!("`{other}` is none of auto, 1.14.2, 1.16.1")),
        }
    }

    fn show(&self) -> String {
        match self {
            Self::Auto => "auto".into(),
            Self::Pinned(generation) => generation.version().into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_agent_of_difyctl_below_0_2_is_of_the_older_generation() {
        for agent in [
            "difyctl/0.1.0-rc.1 (linux; x64; rc)",
            "difyctl/0.1.0",
            "difyctl/0.1.99+build.7 (darwin; arm64; stable)",
            "difyctl/0.0.1 (linux; x64; edge)",
        ] {
            let found = Generation::of_client(Some(agent));
            assert_eq!(found, Generation::V1_14, "{agent}");
        }
    }

    #[test]
    fn user_agent_of_any_other_client_is_of_the_newer_generation() {
        for agent in [
            "difyctl/0.2.0-alpha (linux; x64; alpha)",
            "difyctl/1.0.0",
            "difyctl/0.0.0-dev (linux; x64; dev)",
            "difyctl/fcf29bb (linux; x64; dev)",
            "difyctl/0.1 (linux; x64; dev)",
            "difyctl/0.1.0.1",
            "difyctl/0.1.0x",
            "difyctl/99999999999.1.0",
            "difyctl/",
            "Mozilla/5.0 difyctl/0.1.0",
            "",
        ] {
            let found = Generation::of_client(Some(agent));
            assert_eq!(found, Generation::V1_16, "{agent}");
        }
        assert_eq!(Generation::of_client(None), Generation::V1_16);
    }

    #[test]
    fn pinned_version_is_answered_to_every_user_agent() {
        let old = Some("difyctl/0.1.0 (linux; x64; rc)");
        let pinned = SpokenVersion::parse_setting("1.16.1");
        assert_eq!(
            pinned.map(|pinned| pinned.towards(old).version()),
            Ok("1.16.1")
        );
        let pinned = SpokenVersion::parse_setting(" 1.14.2 ");
        assert_eq!(
            pinned.map(|pinned| pinned.towards(None).version()),
            Ok("1.14.2")
        );
        assert_eq!(SpokenVersion::Auto.towards(old).version(), "1.14.2");
        assert_eq!(SpokenVersion::Auto.stated(), "1.16.1");
        assert!(SpokenVersion::parse_setting("1.15.0").is_err());
    }
}
