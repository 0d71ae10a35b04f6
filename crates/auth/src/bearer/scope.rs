//! Scopes follow from the kind of a token, never from its row (device-flow.md §8.1).

use gatewright_domain::bearer_token::BearerKind;

/// What a route asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Everything an account may.
    Full,
    /// List applications: `apps:read`.
    AppsRead,
    /// List applications that are open to people without an account.
    AppsReadPermittedExternal,
    /// Run applications: `apps:run`.
    AppsRun,
    /// Read workspaces and members.
    WorkspaceRead,
    /// Change workspaces and members.
    WorkspaceWrite,
}

impl Scope {
    /// The text in documents and messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::AppsRead => "apps:read",
            Self::AppsReadPermittedExternal => "apps:read:permitted-external",
            Self::AppsRun => "apps:run",
            Self::WorkspaceRead => "workspace:read",
            Self::WorkspaceWrite => "workspace:write",
        }
    }

    /// The scopes of a kind.
    pub fn of(kind: BearerKind) -> &'static [Self] {
        match kind {
            BearerKind::Account => &[Self::Full],
            BearerKind::ExternalSso => &[Self::AppsRun, Self::AppsReadPermittedExternal],
        }
    }

    /// Whether a kind satisfies this scope. `full` satisfies every one.
    pub fn is_granted_to(self, kind: BearerKind) -> bool {
        let granted = Self::of(kind);
        granted.contains(&self) || granted.contains(&Self::Full)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_scope_allows_everything_and_external_scope_little() {
        assert!(Scope::WorkspaceWrite.is_granted_to(BearerKind::Account));
        assert!(Scope::AppsRun.is_granted_to(BearerKind::ExternalSso));
        assert!(!Scope::Full.is_granted_to(BearerKind::ExternalSso));
        assert!(!Scope::WorkspaceRead.is_granted_to(BearerKind::ExternalSso));
    }
}
