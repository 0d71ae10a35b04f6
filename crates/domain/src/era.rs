//! Eras: what ends everything that an account has open begins a new era of it, and authority that was
//! given in another era is worth nothing when it is cashed in.
//!
//! An era is a random id that is compared for equality, not an instant and not a number: clocks of
//! several machines cannot disagree about it, and a database that was restored from a backup cannot
//! come to one that was there before. It stands in the account's row, is replaced in the transaction of
//! each ending, and is compared under that row's lock by whatever turns old authority into new.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ids::{IdGen, NotAUuid};

/// An era of an account, or of everybody without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Era(pub Uuid);

impl fmt::Display for Era {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Era {
    type Err = NotAUuid;

    fn from_str(text: &str) -> Result<Self, NotAUuid> {
        Uuid::try_parse(text).map(Self).map_err(|_| NotAUuid)
    }
}

impl Era {
    /// A new one.
    pub fn begin(ids: &dyn IdGen) -> Self {
        Self(ids.new_uuid())
    }
}

macro_rules! listed {
    ($(#[$of:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident => $text:literal,)+ }) => {
        $(#[$of])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$doc])* $variant,)+
        }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The stable name, for the audit trail and the log.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }
    };
}

listed! {
    /// What ends everything that an account has open. Signing out of one browser is none.
    Ending {
        /// The password was changed by whoever knew it.
        PasswordChanged => "password_changed",
        /// The password was set by a code from a mail.
        PasswordReset => "password_reset",
        /// The address was changed by its owner.
        EmailChanged => "email_changed",
        /// The owner ended everything but the browser that asked.
        EverythingElseEnded => "everything_else_ended",
        /// The owner disconnected an identity at a provider, which may have signed somebody in.
        IdentityDisconnected => "identity_disconnected",
        /// The owner deleted the account.
        AccountDeleted => "account_deleted",
        /// An administrator set the password.
        AdminPasswordReset => "admin_password_reset",
        /// An administrator changed the address.
        AdminEmailReset => "admin_email_reset",
        /// An administrator ended everything that the account had open.
        AdminRevoked => "admin_revoked",
        /// An administrator ended everything of everybody.
        AdminRevokedEverything => "admin_revoked_everything",
        /// An administrator locked the account out.
        Banned => "banned",
    }
}

listed! {
    /// What can be given now and cashed in later. Whatever mints, signs in, sets a password or opens a
    /// workspace for one of these compares eras.
    DeferredAuthority {
        /// A session at the console: its cookies, its renewal, and every form that it was given.
        ConsoleSession => "console_session",
        /// A bearer of an account.
        Bearer => "bearer",
        /// A device that was let in and has not picked its token up.
        DeviceApproval => "device_approval",
        /// The same, let in by somebody without an account.
        ExternalApproval => "external_approval",
        /// What somebody without an account may let a device in with.
        ApprovalGrant => "approval_grant",
        /// A code, or the token it was exchanged for, to set a forgotten password.
        ResetCode => "reset_code",
        /// A code to sign in with.
        LoginCode => "login_code",
        /// A code, or the token it was exchanged for, to change the address.
        ChangeEmailCode => "change_email_code",
        /// A code, or the token it was exchanged for, to give a workspace away.
        TransferCode => "transfer_code",
        /// A code to delete the account.
        DeletionCode => "deletion_code",
        /// A way to a provider, to come back from with an identity for the account.
        IdentityConnection => "identity_connection",
        /// An invitation that the account sent.
        Invitation => "invitation",
        /// A browser that signed in before, with its own budget of failures.
        KnownBrowser => "known_browser",
    }
}

impl Ending {
    /// Whether the identities at providers go with it: where whoever owns the account has proved it anew,
    /// because somebody else may have been in it, and may have connected one. With the others the owner is
    /// there, sees them at the account, and disconnects what is not theirs.
    pub fn ends_identities(self) -> bool {
        match self {
            Self::PasswordReset
            | Self::AdminPasswordReset
            | Self::AdminEmailReset
            | Self::AccountDeleted => true,
            Self::PasswordChanged
            | Self::EmailChanged
            | Self::EverythingElseEnded
            | Self::IdentityDisconnected
            | Self::AdminRevoked
            | Self::AdminRevokedEverything
            | Self::Banned => false,
        }
    }
}
