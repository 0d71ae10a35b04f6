//! What can go wrong in the SSO branch; the codes are those of device-flow.md §5.

use gatewright_auth::{
    envelope::NotMade,
    sso::{BrokerError, ProviderError},
};
use gatewright_domain::{
    Class, Classify,
    error::{RateLimited, Unavailable},
    from_charge,
};
use gatewright_storage_kit::StorageError;

use gatewright_usecase_kit::dry;

/// Why a step of the SSO branch fails.
#[derive(Debug, thiserror::Error)]
pub enum SsoError {
    /// There is no broker, or its licence closes the branch.
    #[error("not_found")]
    NotOffered,
    /// Bearers are switched off, so there is nothing to let in to.
    #[error("bearer_disabled")]
    BearerDisabled,
    /// Too many requests.
    #[error("rate_limited")]
    RateLimited(#[from] RateLimited),
    /// No user code was sent.
    #[error("user_code required")]
    UserCodeRequired,
    /// Unknown, expired or resolved.
    #[error("invalid_user_code")]
    InvalidUserCode,
    /// This browser never looked the code up. Answered like an unknown code.
    #[error("invalid_user_code")]
    LookupRequired,
    /// Without a public address nothing is signed.
    #[error("console_api_url_unset")]
    ConsoleApiUrlUnset,
    /// The broker could not begin.
    #[error(transparent)]
    Broker(#[from] BrokerError),
    /// The provider could not be asked, or does not vouch for anybody.
    #[error("{}", of_provider(.0).code)]
    Provider(#[from] ProviderError),
    /// The person refused at the provider, or the provider refused the person.
    #[error("access_denied")]
    AccessDenied,
    /// The provider's code is longer than any that we take.
    #[error("code_too_long")]
    CodeTooLong,
    /// No assertion was sent.
    #[error("sso_assertion required")]
    AssertionRequired,
    /// Anything that is wrong with an assertion or with the state that it answers.
    #[error("invalid_sso_assertion")]
    InvalidAssertion,
    /// Unknown by now.
    #[error("user_code_not_pending")]
    UserCodeGone,
    /// Expired or resolved by now.
    #[error("user_code_not_pending")]
    UserCodeNotPending,
    /// The address belongs to an account, which has a branch of its own.
    #[error("email_belongs_to_dify_account")]
    EmailBelongsToAccount,
    /// No grant, or one that does not hold, at approval-context.
    #[error("no_session")]
    NoSession,
    /// The same at approve-external.
    #[error("invalid_session")]
    InvalidSession,
    /// The header is not the grant's token, or a foreign page sent the request.
    #[error("csrf_mismatch")]
    CsrfMismatch,
    /// The body names another code than the grant.
    #[error("user_code_mismatch")]
    UserCodeMismatch,
    /// The grant was used before.
    #[error("session_already_consumed")]
    SessionConsumed,
    /// A store did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

fn of_broker(error: &BrokerError) -> Class<'static> {
    match error {
        BrokerError::Failed(_) => Class::upstream("sso_initiate_failed"),
        BrokerError::MissingUrl => Class::upstream("sso_initiate_missing_url"),
        BrokerError::UnknownProvider => Class::invalid("unknown_provider"),
    }
}

fn of_provider(error: &ProviderError) -> Class<'static> {
    match error {
        ProviderError::Unavailable(_) => Class::upstream("sso_provider_unavailable"),
        ProviderError::Malformed(_) => Class::invalid("sso_provider_malformed"),
        ProviderError::Refused(_) | ProviderError::NotProved(_) => {
            Class::invalid("invalid_sso_assertion")
        }
        ProviderError::EmailMissing => Class::forbidden("email_missing"),
        ProviderError::EmailUnusable => Class::forbidden("email_unusable"),
        ProviderError::EmailNotVerified => Class::forbidden("email_not_verified"),
    }
}

from_charge!(SsoError);

impl From<StorageError> for SsoError {
    fn from(error: StorageError) -> Self {
        Self::Unavailable(error.into())
    }
}

impl Classify for SsoError {
    fn class(&self) -> Class<'_> {
        match self {
            Self::NotOffered => Class::not_found("not_found"),
            Self::BearerDisabled => Class::unavailable("bearer_disabled"),
            Self::RateLimited(limited) => limited.class("rate_limited"),
            Self::UserCodeRequired => Class::invalid("user_code required"),
            Self::InvalidUserCode => Class::invalid("invalid_user_code"),
            Self::LookupRequired => Class::invalid("invalid_user_code").because("lookup_required"),
            Self::ConsoleApiUrlUnset => Class::upstream("console_api_url_unset"),
            Self::Broker(error) => of_broker(error),
            Self::Provider(error) => of_provider(error),
            Self::AccessDenied => Class::forbidden("access_denied"),
            Self::CodeTooLong => Class::invalid("code_too_long"),
            Self::AssertionRequired => Class::invalid("sso_assertion required"),
            Self::InvalidAssertion => Class::invalid("invalid_sso_assertion"),
            Self::UserCodeGone => Class::not_found("user_code_not_pending"),
            Self::UserCodeNotPending => Class::conflict("user_code_not_pending"),
            Self::EmailBelongsToAccount => Class::forbidden("email_belongs_to_dify_account"),
            Self::NoSession => Class::unauthenticated("no_session"),
            Self::InvalidSession => Class::unauthenticated("invalid_session"),
            Self::CsrfMismatch => Class::forbidden("csrf_mismatch"),
            Self::UserCodeMismatch => Class::invalid("user_code_mismatch"),
            Self::SessionConsumed => Class::unauthenticated("session_already_consumed"),
            Self::Unavailable(error) => Class::outage("temporarily_unavailable", error),
        }
    }
}

/// Why nothing was signed.
pub(super) fn not_made(why: NotMade) -> SsoError {
    match why {
        NotMade::Origin(_) => SsoError::ConsoleApiUrlUnset,
        NotMade::Random(error) => dry(error).into(),
    }
}
