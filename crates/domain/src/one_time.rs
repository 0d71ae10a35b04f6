//! One-time tokens of the flows that go through a mail: what they are for and how far they got
//! (console.md §4).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, WorkspaceId};

/// What a one-time token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OneTimePurpose {
    /// Setting a forgotten password.
    ResetPassword,
    /// Registering.
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
}

/// What a code is computed from. It is no secret: without the installation's key it yields nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeSeed {
    /// The key that the code was computed with.
    pub kid: String,
    /// Random.
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
    /// Whether a code was sent. Without one no code is right: so it is with addresses that nobody
    /// has, which must look like all others.
    pub has_code: bool,
    /// Where the code went, in lower case.
    pub email: String,
    /// The account's address when an address is changed, in lower case.
    pub old_email: Option<String>,
    /// Which workspace is given away.
    pub workspace: Option<WorkspaceId>,
    /// The code.
    pub seed: CodeSeed,
    /// Until when.
    pub expires_at: DateTime<Utc>,
}
