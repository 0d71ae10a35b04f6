//! The form of a bearer: prefix, 43 characters of base64url (256 random bits), and since our first
//! release 6 characters of checksum, so that a mistyped or invented token is refused without a look
//! at any store. Tokens of the old length carry none and are looked up.

use std::fmt;

use gatewright_crypto::{
    digest::{sha256_base64url, sha256_hex},
    equal::secrets_equal,
    random::{NoRandomness, Random},
};
use gatewright_domain::bearer_token::BearerKind;

const PREFIX_CHARS: usize = 5;
const BODY_CHARS: usize = 43;
const BODY_BYTES: usize = 32;
const CHECKSUM_CHARS: usize = 6;

/// SHA-256 of the complete token in lower-case hex: all that is ever stored of one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TokenHash(String);

impl TokenHash {
    /// Wraps the text of a `token_hash` column.
    pub fn from_column(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// 64 lower-case hex characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a text is no bearer of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unrecognised {
    /// Starts like nothing we issue.
    Prefix,
    /// Right prefix; wrong length, alphabet or checksum.
    Checksum,
}

/// A text that has the form of a bearer. Whether such a token exists is another question.
#[derive(Clone)]
pub struct PresentedBearer {
    kind: BearerKind,
    hash: TokenHash,
}

impl PresentedBearer {
    /// Recognises a token by its form alone.
    pub fn recognise(text: &str) -> Result<Self, Unrecognised> {
        let (prefix, rest) = text
            .split_at_checked(PREFIX_CHARS)
            .ok_or(Unrecognised::Prefix)?;
        let kind = BearerKind::from_prefix(prefix).ok_or(Unrecognised::Prefix)?;
        if !rest
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        {
            return Err(Unrecognised::Checksum);
        }
        let well_formed = match rest.len().checked_sub(BODY_CHARS) {
            Some(0) => true,
            Some(CHECKSUM_CHARS) => {
                let (signed, checksum) = text.split_at(PREFIX_CHARS + BODY_CHARS);
                secrets_equal(checksum_of(signed), checksum)
            }
            _ => false,
        };
        if !well_formed {
            return Err(Unrecognised::Checksum);
        }
        Ok(Self {
            kind,
            hash: TokenHash(sha256_hex(text)),
        })
    }

    /// What the prefix announces.
    pub fn kind(&self) -> BearerKind {
        self.kind
    }

    /// What to look for.
    pub fn hash(&self) -> &TokenHash {
        &self.hash
    }
}

impl fmt::Debug for PresentedBearer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PresentedBearer({:?}, [hidden])", self.kind)
    }
}

fn checksum_of(prefix_and_body: &str) -> String {
    sha256_base64url(
        format!("gatewright-bearer-checksum/{prefix_and_body}"),
        CHECKSUM_CHARS,
    )
}

/// A token that was just made. It exists in clear only until the device has it.
pub struct NewBearer {
    text: String,
    kind: BearerKind,
}

impl NewBearer {
    /// Makes a token of a kind.
    ///
    /// # Errors
    /// [`NoRandomness`]: then there is no token.
    pub fn generate(kind: BearerKind, random: &dyn Random) -> Result<Self, NoRandomness> {
        let unsigned = format!("{}{}", kind.prefix(), random.base64url(BODY_BYTES)?);
        let text = format!("{unsigned}{}", checksum_of(&unsigned));
        Ok(Self { text, kind })
    }

    /// What is stored.
    pub fn hash(&self) -> TokenHash {
        TokenHash(sha256_hex(&self.text))
    }

    /// Whose token it is to be: an account's or an external subject's.
    pub fn kind(&self) -> BearerKind {
        self.kind
    }

    /// The token itself, for the one answer that delivers it.
    pub fn into_text(self) -> String {
        self.text
    }
}

impl fmt::Debug for NewBearer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NewBearer({:?}, [hidden])", self.kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatewright_crypto::random::OsRandom;
    use proptest::prelude::*;

    fn fresh() -> String {
        NewBearer::generate(BearerKind::Account, &OsRandom::default())
            .unwrap()
            .into_text()
    }

    #[test]
    fn new_token_is_recognised_and_hashed_as_a_whole() {
        let text = fresh();
        assert_eq!(text.len(), 54);
        let presented = PresentedBearer::recognise(&text).unwrap();
        assert_eq!(presented.kind(), BearerKind::Account);
        assert_eq!(presented.hash().as_str(), sha256_hex(&text));
    }

    #[test]
    fn token_of_the_old_format_has_no_checksum() {
        let old = format!("dfoe_{}", "A".repeat(43));
        assert_eq!(
            PresentedBearer::recognise(&old).unwrap().kind(),
            BearerKind::ExternalSso
        );
    }

    #[test]
    fn text_that_is_no_token_is_classified_by_its_form_alone() {
        for text in ["", "dfo", "dfox_abc", "Bearer x", "eyJhbGciOi", "dföa_x"] {
            assert_eq!(
                PresentedBearer::recognise(text).unwrap_err(),
                Unrecognised::Prefix,
                "{text}"
            );
        }
        let spaced = format!("dfoa_{} ", "A".repeat(42));
        for text in [
            "dfoa_",
            "dfoa_abc",
            &spaced,
            &format!("dfoa_{}", "A".repeat(44)),
        ] {
            assert_eq!(
                PresentedBearer::recognise(text).unwrap_err(),
                Unrecognised::Checksum,
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn sec_110_any_changed_character_breaks_the_checksum(position in 5usize..54, symbol in "[A-Za-z0-9_-]") {
            let text = fresh();
            let mut changed = text.clone();
            changed.replace_range(position..=position, &symbol);
            prop_assume!(changed != text);
            prop_assert!(PresentedBearer::recognise(&changed).is_err());
        }
    }
}
