//! What members of requests about identity may be: each type is read, checked and documented by itself.

use chrono_tz::Tz;
use gatewright_domain::{
    Secret,
    account::{Email, check_password_policy},
};
use gatewright_http_kit::{
    holds,
    input::{
        list::List,
        text::{Id, Limited},
    },
};
use serde::Deserialize;
use utoipa::ToSchema;

mod choice;

pub use choice::{LanguageTag, ModelType, PluginCategory, TagFilter, TagType, Theme};

/// An e-mail address.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(try_from = "Limited")]
#[schema(value_type = String, format = "idn-email", max_length = 255)]
pub struct EmailAddress(Email);

impl TryFrom<Limited> for EmailAddress {
    type Error = String;

    fn try_from(text: Limited) -> Result<Self, String> {
        text.parsed().map(Self)
    }
}

/// A password to be: at least 8 characters, with a letter and a digit.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(try_from = "Limited")]
#[schema(value_type = String, format = Password, min_length = 8, max_length = 1024)]
pub struct NewPassword(Secret);

impl TryFrom<Limited> for NewPassword {
    type Error = String;

    fn try_from(text: Limited) -> Result<Self, String> {
        let password = text.without_nul()?;
        match check_password_policy(&password) {
            Ok(()) => Ok(Self(Secret::new(password))),
            Err(violation) => Err(violation.to_string()),
        }
    }
}

/// A time zone of IANA's.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(try_from = "Limited")]
#[schema(value_type = String, example = "Europe/Berlin")]
pub struct Timezone(String);

impl TryFrom<Limited> for Timezone {
    type Error = String;

    fn try_from(text: Limited) -> Result<Self, String> {
        let zone = text.plain()?;
        match zone.parse::<Tz>() {
            Ok(_) => Ok(Self(zone)),
            Err(_) => Err("is not a valid timezone.".to_owned()),
        }
    }
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident: $least:tt to $most:tt;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Deserialize, ToSchema)]
        #[serde(try_from = "Limited")]
        #[schema(value_type = String, min_length = $least, max_length = $most)]
        pub struct $name(String);

        impl TryFrom<Limited> for $name {
            type Error = String;

            fn try_from(text: Limited) -> Result<Self, String> {
                text.name( $least, $most).map(Self)
            }
        }

        holds! { $name: String, seen as str; }
    )+};
}

names! {
    // console.md §7.9.
    /// The name of an account.
    AccountName: 3 to 30;
    /// The name that somebody gives who takes up an invitation.
    GuestName: 1 to 30;
    /// The name of a workspace.
    WorkspaceName: 1 to 255;
    /// The name of a tag.
    TagLabel: 1 to 50;
}

holds! {
    EmailAddress: Email, seen as Email;
    NewPassword: Secret, seen as Secret;
    Timezone: String, seen as str;
}

/// Addresses of one request.
pub type Addresses = List<String, 1, 100>;

/// Tags of one request.
pub type TagIds = List<Id, 0, 200>;

#[cfg(test)]
mod tests;
