//! Versions of app files, and what an import of each becomes.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::python;

/// The newest version that this server reads: the one of Dify 1.16.
pub const NEWEST_VERSION: &str = "0.7.0";

/// The oldest version that needs no warning: the one of Dify 1.14. Exports have it unless they use what
/// came later.
pub const OLDEST_CURRENT_VERSION: &str = "0.6.0";

/// What a file without a version has.
pub const ASSUMED_VERSION: &str = "0.1.0";

/// How an import stands, as the field `status` says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ImportStatus {
    /// The app is there.
    Completed,
    /// The app is there; its file was of an older minor version.
    CompletedWithWarnings,
    /// Nothing is there yet: the file is of a newer version, and somebody must confirm it.
    Pending,
    /// Nothing is there.
    Failed,
}

impl ImportStatus {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::CompletedWithWarnings => "completed-with-warnings",
            Self::Pending => "pending",
            Self::Failed => "failed",
        }
    }
}

/// The text is no version by Python's rules (PEP 440), which the original applies.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Invalid version: {}", python::quoted(.0))]
pub struct InvalidVersion(pub String);

/// What the import of a file of this version becomes: one beyond [`NEWEST_VERSION`] waits for somebody to
/// confirm it, one of a minor version before [`OLDEST_CURRENT_VERSION`] completes with warnings.
pub fn status_of_import(version: &str) -> Result<ImportStatus, InvalidVersion> {
    let invalid = || InvalidVersion(version.to_owned());
    let imported = Version::parse(version).ok_or_else(invalid)?;
    let newest = Version::parse(NEWEST_VERSION).ok_or_else(invalid)?;
    let oldest = Version::parse(OLDEST_CURRENT_VERSION).ok_or_else(invalid)?;
    Ok(match imported > newest {
        true => ImportStatus::Pending,
        false if imported.minor() < oldest.minor() => ImportStatus::CompletedWithWarnings,
        false => ImportStatus::Completed,
    })
}

/// A version by PEP 440, as far as its order matters here: how two pre-releases of one release
/// compare does not.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Version {
    epoch: u64,
    /// Without zeros at the end: 1.0 is 1.
    release: Vec<u64>,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Before,
    Final,
    After,
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some((self.epoch, &self.release, self.stage).cmp(&(
            other.epoch,
            &other.release,
            other.stage,
        )))
    }
}

impl Version {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        let text = text.strip_prefix('v').unwrap_or(&text);
        let (public, local) = text.split_once('+').unwrap_or((text, "0"));
        is_local(local).then_some(())?;
        let (epoch, rest) = match public.split_once('!') {
            Some((epoch, rest)) => (number(epoch)?, rest),
            None => (0, public),
        };
        let release_end = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(rest.len());
        let (release, suffix) = rest.split_at(release_end);
        // The dot before `.dev1` and `.post1` belongs to them.
        let release = if suffix.is_empty() {
            release
        } else {
            release.strip_suffix('.').unwrap_or(release)
        };
        let mut release: Vec<u64> = release.split('.').map(number).collect::<Option<_>>()?;
        while release.last() == Some(&0) {
            release.pop();
        }
        let stage = stage(suffix)?;
        Some(Self {
            epoch,
            release,
            stage,
        })
    }

    /// The second number of the first release that has a third: 0.6.0 → 6; of all above 0.x none is below.
    fn minor(&self) -> (u64, u64, u64) {
        let part = |index: usize| self.release.get(index).copied().unwrap_or(0);
        (self.epoch, part(0), part(1))
    }
}

fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| text.parse().ok())?
}

fn is_local(text: &str) -> bool {
    text.split(['.', '-', '_'])
        .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// What stands behind the numbers: `rc1`, `.post2`, `-3`, `a1.dev2`.
fn stage(suffix: &str) -> Option<Stage> {
    let mut rest = suffix;
    let mut stage = Stage::Final;
    let mut last = 0;
    while !rest.is_empty() {
        let bare = rest.strip_prefix(['.', '-', '_']).unwrap_or(rest);
        let (rank, this, after) = match rest.strip_prefix('-').filter(|r| starts_with_digit(r)) {
            Some(after) => (2, Stage::After, after),
            None => word(bare)?,
        };
        // Pre-release, post-release, development: in this order, each once.
        if rank <= last {
            return None;
        }
        last = rank;
        if stage == Stage::Final {
            stage = this;
        }
        let after = match after
            .strip_prefix(['.', '-', '_'])
            .filter(|r| starts_with_digit(r))
        {
            Some(numbered) => numbered,
            None => after,
        };
        rest = after.trim_start_matches(|c: char| c.is_ascii_digit());
    }
    Some(stage)
}

fn starts_with_digit(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
}

fn word(text: &str) -> Option<(u8, Stage, &str)> {
    // Longer words first: `alpha` before `a`.
    const WORDS: [(&str, u8, Stage); 11] = [
        ("alpha", 1, Stage::Before),
        ("beta", 1, Stage::Before),
        ("preview", 1, Stage::Before),
        ("pre", 1, Stage::Before),
        ("rc", 1, Stage::Before),
        ("post", 2, Stage::After),
        ("rev", 2, Stage::After),
        ("dev", 3, Stage::Before),
        ("a", 1, Stage::Before),
        ("b", 1, Stage::Before),
        ("c", 1, Stage::Before),
    ];
    if let Some(found) = WORDS
        .iter()
        .find_map(|(word, rank, stage)| Some((*rank, *stage, text.strip_prefix(word)?)))
    {
        return Some(found);
    }
    text.strip_prefix('r').map(|rest| (2, Stage::After, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_of_a_file_decides_what_its_import_becomes() {
        use ImportStatus::{Completed, CompletedWithWarnings, Pending};
        let cases = [
            ("0.1.0", CompletedWithWarnings),
            ("0.1.5", CompletedWithWarnings),
            ("0.2.0", CompletedWithWarnings),
            ("0.3", CompletedWithWarnings),
            ("0.4.0", CompletedWithWarnings),
            ("0.5.0", CompletedWithWarnings),
            ("0.5.99", CompletedWithWarnings),
            ("0", CompletedWithWarnings),
            ("0.6.0rc1", Completed),
            ("0.6.0", Completed),
            ("v0.6", Completed),
            (" 0.6.0 ", Completed),
            ("0.6.1", Completed),
            ("0.7.0rc1", Completed),
            ("0.7.0.dev3", Completed),
            ("0.7.0", Completed),
            ("0.7.0.post1", Pending),
            ("0.7.0-1", Pending),
            ("0.7.1", Pending),
            ("0.10.0", Pending),
            ("1.0.0", Pending),
            ("9.9.9", Pending),
            ("1!0.1.0", Pending),
        ];
        for (version, status) in cases {
            assert_eq!(status_of_import(version), Ok(status), "{version}");
        }
    }

    #[test]
    fn text_that_is_no_version_is_refused_with_its_quotation() {
        let error = status_of_import("abc").unwrap_err();
        assert_eq!(error.to_string(), "Invalid version: 'abc'");
        for text in [
            "",
            "1.",
            "1..2",
            "0.6.x",
            "0.6.0 beta x",
            "latest",
            "0.6.0rc1rc2",
            "1.0+",
            "!1",
            "-1",
            "99999999999999999999",
            "2025-01-02T",
        ] {
            assert!(status_of_import(text).is_err(), "{text}");
        }
    }
}
