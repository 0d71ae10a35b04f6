//! Tokens that open a form of a run as one of its recipients (apps.md §3.13). They are computed from the recipient's id, so that storage
//! keeps a digest only and a mail or a stream that shows one again can do so.

use gatewright_crypto::{
    digest::sha256_base64url,
    equal::secrets_equal,
    keys::{HmacKey, KeyRing, MasterKeys, Purpose},
};
use gatewright_domain::secret::Secret;
use uuid::Uuid;

/// Characters of a token: letters and digits, 128 bits.
pub const TOKEN_CHARS: usize = 22;
/// Characters of a digest, as long as the column of Dify's table takes.
const DIGEST_CHARS: usize = 32;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The keys of tokens of forms.
#[derive(Debug, Clone)]
pub struct FormKeys(KeyRing);

impl FormKeys {
    /// From the installation's keys.
    pub fn new(master: &MasterKeys) -> Self {
        Self(master.ring(Purpose::FormToken))
    }

    /// The token of a new recipient.
    pub fn token(&self, recipient: Uuid) -> Secret {
        token(&self.0.active(), recipient)
    }

    /// The token of a recipient who has one, by the digest that is stored of it: it stays what it was when keys were rotated since.
    /// `None`: it was made with a key that was retired.
    pub fn token_again(&self, recipient: Uuid, stored: &str) -> Option<Secret> {
        let keys = self.0.keys();
        let mut tokens = keys.iter().map(|key| token(key, recipient));
        tokens.find(|token| secrets_equal(digest(token.expose()), stored))
    }
}

/// What is stored of a token.
pub fn digest(token: &str) -> String {
    sha256_base64url(token, DIGEST_CHARS)
}

fn token(key: &HmacKey, recipient: Uuid) -> Secret {
    let code = key.sign(recipient.as_bytes());
    let mut number = code
        .iter()
        .take(16)
        .fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
    let mut text = String::with_capacity(TOKEN_CHARS);
    for _ in 0..TOKEN_CHARS {
        let at = usize::try_from(number % 62).unwrap_or_default();
        text.push(char::from(ALPHABET[at]));
        number /= 62;
    }
    Secret::new(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn form_token_is_the_same_after_a_rotation_and_another_one_for_each_recipient() {
        let (old, new) = ([b'a'; 32], [b'b'; 32]);
        let master = MasterKeys::new(&old, []);
        let keys = FormKeys::new(&master);
        let [one, other] = [1, 2].map(Uuid::from_u128);
        let token = keys.token(one);
        assert!(
            token.expose().len() == TOKEN_CHARS
                && token.expose().bytes().all(|b| b.is_ascii_alphanumeric())
        );
        assert_ne!(token, keys.token(other));
        let stored = digest(token.expose());
        assert_eq!(stored.len(), DIGEST_CHARS);
        master.replace(&new, [old.as_slice()]);
        assert_ne!(keys.token(one), token);
        assert_eq!(keys.token_again(one, &stored), Some(token));
        master.replace(&new, []);
        assert_eq!(keys.token_again(one, &stored), None);
    }
}
