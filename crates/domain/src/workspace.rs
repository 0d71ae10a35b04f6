//! Workspaces (`tenants`) and memberships (`tenant_account_joins`).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::WorkspaceId;

/// What a member may do in a workspace (console.md §9.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything; one per workspace.
    Owner,
    /// Everything but ownership.
    Admin,
    /// May change applications.
    Editor,
    /// May use applications.
    Normal,
    /// May change knowledge only.
    DatasetOperator,
}

impl Role {
    /// Each role once, whoever may most first.
    pub const ALL: [Self; 5] = [
        Self::Owner,
        Self::Admin,
        Self::Editor,
        Self::DatasetOperator,
        Self::Normal,
    ];

    /// The text in the database and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Editor => "editor",
            Self::Normal => "normal",
            Self::DatasetOperator => "dataset_operator",
        }
    }

    /// An unknown text counts as the least: `normal`.
    pub fn from_db(text: &str) -> Self {
        match text {
            "owner" => Self::Owner,
            "admin" => Self::Admin,
            "editor" => Self::Editor,
            "dataset_operator" => Self::DatasetOperator,
            _ => Self::Normal,
        }
    }
}

impl std::str::FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        let role = Self::from_db(text);
        if role.as_str() == text {
            Ok(role)
        } else {
            Err(UnknownRole)
        }
    }
}

/// The text names no role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be owner, admin, editor, normal or dataset_operator")]
pub struct UnknownRole;

/// Whether a workspace is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WorkspaceStatus {
    /// The workspace is in use: `normal` of Dify.
    Normal,
    /// Put away; nobody can switch to it.
    Archive,
}

impl WorkspaceStatus {
    /// The text in the database and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Archive => "archive",
        }
    }

    /// An unknown text counts as archived.
    pub fn from_db(text: &str) -> Self {
        if text == "normal" {
            Self::Normal
        } else {
            Self::Archive
        }
    }
}

/// A workspace as one of its members sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberWorkspace {
    /// Primary key of `tenants`.
    pub id: WorkspaceId,
    /// Shown in the console.
    pub name: String,
    /// The raw column, `basic` on self-hosted installations.
    pub plan: String,
    /// In use or archived.
    pub status: WorkspaceStatus,
    /// UTC, whole seconds.
    pub created_at: DateTime<Utc>,
    /// The member's role.
    pub role: Role,
    /// Whether this is the workspace that the member works in.
    pub is_current: bool,
}

/// The workspace a session works in: the one flagged current, else the first.
pub fn default_workspace(workspaces: &[MemberWorkspace]) -> Option<&MemberWorkspace> {
    workspaces
        .iter()
        .find(|w| w.is_current)
        .or_else(|| workspaces.first())
}

/// The workspace that something is done in: the default one if it is in use, else the first that is.
pub fn workspace_in_use(workspaces: &[MemberWorkspace]) -> Option<&MemberWorkspace> {
    let is_in_use = |workspace: &&MemberWorkspace| workspace.status == WorkspaceStatus::Normal;
    default_workspace(workspaces)
        .filter(is_in_use)
        .or_else(|| workspaces.iter().find(is_in_use))
}
