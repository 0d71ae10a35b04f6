//! Giving a workspace away (console.md §7.15): a code to the owner's mailbox, then the change, in one
//! transaction. The token is bound to the account and to the workspace. That it is the owner who asks stands in
//! the signature of the route.

use gatewright_domain::{
    account::{Account, AccountStatus},
    audit::{AuditAction, AuditEvent},
    ids::{AccountId, WorkspaceId},
    one_time::{OneTimeGrant, OneTimePurpose},
    workspace::{MemberWorkspace, Role},
};
use gatewright_mail::MailKind;
use gatewright_storage_identity::{account, member};

use super::{error::MemberError, manage::Members};
use crate::credential::{CodeProof, CredentialError, NewCode};
use gatewright_usecase_kit::{Ctx, mail::OutgoingMail, record};

const PURPOSE: OneTimePurpose = OneTimePurpose::OwnerTransfer;

impl Members {
    /// Sends the code.
    pub async fn begin_transfer(
        &self,
        ctx: &Ctx,
        owner: &Account,
        workspace: &MemberWorkspace,
        language: Option<&str>,
    ) -> Result<String, MemberError> {
        let (email, codes) = (owner.email.to_lowercase(), &self.codes);
        codes.charge_network(ctx).await?;
        let postage = codes.charge_mailbox(ctx, PURPOSE, &email, Some(owner));
        let postage = postage.await?;
        let mut new = NewCode::new(PURPOSE, &email);
        new.of(Some(owner));
        new.workspace = Some(workspace.id);
        let issued = codes.issue(ctx, new, postage).await?;
        let mail = issued
            .mail(MailKind::TransferConfirm, language)
            .with("WorkspaceName", &workspace.name);
        let mut tx = self.pool.begin().await?;
        self.mail_queue.send(&mut tx, ctx, mail).await?;
        tx.commit().await?;
        Ok(issued.token)
    }

    /// Takes the code. Returns the token of the next step.
    pub async fn check_transfer_code(
        &self,
        ctx: &Ctx,
        owner: &Account,
        workspace: &MemberWorkspace,
        proof: CodeProof<'_>,
    ) -> Result<String, MemberError> {
        let codes = &self.codes;
        let seen = codes.grants.find(proof.token, ctx.now).await?;
        require_bound(seen.as_ref(), owner.id, workspace.id)?;
        let grant = codes.check(ctx, PURPOSE, proof, None).await?;
        Ok(codes.advance(ctx, proof.token, &grant).await?)
    }

    /// Gives the workspace away: the owner becomes an administrator. Both are told.
    pub async fn transfer(
        &self,
        ctx: &Ctx,
        owner: &Account,
        workspace: &MemberWorkspace,
        target: AccountId,
        token: &str,
    ) -> Result<(), MemberError> {
        if target == owner.id {
            return Err(MemberError::TransferToSelf);
        }
        let codes = &self.codes;
        let grant = codes.verified(ctx, PURPOSE, token).await?;
        require_bound(Some(&grant), owner.id, workspace.id)?;
        let mut tx = self.pool.begin().await?;
        let workspace_row = self
            .lock(&mut tx, workspace.id)
            .await
            .map_err(as_no_member)?;
        // Under the lock: of two transfers at once the second comes from somebody who is owner no more.
        let own = member::find_role(&mut tx, workspace.id, owner.id).await?;
        if own != Some(Role::Owner) {
            return Err(MemberError::NotOwner);
        }
        let is_member = member::find_role(&mut tx, workspace.id, target)
            .await?
            .is_some();
        let heir = account::find(&mut tx, target).await?;
        let heir = heir.filter(|heir| is_member && heir.status == AccountStatus::Active);
        let heir = heir.ok_or(MemberError::NoMember)?;
        codes.lock_owner(&mut tx, &grant).await?;
        codes.spend(token, &grant).await?;
        member::update_role(&mut tx, workspace.id, owner.id, Role::Admin, ctx.now).await?;
        member::update_role(&mut tx, workspace.id, target, Role::Owner, ctx.now).await?;
        for mail in mails(owner, &heir, &workspace_row.name) {
            self.mail_queue.send(&mut tx, ctx, mail).await?;
        }
        let event = AuditEvent::new(AuditAction::OwnershipTransferred)
            .by(owner.id)
            .within(Some(workspace.id))
            .with("to", target);
        record(&mut tx, &self.env, ctx, event).await?;
        tx.commit().await?;
        self.known.forget(owner.id);
        self.known.forget(target);
        Ok(())
    }
}

fn mails(owner: &Account, heir: &Account, workspace: &str) -> [OutgoingMail; 2] {
    let to = |kind, account: &Account| {
        let language = account.interface_language.as_deref();
        OutgoingMail::new(kind, &account.email, language).with("WorkspaceName", workspace)
    };
    [
        to(MailKind::TransferOldOwner, owner).with("NewOwnerEmail", &heir.email),
        to(MailKind::TransferNewOwner, heir),
    ]
}

fn require_bound(
    grant: Option<&OneTimeGrant>,
    owner: AccountId,
    workspace: WorkspaceId,
) -> Result<(), MemberError> {
    let is_bound = grant
        .is_some_and(|grant| grant.account == Some(owner) && grant.workspace == Some(workspace));
    if is_bound {
        Ok(())
    } else {
        Err(CredentialError::InvalidToken.into())
    }
}

/// A workspace that is gone has no members.
fn as_no_member(error: MemberError) -> MemberError {
    match error {
        MemberError::Unavailable(outage) => MemberError::Unavailable(outage),
        _ => MemberError::NoMember,
    }
}
