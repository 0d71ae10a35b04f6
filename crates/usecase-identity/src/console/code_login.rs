//! Signing in by a code from a mail (console.md §7.3), and registering by one (§7.5). The answer to
//! "send me a code" is the same for everybody.

use gatewright_domain::{
    account::{Account, AccountStatus, Email, check_password_policy},
    audit::{AuditAction, AuditEvent},
    one_time::OneTimePurpose,
    workspace::WorkspaceStatus,
};
use gatewright_mail::MailKind;
use gatewright_storage_identity::{account, workspace};
use gatewright_storage_kit::Tx;

use super::session::{Console, SessionTokens};
use crate::{
    account::AccountError,
    credential::{CodeProof, CredentialError, NewCode, RepeatedPassword},
    joining::{Accepting, NewAccount, found_workspace, local_part, may_come, settle},
};
use gatewright_usecase_kit::{Ctx, mail::OutgoingMail, record};

const LOGIN: OneTimePurpose = OneTimePurpose::EmailCodeLogin;
const REGISTER: OneTimePurpose = OneTimePurpose::EmailRegister;

/// What somebody new may say about themselves.
#[derive(Debug, Clone, Default)]
pub struct Preferences {
    /// A language tag.
    pub language: Option<String>,
    /// An IANA zone.
    pub timezone: Option<String>,
}

impl Console {
    /// Sends a code to sign in with.
    pub async fn send_login_code(
        &self,
        ctx: &Ctx,
        email: &Email,
        language: Option<&str>,
    ) -> Result<String, AccountError> {
        if !self.settings.email_code_login {
            return Err(AccountError::FeatureDisabled);
        }
        let (spelled, email) = (email.as_str(), email.lowercase());
        let codes = &self.codes;
        codes.charge_network(ctx).await?;
        let mut tx = self.pool.begin().await?;
        let found = account::find_credentials(&mut tx, spelled).await?;
        let found = found.map(|found| found.account);
        let postage = codes.charge_mailbox(ctx, LOGIN, email.as_str(), found.as_ref());
        let postage = postage.await?;
        let mut new = NewCode::new(LOGIN, email.as_str());
        new.of(found.as_ref());
        new.has_code = match &found {
            Some(account) => account.status.may_use_console(),
            None => self.may_come_by_code(ctx, &mut tx, email.as_str()).await?,
        };
        let has_code = new.has_code;
        let issued = codes.issue(ctx, new, postage).await?;
        let mail = if has_code {
            issued.mail(MailKind::LoginCode, language)
        } else {
            OutgoingMail::new(MailKind::LoginNoAccount, email.as_str(), language)
        };
        self.mail_queue.send(&mut tx, ctx, mail).await?;
        tx.commit().await?;
        Ok(issued.token)
    }

    /// Signs in with the code; somebody new gets an account where registration is open.
    pub async fn login_with_code(
        &self,
        ctx: &Ctx,
        email: &Email,
        proof: CodeProof<'_>,
        preferences: &Preferences,
    ) -> Result<SessionTokens, AccountError> {
        if !self.settings.email_code_login {
            return Err(AccountError::FeatureDisabled);
        }
        let codes = &self.codes;
        let checked = codes.check(ctx, LOGIN, proof, Some(email.as_str()));
        let grant = checked.await?;
        codes.spend(proof.token, &grant).await?;
        let mut tx = self.pool.begin().await?;
        let settings = &self.settings;
        let invited = if may_come(settings) {
            None
        } else {
            Accepting::latest(&mut tx, ctx, &grant.email).await?
        };
        account::lock_email(&mut tx, &grant.email).await?;
        let found = match grant.account {
            Some(id) => account::find_credentials_by_id(&mut tx, id).await?,
            None => account::find_credentials(&mut tx, &grant.email).await?,
        };
        let account = match found {
            Some(_) => {
                let whose = codes.lock_owner(&mut tx, &grant).await?;
                whose.account().clone()
            }
            // Whose it was is no more, or has another address by now.
            None if grant.account.is_some() => return Err(CredentialError::InvalidToken.into()),
            None => {
                let new_account = NewAccount {
                    name: local_part(&grant.email),
                    email: &grant.email,
                    password: None,
                    language: preferences.language.as_deref(),
                    timezone: preferences.timezone.as_deref(),
                };
                match invited {
                    Some(accepting) => {
                        let coming = self.come_by_code(ctx, &mut tx, accepting, &new_account);
                        coming.await?.account().clone()
                    }
                    None => {
                        self.register_new_account(ctx, &mut tx, &new_account)
                            .await?
                    }
                }
            }
        };
        match account.status {
            AccountStatus::Banned => return Err(AccountError::AccountBanned),
            AccountStatus::Closed => return Err(CredentialError::AccountNotFound.into()),
            AccountStatus::Active | AccountStatus::Pending | AccountStatus::Uninitialized => {}
        }
        self.require_workspace(ctx, &mut tx, &account).await?;
        let locked = account::lock(&mut tx, account.id).await?;
        let locked = locked.ok_or(CredentialError::AccountNotFound)?;
        let session = self.open_session(ctx, &mut tx, &locked).await?;
        tx.commit().await?;
        Ok(self.first_tokens(ctx, &account, &session)?)
    }

    async fn require_workspace(
        &self,
        ctx: &Ctx,
        tx: &mut Tx,
        account: &Account,
    ) -> Result<(), AccountError> {
        let workspaces = workspace::list_for_account(tx, account.id).await?;
        let mut statuses = workspaces.iter().map(|workspace| workspace.status);
        if statuses.any(|status| status == WorkspaceStatus::Normal) {
            return Ok(());
        }
        if !self.settings.allow_create_workspace {
            return Err(AccountError::NotAllowedCreateWorkspace);
        }
        found_workspace(tx, &self.env, ctx, account.id, &account.name).await?;
        Ok(())
    }

    async fn register_new_account(
        &self,
        ctx: &Ctx,
        tx: &mut Tx,
        new_account: &NewAccount<'_>,
    ) -> Result<Account, AccountError> {
        if !self.settings.allow_register {
            return Err(CredentialError::AccountNotFound.into());
        }
        if !self.settings.allow_create_workspace {
            return Err(AccountError::NotAllowedCreateWorkspace);
        }
        let id = settle(tx, &self.env, ctx, new_account).await?;
        let event = AuditEvent::new(AuditAction::AccountRegistered).by(id);
        record(tx, &self.env, ctx, event).await?;
        let account = account::find(tx, id).await?;
        Ok(account.ok_or(CredentialError::AccountNotFound)?)
    }

    /// Sends a code to register with; whoever has an account is told so, by mail.
    pub async fn send_register_code(
        &self,
        ctx: &Ctx,
        email: &Email,
        language: Option<&str>,
    ) -> Result<String, AccountError> {
        self.require_registration()?;
        let (spelled, email) = (email.as_str(), email.lowercase());
        let codes = &self.codes;
        codes.charge_network(ctx).await?;
        let mut tx = self.pool.begin().await?;
        let found = account::find_credentials(&mut tx, spelled).await?;
        let owner = found.as_ref().map(|found| &found.account);
        let postage = codes.charge_mailbox(ctx, REGISTER, email.as_str(), owner);
        let postage = postage.await?;
        let mut new = NewCode::new(REGISTER, email.as_str());
        new.has_code = found.is_none();
        let issued = codes.issue(ctx, new, postage).await?;
        let mail = match found {
            None => Some(issued.mail(MailKind::Register, language)),
            Some(found) => self.already_there(&found.account, language),
        };
        if let Some(mail) = mail {
            self.mail_queue.send(&mut tx, ctx, mail).await?;
        }
        tx.commit().await?;
        Ok(issued.token)
    }

    fn already_there(&self, account: &Account, language: Option<&str>) -> Option<OutgoingMail> {
        let mail_queue = &self.mail_queue;
        let mail = OutgoingMail::new(MailKind::RegisterExists, &account.email, language)
            .with("account_name", &account.name)
            .with("login_url", mail_queue.page("/signin").ok()?)
            .with(
                "reset_password_url",
                mail_queue.page("/reset-password").ok()?,
            );
        Some(mail)
    }

    /// Takes the code. Returns the token to register with.
    pub async fn check_register_code(
        &self,
        ctx: &Ctx,
        email: &Email,
        proof: CodeProof<'_>,
    ) -> Result<String, AccountError> {
        self.require_registration()?;
        let codes = &self.codes;
        let checked = codes.check(ctx, REGISTER, proof, Some(email.as_str()));
        Ok(codes.advance(ctx, proof.token, &checked.await?).await?)
    }

    /// Makes the account and signs it in.
    pub async fn register_with_code(
        &self,
        ctx: &Ctx,
        token: &str,
        new: RepeatedPassword<'_>,
        preferences: &Preferences,
    ) -> Result<SessionTokens, AccountError> {
        self.require_registration()?;
        check_password_policy(new.password.expose())?;
        if !new.is_repeated() {
            return Err(AccountError::PasswordMismatch);
        }
        let codes = &self.codes;
        let grant = codes.verified(ctx, REGISTER, token).await?;
        let hash = self.passwords.hash(new.password).await?;
        codes.spend(token, &grant).await?;
        let mut tx = self.pool.begin().await?;
        account::lock_email(&mut tx, &grant.email).await?;
        if account::is_email_taken(&mut tx, &grant.email).await? {
            return Err(AccountError::EmailInUse);
        }
        let new_account = NewAccount {
            name: local_part(&grant.email),
            email: &grant.email,
            password: Some(&hash),
            language: preferences.language.as_deref(),
            timezone: preferences.timezone.as_deref(),
        };
        let account = self
            .register_new_account(ctx, &mut tx, &new_account)
            .await?;
        let locked = account::lock(&mut tx, account.id).await?;
        let locked = locked.ok_or(CredentialError::AccountNotFound)?;
        let session = self.open_session(ctx, &mut tx, &locked).await?;
        tx.commit().await?;
        Ok(self.first_tokens(ctx, &account, &session)?)
    }

    fn require_registration(&self) -> Result<(), AccountError> {
        let settings = &self.settings;
        if settings.password_login && settings.allow_register {
            Ok(())
        } else {
            Err(AccountError::FeatureDisabled)
        }
    }
}
