//! Deleting one's account: a code, then everything goes that is the account's alone, with the files of it.

use gatewright_domain::{
    account::Account,
    audit::{AuditAction, AuditEvent},
    era::Ending,
    ids::WorkspaceId,
    one_time::OneTimePurpose,
    workspace::Role,
};
use gatewright_mail::MailKind;
use gatewright_storage_identity::{erasure, member, workspace};
use gatewright_storage_kit::{StorageError, Tx};

use super::{
    endings::{begin_era, commit_ending, end_all},
    error::AccountError,
    service::Accounts,
};
use crate::credential::{CodeProof, CredentialError, NewCode, lock_own};
use gatewright_usecase_kit::ConsoleIdentity;
use gatewright_usecase_kit::{Ctx, delete_contents, mail::OutgoingMail, record};

const PURPOSE: OneTimePurpose = OneTimePurpose::AccountDeletion;

impl Accounts {
    /// Sends a code.
    pub async fn begin_deletion(
        &self,
        ctx: &Ctx,
        account: &Account,
    ) -> Result<String, AccountError> {
        let (email, codes) = (account.email.to_lowercase(), &self.codes);
        let postage = codes.charge_mailbox(ctx, PURPOSE, &email, Some(account));
        let postage = postage.await?;
        let mut new = NewCode::new(PURPOSE, &email);
        new.of(Some(account));
        let issued = codes.issue(ctx, new, postage).await?;
        let language = account.interface_language.as_deref();
        let mail = issued.mail(MailKind::DeleteAccountCode, language);
        let mut tx = self.pool.begin().await?;
        self.mail_queue.send(&mut tx, ctx, mail).await?;
        tx.commit().await?;
        Ok(issued.token)
    }

    /// Deletes the account. Workspaces that nobody else is in go with it; an account that owns others
    /// must give them away first.
    pub async fn delete(
        &self,
        ctx: &Ctx,
        who: &ConsoleIdentity,
        proof: CodeProof<'_>,
    ) -> Result<(), AccountError> {
        let account = &who.account;
        let codes = &self.codes;
        let seen = codes.grants.find(proof.token, ctx.now).await?;
        if seen.and_then(|grant| grant.account) != Some(account.id) {
            return Err(AccountError::InvalidDeletionCode);
        }
        let checked = codes.check(ctx, PURPOSE, proof, None).await;
        let grant = checked.map_err(|error| match error {
            CredentialError::InvalidToken | CredentialError::WrongCode => {
                AccountError::InvalidDeletionCode
            }
            other => other.into(),
        })?;
        self.require_no_shared_workspace(account).await?;
        codes.spend(proof.token, &grant).await?;
        let mut tx = self.pool.begin().await?;
        let mail = OutgoingMail::new(
            MailKind::DeleteAccountDone,
            &account.email,
            account.interface_language.as_deref(),
        );
        let mail = mail.with("email", &account.email);
        self.mail_queue.send(&mut tx, ctx, mail).await?;
        let workspaces = lock_workspaces(&mut tx, account).await?;
        let own = lock_own(&mut tx, ctx, who).await?;
        if !grant.is_of(own.account()) {
            return Err(AccountError::InvalidDeletionCode);
        }
        let begun = begin_era(&mut tx, &self.env, &own, Ending::AccountDeleted).await?;
        let ended = end_all(&mut tx, begun, None, ctx.now).await?;
        self.leave(ctx, &mut tx, account, workspaces).await?;
        let orphans = erasure::delete_account(&mut tx, account.id).await?;
        delete_contents(&mut tx, &self.env, ctx, orphans).await?;
        let event = AuditEvent::new(AuditAction::AccountDeleted).by(account.id);
        record(&mut tx, &self.env, ctx, event).await?;
        commit_ending(tx, &self.store, ended).await?;
        self.known.forget(account.id);
        Ok(())
    }

    /// Asked before the code is spent, so that a refusal can be mended and the code used.
    async fn require_no_shared_workspace(&self, account: &Account) -> Result<(), AccountError> {
        let mut conn = self.pool.get().await?;
        for workspace in workspace::list_for_account(&mut conn, account.id).await? {
            let is_shared = member::count(&mut conn, workspace.id).await? > 1;
            if workspace.role == Role::Owner && is_shared {
                return Err(AccountError::OwnsSharedWorkspace);
            }
        }
        Ok(())
    }

    async fn leave(
        &self,
        ctx: &Ctx,
        tx: &mut Tx,
        account: &Account,
        workspaces: Vec<WorkspaceId>,
    ) -> Result<(), AccountError> {
        for id in workspaces {
            let is_alone = member::count(tx, id).await? <= 1;
            // Somebody may have become a member since it was asked.
            let role = member::find_role(tx, id, account.id).await?;
            let action = match (is_alone, role) {
                (true, _) => {
                    let orphans = erasure::delete_workspace(tx, id).await?;
                    delete_contents(tx, &self.env, ctx, orphans).await?;
                    AuditAction::WorkspaceDeleted
                }
                (false, Some(Role::Owner)) => return Err(AccountError::OwnsSharedWorkspace),
                (false, _) => {
                    member::delete(tx, id, account.id).await?;
                    AuditAction::MemberRemoved
                }
            };
            let event = AuditEvent::new(action).by(account.id).within(Some(id));
            let event = event.with("reason", "account_deleted");
            record(tx, &self.env, ctx, event).await?;
        }
        Ok(())
    }
}

/// In the order of their ids, so that two deletions cannot wait for each other.
async fn lock_workspaces(tx: &mut Tx, account: &Account) -> Result<Vec<WorkspaceId>, StorageError> {
    let workspaces = workspace::list_for_account(tx, account.id).await?;
    let mut ids: Vec<WorkspaceId> = workspaces.iter().map(|workspace| workspace.id).collect();
    ids.sort();
    for id in &ids {
        workspace::find_for_update(tx, *id).await?;
    }
    Ok(ids)
}
