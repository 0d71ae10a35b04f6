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
    ids::{AccountId, InvitationId, WorkspaceId},
    member::{Capability, Member, MemberRefusal, MemberRole, may_change_role, may_remove},
    workspace::{Role, WorkspaceStatus},
};
use gatewright_kv::RateLimits;
use gatewright_storage_identity::{
    account, erasure, invitation, invitation::Invitation, member, workspace,
};
use gatewright_storage_kit::{Pool, Tx};

use super::error::MemberError;
use crate::credential::Codes;
use gatewright_usecase_kit::{AccountCache, Ctx, Env, delete_contents, mail::MailQueue, record};

/// Longest name made from an address, in characters.
const MAX_NAME_CHARS: usize = 30;

/// Members of workspaces.
pub struct Members {
    /// The pool of connections to PostgreSQL.
    pub pool: Pool,
    /// Codes by mail.
    pub codes: Codes,
    /// Queues mails in the transaction that causes them.
    pub mail_queue: MailQueue,
    /// Charges requests to the limits.
    pub limiter: RateLimits,
    /// How much each limit allows.
    pub limits: Limits,
    /// What this process remembers of accounts.
    pub known: Arc<AccountCache>,
    /// Links of invitations.
    pub invitations: InvitationKeys,
    /// Settings of the console.
    pub console: ConsoleSettings,
    /// Settings of invitations.
    pub settings: AccountSettings,
    /// Time, ids, randomness.
    pub env: Env,
}

impl Members {
    /// All members, whoever joined first; then whoever is invited, of whom no more is told than was typed.
    pub async fn list(&self, workspace: WorkspaceId) -> Result<Vec<Member>, Unavailable> {
        let now = self.env.clock.now();
        let mut conn = self.pool.get().await?;
        let mut all = member::list(&mut conn, workspace).await?;
        let open = invitation::list_open(&mut conn, workspace, now).await?;
        all.extend(open.into_iter().map(invited));
        Ok(all)
    }

    /// How many there may be; 0 is any number.
    pub fn most(&self) -> u32 {
        self.settings.max_members
    }

    /// Whether a role can be given here to somebody who is no owner.
    pub fn may_be_given(&self, role: Role) -> bool {
        match role {
            Role::Owner => false,
            Role::DatasetOperator => self.console.dataset_operator,
            Role::Admin | Role::Editor | Role::Normal => true,
        }
    }

    /// Removes a member, or withdraws an invitation. Somebody who was invited and never came is forgotten with their last workspace.
    pub async fn remove(
        &self,
        ctx: &Ctx,
        workspace: WorkspaceId,
        actor: AccountId,
        target: AccountId,
    ) -> Result<(), MemberError> {
        let mut tx = self.pool.begin().await?;
        self.require_manager(&mut tx, workspace, actor).await?;
        if invitation::delete(&mut tx, workspace, InvitationId(target.0)).await? {
            let event = AuditEvent::new(AuditAction::MemberRemoved)
                .by(actor)
                .within(Some(workspace))
                .with("invitation", target);
            record(&mut tx, &self.env, ctx, event).await?;
            return Ok(tx.commit().await?);
        }
        let (own, theirs) = self.roles(&mut tx, workspace, actor, target).await?;
        may_remove(as_role(actor, own), as_role(target, theirs))?;
        member::delete(&mut tx, workspace, target).await?;
        let found = account::find(&mut tx, target).await?;
        let is_pending = found.is_some_and(|found| found.status == AccountStatus::Pending);
        if is_pending && member::count_of_account(&mut tx, target).await? == 0 {
            let orphans = erasure::delete_account(&mut tx, target).await?;
            delete_contents(&mut tx, &self.env, ctx, orphans).await?;
        }
        let event = AuditEvent::new(AuditAction::MemberRemoved)
            .by(actor)
            .within(Some(workspace))
            .with("member", target);
        record(&mut tx, &self.env, ctx, event).await?;
        tx.commit().await?;
        self.known.forget(target);
        Ok(())
    }

    /// Leaves a workspace. Its owner gives it away first.
    pub async fn leave(
        &self,
        ctx: &Ctx,
        workspace: WorkspaceId,
        account: AccountId,
    ) -> Result<(), MemberError> {
        let mut tx = self.pool.begin().await?;
        workspace::find_for_update(&mut tx, workspace).await?;
        let role = member::find_role(&mut tx, workspace, account).await?;
        match role.ok_or(MemberError::NotFound)? {
            Role::Owner => return Err(MemberError::OwnerStays),
            Role::Admin | Role::Editor | Role::Normal | Role::DatasetOperator => {}
        }
        member::delete(&mut tx, workspace, account).await?;
        let event = AuditEvent::new(AuditAction::MemberRemoved)
            .by(account)
            .within(Some(workspace))
            .with("member", account)
            .with("reason", "left");
        record(&mut tx, &self.env, ctx, event).await?;
        tx.commit().await?;
        self.known.forget(account);
        Ok(())
    }

    /// Changes a member's role, or that of an invitation.
    pub async fn change_role(
        &self,
        ctx: &Ctx,
        workspace: WorkspaceId,
        actor: AccountId,
        target: AccountId,
        to: Role,
    ) -> Result<(), MemberError> {
        let mut tx = self.pool.begin().await?;
        let own = self.require_manager(&mut tx, workspace, actor).await?;
        let invited = invitation::find(&mut tx, InvitationId(target.0)).await?;
        let invited = invited.filter(|one| one.workspace == workspace && one.accepted_by.is_none());
        let theirs = match &invited {
            Some(invited) => invited.role,
            None => self.roles(&mut tx, workspace, actor, target).await?.1,
        };
        may_change_role(as_role(actor, own), as_role(target, theirs), to)?;
        if !self.may_be_given(to) {
            return Err(MemberError::InvalidRole);
        }
        if let Some(invited) = &invited {
            invitation::update_role(&mut tx, workspace, invited.id, to).await?;
        }
        member::update_role(&mut tx, workspace, target, to, ctx.now).await?;
        let event = AuditEvent::new(AuditAction::MemberRoleChanged)
            .by(actor)
            .within(Some(workspace))
            .with("member", target)
            .with("from", theirs.as_str())
            .with("to", to.as_str());
        record(&mut tx, &self.env, ctx, event).await?;
        tx.commit().await?;
        self.known.forget(target);
        Ok(())
    }

    /// Renames the workspace. Whether the actor may is looked at once more, under the lock: their role may have
    /// changed since the request came in.
    pub async fn rename(
        &self,
        ctx: &Ctx,
        workspace: WorkspaceId,
        actor: AccountId,
        name: &str,
    ) -> Result<(), MemberError> {
        let mut tx = self.pool.begin().await?;
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
        record(&mut tx, &self.env, ctx, event).await?;
        let members = member::list(&mut tx, workspace).await?;
        tx.commit().await?;
        for one in members {
            self.known.forget(one.id);
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
        let own = self.require_manager(tx, workspace, actor).await?;
        let theirs = member::find_role(tx, workspace, target).await?;
        Ok((own, theirs.ok_or(MemberError::NotFound)?))
    }

    /// Locks the workspace; the role of somebody who manages its members, as it is now. The route has asked for it
    /// already: here it is what the change is decided by.
    async fn require_manager(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        actor: AccountId,
    ) -> Result<Role, MemberError> {
        self.lock(tx, workspace).await?;
        let own = member::find_role(tx, workspace, actor).await?;
        let own = own.filter(|own| own.may(Capability::ManageMembers));
        Ok(own.ok_or(MemberRefusal::NotPermitted)?)
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

/// An invitation among the members: the same whether or not the address has an account.
fn invited(invitation: Invitation) -> Member {
    let local = invitation.email.split('@').next().unwrap_or_default();
    Member {
        id: AccountId(invitation.id.0),
        name: local.chars().take(MAX_NAME_CHARS).collect(),
        avatar: None,
        role: invitation.role,
        status: AccountStatus::Pending,
        last_login_at: None,
        last_active_at: invitation.created_at,
        created_at: invitation.created_at,
        email: invitation.email,
    }
}

fn as_role(account: AccountId, role: Role) -> MemberRole {
    MemberRole { account, role }
}
