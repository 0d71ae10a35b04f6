//! Texts of requests.

use std::{fmt::Display, str::FromStr};

use gatewright_domain::{Secret, text::visible_name};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;
use uuid::Uuid;

use super::refuse;

/// Longest text that any member takes which says nothing else, in characters.
pub const MAX_CHARS: usize = 4096;

/// What the newtypes are made of: any text of at most 4096 characters.
#[derive(Debug)]
pub struct Limited(String);

impl Limited {
    /// The text, within the limits of its type.
    pub fn into_inner(self) -> String {
        self.0
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text as somebody's words: without control characters.
    ///
    /// # Errors
    /// Says so.
    pub fn plain(self) -> Result<String, String> {
        if self.0.chars().any(char::is_control) {
            return Err("must not contain control characters".to_owned());
        }
        Ok(self.0)
    }

    /// The text without NUL, which no store takes.
    ///
    /// # Errors
    /// Says so.
    pub fn without_nul(self) -> Result<String, String> {
        if self.0.contains('\0') {
            return Err("must not contain NUL".to_owned());
        }
        Ok(self.0)
    }

    /// What the text, which has no NUL, parses as.
    ///
    /// # Errors
    /// What the type's own parser says.
    pub fn parsed<T: FromStr<Err: Display>>(self) -> Result<T, String> {
        let parsed = self.without_nul()?.parse();
        parsed.map_err(|problem: T::Err| problem.to_string())
    }

    /// A name as it is seen, of so many characters. Every name of a request is read here.
    ///
    /// # Errors
    /// What a name must be.
    pub fn name(self, least: usize, most: usize) -> Result<String, String> {
        let name = visible_name(&self.plain()?);
        if (least..=most).contains(&name.chars().count()) {
            return Ok(name);
        }
        Err(format!("must have from {least} to {most} characters"))
    }
}

impl<'de> Deserialize<'de> for Limited {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.chars().count() > MAX_CHARS {
            return Err(refuse("string_too_long", "String is too long"));
        }
        Ok(Self(text))
    }
}

/// Gives newtypes what they are read for: a look at what they hold, and the thing itself.
#[macro_export]
macro_rules! holds {
    ($($name:ident: $inner:ty, seen as $seen:ty;)+) => {$(
        impl ::std::ops::Deref for $name {
            type Target = $seen;

            fn deref(&self) -> &$seen {
                &self.0
            }
        }

        impl $name {
            /// What was read.
            pub fn into_inner(self) -> $inner {
                self.0
            }
        }
    )+};
}

/// A text without control characters.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(try_from = "Limited")]
#[schema(value_type = String, max_length = 4096)]
pub struct Text(String);

impl TryFrom<Limited> for Text {
    type Error = String;

    fn try_from(text: Limited) -> Result<Self, String> {
        text.plain().map(Self)
    }
}

impl Text {
    /// The text, unless there is nothing in it: clients send what they do not say as empty.
    pub fn filled(self) -> Option<String> {
        Some(self.0).filter(|text| !text.is_empty())
    }
}

/// A secret: any characters but NUL.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(try_from = "Limited")]
#[schema(value_type = String, max_length = 4096)]
pub struct SecretText(Secret);

impl TryFrom<Limited> for SecretText {
    type Error = String;

    fn try_from(text: Limited) -> Result<Self, String> {
        text.without_nul().map(|text| Self(Secret::new(text)))
    }
}

/// The id of something.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(try_from = "Limited")]
#[schema(value_type = String, format = Uuid)]
pub struct Id(pub(super) Uuid);

impl TryFrom<Limited> for Id {
    type Error = String;

    fn try_from(text: Limited) -> Result<Self, String> {
        text.parsed().map(Self)
    }
}

holds! {
    Text: String, seen as str;
    SecretText: Secret, seen as Secret;
    Id: Uuid, seen as Uuid;
}
