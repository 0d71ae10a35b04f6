//! What can go wrong in the flows of accounts and members, with Dify's codes (console.md §1.8).

use gatewright_domain::{
    Class, Classify,
    account::PasswordPolicyViolation,
    error::{RateLimited, Unavailable},
    from_charge,
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
    MailsExhausted(RateLimited),
    /// A mail went to this mailbox a moment ago.
    #[error("Too many emails have been sent. Please try again in {} minutes.", limited.retry_after.div_ceil(60))]
    MailTooSoon {
        /// For what.
        purpose: OneTimePurpose,
        /// How long to wait.
        limited: RateLimited,
    },
    /// Too many requests of another kind.
    #[error("Too many requests. Please try again later.")]
    RateLimited(#[from] RateLimited),
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
        "This requires a sign-in within the last 10 minutes. Sign out, sign in again, and retry."
    )]
    FreshSignInRequired,
    /// The account has no such identity.
    #[error("Your account is not connected to this provider.")]
    IdentityNotConnected,
    /// Nobody could sign in any more.
    #[error("This is your only way to sign in. Set a password or connect another provider first.")]
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
    #[error("An account with this address already exists. Sign in, then open the link again.")]
    SignInToAccept,
    /// Somebody new who does not say who they are: the member that is missing.
    #[error("{0}: Field required")]
    ProfileIncomplete(&'static str),
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

from_charge!(AccountError);

impl From<StorageError> for AccountError {
    fn from(error: StorageError) -> Self {
        Self::Unavailable(error.into())
    }
}

impl Classify for AccountError {
    fn class(&self) -> Class<'_> {
        match self {
            Self::FeatureDisabled => Class::forbidden("forbidden").because("feature_disabled"),
            Self::MailsExhausted(limited) => limited.class("email_send_ip_limit"),
            Self::MailTooSoon { purpose, limited } => limited.class(too_soon(*purpose)),
            Self::RateLimited(limited) => limited.class("too_many_requests"),
            Self::InvalidToken => Class::invalid("invalid_or_expired_token"),
            Self::InvalidEmail => Class::invalid("invalid_email"),
            Self::WrongCode => Class::invalid("email_code_error"),
            Self::PasswordMismatch => Class::invalid("password_mismatch"),
            Self::RepeatPasswordNotMatch => Class::invalid("repeat_password_not_match"),
            Self::CurrentPasswordIncorrect => Class::invalid("current_password_incorrect"),
            Self::FreshSignInRequired => Class::forbidden("fresh_sign_in_required"),
            Self::IdentityNotConnected => Class::not_found("not_found"),
            Self::LastWayIn => Class::conflict("last_way_in"),
            Self::Policy(_) | Self::InvalidAvatar => Class::invalid("invalid_param"),
            Self::ProfileIncomplete(field) => Class::invalid("invalid_param").with("params", field),
            Self::EmailInUse => Class::invalid("email_already_in_use"),
            Self::AccountNotFound => Class::invalid("account_not_found"),
            Self::SessionEnded => Class::unauthenticated("unauthorized").because("session_ended"),
            Self::AccountBanned => Class::invalid("account_banned"),
            Self::NotAllowedCreateWorkspace => Class::invalid("not_allowed_create_workspace"),
            Self::AlreadyActivated => Class::forbidden("already_activate"),
            Self::SignInToAccept => Class::forbidden("sign_in_to_accept"),
            Self::AlreadyInited => Class::invalid("account_already_inited"),
            Self::InvalidDeletionCode => Class::invalid("invalid_account_deletion_code"),
            Self::OwnsSharedWorkspace => Class::invalid("owns_shared_workspace"),
            Self::NotOwner => Class::invalid("not_owner"),
            Self::TransferToSelf => Class::invalid("cannot_transfer_owner_to_self"),
            Self::NoMember => Class::invalid("member_not_in_tenant"),
            Self::Unavailable(error) => error.class(),
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
