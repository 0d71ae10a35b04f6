//! Typed ids. On the wire and in the database each is a plain UUID; in the code no two mix.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Makes new ids. A parameter, so that tests can predict them.
pub trait IdGen: Send + Sync {
    /// A fresh UUID, time-ordered (RFC 9562 version 7) in production.
    fn new_uuid(&self) -> Uuid;
}

/// Time-ordered random ids (RFC 9562 version 7).
#[derive(Debug, Clone, Copy, Default)]
pub struct RandomIds;

impl IdGen for RandomIds {
    #[allow(clippy::disallowed_methods, reason = "the one place that makes ids")]
    fn new_uuid(&self) -> Uuid {
        Uuid::now_v7()
    }
}

/// The text is not a UUID in any of its usual spellings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a UUID")]
pub struct NotAUuid;

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A fresh id.
            pub fn generate(ids: &dyn IdGen) -> Self {
                Self(ids.new_uuid())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = NotAUuid;

            fn from_str(text: &str) -> Result<Self, NotAUuid> {
                Uuid::try_parse(text).map(Self).map_err(|_| NotAUuid)
            }
        }
    )+};
}

id! {
    /// A row of `accounts`.
    AccountId;
    /// A row of `tenants`; the wire calls it workspace.
    WorkspaceId;
    /// A row of `tenant_account_joins`.
    MembershipId;
    /// A row of `oauth_access_tokens`: the public `token_id` and session id of the API.
    TokenId;
    /// One sign-in of one browser at the console.
    ConsoleSessionId;
    /// One run of the device flow, from code to pick-up. Unique in the database at redemption.
    GrantId;
    /// A row of `upload_files`.
    FileId;
    /// A row of the audit trail.
    AuditEventId;
    /// An invitation to a workspace.
    InvitationId;
    /// A row of `tags`.
    TagId;
    /// A row of `api_tokens`.
    ApiKeyId;
}
