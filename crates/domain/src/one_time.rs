//! One-time tokens of the flows that go through a mail: what they are for and how far they got
//! (console.md §4).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    account::Account,
    era::{DeferredAuthority, Era},
    ids::{AccountId, WorkspaceId},
};

/// What a one-time token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OneTimePurpose {
    /// Setting a forgotten password.
    ResetPassword,
    /// A code that proves an address before an account is registered with it.
    EmailRegister,
    /// Signing in by a code.
    EmailCodeLogin,
    /// Changing the address: the code went to the present one.
    ChangeEmailOld,
    /// Changing the address: the code went to the new one.
    ChangeEmailNew,
    /// Giving a workspace away.
    OwnerTransfer,
    /// Deleting the account.
    AccountDeletion,
}

impl OneTimePurpose {
    /// Whether somebody who is not signed in can have such a code sent to an address.
    pub fn may_anybody_ask(self) -> bool {
        match self {
            Self::ResetPassword | Self::EmailRegister | Self::EmailCodeLogin => true,
            Self::ChangeEmailOld
            | Self::ChangeEmailNew
            | Self::OwnerTransfer
            | Self::AccountDeletion => false,
        }
    }

    /// The stable name, for keys and for the audit trail.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ResetPassword => "reset_password",
            Self::EmailRegister => "email_register",
            Self::EmailCodeLogin => "email_code_login",
            Self::ChangeEmailOld => "change_email_old",
            Self::ChangeEmailNew => "change_email_new",
            Self::OwnerTransfer => "owner_transfer",
            Self::AccountDeletion => "account_deletion",
        }
    }

    /// What kind of authority its codes and tokens are; none where there is no account yet.
    pub fn authority(self) -> Option<DeferredAuthority> {
        match self {
            Self::ResetPassword => Some(DeferredAuthority::ResetCode),
            Self::EmailRegister => None,
            Self::EmailCodeLogin => Some(DeferredAuthority::LoginCode),
            Self::ChangeEmailOld | Self::ChangeEmailNew => Some(DeferredAuthority::ChangeEmailCode),
            Self::OwnerTransfer => Some(DeferredAuthority::TransferCode),
            Self::AccountDeletion => Some(DeferredAuthority::DeletionCode),
        }
    }
}

/// What a code is computed from. It is no secret: without the installation's key it yields nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeSeed {
    /// The key that the code was computed with.
    pub kid: String,
    /// Random bytes as text; the code is computed from them and the installation's key.
    pub seed: String,
}

/// What stands behind a one-time token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OneTimeGrant {
    /// What it is for.
    pub purpose: OneTimePurpose,
    /// Whether the code was given.
    pub is_verified: bool,
    /// Whose it is, where there is an account.
    pub account: Option<AccountId>,
    /// The account's, when the code was sent. Absent in what an older version stored: the first one.
    #[serde(default)]
    pub era: Era,
    /// Whether a code was sent. Without one no code is right: so it is with addresses that nobody
    /// has, which must look like all others.
    pub has_code: bool,
    /// Where the code went, in lower case.
    pub email: String,
    /// The account's address when an address is changed, in lower case.
    pub old_email: Option<String>,
    /// Which workspace is given away.
    pub workspace: Option<WorkspaceId>,
    /// What the code is computed from; the code itself is not stored.
    pub seed: CodeSeed,
    /// From when on it is refused, in UTC.
    pub expires_at: DateTime<Utc>,
}

impl OneTimeGrant {
    /// Whether it is worth something to an account as it is now: the same account, in the era and with
    /// the address that it had when the code was sent.
    pub fn is_of(&self, account: &Account) -> bool {
        let address = self.old_email.as_ref().unwrap_or(&self.email);
        self.account == Some(account.id)
            && self.era == account.era
            && *address == account.email.to_lowercase()
    }
}
