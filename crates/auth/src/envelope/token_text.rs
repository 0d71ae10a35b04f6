//! Nonces and CSRF tokens as they stand in signed claims.

use std::{fmt, str::FromStr};

use gatewright_crypto::{
    equal::secrets_equal,
    random::{NoRandomness, Random},
};

/// A nonce or a CSRF token: 1 to 128 characters as claimed, 22 when we draw it. Cannot be printed.
#[derive(Clone)]
pub struct TokenText(String);

/// In constant time too, whoever writes `==`.
impl PartialEq for TokenText {
    fn eq(&self, other: &Self) -> bool {
        self.matches(other.0.as_bytes())
    }
}

impl Eq for TokenText {}

/// Empty or too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not 1 to 128 characters")]
pub struct InvalidTokenText;

impl TokenText {
    /// Random bytes behind one that we draw: 128 bits.
    pub const ENTROPY_BYTES: usize = 16;

    /// Draws one.
    ///
    /// # Errors
    /// [`NoRandomness`].
    pub fn draw(random: &dyn Random) -> Result<Self, NoRandomness> {
        Ok(Self(random.base64url(Self::ENTROPY_BYTES)?))
    }

    /// For the wire and for digests. Never for a log.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether `presented` is this text. Constant time, any length, any bytes (DECISIONS F3).
    pub fn matches(&self, presented: &[u8]) -> bool {
        secrets_equal(presented, &self.0)
    }
}

impl FromStr for TokenText {
    type Err = InvalidTokenText;

    fn from_str(text: &str) -> Result<Self, InvalidTokenText> {
        if (1..=128).contains(&text.chars().count()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidTokenText)
        }
    }
}

impl fmt::Debug for TokenText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenText([hidden])")
    }
}
