//! A text that only whoever has a secret can read: for what is stored under the digest of a token that is
//! stored nowhere. The same secret and text give the same veil, so that it can be compared with what is
//! stored; whoever has only the store learns its length.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hmac,
};

/// The veiled text, base64url. `secret` has at least 128 random bits. `None` only when the text is larger than
/// the cipher takes (64 GiB).
pub fn veil(secret: &str, text: &str) -> Option<String> {
    let (key, master) = key(secret)?;
    // Computed from the text: the same nonce comes twice for the same text alone.
    let message = [b"gatewright/v1/veil/nonce/", text.as_bytes()].concat();
    let nonce = hmac::sign(&master, &message);
    let nonce: [u8; NONCE_LEN] = nonce.as_ref().get(..NONCE_LEN)?.try_into().ok()?;
    let mut hidden = text.as_bytes().to_vec();
    let sealed = Nonce::assume_unique_for_key(nonce);
    key.seal_in_place_append_tag(sealed, Aad::empty(), &mut hidden)
        .ok()?;
    Some(URL_SAFE_NO_PAD.encode([nonce.as_slice(), &hidden].concat()))
}

/// The text behind a veil, if this secret made it.
pub fn unveil(secret: &str, veiled: &str) -> Option<String> {
    let (key, _) = key(secret)?;
    let bytes = URL_SAFE_NO_PAD.decode(veiled).ok()?;
    let (nonce, hidden) = bytes.split_at_checked(NONCE_LEN)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let mut hidden = hidden.to_vec();
    let text = key.open_in_place(nonce, Aad::empty(), &mut hidden).ok()?;
    String::from_utf8(text.to_vec()).ok()
}

fn key(secret: &str) -> Option<(LessSafeKey, hmac::Key)> {
    let master = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let bytes = hmac::sign(&master, b"gatewright/v1/veil/key");
    let key = UnboundKey::new(&AES_256_GCM, bytes.as_ref()).ok()?;
    Some((LessSafeKey::new(key), master))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn veiled_text_opens_unchanged_with_its_own_secret_only() {
        let veiled = veil("a secret", "owner@example.com").unwrap();
        assert_eq!(veil("a secret", "owner@example.com").unwrap(), veiled);
        assert_ne!(veil("a secret", "owner@example.con").unwrap(), veiled);
        assert!(!veiled.contains("owner"));
        assert_eq!(
            unveil("a secret", &veiled).as_deref(),
            Some("owner@example.com")
        );
        assert_eq!(unveil("another", &veiled), None);
        for broken in [
            "",
            "AAAA",
            &veiled[1..],
            &veiled.replace(&veiled[20..22], "__"),
        ] {
            assert_eq!(unveil("a secret", broken), None, "{broken}");
        }
        assert_eq!(unveil("s", &veil("s", "").unwrap()).as_deref(), Some(""));
    }
}
