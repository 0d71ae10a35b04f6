//! The first `.env`: a copy of the example with a fresh `SECRET_KEY`.

use std::path::Path;

use gatewright_auth::{OsRandom, Random as _};

use super::UpError;

const EXAMPLE: &str = include_str!("../../../.env.example");
const BLANK_KEY: &str = "SECRET_KEY=";

/// What became of `.env`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ensured {
    /// There was none: it is the example with a fresh key.
    Written,
    /// It was a copy of the example whose key nobody had filled in; now it has one.
    KeyFilledIn,
    /// It stays as it is.
    Untouched,
}

/// Makes sure that there is a `.env` with a key. A key that stands there is never changed.
pub(super) fn ensure(path: &Path) -> Result<Ensured, UpError> {
    let failed = |error: std::io::Error| UpError(format!("{}: {error}", path.display()));
    let (text, ensured) = if path.exists() {
        (
            std::fs::read_to_string(path).map_err(failed)?,
            Ensured::KeyFilledIn,
        )
    } else {
        (EXAMPLE.to_owned(), Ensured::Written)
    };
    if !text.lines().any(|line| line == BLANK_KEY) {
        return Ok(Ensured::Untouched);
    }
    let key = OsRandom::default().base64url(42);
    let key = key.map_err(|error| UpError(error.to_string()))?;
    let key = format!("{BLANK_KEY}{key}");
    let filled: Vec<&str> = text
        .lines()
        .map(|line| {
            if line == BLANK_KEY {
                key.as_str()
            } else {
                line
            }
        })
        .collect();
    let text = format!("{}\n", filled.join("\n"));
    gatewright_private_file::replace(path, text.as_bytes()).map_err(failed)?;
    Ok(ensured)
}

#[cfg(test)]
mod tests {
    use gatewright_runtime::running::EXAMPLE_API_URL;

    use super::*;

    #[test]
    fn up_env_file_gets_a_fresh_key_and_an_existing_one_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".env");
        assert_eq!(ensure(&path).unwrap(), Ensured::Written);
        let first = std::fs::read_to_string(&path).unwrap();
        let key = first
            .lines()
            .find_map(|line| line.strip_prefix("SECRET_KEY="))
            .unwrap();
        assert_eq!(key.len(), 56);
        assert_eq!(ensure(&path).unwrap(), Ensured::Untouched);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), first);
        assert!(EXAMPLE.contains(&format!("CONSOLE_API_URL={EXAMPLE_API_URL}\n")));
    }
    #[test]
    fn up_env_file_copied_from_the_example_gets_a_key_and_keeps_the_rest() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".env");
        std::fs::write(&path, format!("{EXAMPLE}MINE=1\n")).unwrap();
        assert_eq!(ensure(&path).unwrap(), Ensured::KeyFilledIn);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(
            text.ends_with("MINE=1\n") && !text.contains("\nSECRET_KEY=\n"),
            "{text}"
        );
    }
}
