//! Profile fields, and initialisation.

use gatewright_domain::{
    account::{Account, AccountStatus},
    ids::AccountId,
};
use gatewright_storage_identity::{account, profile, profile::ProfileChange, upload_file};
use gatewright_storage_kit::{Conn, Tx};

use super::{error::AccountError, service::Accounts};
use crate::credential::CredentialError;
use gatewright_usecase_kit::{Ctx, delete_contents};

/// Bytes of the URL of an avatar: the column's width.
const MAX_URL: usize = 255;

impl Accounts {
    /// Changes profile fields.
    pub async fn update_profile(
        &self,
        ctx: &Ctx,
        id: AccountId,
        change: ProfileChange,
    ) -> Result<Account, AccountError> {
        let mut tx = self.pool.begin().await?;
        if let Some(avatar) = &change.avatar {
            let whose = account::lock(&mut tx, id).await?;
            let whose = whose.ok_or(CredentialError::AccountNotFound)?;
            require_avatar(&mut tx, id, avatar).await?;
            self.delete_avatar(ctx, &mut tx, whose.account(), avatar)
                .await?;
        }
        profile::update(&mut tx, id, &change, ctx.now).await?;
        let account = account::find(&mut tx, id).await?;
        tx.commit().await?;
        self.known.forget(id);
        Ok(account.ok_or(CredentialError::AccountNotFound)?)
    }

    /// A picture that was an avatar and is none any more goes, unless something else uses it.
    async fn delete_avatar(
        &self,
        ctx: &Ctx,
        tx: &mut Tx,
        account: &Account,
        next: &str,
    ) -> Result<(), AccountError> {
        let before = account.avatar.as_deref().filter(|before| *before != next);
        let Some(file) = before.and_then(|before| before.parse().ok()) else {
            return Ok(());
        };
        let orphans = upload_file::delete_own(tx, file, account.id).await?;
        Ok(delete_contents(tx, &self.env, ctx, orphans).await?)
    }

    /// Initialises an account that the cloud edition left behind.
    pub async fn initialise(
        &self,
        ctx: &Ctx,
        account: &Account,
        change: ProfileChange,
    ) -> Result<(), AccountError> {
        let mut tx = self.pool.begin().await?;
        let (from, to) = (AccountStatus::Uninitialized, AccountStatus::Active);
        if !profile::update_status(&mut tx, account.id, from, to, ctx.now).await? {
            return Err(AccountError::AlreadyInited);
        }
        profile::update(&mut tx, account.id, &change, ctx.now).await?;
        tx.commit().await?;
        self.known.forget(account.id);
        Ok(())
    }
}

/// An avatar is a URL, a picture that the account itself uploaded, or nothing.
async fn require_avatar(
    conn: &mut Conn,
    account: AccountId,
    avatar: &str,
) -> Result<(), AccountError> {
    let is_url = avatar.starts_with("https://") || avatar.starts_with("http://");
    let is_taken = match avatar.parse() {
        Ok(file) => upload_file::is_own_picture(conn, file, account).await?,
        Err(_) => avatar.is_empty() || (is_url && avatar.len() <= MAX_URL),
    };
    is_taken.then_some(()).ok_or(AccountError::InvalidAvatar)
}
