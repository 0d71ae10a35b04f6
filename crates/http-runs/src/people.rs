//! Who did something, as owners of apps are told.

use gatewright_conversation_service::{By, ByUser};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A member of the workspace.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct SimpleAccount {
    id: Uuid,
    name: String,
    email: String,
}

impl SimpleAccount {
    /// An account that is still there.
    pub(crate) fn of(by: By) -> Option<Self> {
        Some(Self {
            id: by.account_id?,
            name: by.account_name?,
            email: by.account_email?,
        })
    }
}

/// A user of the app.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct SimpleEndUser {
    id: Uuid,
    /// `service-api`, `browser`, …
    #[serde(rename = "type")]
    kind: String,
    /// Whether nobody in particular.
    is_anonymous: bool,
    /// What the caller calls them.
    session_id: String,
}

impl SimpleEndUser {
    /// An end user who is still there.
    pub(crate) fn of(by: ByUser) -> Option<Self> {
        Some(Self {
            id: by.user_id?,
            kind: by.user_type?,
            is_anonymous: by.user_is_anonymous?,
            session_id: by.user_session?,
        })
    }
}
