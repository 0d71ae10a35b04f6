//! Profile fields, and initialisation.

use gatewright_domain::{
    account::{Account, AccountStatus},
    ids::AccountId,
};
use gatewright_storage_identity::{account, profile, profile::ProfileChange};
use gatewright_storage_kit::Conn;

use super::{error::AccountError, service::Accounts};
use gatewright_storage_identity::upload_file::is_own_picture;
use gatewright_usecase_kit::Ctx;

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
        let mut tx = self.parts.pool.begin().await?;
        if let Some(avatar) = &change.avatar {
            require_avatar(&mut tx, id, avatar).await?;
        }
        profile::update(&mut tx, id, &change, ctx.now).await?;
        let account = account::find(&mut tx, id).await?;
        tx.commit().await?;
        self.parts.known.forget(id);
        account.ok_or(AccountError::AccountNotFound)
    }

    /// Initialises an account that the cloud edition left behind.
    pub async fn initialise(
        &self,
        ctx: &Ctx,
        account: &Account,
        change: ProfileChange,
    ) -> Result<(), AccountError> {
        let mut tx = self.parts.pool.begin().await?;
        let step = (AccountStatus::Uninitialized, AccountStatus::Active);
        if !profile::update_status(&mut tx, account.id, step, ctx.now).await? {
            return Err(AccountError::AlreadyInited);
        }
        profile::update(&mut tx, account.id, &change, ctx.now).await?;
        tx.commit().await?;
        self.parts.known.forget(account.id);
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
        Ok(file) => is_own_picture(conn, file, account).await?,
        Err(_) => avatar.is_empty() || (is_url && avatar.len() <= MAX_URL),
    };
    is_taken.then_some(()).ok_or(AccountError::InvalidAvatar)
}
