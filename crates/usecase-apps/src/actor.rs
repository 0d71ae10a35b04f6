//! Who acts, and in which workspace. That they may is checked where they come in, by their role.

use gatewright_domain::ids::{AccountId, WorkspaceId};

/// Who acts where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Actor {
    /// Where.
    pub workspace: WorkspaceId,
    /// Who.
    pub account: AccountId,
}
