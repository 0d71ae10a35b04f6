//! Why a sign-in through an identity provider fails. The texts are for people: the sign-in page
//! shows them.

use gatewright_auth::sso::ProviderError;
use gatewright_domain::{
    Class, Classify,
    error::{RateLimited, Unavailable},
    from_charge,
};
use gatewright_storage_kit::StorageError;

use gatewright_usecase_kit::provider::{TripError, UnusableAnswer};

/// Why nobody was signed in by a provider.
#[derive(Debug, thiserror::Error)]
pub enum ExternalLoginError {
    /// No such provider is configured.
    #[error("Invalid provider")]
    UnknownProvider,
    /// No public address is configured.
    #[error("The server has no public address: set CONSOLE_API_URL.")]
    OriginUnset,
    /// Begun in another browser, or too long ago, or finished before.
    #[error("This sign-in has expired or began in another browser. Please start again.")]
    InvalidState,
    /// The person or the provider refused.
    #[error("The identity provider did not sign you in.")]
    AccessDenied,
    /// The provider did not answer.
    #[error("The identity provider does not answer. Please try again later.")]
    ProviderUnavailable,
    /// What the provider says is not what it must be.
    #[error(
        "The identity provider's answer is malformed. Its administrator, or yours, can find the reason in the log."
    )]
    ProviderMalformed,
    /// The code is longer than any that we take.
    #[error("The identity provider's code is too long. Ask your administrator.")]
    CodeTooLong,
    /// What the provider says does not hold.
    #[error("The identity provider's answer could not be verified.")]
    NotProved,
    /// The provider tells no address.
    #[error(
        "The identity provider does not tell your e-mail address. Ask its administrator to allow the scope `email`."
    )]
    EmailMissing,
    /// The address is none.
    #[error(
        "The e-mail address that the identity provider has for you cannot be used. Ask its administrator to correct it."
    )]
    EmailUnusable,
    /// The provider does not vouch for the address.
    #[error("The identity provider has not verified your e-mail address.")]
    EmailNotVerified,
    /// There is an account with this address, which is not tied to this identity.
    #[error(
        "There is an account with this e-mail address. Sign in with your password and connect this provider there."
    )]
    NotLinked,
    /// The identity, or another one of the same provider, is tied already.
    #[error("This identity is connected to another account, or your account to another identity.")]
    LinkedElsewhere,
    /// Nobody may register.
    #[error("There is no account for you, and registration is closed. Ask your administrator.")]
    RegistrationClosed,
    /// No workspace, and none may be made.
    #[error(
        "Workspace not found, please contact system admin to invite you to join in a workspace."
    )]
    NoWorkspace,
    /// The account is banned.
    #[error("Account is banned.")]
    AccountBanned,
    /// Closed or deleted.
    #[error("The account is closed.")]
    AccountGone,
    /// A limit was reached; when to try again comes with it.
    #[error("Too many requests. Please try again later.")]
    RateLimited(#[from] RateLimited),
    /// A store did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl ExternalLoginError {
    /// Every code, for who has words for each.
    pub const CODES: [&str; 19] = [
        "unknown_provider",
        "console_api_url_unset",
        "invalid_state",
        "access_denied",
        "provider_unavailable",
        "provider_malformed",
        "code_too_long",
        "identity_not_proved",
        "email_missing",
        "email_unusable",
        "email_not_verified",
        "not_linked",
        "linked_elsewhere",
        "registration_closed",
        "no_workspace",
        "account_banned",
        "account_gone",
        "rate_limited",
        "unavailable",
    ];
}

/// The codes are for audit and for `X-Gatewright-Reason` too.
impl Classify for ExternalLoginError {
    fn class(&self) -> Class<'_> {
        match self {
            Self::UnknownProvider => Class::invalid("unknown_provider"),
            Self::OriginUnset => Class::upstream("console_api_url_unset"),
            Self::InvalidState => Class::invalid("invalid_state"),
            Self::AccessDenied => Class::forbidden("access_denied"),
            Self::ProviderUnavailable => Class::upstream("provider_unavailable"),
            Self::ProviderMalformed => Class::invalid("provider_malformed"),
            Self::CodeTooLong => Class::invalid("code_too_long"),
            Self::NotProved => Class::invalid("identity_not_proved"),
            Self::EmailMissing => Class::forbidden("email_missing"),
            Self::EmailUnusable => Class::forbidden("email_unusable"),
            Self::EmailNotVerified => Class::forbidden("email_not_verified"),
            Self::NotLinked => Class::forbidden("not_linked"),
            Self::LinkedElsewhere => Class::forbidden("linked_elsewhere"),
            Self::RegistrationClosed => Class::forbidden("registration_closed"),
            Self::NoWorkspace => Class::forbidden("no_workspace"),
            Self::AccountBanned => Class::forbidden("account_banned"),
            Self::AccountGone => Class::forbidden("account_gone"),
            Self::RateLimited(limited) => limited.class("rate_limited"),
            Self::Unavailable(error) => Class::outage("unavailable", error),
        }
    }
}

from_charge!(ExternalLoginError);

impl From<StorageError> for ExternalLoginError {
    fn from(error: StorageError) -> Self {
        Self::Unavailable(error.into())
    }
}

impl From<TripError> for ExternalLoginError {
    fn from(error: TripError) -> Self {
        match error {
            TripError::UnknownProvider => Self::UnknownProvider,
            TripError::OriginUnset => Self::OriginUnset,
            TripError::Retired => Self::InvalidState,
            TripError::Provider(error) => match error {
                ProviderError::Unavailable(_) => Self::ProviderUnavailable,
                ProviderError::Malformed(_) => Self::ProviderMalformed,
                ProviderError::Refused(_) | ProviderError::NotProved(_) => Self::NotProved,
                ProviderError::EmailMissing => Self::EmailMissing,
                ProviderError::EmailUnusable => Self::EmailUnusable,
                ProviderError::EmailNotVerified => Self::EmailNotVerified,
            },
        }
    }
}

impl From<UnusableAnswer> for ExternalLoginError {
    fn from(answer: UnusableAnswer) -> Self {
        match answer {
            UnusableAnswer::Refusal => Self::AccessDenied,
            UnusableAnswer::CodeTooLong => Self::CodeTooLong,
            UnusableAnswer::NoCode => Self::InvalidState,
        }
    }
}
