//! API keys of apps and of knowledge: how they are shown, and what of them is stored.

use gatewright_crypto::digest::sha256_hex;

/// Longest text that is looked up as a key, in characters: what a row of Dify's table holds.
const MAX_KEY_CHARS: usize = 255;

/// The first eight and the last four characters; nothing of a text that is too short to hide the rest.
pub fn mask(key: &str) -> String {
    let chars: Vec<char> = key.chars().collect();
    if chars.len() < 16 {
        return "…".into();
    }
    let (head, tail) = (&chars[..8], &chars[chars.len() - 4..]);
    format!(
        "{}…{}",
        head.iter().collect::<String>(),
        tail.iter().collect::<String>()
    )
}

/// What is stored of a key that is made here: its mask, which lists show, and its digest.
pub fn stored(key: &str) -> String {
    format!("{}:{}", mask(key), sha256_hex(key))
}

/// The texts that a row may hold of a key that somebody presents: what is stored of ours, and the key itself, which a database that was
/// taken over from Dify has in clear. A text with a colon is no key in clear: else what is stored of a key would open what the key opens.
pub fn rows_of(presented: &str) -> Vec<String> {
    if presented.is_empty() || presented.chars().count() > MAX_KEY_CHARS {
        return vec![];
    }
    let mut rows = vec![stored(presented)];
    if !presented.contains(':') {
        rows.push(presented.to_owned());
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mask_shows_the_ends_of_long_keys_and_nothing_of_short_ones() {
        for (key, masked) in [
            ("app-0123456789abcdef", "app-0123…cdef"),
            ("0123456789abcdef", "01234567…cdef"),
            ("0123456789abcde", "…"),
            ("", "…"),
        ] {
            assert_eq!(mask(key), masked, "{key}");
        }
    }

    #[test]
    fn what_is_stored_of_a_key_opens_nothing_when_it_is_presented() {
        let key = "app-0123456789abcdefghijklmn";
        let rows = rows_of(key);
        assert_eq!(rows, [stored(key), key.to_owned()]);
        assert!(!rows_of(&stored(key)).contains(&stored(key)));
        for none in [String::new(), "x".repeat(256)] {
            assert!(rows_of(&none).is_empty());
        }
    }
}
