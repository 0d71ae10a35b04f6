//! Digests and message authentication codes.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha3::{Digest as _, Sha3_256};

/// SHA-256 as 64 lower-case hex characters.
pub fn sha256_hex(data: impl AsRef<[u8]>) -> String {
    hex::encode(ring::digest::digest(&ring::digest::SHA256, data.as_ref()))
}

/// The first `chars` characters of the base64url text of SHA-256, at most 43.
pub fn sha256_base64url(data: impl AsRef<[u8]>, chars: usize) -> String {
    let mut text =
        URL_SAFE_NO_PAD.encode(ring::digest::digest(&ring::digest::SHA256, data.as_ref()));
    text.truncate(chars);
    text
}

/// SHA3-256 (FIPS 202) of what comes in pieces.
#[derive(Clone, Default)]
pub struct Sha3(Sha3_256);

impl Sha3 {
    /// Takes the next piece.
    pub fn update(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    /// The digest of all pieces as 64 lower-case hex characters.
    pub fn finish_hex(self) -> String {
        hex::encode(self.0.finalize())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sha3_of_pieces_is_that_of_the_whole() {
        let mut digest = Sha3::default();
        digest.update(b"a");
        digest.update(b"bc");
        assert_eq!(
            digest.finish_hex(),
            "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"
        );
    }

    #[test]
    fn digest_matches_known_vectors() {
        assert_eq!(
            sha256_hex("abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(sha256_base64url("abc", 6), "ungWv4");
    }
}
