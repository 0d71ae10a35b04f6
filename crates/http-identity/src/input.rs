//! What members of requests about identity may be: each type is read, checked and documented by itself.

use chrono_tz::Tz;
use gatewright_domain::{
    Secret,
    account::{Email, check_password_policy},
    language::Language,
};
use gatewright_http_kit::{
    holds,
    input::{
        list::List,
        text::{Id, Limited},
    },
};
use serde::{Deserialize, Deserializer, de::Error as _};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::Type},
};

/// An e-mail address.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(try_from = "Limited")]
#[schema(value_type = String, format = "idn-email", max_length = 255)]
pub struct EmailAddress(Email);

impl TryFrom<Limited> for EmailAddress {
    type Error = String;

    fn try_from(text: Limited) -> Result<Self, String> {
        let email: Result<Email, _> = text.without_nul()?.parse();
        email.map(Self).map_err(|problem| problem.to_string())
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
        let checked = check_password_policy(&password);
        checked.map_err(|violation| violation.to_string())?;
        Ok(Self(Secret::new(password)))
    }
}

/// An interface language.
#[derive(Debug, Clone)]
pub struct LanguageTag(String);

impl<'de> Deserialize<'de> for LanguageTag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let tag = Limited::deserialize(deserializer)?.plain();
        let tag = tag.map_err(D::Error::custom)?;
        if Language::tags().any(|known| known == tag) {
            return Ok(Self(tag));
        }
        Err(D::Error::custom("is not a supported language."))
    }
}

impl PartialSchema for LanguageTag {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("An interface language."))
            .enum_values(Some(Language::tags()))
            .into()
    }
}

impl ToSchema for LanguageTag {}

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

/// How the console looks.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(try_from = "Limited", rename_all = "lowercase")]
pub enum Theme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// The text in the database and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

impl TryFrom<Limited> for Theme {
    type Error = String;

    fn try_from(text: Limited) -> Result<Self, String> {
        match text.plain()?.as_str() {
            "light" => Ok(Self::Light),
            "dark" => Ok(Self::Dark),
            _ => Err("must be light or dark".to_owned()),
        }
    }
}

/// What a tag is for.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(try_from = "Limited", rename_all = "lowercase")]
pub enum TagType {
    /// Knowledge bases.
    Knowledge,
    /// Applications.
    App,
    /// Snippets.
    Snippet,
}

impl TagType {
    /// The text in the database and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Knowledge => "knowledge",
            Self::App => "app",
            Self::Snippet => "snippet",
        }
    }
}

impl TryFrom<Limited> for TagType {
    type Error = String;

    fn try_from(text: Limited) -> Result<Self, String> {
        match text.plain()?.as_str() {
            "knowledge" => Ok(Self::Knowledge),
            "app" => Ok(Self::App),
            "snippet" => Ok(Self::Snippet),
            _ => Err("must be knowledge, app or snippet".to_owned()),
        }
    }
}

/// A model type of Dify (apps.md §5.1).
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(try_from = "String", rename_all = "kebab-case")]
pub enum ModelType {
    /// Large language models.
    Llm,
    /// Embeddings of texts.
    TextEmbedding,
    /// Order what was found.
    Rerank,
    /// Speech to text.
    Speech2text,
    /// Moderation.
    Moderation,
    /// Text to speech.
    Tts,
}

impl TryFrom<String> for ModelType {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        Ok(match name.as_str() {
            "llm" => Self::Llm,
            "text-embedding" => Self::TextEmbedding,
            "rerank" => Self::Rerank,
            "speech2text" => Self::Speech2text,
            "moderation" => Self::Moderation,
            "tts" => Self::Tts,
            _ => {
                let all = "llm, text-embedding, rerank, speech2text, moderation, tts";
                return Err(format!("must be one of {all}"));
            }
        })
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
                text.name(($least, $most)).map(Self)
            }
        }

        holds! { $name: String, seen as str; }
    )+};
}

names! {
    /// The name of an account (console.md §7.9).
    AccountName: 3 to 30;
    /// The name that somebody gives who takes up an invitation.
    GuestName: 1 to 30;
    /// The name of a workspace.
    WorkspaceName: 1 to 255;
    /// The name of a tag.
    TagName: 1 to 50;
}

holds! {
    EmailAddress: Email, seen as Email;
    NewPassword: Secret, seen as Secret;
    LanguageTag: String, seen as str;
    Timezone: String, seen as str;
}

/// Addresses of one request.
pub type Addresses = List<String, 100>;

/// Tags of one request.
pub type TagIds = List<Id, 200>;
