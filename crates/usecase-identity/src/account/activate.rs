//! Taking up an invitation (console.md §7.6). Whoever has no account makes one by it; whoever has one
//! accepts as its signed-in owner.

use gatewright_auth::bearer::RateLimiter as _;
use gatewright_domain::{
    Secret,
    account::{AccountStatus, check_password_policy},
    audit::{AuditAction, AuditEvent},
    ids::{AccountId, WorkspaceId},
};
use gatewright_storage_identity::{
    account, invitation, invitation::Invitation, profile, profile::ProfileChange, workspace,
};
use gatewright_storage_kit::{Conn, Tx};

use super::{error::AccountError, service::Accounts};
use crate::{
    credential::{CredentialError, lock_own},
    joining::{Accepting, NewAccount, create, find_by_token},
};
use gatewright_usecase_kit::ConsoleIdentity;
use gatewright_usecase_kit::{Ctx, record};

/// An invitation, for the page that takes it up.
#[derive(Debug, Clone)]
pub struct InvitationView {
    /// The workspace that the invitation leads to.
    pub workspace: WorkspaceId,
    /// The workspace's name.
    pub workspace_name: String,
    /// The mail address that was invited.
    pub email: String,
    /// Who has accepted it, and has yet to say who they are.
    pub accepted_by: Option<AccountId>,
    /// The state of the account of that address, where the holder of the link may know of it.
    pub account: AccountStatus,
}

impl InvitationView {
    /// Whether whoever takes it up has to say who they are.
    pub fn requires_setup(&self) -> bool {
        self.accepted_by.is_some() || self.account == AccountStatus::Pending
    }
}

/// Taking up an invitation.
pub struct Activation {
    /// From the link.
    pub token: String,
    /// When the caller names it, it must be the invited one.
    pub email: Option<String>,
    /// When the caller names it, it must be the workspace of the invitation.
    pub workspace: Option<String>,
    /// A first password, for somebody new.
    pub password: Option<Secret>,
    /// Name, language, zone: of somebody new all three; of an account that is ready nothing changes.
    pub profile: ProfileChange,
    /// Whether they go on there, so that it becomes their current workspace.
    pub is_entered: bool,
}

/// An invitation that somebody took up, before it ends.
struct TakenUp<'a> {
    account: AccountId,
    invitation: &'a Invitation,
    command: &'a Activation,
    /// What the account says of itself, if it has yet to.
    change: Option<&'a ProfileChange>,
}

impl Activation {
    fn is_of(&self, invitation: &Invitation) -> bool {
        let (email, workspace_row) = (self.email.as_deref(), self.workspace.as_deref());
        names_it(
            &invitation.email,
            invitation.workspace,
            email,
            workspace_row,
        )
    }
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
        let mut conn = self.pool.get().await?;
        let found = find_by_token(&mut conn, ctx, &self.invitations, token).await?;
        let found = found.filter(|(one, _)| names_it(&one.email, one.workspace, email, workspace));
        let Some((invitation, workspace_name)) = found else {
            return Ok(None);
        };
        Ok(Some(InvitationView {
            account: self.status_told(&mut conn, &invitation.email).await?,
            workspace: invitation.workspace,
            workspace_name,
            email: invitation.email,
            accepted_by: invitation.accepted_by,
        }))
    }

    /// Where mail takes the link to the invited address, whoever holds it may know of its account. Without
    /// mail whoever invites has the link: to them every address is that of somebody new.
    async fn status_told(
        &self,
        conn: &mut Conn,
        email: &str,
    ) -> Result<AccountStatus, AccountError> {
        if !self.is_mail_set_up() {
            return Ok(AccountStatus::Pending);
        }
        let known = account::find_credentials(conn, email).await?;
        Ok(known.map_or(AccountStatus::Pending, |known| known.account.status))
    }

    /// Takes it up: in this browser's session where the invited address is signed in, otherwise as
    /// somebody new. The invitation ends.
    pub async fn activate(
        &self,
        ctx: &Ctx,
        who: Option<&ConsoleIdentity>,
        command: Activation,
    ) -> Result<(), AccountError> {
        self.charge_activation(ctx).await?;
        let found = {
            let mut conn = self.pool.get().await?;
            find_by_token(&mut conn, ctx, &self.invitations, &command.token).await?
        };
        // Looked at before any password is hashed.
        let found = found.map(|(invitation, _)| invitation);
        let found = found.filter(|invitation| command.is_of(invitation));
        let invitation = found.ok_or(AccountError::AlreadyActivated)?;
        let who = who.filter(|who| who.account.email.to_lowercase() == invitation.email);
        match who {
            Some(who) => self.accept(ctx, who, &invitation, &command).await,
            None if invitation.accepted_by.is_some() => Err(AccountError::AlreadyActivated),
            None => self.come(ctx, &invitation, &command).await,
        }
    }

    /// The signed-in owner of the invited address.
    async fn accept(
        &self,
        ctx: &Ctx,
        who: &ConsoleIdentity,
        seen: &Invitation,
        command: &Activation,
    ) -> Result<(), AccountError> {
        let id = who.account.id;
        let came_by_it = seen.accepted_by == Some(id);
        if came_by_it {
            require_whole(&command.profile)?;
        }
        let mut tx = self.pool.begin().await?;
        if came_by_it {
            // A moment ago, and they say now who they are.
            lock_own(&mut tx, ctx, who).await?;
        } else {
            let accepting =
                Accepting::by_token(&mut tx, ctx, &self.invitations, &command.token).await?;
            let accepting = accepting.ok_or(AccountError::AlreadyActivated)?;
            let own = lock_own(&mut tx, ctx, who).await?;
            if own.account().email.to_lowercase() != accepting.invitation().email {
                return Err(AccountError::AlreadyActivated);
            }
            accepting.join(&mut tx, &self.env, ctx, &own).await?;
        }
        let taken = TakenUp {
            account: id,
            invitation: seen,
            command,
            change: came_by_it.then_some(&command.profile),
        };
        self.finish(ctx, tx, taken).await
    }

    /// Somebody new. The account belongs to this workspace and no other: what else its address is invited
    /// to, its owner accepts when they are signed in.
    async fn come(
        &self,
        ctx: &Ctx,
        seen: &Invitation,
        command: &Activation,
    ) -> Result<(), AccountError> {
        require_whole(&command.profile)?;
        if let Some(password) = &command.password {
            check_password_policy(password.expose())?;
        }
        let is_taken = {
            let mut conn = self.pool.get().await?;
            account::is_email_taken(&mut conn, &seen.email).await?
        };
        if is_taken {
            return Err(AccountError::SignInToAccept);
        }
        let hash = match &command.password {
            Some(password) => Some(self.passwords.hash(password).await?),
            None => None,
        };
        let mut tx = self.pool.begin().await?;
        let accepting =
            Accepting::by_token(&mut tx, ctx, &self.invitations, &command.token).await?;
        let accepting = accepting.ok_or(AccountError::AlreadyActivated)?;
        account::lock_email(&mut tx, &seen.email).await?;
        if account::is_email_taken(&mut tx, &seen.email).await? {
            return Err(AccountError::SignInToAccept);
        }
        let new_account = NewAccount {
            name: command.profile.name.as_deref().unwrap_or_default(),
            email: &seen.email,
            password: hash.as_deref(),
            language: command.profile.interface_language.as_deref(),
            timezone: command.profile.timezone.as_deref(),
        };
        let id = create(&mut tx, &self.env, ctx, &new_account).await?;
        let locked = account::lock(&mut tx, id).await?;
        let locked = locked.ok_or(CredentialError::AccountNotFound)?;
        accepting.join(&mut tx, &self.env, ctx, &locked).await?;
        let taken = TakenUp {
            account: id,
            invitation: seen,
            command,
            change: Some(&command.profile),
        };
        self.finish(ctx, tx, taken).await
    }

    async fn finish(&self, ctx: &Ctx, mut tx: Tx, taken: TakenUp<'_>) -> Result<(), AccountError> {
        let TakenUp {
            account: id,
            invitation,
            command,
            change,
        } = taken;
        if let Some(change) = change {
            profile::update(&mut tx, id, change, ctx.now).await?;
        }
        if command.is_entered {
            workspace::switch_current(&mut tx, id, invitation.workspace, ctx.now).await?;
        }
        if !invitation::delete(&mut tx, invitation.workspace, invitation.id).await? {
            return Err(AccountError::AlreadyActivated);
        }
        let event = AuditEvent::new(AuditAction::AccountActivated)
            .by(id)
            .within(Some(invitation.workspace));
        record(&mut tx, &self.env, ctx, event).await?;
        tx.commit().await?;
        self.known.forget(id);
        Ok(())
    }

    async fn charge_activation(&self, ctx: &Ctx) -> Result<(), AccountError> {
        let limit = &self.limits.activate;
        Ok(self.limiter.charge(limit, &ctx.address.limit_key()).await?)
    }
}

/// Somebody new says who they are.
fn require_whole(profile: &ProfileChange) -> Result<(), AccountError> {
    let said = [
        ("name", &profile.name),
        ("interface_language", &profile.interface_language),
        ("timezone", &profile.timezone),
    ];
    match said.into_iter().find(|(_, value)| value.is_none()) {
        Some((field, _)) => Err(AccountError::ProfileIncomplete(field)),
        None => Ok(()),
    }
}

fn names_it(
    invited: &str,
    workspace_row: WorkspaceId,
    email: Option<&str>,
    workspace: Option<&str>,
) -> bool {
    let given = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_lowercase);
    given(email).is_none_or(|email| email == invited)
        && given(workspace).is_none_or(|id| id == workspace_row.to_string())
}
