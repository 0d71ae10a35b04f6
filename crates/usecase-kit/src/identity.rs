//! Who is signed in at the console.

use gatewright_auth::console::AccessClaims;
use gatewright_domain::{
    account::Account,
    workspace::{MemberWorkspace, workspace_in_use},
};

/// Who is signed in.
#[derive(Debug, Clone)]
pub struct ConsoleIdentity {
    /// The session and its account.
    pub claims: AccessClaims,
    /// The account, as it was read when the session was checked.
    pub account: Account,
    /// All workspaces, the oldest first.
    pub workspaces: Vec<MemberWorkspace>,
}

impl ConsoleIdentity {
    /// The workspace that the session works in: the current one, or the first that is in use.
    pub fn current_workspace(&self) -> Option<&MemberWorkspace> {
        workspace_in_use(&self.workspaces)
    }
}
