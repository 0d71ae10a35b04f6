//! Randomness as a parameter. The system may have none to give: whoever draws says what then.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::rand::{SecureRandom as _, SystemRandom};

/// The source has nothing to give. What was to be made of it must not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the operating system has no randomness to give")]
pub struct NoRandomness;

/// A source of uniform random bytes. Every way to draw fails with [`NoRandomness`] alone.
pub trait Random: Send + Sync {
    /// Fills the buffer.
    ///
    /// # Errors
    /// [`NoRandomness`]; the buffer holds nothing of use then.
    fn fill(&self, buffer: &mut [u8]) -> Result<(), NoRandomness>;

    /// `bytes` random bytes.
    ///
    /// # Errors
    /// [`NoRandomness`].
    fn bytes(&self, bytes: usize) -> Result<Vec<u8>, NoRandomness> {
        let mut buffer = vec![0; bytes];
        self.fill(&mut buffer)?;
        Ok(buffer)
    }

    /// `bytes` random bytes as base64url without padding.
    ///
    /// # Errors
    /// [`NoRandomness`].
    fn base64url(&self, bytes: usize) -> Result<String, NoRandomness> {
        Ok(URL_SAFE_NO_PAD.encode(self.bytes(bytes)?))
    }

    /// `chars` random ASCII letters and digits, each as likely as the others.
    ///
    /// # Errors
    /// [`NoRandomness`].
    fn alphanumeric(&self, chars: usize) -> Result<String, NoRandomness> {
        const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        let mut text = String::new();
        while text.len() < chars {
            // Bytes above the last multiple of 62 would make some characters likelier.
            let fair = self.bytes(chars)?.into_iter().filter(|byte| *byte < 248);
            text.extend(fair.map(|byte| char::from(ALPHABET[usize::from(byte) % 62])));
        }
        text.truncate(chars);
        Ok(text)
    }
}

/// The operating system's generator.
#[derive(Debug)]
pub struct OsRandom(SystemRandom);

impl Default for OsRandom {
    fn default() -> Self {
        Self(SystemRandom::new())
    }
}

impl Random for OsRandom {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), NoRandomness> {
        self.0.fill(buffer).map_err(|_| NoRandomness)
    }
}
