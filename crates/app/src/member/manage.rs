//! Reading, removing, changing roles, renaming. Whatever changes members holds the workspace's row, so
//! what was read is still so when it is written.

use std::sync::Arc;

use gatewright_auth::{
    account::{AccountSettings, InvitationKeys},
    console::ConsoleSettings,
    limits::Limits,
};
use gatewright_domain::{
    account::AccountStatus,
    audit::{AuditAction, AuditEvent},
    error::Unavailable,
    ids::{AccountId, WorkspaceId},
    member::{Capability, Member, MemberRefusal, may_change_role, may_remove},
    workspace::{Role, WorkspaceStatus},
};
use gatewright_kv::RateLimits;
use gatewright_storage::{Pool, Tx, account, erasure, member, workspace};

use super::error::MemberError;
use crate::{
    account::Codes,
    ambient::{Ambient, Ctx},
    audit::record,
    known_accounts::KnownAccounts,
    post::Post,
};

/// The parts of [`Members`].
pub struct MembersParts {
    /// PostgreSQL.
    pub pool: Pool,
    /// Codes by mail.
    pub codes: Codes,
    /// Letters.
    pub post: Post,
    /// The limiter.
    pub limiter: RateLimits,
    /// The limits.
    pub limits: Limits,
    /// What this process remembers of accounts.
    pub known: Arc<KnownAccounts>,
    /// Links of invitations.
    pub invitations: InvitationKeys,
    /// Settings of the console.
    pub console: ConsoleSettings,
    /// Settings of invitations.
    pub settings: AccountSettings,
    /// Time, ids, randomness.
    pub ambient: Ambient,
}

/// Members of workspaces.
pub struct Members {
    pub(super) parts: MembersParts,
}

impl Members {
    /// Puts the parts together.
    pub fn new(parts: MembersParts) -> Self {
        Self { parts }
    }

    /// All members, whoever joined first.
    pub async fn list(&self, workspace: WorkspaceId) -> Result<Vec<Member>, Unavailable> {
        let mut conn = self.parts.pool.get().await?;
        Ok(member::list(&mut conn, workspace).await?)
    }

    /// How many there may be; 0 is any number.
    pub fn most(&self) -> u32 {
        self.parts.settings.max_members
    }

    /// Whether a role can be given here to somebody who is no owner.
    pub fn may_be_given(&self, role: Role) -> bool {
        match role {
            Role::Owner => false,
            Role::DatasetOperator => self.parts.console.dataset_operator,
            Role::Admin | Role::Editor | Role::Normal => true,
        }
    }

    /// Removes a member. Somebody who was invited and never came is forgotten with their last workspace.
    pub async fn remove(
        &self,
        ctx: &Ctx,
        workspace: WorkspaceId,
        actor: AccountId,
        target: AccountId,
    ) -> Result<(), MemberError> {
        let mut tx = self.parts.pool.begin().await?;
        let (own, theirs) = self.roles(&mut tx, workspace, actor, target).await?;
        may_remove((actor, own), (target, theirs))?;
        member::delete(&mut tx, workspace, target).await?;
        gatewright_storage::invitation::delete_for(&mut tx, workspace, target).await?;
        let found = account::find(&mut tx, target).await?;
        let is_pending = found.is_some_and(|found| found.status == AccountStatus::Pending);
        if is_pending && member::count_of_account(&mut tx, target).await? == 0 {
            erasure::delete_account(&mut tx, target).await?;
        }
        let event = AuditEvent::new(AuditAction::MemberRemoved)
            .by(actor)
            .within(Some(workspace))
            .with("member", target);
        record(&mut tx, &self.parts.ambient, ctx, event).await?;
        tx.commit().await?;
        self.parts.known.forget(target);
        Ok(())
    }

    /// Changes a member's role.
    pub async fn change_role(
        &self,
        ctx: &Ctx,
        workspace: WorkspaceId,
        actor: AccountId,
        (target, to): (AccountId, Role),
    ) -> Result<(), MemberError> {
        let mut tx = self.parts.pool.begin().await?;
        let (own, theirs) = self.roles(&mut tx, workspace, actor, target).await?;
        may_change_role((actor, own), (target, theirs), to)?;
        if !self.may_be_given(to) {
            return Err(MemberError::InvalidRole);
        }
        member::update_role(&mut tx, workspace, target, to, ctx.now).await?;
        let event = AuditEvent::new(AuditAction::MemberRoleChanged)
            .by(actor)
            .within(Some(workspace))
            .with("member", target)
            .with("from", theirs.as_str())
            .with("to", to.as_str());
        record(&mut tx, &self.parts.ambient, ctx, event).await?;
        tx.commit().await?;
        self.parts.known.forget(target);
        Ok(())
    }

    /// Renames the workspace.
    pub async fn rename(
        &self,
        ctx: &Ctx,
        workspace: WorkspaceId,
        actor: AccountId,
        name: &str,
    ) -> Result<(), MemberError> {
        let mut tx = self.parts.pool.begin().await?;
        self.lock(&mut tx, workspace).await?;
        let own = member::find_role(&mut tx, workspace, actor).await?;
        if !own.is_some_and(|role| role.may(Capability::ChangeWorkspace)) {
            return Err(MemberRefusal::NotPermitted.into());
        }
        workspace::update_name(&mut tx, workspace, name, ctx.now).await?;
        let event = AuditEvent::new(AuditAction::WorkspaceRenamed)
            .by(actor)
            .within(Some(workspace))
            .with("name", name);
        record(&mut tx, &self.parts.ambient, ctx, event).await?;
        let members = member::list(&mut tx, workspace).await?;
        tx.commit().await?;
        for one in members {
            self.parts.known.forget(one.id);
        }
        Ok(())
    }

    /// Locks the workspace and reads both roles as they are now. Whoever is no member is not found,
    /// whether or not there is such an account.
    pub(super) async fn roles(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        actor: AccountId,
        target: AccountId,
    ) -> Result<(Role, Role), MemberError> {
        self.lock(tx, workspace).await?;
        let own = member::find_role(tx, workspace, actor).await?;
        let own = own.ok_or(MemberRefusal::NotPermitted)?;
        if !own.may(Capability::ManageMembers) {
            return Err(MemberRefusal::NotPermitted.into());
        }
        let theirs = member::find_role(tx, workspace, target).await?;
        Ok((own, theirs.ok_or(MemberError::NotFound)?))
    }

    pub(super) async fn lock(
        &self,
        tx: &mut Tx,
        id: WorkspaceId,
    ) -> Result<workspace::Workspace, MemberError> {
        let found = workspace::find_for_update(tx, id).await?;
        found
            .filter(|found| found.status == WorkspaceStatus::Normal)
            .ok_or(MemberError::NotFound)
    }
}
