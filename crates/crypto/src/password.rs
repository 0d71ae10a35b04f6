//! Password hashes: Argon2id is written; Dify's PBKDF2 is still understood, so that an
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
/// PBKDF2 rounds of the password format that Dify stores.
const LEGACY_ROUNDS: std::num::NonZeroU32 = std::num::NonZeroU32::new(10_000).unwrap();

/// How a password compares with what is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The password is the stored one.
    Match,
    /// Right, and not stored as we store it: hash it anew.
    MatchOutdated,
    /// The password is another one, or none is stored.
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
const SALT_BYTES: usize = 16;
/// Of the hash that counts for nothing.
const DUMMY_SALT: [u8; SALT_BYTES] = [0; SALT_BYTES];

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
pub fn hash(
    password: &str,
    salt: &[u8; SALT_BYTES],
    memory: &mut Memory,
) -> Result<String, HashFailed> {
    let output = derive(password, salt, memory)?;
    let (salt, output) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(output));
    Ok(format!("{PREFIX}{salt}${output}"))
}

/// What the two columns hold, as far as it can be read.
enum Stored {
    /// Ours: salt and output.
    Ours(Vec<u8>, Vec<u8>),
    /// Dify's: salt, and the lower-case hex text of the output.
    Legacy(Vec<u8>, Vec<u8>),
    /// Argon2 with somebody else's parameters, from a database that was switched over.
    Foreign(Box<PasswordHash>),
    /// Nothing that any password matches.
    Nothing,
}

impl Stored {
    fn read(stored: Option<&str>, salt: Option<&str>) -> Self {
        let read = match (stored, salt) {
            (Some(phc), _) if phc.starts_with('$') => read_phc(phc),
            (Some(stored), Some(salt)) => read_legacy(stored, salt),
            _ => None,
        };
        read.unwrap_or(Self::Nothing)
    }
}

fn read_phc(phc: &str) -> Option<Stored> {
    let ours = phc.strip_prefix(PREFIX).and_then(|rest| {
        let (salt, output) = rest.split_once('$')?;
        let salt = STANDARD_NO_PAD.decode(salt).ok()?;
        let output = STANDARD_NO_PAD.decode(output).ok()?;
        (salt.len() == SALT_BYTES && output.len() == OUTPUT_BYTES)
            .then_some(Stored::Ours(salt, output))
    });
    ours.or_else(|| Some(Stored::Foreign(Box::new(PasswordHash::new(phc).ok()?))))
}

fn read_legacy(stored: &str, salt: &str) -> Option<Stored> {
    let (stored, salt) = (STANDARD.decode(stored).ok()?, STANDARD.decode(salt).ok()?);
    Some(Stored::Legacy(salt, stored))
}

/// Compares a password with the two columns. Nothing stored never matches.
///
/// Whatever is stored, the same is computed: one hash of each format, of which at most one counts. So
/// the time tells neither who has an account nor whose hash is old.
pub fn verify(
    password: &str,
    stored: Option<&str>,
    salt: Option<&str>,
    memory: &mut Memory,
) -> Verdict {
    let stored = Stored::read(stored, salt);
    let (new_salt, old_salt) = match &stored {
        Stored::Ours(salt, _) => (salt.as_slice(), DUMMY_SALT.as_slice()),
        Stored::Legacy(salt, _) => (DUMMY_SALT.as_slice(), salt.as_slice()),
        Stored::Foreign(_) | Stored::Nothing => (DUMMY_SALT.as_slice(), DUMMY_SALT.as_slice()),
    };
    let new = derive(password, new_salt, memory);
    let old = hex::encode(derive_legacy(password, old_salt));
    match stored {
        Stored::Ours(_, ref output) if new.is_ok_and(|new| secrets_equal(new, output)) => {
            Verdict::Match
        }
        Stored::Legacy(_, ref output) if secrets_equal(old, output) => Verdict::MatchOutdated,
        Stored::Foreign(hash) if is_foreign(password, &hash) => Verdict::MatchOutdated,
        _ => Verdict::Mismatch,
    }
}

/// With parameters of their own, so this takes longer than the rest by what they say, until the
/// first sign-in writes our format.
fn is_foreign(password: &str, hash: &PasswordHash) -> bool {
    argon2id().is_ok_and(|argon2| argon2.verify_password(password.as_bytes(), hash).is_ok())
}

/// PBKDF2-HMAC-SHA-256 as Dify uses it; it stores the standard base64 of the lower-case hex
/// text (console.md §3.1).
fn derive_legacy(password: &str, salt: &[u8]) -> [u8; OUTPUT_BYTES] {
    let mut derived = [0; OUTPUT_BYTES];
    ring::pbkdf2::derive(
        ring::pbkdf2::PBKDF2_HMAC_SHA256,
        LEGACY_ROUNDS,
        salt,
        password.as_bytes(),
        &mut derived,
    );
    derived
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn argon2id_hash_verifies_its_password_without_truncation() {
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
    fn password_hash_has_the_standard_phc_format() {
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
    fn sec_151_password_hash_of_the_old_format_verifies_and_is_marked_outdated() {
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

    /// b7: the work, not the clock, is compared: what is computed does not depend on what is stored.
    #[test]
    fn b7_password_check_costs_the_same_for_old_hashes_and_unknown_accounts() {
        let mut memory = Memory::default();
        let ours = hash("Passw0rd1", &[7; 16], &mut memory).unwrap();
        let old = STANDARD.encode(LEGACY_HEX);
        let cases = [
            ("ours", Some(ours.as_str()), None),
            ("old", Some(old.as_str()), Some("AAECAwQFBgcICQoLDA0ODw==")),
            ("none", None, None),
            ("unreadable", Some("%%%"), Some("%%%")),
            ("cut off", Some(&ours[..60]), None),
        ];
        let mut fastest = cases.map(|_| std::time::Duration::MAX);
        for _ in 0..5 {
            for (at, (_, stored, salt)) in cases.iter().enumerate() {
                let begun = std::time::Instant::now();
                let verdict = verify("wrong-Passw0rd", *stored, *salt, &mut memory);
                fastest[at] = fastest[at].min(begun.elapsed());
                assert_eq!(verdict, Verdict::Mismatch);
            }
        }
        let (least, most) = (fastest.iter().min().unwrap(), fastest.iter().max().unwrap());
        // Without the dummies an old hash takes a fifth of the time, and an unreadable one none.
        assert!(*most < *least * 2, "{fastest:?} of {cases:?}");
    }

    #[test]
    fn password_check_without_a_stored_hash_fails() {
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
