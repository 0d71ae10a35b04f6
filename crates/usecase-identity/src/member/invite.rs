//! Inviting. One address at a time, each in a transaction of its own under the workspace's lock. What
//! happens does not depend on whether the address has an account: it is asked by mail, and becomes a
//! member when it accepts (`crate::joining`).

use gatewright_auth::bearer::RateLimiter as _;
use gatewright_domain::{
    account::{Account, Email},
    audit::{AuditAction, AuditEvent},
    ids::{InvitationId, WorkspaceId},
    member::{Capability, MemberRefusal},
    workspace::Role,
};
use gatewright_mail::MailKind;
use gatewright_storage_identity::{account, invitation, invitation::Invitation, member};
use gatewright_storage_kit::Tx;
use uuid::Uuid;

use super::{error::MemberError, manage::Members};
use gatewright_usecase_kit::{
    Ctx,
    mail::{OutgoingMail, invitation_path},
    record,
};

/// Whom, as what, in which language the mail is.
pub struct Invitee<'a> {
    /// The invited mail address.
    pub email: &'a Email,
    /// The role that the person gets; never the owner's.
    pub role: Role,
    /// A language tag.
    pub language: Option<&'a str>,
}

/// What became of an invitation.
#[derive(Debug, Clone)]
pub struct Invited {
    /// What it goes by among the members; a member's own id, of somebody who is one.
    pub id: Uuid,
    /// In lower case.
    pub email: String,
    /// The link, when no mail takes it to them.
    pub url: Option<String>,
    /// Whether they were a member before, so that nothing was done.
    pub is_member: bool,
}

impl Members {
    /// Invites somebody. Whoever is a member stays what they are.
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
        let limit = &self.limits.invite;
        self.limiter.charge(limit, &workspace.to_string()).await?;
        let email = invitee.email.lowercase();
        if email.as_str() == actor.email.to_lowercase() {
            return Err(MemberRefusal::Oneself.into());
        }
        if self.mail_queue.is_set_up() {
            let recipients = &self.codes.recipients;
            recipients
                .charge(email.as_str(), None, ctx.now)
                .await
                .map_err(|error| error.or(MemberError::RecipientRateLimited))?;
        }
        let mut tx = self.pool.begin().await?;
        let workspace_row = self.lock(&mut tx, workspace).await?;
        account::lock_email(&mut tx, email.as_str()).await?;
        self.require_inviter(&mut tx, workspace, actor).await?;
        if let Some(id) = member::find_by_email(&mut tx, workspace, email.as_str()).await? {
            return Ok(Invited {
                id: id.0,
                email: email.as_str().to_owned(),
                url: None,
                is_member: true,
            });
        }
        let expires_at = ctx.now + self.settings.invitation_lifetime();
        invitation::dissolve_unused(&mut tx, email.as_str(), ctx.now, expires_at).await?;
        self.require_room(ctx, &mut tx, workspace, email.as_str())
            .await?;
        let invitation = Invitation {
            id: InvitationId::generate(self.env.ids.as_ref()),
            workspace,
            email: email.as_str().to_owned(),
            role: invitee.role,
            accepted_by: None,
            invited_by: actor.id,
            inviter_era: actor.era,
            created_at: ctx.now,
            expires_at,
        };
        invitation::insert(&mut tx, &invitation).await?;
        let mail = OutgoingMail::new(MailKind::Invite, email.as_str(), invitee.language)
            .with("inviter_name", &actor.name)
            .with("workspace_name", &workspace_row.name);
        let url = self.send_link(ctx, &mut tx, &invitation, mail).await?;
        let event = AuditEvent::new(AuditAction::MemberInvited)
            .by(actor.id)
            .within(Some(workspace))
            .with("invitation", invitation.id)
            .with("role", invitee.role.as_str());
        record(&mut tx, &self.env, ctx, event).await?;
        tx.commit().await?;
        Ok(Invited {
            id: invitation.id.0,
            email: invitation.email,
            url,
            is_member: false,
        })
    }

    /// Under the lock: whoever invites still may, and has ended nothing since they were let in: an invitation of before
    /// an ending could not be accepted.
    async fn require_inviter(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        actor: &Account,
    ) -> Result<(), MemberError> {
        let own = member::find_role(tx, workspace, actor.id).await?;
        let may_invite = own.is_some_and(|role| role.may(Capability::ManageMembers));
        let locked = account::lock(tx, actor.id).await?;
        if may_invite && locked.is_some_and(|locked| locked.is_still(actor)) {
            Ok(())
        } else {
            Err(MemberRefusal::NotPermitted.into())
        }
    }

    /// Those who are invited count too.
    async fn require_room(
        &self,
        ctx: &Ctx,
        tx: &mut Tx,
        workspace: WorkspaceId,
        email: &str,
    ) -> Result<(), MemberError> {
        let most = i64::from(self.settings.max_members);
        if most == 0 {
            return Ok(());
        }
        let open = invitation::list_open(tx, workspace, ctx.now).await?;
        let others = open.iter().filter(|one| one.email != email).count();
        let others = i64::try_from(others).unwrap_or(i64::MAX);
        if member::count(tx, workspace).await?.saturating_add(others) >= most {
            return Err(MemberError::LimitExceeded);
        }
        Ok(())
    }

    /// The link goes by mail; only without mail is whoever invites told it.
    async fn send_link(
        &self,
        ctx: &Ctx,
        tx: &mut Tx,
        invitation: &Invitation,
        mail: OutgoingMail,
    ) -> Result<Option<String>, MemberError> {
        if self.mail_queue.is_set_up() {
            let mail = mail.with_invitation(invitation.id, invitation.expires_at);
            self.mail_queue.send(tx, ctx, mail).await?;
            return Ok(None);
        }
        let token = self.invitations.token(invitation.id);
        let path = invitation_path(&invitation.email, token.expose());
        Ok(self.mail_queue.page(&path).ok())
    }
}
