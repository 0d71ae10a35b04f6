//! Accounts: people who sign in at the console.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{era::Era, ids::AccountId, text::is_plain_address};

/// The life of an account (console.md §9.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AccountStatus {
    /// Invited, not yet activated. The first sign-in activates.
    Pending,
    /// Left over from the cloud edition: must run `POST /account/init` first.
    Uninitialized,
    /// The usual state.
    Active,
    /// Locked out by an administrator.
    Banned,
    /// Deleted by its owner.
    Closed,
}

impl AccountStatus {
    /// The text in the database and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Uninitialized => "uninitialized",
            Self::Active => "active",
            Self::Banned => "banned",
            Self::Closed => "closed",
        }
    }

    /// An unknown text counts as closed: what we do not know gets no access.
    pub fn from_db(text: &str) -> Self {
        match text {
            "pending" => Self::Pending,
            "uninitialized" => Self::Uninitialized,
            "active" => Self::Active,
            "banned" => Self::Banned,
            _ => Self::Closed,
        }
    }

    /// Whether a session of such an account is honoured at the console.
    pub fn may_use_console(self) -> bool {
        matches!(self, Self::Active | Self::Pending | Self::Uninitialized)
    }
}

/// A syntactically acceptable e-mail address (console.md §1.7), at most 255 characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Email(String);

/// The text is not an e-mail address that the console accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidEmail(&'static str);

impl Email {
    /// The longest address that the column holds.
    pub const MAX_CHARS: usize = 255;

    /// The address as its owner typed it; it is compared by [`Email::lowercase`].
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form that addresses are compared in and that limits count by.
    #[must_use]
    pub fn lowercase(&self) -> Self {
        Self(self.0.to_lowercase())
    }
}

impl FromStr for Email {
    type Err = InvalidEmail;

    fn from_str(text: &str) -> Result<Self, InvalidEmail> {
        const SHAPE: InvalidEmail = InvalidEmail("is not a valid email.");
        if text.chars().count() > Self::MAX_CHARS {
            return Err(InvalidEmail("is longer than 255 characters."));
        }
        let (local, host) = text.split_once('@').ok_or(SHAPE)?;
        let local_ok = !local.is_empty()
            && local
                .chars()
                .all(|c| is_word(c) || ".!#$%&'*+-/=?^`{|}~".contains(c));
        let labels: Vec<&str> = host.split('.').collect();
        let host_ok = labels.len() >= 2
            && labels
                .iter()
                .all(|label| !label.is_empty() && label.chars().all(|c| is_word(c) || c == '-'))
            && labels.last().is_some_and(|last| last.chars().count() >= 2);
        if local_ok && host_ok && is_plain_address(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(SHAPE)
        }
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a new password is refused (console.md §3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordPolicyViolation {
    /// Too short, no letter, no digit, or a line break. The text is compared by tests of Dify.
    #[error("Password must contain letters and numbers, and the length must be greater than 8.")]
    TooWeak,
    /// Longer than any passphrase; hashing it would only cost us time.
    #[error("Password must be at most 1024 characters.")]
    TooLong,
}

/// Checks a new password: at least one ASCII letter, one digit, 8 to 1024 characters, no line break.
pub fn check_password_policy(password: &str) -> Result<(), PasswordPolicyViolation> {
    let chars = password.chars().count();
    if chars > 1024 {
        return Err(PasswordPolicyViolation::TooLong);
    }
    let strong = chars >= 8
        && password.chars().any(|c| c.is_ascii_alphabetic())
        && password.chars().any(|c| c.is_ascii_digit())
        && !password.contains(['\n', '\r', '\0']);
    if strong {
        Ok(())
    } else {
        Err(PasswordPolicyViolation::TooWeak)
    }
}

/// A row of `accounts` without its password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Primary key of `accounts`, a UUID that does not change.
    pub id: AccountId,
    /// Shown in the console.
    pub name: String,
    /// As stored; compared case-insensitively.
    pub email: String,
    /// A URL, or the id of an uploaded file.
    pub avatar: Option<String>,
    /// Whether a password was ever set.
    pub is_password_set: bool,
    /// One of the tags of console.md §1.12.
    pub interface_language: Option<String>,
    /// `light` or `dark`.
    pub interface_theme: Option<String>,
    /// An IANA zone.
    pub timezone: Option<String>,
    /// When the account last signed in, in UTC; none before the first time.
    pub last_login_at: Option<DateTime<Utc>>,
    /// Textual address of the last sign-in.
    pub last_login_ip: Option<String>,
    /// What the account may do at all: see [`AccountStatus`].
    pub status: AccountStatus,
    /// What was given in another one is over.
    pub era: Era,
    /// UTC, whole seconds.
    pub created_at: DateTime<Utc>,
    /// UTC, whole seconds; written at most every ten minutes.
    pub last_active_at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn email_is_validated_by_the_console_pattern() {
        for good in [
            "a@b.co",
            "Owner+x@Example.com",
            "o'neil@sub.example.org",
            "ünï@exämple.de",
        ] {
            assert!(good.parse::<Email>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "a",
            "a@b",
            "@b.co",
            "a@.co",
            "a@b..co",
            "a b@c.de",
            "a@b.c",
            "a@b.co\n",
            "a@@b.co",
            "\u{ff41}@b.co",
            "a\u{115f}@b.co",
            "a\u{200b}@b.co",
            "\u{212a}@b.co",
        ] {
            assert!(bad.parse::<Email>().is_err(), "{bad:?}");
        }
        assert!(
            format!("{}@b.co", "a".repeat(260))
                .parse::<Email>()
                .is_err()
        );
    }

    #[test]
    fn sec_154_password_is_not_truncated() {
        assert!(check_password_policy("Passw0rd").is_ok());
        assert!(check_password_policy("short1").is_err());
        assert!(check_password_policy("12345678").is_err());
        assert!(check_password_policy("passwords").is_err());
        assert!(check_password_policy("Passw0rd\nx").is_err());
        assert!(check_password_policy("Passw0rd\0x").is_err());
        assert!(check_password_policy(&format!("a1{}", "ü".repeat(62))).is_ok());
        assert!(check_password_policy(&format!("a1{}", "x".repeat(1022))).is_ok());
        assert_eq!(
            check_password_policy(&format!("a1{}", "x".repeat(1023))),
            Err(PasswordPolicyViolation::TooLong)
        );
    }

    #[test]
    fn account_of_unknown_status_has_no_access() {
        assert!(!AccountStatus::from_db("superuser").may_use_console());
        assert!(!AccountStatus::Closed.may_use_console());
    }
}
