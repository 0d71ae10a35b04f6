//! Password hashes: Argon2id is written; the reference's PBKDF2 is still understood, so that an
//! existing database works, and is replaced at the next sign-in.

use argon2::{Algorithm, Argon2, Block, Params, PasswordHash, PasswordVerifier as _, Version};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD},
};

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

/// The memory of one hash at a time, 19 MiB once it was used. Whoever hashes keeps it: fetching it anew
/// for each hash costs more than it looks like, and not only whoever hashes.
#[derive(Default)]
pub struct Memory(Vec<Block>);

impl Memory {
    fn blocks(&mut self, params: &Params) -> &mut [Block] {
        self.0.resize(params.block_count(), Block::new());
        &mut self.0
    }
}

/// What our hashes begin with.
const PREFIX: &str = "$argon2id$v=19$m=19456,t=2,p=1$";
const OUTPUT_BYTES: usize = 32;

fn derive(
    password: &str,
    salt: &[u8],
    memory: &mut Memory,
) -> Result<[u8; OUTPUT_BYTES], HashFailed> {
    let argon2 = argon2id()?;
    let mut output = [0; OUTPUT_BYTES];
    let blocks = memory.blocks(argon2.params());
    argon2
        .hash_password_into_with_memory(password.as_bytes(), salt, &mut output, blocks)
        .map_err(|_| HashFailed)?;
    Ok(output)
}

fn argon2id() -> Result<Argon2<'static>, HashFailed> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).map_err(|_| HashFailed)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Hashes a password into a PHC string (about 97 characters), with the salt given.
///
/// # Errors
/// [`HashFailed`] when the parameters are refused.
pub fn hash(password: &str, salt: &[u8; 16], memory: &mut Memory) -> Result<String, HashFailed> {
    let output = derive(password, salt, memory)?;
    let (salt, output) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(output));
    Ok(format!("{PREFIX}{salt}${output}"))
}

/// Compares a password with the two columns. Nothing stored never matches, at the same cost.
pub fn verify(
    password: &str,
    stored: Option<&str>,
    salt: Option<&str>,
    memory: &mut Memory,
) -> Verdict {
    match (stored, salt) {
        (Some(phc), _) if phc.starts_with('$') => verify_phc(password, phc, memory),
        (Some(stored), Some(salt)) => verify_legacy(password, stored, salt),
        _ => {
            let _same_work = derive(password, &[0; 16], memory);
            Verdict::Mismatch
        }
    }
}

fn verify_phc(password: &str, phc: &str, memory: &mut Memory) -> Verdict {
    let matches = match phc
        .strip_prefix(PREFIX)
        .and_then(|rest| rest.split_once('$'))
    {
        Some((salt, expected)) => is_ours(password, (salt, expected), memory),
        // Somebody else's parameters, from a database that was switched over.
        None => PasswordHash::new(phc)
            .ok()
            .zip(argon2id().ok())
            .is_some_and(|(hash, argon2)| {
                argon2.verify_password(password.as_bytes(), &hash).is_ok()
            }),
    };
    if matches {
        Verdict::Match
    } else {
        Verdict::Mismatch
    }
}

fn is_ours(password: &str, (salt, expected): (&str, &str), memory: &mut Memory) -> bool {
    let decoded = STANDARD_NO_PAD.decode(salt).ok();
    let decoded = decoded.zip(STANDARD_NO_PAD.decode(expected).ok());
    decoded.is_some_and(|(salt, expected)| {
        derive(password, &salt, memory).is_ok_and(|output| secrets_equal(output, expected))
    })
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
        let mut memory = Memory::default();
        let stored = hash(&long, &[7; 16], &mut memory).unwrap();
        assert!(
            stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{stored}"
        );
        assert!(stored.len() < 255);
        let mut check = |password: &str| verify(password, Some(&stored), None, &mut memory);
        assert_eq!(check(&long), Verdict::Match);
        assert_eq!(
            check(&long[1..]),
            Verdict::Mismatch,
            "and what memory held before is nothing"
        );
        assert_eq!(check(&long), Verdict::Match);
    }

    /// What we write, the library reads; and the other way round.
    #[test]
    fn the_phc_form_is_everybody_s() {
        let mut memory = Memory::default();
        let ours = hash("Passw0rd1", &[7; 16], &mut memory).unwrap();
        let parsed = PasswordHash::new(&ours).unwrap();
        let argon2 = argon2id().unwrap();
        assert!(argon2.verify_password(b"Passw0rd1", &parsed).is_ok());
        let other = "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQxMjM0$";
        assert_eq!(
            verify("x", Some(other), None, &mut memory),
            Verdict::Mismatch
        );
    }

    #[test]
    fn sec_151_the_old_format_verifies_and_is_marked_outdated() {
        // Made with Python's hashlib.pbkdf2_hmac("sha256", b"Passw0rd1", bytes(range(16)), 10000).
        let salt = "AAECAwQFBgcICQoLDA0ODw==";
        let stored = STANDARD.encode(LEGACY_HEX);
        assert_eq!(
            verify(
                "Passw0rd1",
                Some(&stored),
                Some(salt),
                &mut Memory::default()
            ),
            Verdict::MatchOutdated
        );
        assert_eq!(
            verify(
                "passw0rd1",
                Some(&stored),
                Some(salt),
                &mut Memory::default()
            ),
            Verdict::Mismatch
        );
        assert_eq!(
            verify("Passw0rd1", Some("%%%"), Some(salt), &mut Memory::default()),
            Verdict::Mismatch
        );
    }

    #[test]
    fn nothing_stored_never_matches() {
        assert_eq!(
            verify("", None, None, &mut Memory::default()),
            Verdict::Mismatch
        );
        assert_eq!(
            verify("", Some(""), None, &mut Memory::default()),
            Verdict::Mismatch
        );
    }

    const LEGACY_HEX: &str = "8c7193957643403480a849f379c761360036a071ee22ea1060cbfff45ac89e68";
}
