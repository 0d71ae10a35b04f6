//! The texts of the device flow: device code, user code, client id, device label. Each is checked
//! when it is made, before any key is built from it.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

use crate::text::{is_treacherous, visible_name};

/// The text has not the form of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a well-formed code")]
pub struct MalformedCode;

/// `dc_` and 32 characters of base64url: 192 random bits. Cannot be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceCode(String);

impl DeviceCode {
    /// Random bytes behind a code.
    pub const ENTROPY_BYTES: usize = 24;
    const PREFIX: &str = "dc_";
    const BODY_CHARS: usize = 32;

    /// From the base64url text (no padding) of [`Self::ENTROPY_BYTES`] random bytes.
    pub fn from_random(base64url: &str) -> Result<Self, MalformedCode> {
        format!("{}{base64url}", Self::PREFIX).parse()
    }

    /// For the device that asked, and for digests. Never for a log.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for DeviceCode {
    type Err = MalformedCode;

    fn from_str(text: &str) -> Result<Self, MalformedCode> {
        let body = text.strip_prefix(Self::PREFIX).ok_or(MalformedCode)?;
        let well_formed = body.len() == Self::BODY_CHARS
            && body
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if well_formed {
            Ok(Self(text.to_owned()))
        } else {
            Err(MalformedCode)
        }
    }
}

impl fmt::Debug for DeviceCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceCode([hidden])")
    }
}

/// `XXXX-XXXX` out of thirty symbols that nobody misreads. Cannot be printed by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct UserCode(String);

impl UserCode {
    /// The symbols; the web page filters typed characters by exactly this set.
    pub const ALPHABET: &[u8; 30] = b"ABCDEFGHJKLMNPQRSTUVWXY3456789";
    const CHARS: usize = 8;

    /// Draws a code from a source of uniform random bytes. Bytes of 240 and above are thrown
    /// away, so that each symbol is equally likely.
    ///
    /// # Errors
    /// The source's.
    pub fn draw<E>(mut random_byte: impl FnMut() -> Result<u8, E>) -> Result<Self, E> {
        let mut code = String::with_capacity(Self::CHARS + 1);
        while code.len() < Self::CHARS + 1 {
            if code.len() == Self::CHARS / 2 {
                code.push('-');
            }
            let byte = random_byte()?;
            if byte < 240 {
                code.push(char::from(Self::ALPHABET[usize::from(byte % 30)]));
            }
        }
        Ok(Self(code))
    }

    /// For the person at the device, and for digests. Never for a log.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for UserCode {
    type Err = MalformedCode;

    /// Any case, with or without the dash, spaces anywhere (RFC 8628 §6.1).
    fn from_str(text: &str) -> Result<Self, MalformedCode> {
        if text.len() > 64 {
            return Err(MalformedCode);
        }
        let symbols: Vec<u8> = text
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '-')
            .map(|c| u8::try_from(c.to_ascii_uppercase()).map_err(|_| MalformedCode))
            .collect::<Result<_, _>>()?;
        let well_formed = symbols.len() == Self::CHARS
            && symbols.iter().all(|symbol| Self::ALPHABET.contains(symbol));
        if !well_formed {
            return Err(MalformedCode);
        }
        let (left, right) = symbols.split_at(Self::CHARS / 2);
        Ok(Self(format!(
            "{}-{}",
            String::from_utf8_lossy(left),
            String::from_utf8_lossy(right)
        )))
    }
}

/// What somebody typed where a user code is asked for. Read once, at the edge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypedCode {
    /// No code was given, or white space only.
    Missing,
    /// Something that has not the form of a code.
    Malformed,
    /// A code, whether or not there is such a grant.
    Code(UserCode),
}

impl TypedCode {
    /// Reads what came.
    pub fn read(text: Option<&str>) -> Self {
        match text.unwrap_or_default().trim() {
            "" => Self::Missing,
            text => text.parse().map_or(Self::Malformed, Self::Code),
        }
    }

    /// The code, if it is one.
    pub fn code(&self) -> Option<&UserCode> {
        match self {
            Self::Code(code) => Some(code),
            Self::Missing | Self::Malformed => None,
        }
    }
}

impl fmt::Debug for UserCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserCode([hidden])")
    }
}

/// An OAuth client id: 1 to 64 printable ASCII characters (the column holds 64).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClientId(String);

impl ClientId {
    /// The client id as it was sent and is stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ClientId {
    type Err = MalformedCode;

    fn from_str(text: &str) -> Result<Self, MalformedCode> {
        let well_formed =
            (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        if well_formed {
            Ok(Self(text.to_owned()))
        } else {
            Err(MalformedCode)
        }
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a device calls itself: 1 to 128 characters after trimming and NFC, none of them a control
/// or a character that turns the direction of the text round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeviceLabel(String);

/// Why a label is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLabel {
    /// Nothing left after trimming.
    #[error("must not be empty")]
    Empty,
    /// Over 128 characters.
    #[error("must be at most 128 characters")]
    TooLong,
    /// Control, line separator or bidirectional override.
    #[error("must not contain control characters")]
    Control,
}

impl DeviceLabel {
    /// The longest label, in characters.
    pub const MAX_CHARS: usize = 128;

    /// The label as it is shown and stored: trimmed, NFC.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for DeviceLabel {
    type Err = InvalidLabel;

    fn from_str(text: &str) -> Result<Self, InvalidLabel> {
        // Bounded before the normalisation, which may touch every character.
        if text.len() > Self::MAX_CHARS * 8 {
            return Err(InvalidLabel::TooLong);
        }
        if text.trim().chars().any(is_treacherous) {
            return Err(InvalidLabel::Control);
        }
        // An emoji's mark is no attack; it is left out rather than refused.
        let label: String = visible_name(text).nfc().collect();
        if label.is_empty() {
            Err(InvalidLabel::Empty)
        } else if label.chars().count() > Self::MAX_CHARS {
            Err(InvalidLabel::TooLong)
        } else {
            Ok(Self(label))
        }
    }
}

impl fmt::Display for DeviceLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
