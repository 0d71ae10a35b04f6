//! What can go wrong in the flows of accounts and members, with the reference's codes (console.md §1.8).

use gatewright_domain::{
    Classify, ErrorKind, account::PasswordPolicyViolation, error::Unavailable,
    one_time::OneTimePurpose,
};
use gatewright_storage_kit::StorageError;

/// Why.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// This way in is switched off.
    #[error("You don't have the permission to access the requested resource.")]
    FeatureDisabled,
    /// This address of the network caused too many mails.
    #[error("Too many emails have been sent from this IP address. Please try again later.")]
    MailsExhausted {
        /// Seconds to wait.
        retry_after: u64,
    },
    /// A mail went to this mailbox a moment ago.
    #[error("Too many emails have been sent. Please try again in {} minutes.", retry_after.div_ceil(60))]
    MailTooSoon {
        /// For what.
        purpose: OneTimePurpose,
        /// Seconds to wait.
        retry_after: u64,
    },
    /// Too many requests of another kind.
    #[error("Too many requests. Please try again later.")]
    RateLimited {
        /// Seconds to wait.
        retry_after: u64,
    },
    /// Unknown, expired, spent, of another step or of somebody else.
    #[error("The token is invalid or has expired.")]
    InvalidToken,
    /// Not the address that the token or the account has.
    #[error("The email address is not valid.")]
    InvalidEmail,
    /// The code is wrong.
    #[error("Email code is invalid or expired.")]
    WrongCode,
    /// The two new passwords differ.
    #[error("The passwords do not match.")]
    PasswordMismatch,
    /// The same, when one changes one's own.
    #[error("New password and repeat password does not match.")]
    RepeatPasswordNotMatch,
    /// The old password is wrong.
    #[error("Current password is incorrect.")]
    CurrentPasswordIncorrect,
    /// Nothing proves that it is the owner who asks: there is no password, and the sign-in is too old.
    #[error(
        "For this you must have signed in within the last ten minutes. Sign out, sign in, and try again."
    )]
    FreshSignInRequired,
    /// The account has no such identity.
    #[error("Your account is not connected to this provider.")]
    IdentityNotConnected,
    /// Nobody could sign in any more.
    #[error(
        "This is the only way left to sign in. Set a password, or connect another provider first."
    )]
    LastWayIn,
    /// The new password is too weak.
    #[error(transparent)]
    Policy(#[from] PasswordPolicyViolation),
    /// Somebody has this address.
    #[error("A user with this email already exists.")]
    EmailInUse,
    /// There is no such account any more.
    #[error("Account not found.")]
    AccountNotFound,
    /// The session ended while the request was under way.
    #[error("Invalid Authorization token.")]
    SessionEnded,
    /// Locked out.
    #[error("Account is banned.")]
    AccountBanned,
    /// The account has no workspace, and none may be made.
    #[error(
        "Workspace not found, please contact system admin to invite you to join in a workspace."
    )]
    NotAllowedCreateWorkspace,
    /// The invitation is unknown, expired or used.
    #[error("Auth Token is invalid or account already activated, please check again.")]
    AlreadyActivated,
    /// Whoever is invited has an account.
    #[error("There is an account with this address: sign in with it, then open the link again.")]
    SignInToAccept,
    /// Nothing to initialise.
    #[error("The account has been initialized. Please refresh the page.")]
    AlreadyInited,
    /// Wrong code or token for a deletion.
    #[error("Invalid account deletion code.")]
    InvalidDeletionCode,
    /// Others would be left without an owner.
    #[error("Transfer the ownership of your workspaces that have other members first.")]
    OwnsSharedWorkspace,
    /// The avatar is neither a URL nor an uploaded file of the caller.
    #[error("The avatar must be an http or https URL, or a picture that you uploaded.")]
    InvalidAvatar,
    /// Only the owner may.
    #[error("You are not the owner of the workspace.")]
    NotOwner,
    /// The owner is the owner already.
    #[error("You cannot transfer ownership to yourself.")]
    TransferToSelf,
    /// There is no such member.
    #[error("The member is not in the workspace.")]
    NoMember,
    /// A store did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl From<StorageError> for AccountError {
    fn from(error: StorageError) -> Self {
        Self::Unavailable(error.into())
    }
}

impl Classify for AccountError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::FeatureDisabled
            | Self::AlreadyActivated
            | Self::SignInToAccept
            | Self::FreshSignInRequired => ErrorKind::Forbidden,
            Self::IdentityNotConnected => ErrorKind::NotFound,
            Self::LastWayIn => ErrorKind::Conflict,
            Self::MailsExhausted { .. } | Self::MailTooSoon { .. } | Self::RateLimited { .. } => {
                ErrorKind::RateLimited
            }
            Self::SessionEnded => ErrorKind::Unauthenticated,
            Self::Unavailable(_) => ErrorKind::Unavailable,
            _ => ErrorKind::Invalid,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::FeatureDisabled => "forbidden",
            Self::MailsExhausted { .. } => "email_send_ip_limit",
            Self::MailTooSoon { purpose, .. } => too_soon(*purpose),
            Self::RateLimited { .. } => "too_many_requests",
            Self::InvalidToken => "invalid_or_expired_token",
            Self::InvalidEmail => "invalid_email",
            Self::WrongCode => "email_code_error",
            Self::PasswordMismatch => "password_mismatch",
            Self::RepeatPasswordNotMatch => "repeat_password_not_match",
            Self::CurrentPasswordIncorrect => "current_password_incorrect",
            Self::FreshSignInRequired => "fresh_sign_in_required",
            Self::IdentityNotConnected => "not_found",
            Self::LastWayIn => "last_way_in",
            Self::Policy(_) | Self::InvalidAvatar => "invalid_param",
            Self::EmailInUse => "email_already_in_use",
            Self::AccountNotFound => "account_not_found",
            Self::SessionEnded => "unauthorized",
            Self::AccountBanned => "account_banned",
            Self::NotAllowedCreateWorkspace => "not_allowed_create_workspace",
            Self::AlreadyActivated => "already_activate",
            Self::SignInToAccept => "sign_in_to_accept",
            Self::AlreadyInited => "account_already_inited",
            Self::InvalidDeletionCode => "invalid_account_deletion_code",
            Self::OwnsSharedWorkspace => "owns_shared_workspace",
            Self::NotOwner => "not_owner",
            Self::TransferToSelf => "cannot_transfer_owner_to_self",
            Self::NoMember => "member_not_in_tenant",
            Self::Unavailable(_) => "service_unavailable",
        }
    }
}

fn too_soon(purpose: OneTimePurpose) -> &'static str {
    match purpose {
        OneTimePurpose::ResetPassword => "password_reset_rate_limit_exceeded",
        OneTimePurpose::EmailRegister => "email_register_rate_limit_exceeded",
        OneTimePurpose::EmailCodeLogin => "email_code_login_rate_limit_exceeded",
        OneTimePurpose::ChangeEmailOld | OneTimePurpose::ChangeEmailNew => {
            "email_change_rate_limit_exceeded"
        }
        OneTimePurpose::OwnerTransfer => "owner_transfer_rate_limit_exceeded",
        OneTimePurpose::AccountDeletion => "email_code_account_deletion_rate_limit_exceeded",
    }
}
