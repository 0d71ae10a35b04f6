//! Randomness as a parameter.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::rand::{SecureRandom as _, SystemRandom};

/// A source of uniform random bytes.
pub trait Random: Send + Sync {
    /// Fills the buffer.
    fn fill(&self, buffer: &mut [u8]);

    /// `bytes` random bytes.
    fn bytes(&self, bytes: usize) -> Vec<u8> {
        let mut buffer = vec![0; bytes];
        self.fill(&mut buffer);
        buffer
    }

    /// `bytes` random bytes as base64url without padding.
    fn base64url(&self, bytes: usize) -> String {
        URL_SAFE_NO_PAD.encode(self.bytes(bytes))
    }

    /// `chars` random ASCII letters and digits, each as likely as the others.
    fn alphanumeric(&self, chars: usize) -> String {
        const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        let mut text = String::new();
        while text.len() < chars {
            // Bytes above the last multiple of 62 would make some characters likelier.
            let fair = self.bytes(chars).into_iter().filter(|byte| *byte < 248);
            text.extend(fair.map(|byte| char::from(ALPHABET[usize::from(byte) % 62])));
        }
        text.truncate(chars);
        text
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
    fn fill(&self, buffer: &mut [u8]) {
        // A system without randomness cannot run this software; carrying on would be worse.
        #[allow(clippy::expect_used, reason = "no safe way on without randomness")]
        self.0
            .fill(buffer)
            .expect("the operating system has no randomness to give");
    }
}
