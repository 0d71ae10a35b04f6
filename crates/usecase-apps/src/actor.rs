//! Who acts, and in which workspace. That they may is checked where they come in, by their role.

use gatewright_domain::ids::{AccountId, WorkspaceId};
use gatewright_storage_apps::workflow::Change;
use gatewright_usecase_kit::Ctx;

/// Who acts where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Actor {
    /// The workspace that the act is bound to.
    pub workspace: WorkspaceId,
    /// The account that acts.
    pub account: AccountId,
}

/// One act: a request, and who acts in it.
#[derive(Clone, Copy)]
pub(crate) struct Act<'a> {
    pub(crate) ctx: &'a Ctx,
    pub(crate) actor: Actor,
}

impl Act<'_> {
    /// As rows remember it.
    pub(crate) fn change(self) -> Change {
        Change {
            by: self.actor.account,
            at: self.ctx.now,
        }
    }
}

/// Which page of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// The first is 1.
    pub number: u32,
    /// Rows of a page.
    pub limit: u32,
}

impl Page {
    /// Rows before it.
    pub(crate) fn offset(self) -> i64 {
        i64::from(self.number.saturating_sub(1)) * i64::from(self.limit)
    }
}
