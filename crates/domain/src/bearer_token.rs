//! A bearer as the database knows it: the row, never the token itself.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, TokenId};

/// The sentinel issuer of account tokens (device-flow.md §8.1).
pub const ACCOUNT_ISSUER: &str = "dify:account";

/// Who a token stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BearerKind {
    /// `dfoa_`: an account.
    Account,
    /// `dfoe_`: a person without an account, known to an identity provider.
    ExternalSso,
}

impl BearerKind {
    /// The prefix of tokens of this kind.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Account => "dfoa_",
            Self::ExternalSso => "dfoe_",
        }
    }

    /// What an answer calls whoever such a token stands for.
    pub fn subject_type(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::ExternalSso => "external_sso",
        }
    }

    /// The kind that a prefix announces.
    pub fn from_prefix(prefix: &str) -> Option<Self> {
        [Self::Account, Self::ExternalSso]
            .into_iter()
            .find(|kind| kind.prefix() == prefix)
    }
}

/// A live row of `oauth_access_tokens`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BearerToken {
    /// Primary key; public.
    pub id: TokenId,
    /// Stored prefix; must agree with the presented one.
    pub prefix: String,
    /// The account, for account tokens.
    pub account_id: Option<AccountId>,
    /// Address at the time of minting.
    pub subject_email: String,
    /// `dify:account`, or the identity provider.
    pub subject_issuer: Option<String>,
    /// The client that ran the device flow.
    pub client_id: String,
    /// What the device calls itself.
    pub device_label: String,
    /// When the token was minted, in UTC.
    pub created_at: DateTime<Utc>,
    /// UTC; the bound is inclusive: at this instant the token is dead.
    pub expires_at: DateTime<Utc>,
    /// UTC; written about once a minute.
    pub last_used_at: Option<DateTime<Utc>>,
}

impl BearerToken {
    /// Whether the token is past its life.
    pub fn is_expired(&self, now: DateTime<Utc>) -> bool {
        now >= self.expires_at
    }

    /// Whether the row is of the kind that the presented prefix announces.
    pub fn is_of_kind(&self, kind: BearerKind) -> bool {
        self.prefix == kind.prefix() && self.account_id.is_some() == (kind == BearerKind::Account)
    }
}
