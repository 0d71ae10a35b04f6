//! Password hashes: Argon2id is written; the reference's PBKDF2 is still understood, so that an
//! existing database works, and is replaced at the next sign-in.

use argon2::{
    Algorithm, Argon2, Params, PasswordHash, PasswordHasher as _, PasswordVerifier as _, Version,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::equal::secrets_equal;

/// 19 MiB, two passes, one lane (OWASP's first choice).
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
/// The reference's rounds.
const LEGACY_ROUNDS: std::num::NonZeroU32 = std::num::NonZeroU32::new(10_000).unwrap();

/// How a password compares with what is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Right.
    Match,
    /// Right, and stored in the old format: hash it anew.
    MatchOutdated,
    /// Wrong.
    Mismatch,
}

/// The password could not be hashed: the machine is out of memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the password could not be hashed")]
pub struct HashFailed;

fn argon2id() -> Result<Argon2<'static>, HashFailed> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).map_err(|_| HashFailed)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Hashes a password into a PHC string (about 97 characters), with the salt given.
///
/// # Errors
/// [`HashFailed`] when memory runs out.
pub fn hash(password: &str, salt: &[u8; 16]) -> Result<String, HashFailed> {
    let hash: PasswordHash = argon2id()?
        .hash_password_with_salt(password.as_bytes(), salt)
        .map_err(|_| HashFailed)?;
    Ok(hash.to_string())
}

/// Compares a password with the two columns. Nothing stored never matches, at the same cost.
pub fn verify(password: &str, stored: Option<&str>, salt: Option<&str>) -> Verdict {
    let dummy = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$\
                 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    match (stored, salt) {
        (Some(phc), _) if phc.starts_with('$') => verify_phc(password, phc),
        (Some(stored), Some(salt)) => verify_legacy(password, stored, salt),
        _ => {
            let _same_work = verify_phc(password, dummy);
            Verdict::Mismatch
        }
    }
}

fn verify_phc(password: &str, phc: &str) -> Verdict {
    let matches = PasswordHash::new(phc)
        .ok()
        .zip(argon2id().ok())
        .is_some_and(|(hash, argon2)| argon2.verify_password(password.as_bytes(), &hash).is_ok());
    if matches {
        Verdict::Match
    } else {
        Verdict::Mismatch
    }
}

/// Standard base64 of the lower-case hex text of PBKDF2-HMAC-SHA-256 (console.md §3.1).
fn verify_legacy(password: &str, stored: &str, salt: &str) -> Verdict {
    let (Ok(stored), Ok(salt)) = (STANDARD.decode(stored), STANDARD.decode(salt)) else {
        return Verdict::Mismatch;
    };
    let mut derived = [0u8; 32];
    ring::pbkdf2::derive(
        ring::pbkdf2::PBKDF2_HMAC_SHA256,
        LEGACY_ROUNDS,
        &salt,
        password.as_bytes(),
        &mut derived,
    );
    if secrets_equal(hex::encode(derived), stored) {
        Verdict::MatchOutdated
    } else {
        Verdict::Mismatch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn argon2id_round_trip_and_no_truncation() {
        let long = "x1".repeat(512);
        let stored = hash(&long, &[7; 16]).unwrap();
        assert!(
            stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{stored}"
        );
        assert!(stored.len() < 255);
        assert_eq!(verify(&long, Some(&stored), None), Verdict::Match);
        assert_eq!(verify(&long[1..], Some(&stored), None), Verdict::Mismatch);
    }

    #[test]
    fn sec_151_the_old_format_verifies_and_is_marked_outdated() {
        // Made with Python's hashlib.pbkdf2_hmac("sha256", b"Passw0rd1", bytes(range(16)), 10000).
        let salt = "AAECAwQFBgcICQoLDA0ODw==";
        let stored = STANDARD.encode(LEGACY_HEX);
        assert_eq!(
            verify("Passw0rd1", Some(&stored), Some(salt)),
            Verdict::MatchOutdated
        );
        assert_eq!(
            verify("passw0rd1", Some(&stored), Some(salt)),
            Verdict::Mismatch
        );
        assert_eq!(
            verify("Passw0rd1", Some("%%%"), Some(salt)),
            Verdict::Mismatch
        );
    }

    #[test]
    fn nothing_stored_never_matches() {
        assert_eq!(verify("", None, None), Verdict::Mismatch);
        assert_eq!(verify("", Some(""), None), Verdict::Mismatch);
    }

    const LEGACY_HEX: &str = "8c7193957643403480a849f379c761360036a071ee22ea1060cbfff45ac89e68";
}
