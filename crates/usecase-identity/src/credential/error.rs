//! Why a code, a password or a session proves nothing, with Dify's codes (console.md §1.8). Accounts and members
//! answer it as it is.

use gatewright_domain::{
    Class, Classify,
    error::{RateLimited, Unavailable},
    from_charge,
    one_time::OneTimePurpose,
};
use gatewright_storage_kit::StorageError;

/// Why the proof does not hold, or cannot be asked for.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// This address of the network caused too many mails.
    #[error("Too many emails have been sent from this IP address. Please try again later.")]
    MailsExhausted(RateLimited),
    /// A mail went to this mailbox a moment ago.
    #[error("Too many emails have been sent. Please try again in {} minutes.", limited.retry_after.div_ceil(60))]
    MailTooSoon {
        /// What the code was to be for.
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
    /// The old password is wrong.
    #[error("Current password is incorrect.")]
    CurrentPasswordIncorrect,
    /// Nothing proves that it is the owner who asks: there is no password, and the sign-in is too old.
    #[error(
        "This requires a sign-in within the last 10 minutes. Sign out, sign in again, and retry."
    )]
    FreshSignInRequired,
    /// There is no such account any more.
    #[error("Account not found.")]
    AccountNotFound,
    /// The session ended while the request was under way.
    #[error("Invalid Authorization token.")]
    SessionEnded,
    /// A store did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

from_charge!(CredentialError);

impl From<StorageError> for CredentialError {
    fn from(error: StorageError) -> Self {
        Self::Unavailable(error.into())
    }
}

impl Classify for CredentialError {
    fn class(&self) -> Class<'_> {
        match self {
            Self::MailsExhausted(limited) => limited.class("email_send_ip_limit"),
            Self::MailTooSoon { purpose, limited } => limited.class(too_soon(*purpose)),
            Self::RateLimited(limited) => limited.class("too_many_requests"),
            Self::InvalidToken => Class::invalid("invalid_or_expired_token"),
            Self::InvalidEmail => Class::invalid("invalid_email"),
            Self::WrongCode => Class::invalid("email_code_error"),
            Self::CurrentPasswordIncorrect => Class::invalid("current_password_incorrect"),
            Self::FreshSignInRequired => Class::forbidden("fresh_sign_in_required"),
            Self::AccountNotFound => Class::invalid("account_not_found"),
            Self::SessionEnded => Class::unauthenticated("unauthorized").because("session_ended"),
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
