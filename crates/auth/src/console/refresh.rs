//! Refresh tokens: 128 hex characters that are computed, not stored. A token names its session and
//! generation and carries a code over both, keyed by `SECRET_KEY` and by a salt in the session's
//! row: neither a dump of the database nor a leaked key alone yields one, and the successor that a
//! second tab must get again can be computed again.

use std::fmt;

use gatewright_crypto::{equal::secrets_equal, keys::HmacKey};
use gatewright_domain::{console_session::ConsoleSession, ids::ConsoleSessionId};
use uuid::Uuid;

use super::passport::ConsoleKeys;

const TOKEN_BYTES: usize = 64;
const NAMED_BYTES: usize = 20;

/// A refresh token as presented. Its code is checked against the session that it names.
#[derive(Clone)]
pub struct RefreshToken {
    session_id: ConsoleSessionId,
    generation: i32,
    bytes: [u8; TOKEN_BYTES],
}

impl RefreshToken {
    /// The token of a generation of a session.
    pub fn issue(keys: &ConsoleKeys, session: &ConsoleSession, generation: i32) -> String {
        to_hex(&compute(&keys.refresh_keys()[0], session, generation))
    }

    /// Recognises a token by its form.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = from_hex(text)?;
        let session_id = ConsoleSessionId(Uuid::from_slice(&bytes[..16]).ok()?);
        let generation = i32::from_be_bytes(bytes[16..NAMED_BYTES].try_into().ok()?);
        (generation >= 0).then_some(Self {
            session_id,
            generation,
            bytes,
        })
    }

    /// The session that it claims to belong to.
    pub fn session_id(&self) -> ConsoleSessionId {
        self.session_id
    }

    /// The generation, once the code over it has proved right under any of our keys.
    pub fn verified_generation(&self, keys: &ConsoleKeys, session: &ConsoleSession) -> Option<i32> {
        keys.refresh_keys()
            .iter()
            .any(|key| secrets_equal(compute(key, session, self.generation), self.bytes))
            .then_some(self.generation)
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RefreshToken({}, [hidden])", self.session_id)
    }
}

fn compute(key: &HmacKey, session: &ConsoleSession, generation: i32) -> [u8; TOKEN_BYTES] {
    let mut token = [0; TOKEN_BYTES];
    token[..16].copy_from_slice(session.id.0.as_bytes());
    token[16..NAMED_BYTES].copy_from_slice(&generation.to_be_bytes());
    let mut message = token[..NAMED_BYTES].to_vec();
    message.extend_from_slice(&session.refresh_salt);
    let code: Vec<u8> = [0u8, 1]
        .into_iter()
        .flat_map(|block| key.sign(&[&[block], message.as_slice()].concat()))
        .collect();
    token[NAMED_BYTES..].copy_from_slice(&code[..TOKEN_BYTES - NAMED_BYTES]);
    token
}

fn to_hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(TOKEN_BYTES * 2), |mut text, byte| {
            text.push(char::from_digit(u32::from(byte >> 4), 16).unwrap_or('0'));
            text.push(char::from_digit(u32::from(byte & 15), 16).unwrap_or('0'));
            text
        })
}

fn from_hex(text: &str) -> Option<[u8; TOKEN_BYTES]> {
    let digits = text.as_bytes();
    let lower_hex = digits
        .iter()
        .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(b));
    if digits.len() != TOKEN_BYTES * 2 || !lower_hex {
        return None;
    }
    let value = |digit: u8| {
        if digit < b'a' {
            digit - b'0'
        } else {
            digit - b'a' + 10
        }
    };
    let mut bytes = [0; TOKEN_BYTES];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = value(pair[0]) << 4 | value(pair[1]);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use gatewright_crypto::keys::MasterKeys;
    use gatewright_domain::ids::AccountId;

    fn keys(byte: u8) -> ConsoleKeys {
        ConsoleKeys::new(&MasterKeys::new(&[byte; 32], []))
    }

    fn session(salt: u8) -> ConsoleSession {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        ConsoleSession {
            id: ConsoleSessionId(Uuid::from_u128(7)),
            account_id: AccountId(Uuid::nil()),
            refresh_salt: vec![salt; 16],
            generation: 0,
            rotated_at: now,
            since_rotation: None,
            idle_expires_at: now,
            absolute_expires_at: now,
            revoked_at: None,
        }
    }

    #[test]
    fn refresh_token_verifies_under_its_own_key_and_salt_only() {
        let text = RefreshToken::issue(&keys(1), &session(1), 5);
        assert_eq!(text.len(), 128);
        assert_eq!(
            text,
            RefreshToken::issue(&keys(1), &session(1), 5),
            "computed again, the same"
        );
        let token = RefreshToken::parse(&text).unwrap();
        assert_eq!(token.verified_generation(&keys(1), &session(1)), Some(5));
        assert_eq!(token.verified_generation(&keys(2), &session(1)), None);
        assert_eq!(token.verified_generation(&keys(1), &session(2)), None);
    }

    #[test]
    fn refresh_token_with_any_changed_digit_is_refused() {
        let text = RefreshToken::issue(&keys(1), &session(1), 5);
        for position in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[position] = if changed[position] == b'0' {
                b'1'
            } else {
                b'0'
            };
            let changed = String::from_utf8(changed).unwrap();
            let accepted = RefreshToken::parse(&changed)
                .filter(|token| token.session_id() == session(1).id)
                .and_then(|token| token.verified_generation(&keys(1), &session(1)));
            assert_eq!(accepted, None, "digit {position}");
        }
        assert!(RefreshToken::parse(&text.to_uppercase()).is_none());
        assert!(RefreshToken::parse(&text[1..]).is_none());
    }
}
