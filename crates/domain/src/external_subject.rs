//! People without an account, known by what an identity provider says of them.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

use crate::text::{is_plain_address, is_treacherous};

/// The longest e-mail address or issuer, in characters: what the columns hold.
pub const MAX_LENGTH: usize = 255;

/// The text is not a usable address or issuer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a usable e-mail address or issuer")]
pub struct InvalidSubject;

/// An asserted e-mail address: 3 to 255 characters in NFC, one `@` between two parts that are not
/// empty, no white space, no control characters (device-flow.md §6.4, DECISIONS §4 "SSO").
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SubjectEmail(String);

impl SubjectEmail {
    /// As asserted, in NFC.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form that addresses are compared, counted and stored in.
    pub fn folded(&self) -> String {
        self.0.to_lowercase().nfc().collect()
    }
}

impl FromStr for SubjectEmail {
    type Err = InvalidSubject;

    fn from_str(text: &str) -> Result<Self, InvalidSubject> {
        // Bounded before the normalisation, which may touch every character.
        if text.len() > MAX_LENGTH * 4 {
            return Err(InvalidSubject);
        }
        let email: String = text.nfc().collect();
        let (local, host) = email.split_once('@').ok_or(InvalidSubject)?;
        let usable = !local.is_empty()
            && !host.is_empty()
            && !host.contains('@')
            && email.chars().count() <= MAX_LENGTH
            && is_plain_address(&email);
        // Folding may lengthen a text; the column must hold that too.
        let email = Self(email);
        if usable && email.folded().chars().count() <= MAX_LENGTH {
            Ok(email)
        } else {
            Err(InvalidSubject)
        }
    }
}

/// An asserted issuer: 1 to 255 characters, not blank, no control characters; never the sentinel
/// that account tokens carry.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SubjectIssuer(String);

impl SubjectIssuer {
    /// The issuer as the assertion named it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SubjectIssuer {
    type Err = InvalidSubject;

    fn from_str(text: &str) -> Result<Self, InvalidSubject> {
        let usable = text.len() <= MAX_LENGTH * 4
            && (1..=MAX_LENGTH).contains(&text.chars().count())
            && !text.trim().is_empty()
            && !text.chars().any(is_treacherous)
            && text != crate::bearer_token::ACCOUNT_ISSUER;
        if usable {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidSubject)
        }
    }
}

macro_rules! text_conversions {
    ($($name:ident),+) => {$(
        impl TryFrom<String> for $name {
            type Error = InvalidSubject;
            fn try_from(text: String) -> Result<Self, InvalidSubject> {
                text.parse()
            }
        }
        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

text_conversions!(SubjectEmail, SubjectIssuer);

/// A person known to an identity provider only. The pair is the identity; addresses that differ in
/// case only are the same person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExternalSubject {
    /// The mail address that the issuer asserts, which names the person.
    pub email: SubjectEmail,
    /// Who says so.
    pub issuer: SubjectIssuer,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn external_email_is_validated() {
        for good in ["a@b", "Ext@Partner.example", "ü@exämple.de"] {
            assert!(good.parse::<SubjectEmail>().is_ok(), "{good}");
        }
        let long = format!("{}@b.example", "a".repeat(250));
        for bad in [
            "",
            "@",
            "a@",
            "@b",
            "a@b@c",
            "a b@c",
            "a@b\n",
            "a\u{202e}@b",
            "a\u{200b}@b",
            "a\u{ad}@b",
            "\u{ff41}@b",
            "a\0@b",
            &long,
        ] {
            assert!(bad.parse::<SubjectEmail>().is_err(), "{bad:?}");
        }
        let decomposed: SubjectEmail = "u\u{308}@B.example".parse().unwrap();
        assert_eq!(decomposed.as_str(), "ü@B.example");
        assert_eq!(decomposed.folded(), "ü@b.example");
    }

    #[test]
    fn external_issuer_is_validated() {
        assert!("https://idp.example".parse::<SubjectIssuer>().is_ok());
        for bad in ["", "  ", "a\tb", "dify:account", &"x".repeat(256)] {
            assert!(bad.parse::<SubjectIssuer>().is_err(), "{bad:?}");
        }
    }
}
