//! Accepting an invitation: by whoever has its link and either is signed in with the invited address, signs
//! in with it, or makes its account by it. Nobody becomes a member without that.

use gatewright_auth::account::InvitationKeys;
use gatewright_domain::{
    account::AccountStatus,
    audit::{AuditAction, AuditEvent},
    ids::MembershipId,
    member::Capability,
    workspace::WorkspaceStatus,
};
use gatewright_storage_identity::{
    account, account::LockedAccount, invitation, invitation::Invitation, member, workspace,
    workspace::NewMember,
};
use gatewright_storage_kit::{Conn, StorageError, Tx};

use gatewright_usecase_kit::{Ctx, Env, record};

/// The invitation of a link with the name of its workspace, while it is worth something: not expired, to a
/// workspace in use, by somebody who still may invite and has ended nothing since.
pub(crate) async fn find_by_token(
    conn: &mut Conn,
    ctx: &Ctx,
    keys: &InvitationKeys,
    token: &str,
) -> Result<Option<(Invitation, String)>, StorageError> {
    let Some(id) = keys.open(token) else {
        return Ok(None);
    };
    let found = invitation::find(conn, id).await?;
    let Some(invitation) = found.filter(|found| ctx.now < found.expires_at) else {
        return Ok(None);
    };
    let workspace_row = workspace::find(conn, invitation.workspace).await?;
    let workspace_row =
        workspace_row.filter(|workspace_row| workspace_row.status == WorkspaceStatus::Normal);
    match workspace_row {
        Some(workspace_row) if invites_still(conn, &invitation).await? => {
            Ok(Some((invitation, workspace_row.name)))
        }
        _ => Ok(None),
    }
}

async fn invites_still(conn: &mut Conn, invitation: &Invitation) -> Result<bool, StorageError> {
    let inviter = account::find(conn, invitation.invited_by).await?;
    let is_same = inviter.is_some_and(|inviter| {
        inviter.era == invitation.inviter_era && inviter.status == AccountStatus::Active
    });
    let role = member::find_role(conn, invitation.workspace, invitation.invited_by).await?;
    Ok(is_same && role.is_some_and(|role| role.may(Capability::ManageMembers)))
}

/// An invitation whose workspace is locked, and that nobody has accepted.
pub(crate) struct Accepting(Invitation);

impl Accepting {
    /// Begins to accept the invitation of a link. Comes before any lock of an address or an account.
    pub(crate) async fn by_token(
        tx: &mut Tx,
        ctx: &Ctx,
        keys: &InvitationKeys,
        token: &str,
    ) -> Result<Option<Self>, StorageError> {
        let Some((seen, _)) = find_by_token(tx, ctx, keys, token).await? else {
            return Ok(None);
        };
        workspace::find_for_update(tx, seen.workspace).await?;
        // Withdrawn, accepted or changed while this waited?
        let found = find_by_token(tx, ctx, keys, token).await?;
        let open = found.filter(|(found, _)| found.accepted_by.is_none());
        Ok(open.map(|(invitation, _)| Self(invitation)))
    }

    /// The same of the latest invitation of an address, for somebody who proved that it is theirs.
    pub(crate) async fn latest(
        tx: &mut Tx,
        ctx: &Ctx,
        email: &str,
    ) -> Result<Option<Self>, StorageError> {
        for seen in invitation::list_for_email(tx, email, ctx.now).await? {
            let workspace_row = workspace::find_for_update(tx, seen.workspace).await?;
            let is_in_use = workspace_row
                .is_some_and(|workspace_row| workspace_row.status == WorkspaceStatus::Normal);
            let found = invitation::find(tx, seen.id).await?;
            let open = found.filter(|found| is_in_use && found.accepted_by.is_none());
            if let Some(open) = open
                && invites_still(tx, &open).await?
            {
                return Ok(Some(Self(open)));
            }
        }
        Ok(None)
    }

    /// What it is.
    pub(crate) fn invitation(&self) -> &Invitation {
        &self.0
    }

    /// Makes the account a member. A member stays what they are.
    pub(crate) async fn join(
        self,
        tx: &mut Tx,
        env: &Env,
        ctx: &Ctx,
        who: &LockedAccount,
    ) -> Result<(), StorageError> {
        let (workspace, account) = (self.0.workspace, who.id());
        let role = invitation::accept(tx, self.0.id, account).await?;
        let before = member::find_role(tx, workspace, account).await?;
        let (Some(role), None) = (role, before) else {
            return Ok(());
        };
        let is_first = member::count_of_account(tx, account).await? == 0;
        let new = NewMember {
            id: MembershipId::generate(env.ids.as_ref()),
            account,
            role,
            is_current: is_first,
        };
        workspace::insert_member(tx, workspace, new, ctx.now).await?;
        let event = AuditEvent::new(AuditAction::MemberJoined)
            .by(account)
            .within(Some(workspace))
            .with("role", role.as_str())
            .with("invited_by", self.0.invited_by);
        record(tx, env, ctx, event).await
    }
}
