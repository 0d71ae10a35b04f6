//! Members of requests that `/v1` and `/api` have in common.

use gatewright_conversation_service::{NewName, Opinion, SortTime};
use gatewright_domain::text::visible_name;
use gatewright_http_kit::{
    error::ServiceFailure,
    input::{refuse, text::Limited},
};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;
use uuid::Uuid;

/// Longest words that a member takes, in characters.
const MAX_WORDS_CHARS: usize = 20_000;

/// Rows of a part of a list that nobody says more of.
pub const LIMIT: u32 = 20;
/// Longest name of a conversation, in characters: what its column holds.
const MAX_NAME_CHARS: usize = 255;

/// In which order conversations are listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
pub enum SortBy {
    /// Those that began first.
    #[serde(rename = "created_at")]
    Oldest,
    /// Those that began last.
    #[serde(rename = "-created_at")]
    Newest,
    /// Those that rested longest.
    #[serde(rename = "updated_at")]
    LeastActive,
    /// Those in which something was said last.
    #[default]
    #[serde(rename = "-updated_at")]
    LatestActive,
}

impl SortBy {
    /// By which time.
    pub fn time(self) -> SortTime {
        match self {
            Self::Oldest | Self::Newest => SortTime::Created,
            Self::LeastActive | Self::LatestActive => SortTime::Updated,
        }
    }

    /// Whether the latest is first.
    pub fn is_newest_first(self) -> bool {
        matches!(self, Self::Newest | Self::LatestActive)
    }
}

/// An id, or an empty text.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(try_from = "Limited")]
#[schema(value_type = String)]
pub struct MaybeId(Option<Uuid>);

impl MaybeId {
    /// The id, if there is one.
    pub fn get(self) -> Option<Uuid> {
        self.0
    }
}

impl TryFrom<Limited> for MaybeId {
    type Error = String;

    fn try_from(text: Limited) -> Result<Self, String> {
        let text = text.into_inner();
        if text.is_empty() {
            return Ok(Self(None));
        }
        let id = text.parse().map_err(|_| "must be a valid UUID".to_owned());
        Ok(Self(Some(id?)))
    }
}

/// Somebody's words: at most 20,000 characters.
#[derive(Debug, Clone, ToSchema)]
#[schema(value_type = String, max_length = 20_000)]
pub struct Words(String);

impl Words {
    /// The words, without NUL.
    pub fn into_inner(self) -> String {
        self.0
    }
}

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.chars().count() > MAX_WORDS_CHARS {
            return Err(refuse("string_too_long", "String is too long"));
        }
        Ok(Self(text.replace('\0', "")))
    }
}

/// What people call a conversation: at most 255 characters, without what is invisible. A blank one is none.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(try_from = "Limited")]
#[schema(value_type = String, max_length = 255)]
pub struct ConversationName(String);

impl TryFrom<Limited> for ConversationName {
    type Error = String;

    fn try_from(text: Limited) -> Result<Self, String> {
        let text = visible_name(&text.without_nul()?);
        if text.chars().count() > MAX_NAME_CHARS {
            return Err(format!("must have at most {MAX_NAME_CHARS} characters"));
        }
        Ok(Self(text))
    }
}

/// What a conversation is to be called: by this name, or as a model finds.
///
/// # Errors
/// When neither is said.
pub fn new_name(
    name: Option<ConversationName>,
    auto_generate: Option<bool>,
) -> Result<NewName, ServiceFailure> {
    let name = name.filter(|name| !name.0.trim().is_empty());
    match (auto_generate.unwrap_or(false), name) {
        (true, _) => Ok(NewName::Generated),
        (false, Some(name)) => Ok(NewName::Given(name.0)),
        (false, None) => Err(ServiceFailure::invalid_param(
            "name is required when auto_generate is false",
        )),
    }
}

/// Whether an answer is liked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Rating {
    /// The user likes it.
    Like,
    /// The user does not.
    Dislike,
}

/// What a user says of an answer; none takes back what they said.
pub fn opinion(rating: Option<Rating>, content: Option<Words>) -> Option<Opinion> {
    rating.map(|rating| Opinion {
        likes: rating == Rating::Like,
        content: content.map(Words::into_inner),
    })
}
