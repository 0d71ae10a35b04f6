//! What can go wrong in the flows of accounts, with Dify's codes (console.md §1.8).

use gatewright_domain::{
    Class, Classify,
    account::PasswordPolicyViolation,
    error::{RateLimited, Unavailable},
    from_charge,
};
use gatewright_storage_kit::StorageError;

use crate::credential::CredentialError;

/// Why a flow of an account is refused.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// This way in is switched off.
    #[error("You don't have the permission to access the requested resource.")]
    FeatureDisabled,
    /// The code, the password or the session proves nothing.
    #[error(transparent)]
    Credential(CredentialError),
    /// Too many requests of another kind.
    #[error("Too many requests. Please try again later.")]
    RateLimited(#[from] RateLimited),
    /// The two new passwords differ.
    #[error("The passwords do not match.")]
    PasswordMismatch,
    /// The same, when one changes one's own.
    #[error("New password and repeat password does not match.")]
    RepeatPasswordNotMatch,
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
    /// The account is banned.
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

/// Outages and limits stay what they are, wherever they come from.
impl From<CredentialError> for AccountError {
    fn from(error: CredentialError) -> Self {
        match error {
            CredentialError::RateLimited(limited) => Self::RateLimited(limited),
            CredentialError::Unavailable(outage) => Self::Unavailable(outage),
            refused => Self::Credential(refused),
        }
    }
}

impl Classify for AccountError {
    fn class(&self) -> Class<'_> {
        match self {
            Self::FeatureDisabled => Class::forbidden("forbidden").because("feature_disabled"),
            Self::Credential(error) => error.class(),
            Self::RateLimited(limited) => limited.class("too_many_requests"),
            Self::PasswordMismatch => Class::invalid("password_mismatch"),
            Self::RepeatPasswordNotMatch => Class::invalid("repeat_password_not_match"),
            Self::IdentityNotConnected => Class::not_found("not_found"),
            Self::LastWayIn => Class::conflict("last_way_in"),
            Self::Policy(_) | Self::InvalidAvatar => Class::invalid("invalid_param"),
            Self::ProfileIncomplete(field) => Class::invalid("invalid_param").with("params", field),
            Self::EmailInUse => Class::invalid("email_already_in_use"),
            Self::AccountBanned => Class::invalid("account_banned"),
            Self::NotAllowedCreateWorkspace => Class::invalid("not_allowed_create_workspace"),
            Self::AlreadyActivated => Class::forbidden("already_activate"),
            Self::SignInToAccept => Class::forbidden("sign_in_to_accept"),
            Self::AlreadyInited => Class::invalid("account_already_inited"),
            Self::InvalidDeletionCode => Class::invalid("invalid_account_deletion_code"),
            Self::OwnsSharedWorkspace => Class::invalid("owns_shared_workspace"),
            Self::Unavailable(error) => error.class(),
        }
    }
}
