//! Who did something, as owners of apps are told.

use gatewright_conversation_service::WholeRun;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A member of the workspace.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct SimpleAccount {
    pub(super) id: Uuid,
    pub(super) name: String,
    pub(super) email: String,
}

impl SimpleAccount {
    /// An account that is still there.
    pub(super) fn of(id: Uuid, name: Option<String>, email: Option<String>) -> Option<Self> {
        Some(Self {
            id,
            name: name?,
            email: email?,
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

/// Who began a run.
#[derive(Debug, Clone)]
pub(super) struct RunCreator {
    /// `account` or `end_user`.
    pub(super) role: String,
    /// The account, when it is one that is still there.
    pub(super) account: Option<SimpleAccount>,
    /// The end user, when it is one that is still there.
    pub(super) end_user: Option<SimpleEndUser>,
}

impl From<&WholeRun> for RunCreator {
    fn from(run: &WholeRun) -> Self {
        let user = |session_id: String| SimpleEndUser {
            id: run.created_by,
            kind: run.user_type.clone().unwrap_or_default(),
            is_anonymous: run.user_is_anonymous.unwrap_or_default(),
            session_id,
        };
        let (name, email) = (run.account_name.clone(), run.account_email.clone());
        Self {
            role: run.created_by_role.clone(),
            account: SimpleAccount::of(run.created_by, name, email),
            end_user: run.user_session.clone().map(user),
        }
    }
}
