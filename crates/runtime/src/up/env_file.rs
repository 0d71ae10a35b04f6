//! The first `.env`: a copy of the example with a fresh `SECRET_KEY`.

use std::path::Path;

use gatewright_auth::{OsRandom, Random as _};

use super::{UpError, state::write_private};

const EXAMPLE: &str = include_str!("../../../../.env.example");
/// The address that the example names.
pub(super) const EXAMPLE_API_URL: &str = "http://127.0.0.1:5001";

/// Writes `.env` when there is none. True when it did.
pub(super) fn ensure(path: &Path) -> Result<bool, UpError> {
    if path.exists() {
        return Ok(false);
    }
    let key = OsRandom::default().base64url(42);
    let text = EXAMPLE.replace("\nSECRET_KEY=\n", &format!("\nSECRET_KEY={key}\n"));
    write_private(path, &text).map_err(|error| UpError(format!("{}: {error}", path.display())))?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_fresh_and_an_existing_file_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".env");
        assert!(ensure(&path).unwrap());
        let first = std::fs::read_to_string(&path).unwrap();
        let key = first
            .lines()
            .find_map(|line| line.strip_prefix("SECRET_KEY="))
            .unwrap();
        assert_eq!(key.len(), 56);
        assert!(!ensure(&path).unwrap());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), first);
        assert!(EXAMPLE.contains(&format!("CONSOLE_API_URL={EXAMPLE_API_URL}\n")));
    }
}
