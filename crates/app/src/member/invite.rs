//! Inviting. One address at a time, each in a transaction of its own under the workspace's lock.

use gatewright_auth::bearer::RateLimiter as _;
use gatewright_domain::{
    account::{Account, AccountStatus, Email},
    audit::{AuditAction, AuditEvent},
    ids::{AccountId, InvitationId, MembershipId, WorkspaceId},
    language::Language,
    member::{Capability, MemberRefusal},
    workspace::Role,
};
use gatewright_mail::LetterKind;
use gatewright_storage::{Tx, account, invitation, invitation::Invitation, member, workspace};

use super::{error::MemberError, manage::Members};
use crate::{
    ambient::Ctx,
    audit::record,
    post::{Letter, invitation_path},
};

/// Longest name made from an address, in characters.
const LONGEST_NAME: usize = 30;

/// Whom, as what, in which language if they are new.
pub struct Invitee<'a> {
    /// The address.
    pub email: &'a Email,
    /// Not owner.
    pub role: Role,
    /// A language tag.
    pub language: Option<&'a str>,
}

/// What became of an invitation.
#[derive(Debug, Clone)]
pub struct Invited {
    /// The account.
    pub account: AccountId,
    /// In lower case.
    pub email: String,
    /// How it goes on.
    pub how: InvitedAs,
    /// The link, when no mail takes it to them.
    pub url: Option<String>,
}

/// How somebody comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvitedAs {
    /// By the link of an invitation.
    Pending,
    /// They have an account and are a member now.
    Member,
}

impl Members {
    /// Invites somebody.
    pub async fn invite(
        &self,
        ctx: &Ctx,
        workspace: WorkspaceId,
        actor: &Account,
        invitee: &Invitee<'_>,
    ) -> Result<Invited, MemberError> {
        if !self.may_be_given(invitee.role) {
            return Err(MemberError::InvalidRole);
        }
        let limit = &self.parts.limits.invite;
        self.parts
            .limiter
            .charge(limit, &workspace.to_string())
            .await?
            .or_wait()
            .map_err(|retry_after| MemberError::RateLimited { retry_after })?;
        let email = invitee.email.lowercase();
        if email.as_str() == actor.email.to_lowercase() {
            return Err(MemberRefusal::Oneself.into());
        }
        let mut tx = self.parts.pool.begin().await?;
        let place = self.lock(&mut tx, workspace).await?;
        let own = member::find_role(&mut tx, workspace, actor.id).await?;
        if !own.is_some_and(|role| role.may(Capability::ManageMembers)) {
            return Err(MemberRefusal::NotPermitted.into());
        }
        account::lock_email(&mut tx, email.as_str()).await?;
        let account = self
            .account_of(ctx, &mut tx, email.as_str(), invitee)
            .await?;
        let is_new = self
            .join(ctx, &mut tx, workspace, (account.id, invitee.role))
            .await?;
        let letter = |kind| {
            Letter::new(kind, email.as_str(), account.interface_language.as_deref())
                .with("inviter_name", &actor.name)
                .with("workspace_name", &place.name)
        };
        let (how, url) = if account.status == AccountStatus::Pending {
            let url = self
                .send_link(ctx, &mut tx, (workspace, actor), &account, letter)
                .await?;
            (InvitedAs::Pending, url)
        } else {
            let sign_in = self.parts.post.page("/signin").ok();
            if let (true, Some(url)) = (is_new, &sign_in) {
                let letter = letter(LetterKind::Invite).with("url", url);
                self.parts.post.send(&mut tx, ctx, letter).await?;
            }
            (InvitedAs::Member, sign_in)
        };
        let event = AuditEvent::new(AuditAction::MemberInvited)
            .by(actor.id)
            .within(Some(workspace))
            .with("member", account.id)
            .with("role", invitee.role.as_str())
            .with("joined", is_new);
        record(&mut tx, &self.parts.ambient, ctx, event).await?;
        tx.commit().await?;
        self.parts.known.forget(account.id);
        Ok(Invited {
            account: account.id,
            email: email.as_str().to_owned(),
            how,
            url,
        })
    }

    /// The account of the address; a new, pending one if nobody has it.
    async fn account_of(
        &self,
        ctx: &Ctx,
        tx: &mut Tx,
        email: &str,
        invitee: &Invitee<'_>,
    ) -> Result<Account, MemberError> {
        if let Some(found) = account::find_credentials(tx, email).await? {
            let is_usable = found.account.status.may_use_console();
            return is_usable
                .then_some(found.account)
                .ok_or(MemberError::NotFound);
        }
        let id = AccountId::generate(self.parts.ambient.ids.as_ref());
        let language = Language::or_default(invitee.language);
        let local = email.split('@').next().unwrap_or_default();
        let name: String = local.chars().take(LONGEST_NAME).collect();
        let new = account::NewAccount {
            id,
            name: &name,
            email,
            password: None,
            language: language.tag,
            timezone: language.timezone,
            ip: "",
            status: AccountStatus::Pending,
            at: ctx.now,
        };
        account::insert(tx, new).await?;
        account::find(tx, id).await?.ok_or(MemberError::NotFound)
    }

    /// Makes the account a member unless it is one. Says whether it was none.
    async fn join(
        &self,
        ctx: &Ctx,
        tx: &mut Tx,
        workspace: WorkspaceId,
        (account, role): (AccountId, Role),
    ) -> Result<bool, MemberError> {
        if member::find_role(tx, workspace, account).await?.is_some() {
            return Ok(false);
        }
        let most = i64::from(self.parts.settings.max_members);
        if most > 0 && member::count(tx, workspace).await? >= most {
            return Err(MemberError::LimitExceeded);
        }
        let is_first = member::count_of_account(tx, account).await? == 0;
        let id = MembershipId::generate(self.parts.ambient.ids.as_ref());
        workspace::insert_member(tx, workspace, (id, account), role, is_first, ctx.now).await?;
        Ok(true)
    }

    /// The link goes by mail; only without mail is whoever invites told it.
    async fn send_link(
        &self,
        ctx: &Ctx,
        tx: &mut Tx,
        (workspace, actor): (WorkspaceId, &Account),
        account: &Account,
        letter: impl Fn(LetterKind) -> Letter,
    ) -> Result<Option<String>, MemberError> {
        let invitation = Invitation {
            id: InvitationId::generate(self.parts.ambient.ids.as_ref()),
            workspace,
            account: account.id,
            email: account.email.to_lowercase(),
            invited_by: actor.id,
            inviter_era: actor.era,
            expires_at: ctx.now + self.parts.settings.invitation_lifetime(),
        };
        invitation::insert(tx, &invitation, ctx.now).await?;
        if self.parts.post.is_set_up() {
            let letter =
                letter(LetterKind::Invite).with_invitation(invitation.id, invitation.expires_at);
            self.parts.post.send(tx, ctx, letter).await?;
            return Ok(None);
        }
        let token = self.parts.invitations.token(invitation.id);
        let path = invitation_path(&invitation.email, token.expose());
        Ok(self.parts.post.page(&path).ok())
    }
}
