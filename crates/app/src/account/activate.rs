//! Taking up an invitation (console.md §7.6). Who has the link controls the mailbox it went to.

use gatewright_auth::bearer::RateLimiter as _;
use gatewright_domain::{
    Secret,
    account::{Account, AccountStatus, check_password_policy},
    audit::{AuditAction, AuditEvent},
    era::Ending,
    ids::WorkspaceId,
    member::Capability,
    workspace::WorkspaceStatus,
};
use gatewright_storage::{
    Conn, account, invitation, invitation::Invitation, member, profile, profile::ProfileChange,
    workspace,
};

use super::{
    endings::{begin_era, commit_ending, end_all},
    error::AccountError,
    service::Accounts,
};
use crate::{ambient::Ctx, audit::record};

/// An invitation, for the page that takes it up.
#[derive(Debug, Clone)]
pub struct InvitationView {
    /// To where.
    pub workspace: WorkspaceId,
    /// Its name.
    pub workspace_name: String,
    /// Whom.
    pub email: String,
}

/// Taking up an invitation.
pub struct Activation {
    /// From the link.
    pub token: String,
    /// When the caller names it, it must be the invited one.
    pub email: Option<String>,
    /// The same.
    pub workspace: Option<String>,
    /// A first password, for an account without one.
    pub password: Option<Secret>,
    /// Name, language, zone.
    pub profile: ProfileChange,
}

impl Accounts {
    /// What an invitation is to; `None` when it is good for nothing.
    pub async fn check_invitation(
        &self,
        ctx: &Ctx,
        token: &str,
        email: Option<&str>,
        workspace: Option<&str>,
    ) -> Result<Option<InvitationView>, AccountError> {
        self.charge_activation(ctx).await?;
        let mut conn = self.parts.pool.get().await?;
        let found = self.find_invitation(&mut conn, ctx, token).await?;
        let view = found.map(|(_, _, view)| view);
        Ok(view.filter(|view| names_it(view, email, workspace)))
    }

    /// Takes it up: the invitation ends, the account is active.
    pub async fn activate(&self, ctx: &Ctx, command: Activation) -> Result<(), AccountError> {
        self.charge_activation(ctx).await?;
        if let Some(password) = &command.password {
            check_password_policy(password.expose())?;
        }
        let hash = match &command.password {
            Some(password) => Some(self.parts.passwords.hash(password).await?),
            None => None,
        };
        let mut tx = self.parts.pool.begin().await?;
        let found = self.find_invitation(&mut tx, ctx, &command.token).await?;
        let (email, place) = (command.email.as_deref(), command.workspace.as_deref());
        let (invitation, account, _) = found
            .filter(|(_, _, view)| names_it(view, email, place))
            .ok_or(AccountError::AlreadyActivated)?;
        // Of two that come at once, one finds the row.
        if !invitation::delete(&mut tx, invitation.id).await? {
            return Err(AccountError::AlreadyActivated);
        }
        let whose = account::lock(&mut tx, account.id).await?;
        let whose = whose.filter(|whose| whose.is_still(&account));
        let whose = whose.ok_or(AccountError::AlreadyActivated)?;
        profile::update(&mut tx, account.id, &command.profile, ctx.now).await?;
        let step = (AccountStatus::Pending, AccountStatus::Active);
        profile::update_status(&mut tx, account.id, step, ctx.now).await?;
        let mut ended = None;
        if let (Some(hash), false) = (&hash, whose.account().is_password_set) {
            let ending = Ending::PasswordChanged;
            let begun = begin_era(&mut tx, &self.parts.ambient, &whose, ending).await?;
            profile::update_password(&mut tx, &begun, hash, ctx.now).await?;
            ended = Some(end_all(&mut tx, &self.parts.store, begun, None, ctx.now).await?);
        }
        let event = AuditEvent::new(AuditAction::AccountActivated)
            .by(account.id)
            .within(Some(invitation.workspace));
        record(&mut tx, &self.parts.ambient, ctx, event).await?;
        match ended {
            Some(ended) => commit_ending(tx, &self.parts.store, ended).await?,
            None => tx.commit().await?,
        }
        self.parts.known.forget(account.id);
        Ok(())
    }

    async fn charge_activation(&self, ctx: &Ctx) -> Result<(), AccountError> {
        let limit = &self.parts.limits.activate;
        self.parts
            .limiter
            .charge(limit, &ctx.address.limit_key())
            .await?
            .or_wait()
            .map_err(|retry_after| AccountError::RateLimited { retry_after })
    }

    async fn find_invitation(
        &self,
        conn: &mut Conn,
        ctx: &Ctx,
        token: &str,
    ) -> Result<Option<(Invitation, Account, InvitationView)>, AccountError> {
        let Some(id) = self.parts.invitations.open(token) else {
            return Ok(None);
        };
        let found = invitation::find(conn, id).await?;
        let Some(invitation) = found.filter(|found| ctx.now < found.expires_at) else {
            return Ok(None);
        };
        let place = workspace::find(conn, invitation.workspace).await?;
        let place = place.filter(|place| place.status == WorkspaceStatus::Normal);
        let account = account::find(conn, invitation.account).await?;
        let account = account.filter(|account| {
            account.status.may_use_console() && account.email.to_lowercase() == invitation.email
        });
        if !invites_still(conn, &invitation).await? {
            return Ok(None);
        }
        let role = member::find_role(conn, invitation.workspace, invitation.account).await?;
        let (Some(place), Some(account), Some(_)) = (place, account, role) else {
            return Ok(None);
        };
        let view = InvitationView {
            workspace: invitation.workspace,
            workspace_name: place.name,
            email: invitation.email.clone(),
        };
        Ok(Some((invitation, account, view)))
    }
}

/// Whether whoever invited still may, and has ended nothing since.
async fn invites_still(conn: &mut Conn, invitation: &Invitation) -> Result<bool, AccountError> {
    let inviter = account::find(conn, invitation.invited_by).await?;
    let role = member::find_role(conn, invitation.workspace, invitation.invited_by).await?;
    let is_same = inviter.is_some_and(|inviter| {
        inviter.era == invitation.inviter_era && inviter.status == AccountStatus::Active
    });
    Ok(is_same && role.is_some_and(|role| role.may(Capability::ManageMembers)))
}

fn names_it(view: &InvitationView, email: Option<&str>, workspace: Option<&str>) -> bool {
    let given = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_lowercase);
    given(email).is_none_or(|email| email == view.email)
        && given(workspace).is_none_or(|id| id == view.workspace.to_string())
}
