//! Digests and message authentication codes.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digest_matches_known_vectors() {
        assert_eq!(
            sha256_hex("abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(sha256_base64url("abc", 6), "ungWv4");
    }
}
