//! Six digits, computed from a random seed by a key of the installation. So the code itself is stored
//! nowhere: not in Redis, not in the queue of mails, not in a backup of either.

use gatewright_crypto::{
    equal::secrets_equal,
    keys::{HmacKey, KeyRing, MasterKeys, Purpose},
    random::{NoRandomness, Random},
};
use gatewright_domain::{Secret, one_time::CodeSeed};

const DIGITS: u64 = 1_000_000;
/// Random bytes in a seed.
const SEED_BYTES: usize = 16;

/// Makes and checks codes.
#[derive(Clone)]
pub struct CodeKeys(KeyRing);

impl CodeKeys {
    /// From the installation's keys.
    pub fn new(master: &MasterKeys) -> Self {
        Self(master.ring(Purpose::OneTimeCode))
    }

    /// A seed for a new code.
    ///
    /// # Errors
    /// [`NoRandomness`]: then there is no code.
    pub fn new_seed(&self, random: &dyn Random) -> Result<CodeSeed, NoRandomness> {
        Ok(CodeSeed {
            kid: self.0.active().kid().to_owned(),
            seed: random.base64url(SEED_BYTES)?,
        })
    }

    /// The code of a seed; `None` when its key was retired.
    pub fn code(&self, seed: &CodeSeed) -> Option<Secret> {
        let keys = self.0.keys();
        let key = keys.iter().find(|key| key.kid() == seed.kid)?;
        Some(Secret::new(digits(key, &seed.seed)))
    }

    /// Whether `presented` is the code of a seed. Constant time.
    pub fn matches(&self, seed: &CodeSeed, presented: &str) -> bool {
        self.code(seed)
            .is_some_and(|code| secrets_equal(presented.as_bytes(), code.expose()))
    }
}

fn digits(key: &HmacKey, seed: &str) -> String {
    let mac = key.sign(seed.as_bytes());
    let number = mac[..8]
        .iter()
        .fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
    format!("{:06}", number % DIGITS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OsRandom;

    fn keys(secret: &str) -> CodeKeys {
        CodeKeys::new(&MasterKeys::new(secret.as_bytes(), []))
    }

    #[test]
    fn sec_158_account_code_is_six_digits_and_depends_on_the_key() {
        let (ours, theirs) = (keys(&"a".repeat(32)), keys(&"b".repeat(32)));
        let mut drawn = std::collections::BTreeSet::new();
        let random = OsRandom::default();
        for _ in 0..64 {
            let seed = ours.new_seed(&random).unwrap();
            let code = ours.code(&seed).unwrap();
            assert_eq!(code.expose().len(), 6);
            assert!(code.expose().bytes().all(|b| b.is_ascii_digit()));
            assert!(ours.matches(&seed, code.expose()));
            assert!(!ours.matches(&seed, &format!("{}0", code.expose())));
            assert!(!ours.matches(&seed, ""));
            assert!(theirs.code(&seed).is_none(), "another installation's key");
            drawn.insert(code.expose().to_owned());
        }
        assert!(drawn.len() > 60, "{drawn:?}");
    }
}
