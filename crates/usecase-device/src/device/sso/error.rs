//! What can go wrong in the SSO branch; the codes are those of device-flow.md §5.

use gatewright_auth::{
    envelope::NotMade,
    sso::{BrokerError, ProviderError},
};
use gatewright_domain::{Classify, ErrorKind, error::Unavailable};
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
    RateLimited {
        /// Seconds to wait.
        retry_after: u64,
    },
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
    #[error("{}", provider_code(.0))]
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

fn provider_code(error: &ProviderError) -> &'static str {
    match error {
        ProviderError::Unavailable(_) => "sso_provider_unavailable",
        ProviderError::Malformed(_) => "sso_provider_malformed",
        ProviderError::Refused(_) | ProviderError::NotProved(_) => "invalid_sso_assertion",
        ProviderError::EmailMissing => "email_missing",
        ProviderError::EmailUnusable => "email_unusable",
        ProviderError::EmailNotVerified => "email_not_verified",
    }
}

impl From<StorageError> for SsoError {
    fn from(error: StorageError) -> Self {
        Self::Unavailable(error.into())
    }
}

impl Classify for SsoError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NotOffered | Self::UserCodeGone => ErrorKind::NotFound,
            Self::RateLimited { .. } => ErrorKind::RateLimited,
            Self::UserCodeRequired
            | Self::InvalidUserCode
            | Self::LookupRequired
            | Self::AssertionRequired
            | Self::InvalidAssertion
            | Self::UserCodeMismatch
            | Self::Broker(BrokerError::UnknownProvider)
            | Self::CodeTooLong
            | Self::Provider(
                ProviderError::Malformed(_)
                | ProviderError::Refused(_)
                | ProviderError::NotProved(_),
            ) => ErrorKind::Invalid,
            Self::UserCodeNotPending => ErrorKind::Conflict,
            Self::NoSession | Self::InvalidSession | Self::SessionConsumed => {
                ErrorKind::Unauthenticated
            }
            Self::CsrfMismatch
            | Self::EmailBelongsToAccount
            | Self::AccessDenied
            | Self::Provider(
                ProviderError::EmailMissing
                | ProviderError::EmailUnusable
                | ProviderError::EmailNotVerified,
            ) => ErrorKind::Forbidden,
            Self::BearerDisabled
            | Self::ConsoleApiUrlUnset
            | Self::Broker(_)
            | Self::Provider(ProviderError::Unavailable(_))
            | Self::Unavailable(_) => ErrorKind::Unavailable,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NotOffered => "not_found",
            Self::BearerDisabled => "bearer_disabled",
            Self::RateLimited { .. } => "rate_limited",
            Self::UserCodeRequired => "user_code required",
            Self::InvalidUserCode | Self::LookupRequired => "invalid_user_code",
            Self::ConsoleApiUrlUnset => "console_api_url_unset",
            Self::Broker(BrokerError::Failed(_)) => "sso_initiate_failed",
            Self::Broker(BrokerError::MissingUrl) => "sso_initiate_missing_url",
            Self::Broker(BrokerError::UnknownProvider) => "unknown_provider",
            Self::Provider(error) => provider_code(error),
            Self::AccessDenied => "access_denied",
            Self::CodeTooLong => "code_too_long",
            Self::AssertionRequired => "sso_assertion required",
            Self::InvalidAssertion => "invalid_sso_assertion",
            Self::UserCodeGone | Self::UserCodeNotPending => "user_code_not_pending",
            Self::EmailBelongsToAccount => "email_belongs_to_dify_account",
            Self::NoSession => "no_session",
            Self::InvalidSession => "invalid_session",
            Self::CsrfMismatch => "csrf_mismatch",
            Self::UserCodeMismatch => "user_code_mismatch",
            Self::SessionConsumed => "session_already_consumed",
            Self::Unavailable(_) => "temporarily_unavailable",
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
