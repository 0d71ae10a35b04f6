//! What can go wrong on a route that takes a bearer.

use gatewright_auth::bearer::BearerError;
use gatewright_domain::{Classify, ErrorKind, error::Unavailable};
use gatewright_storage_kit::StorageError;

/// Why a request with a bearer is refused.
#[derive(Debug, thiserror::Error)]
pub enum BearerRouteError {
    /// No `Authorization: Bearer …`.
    #[error("bearer required")]
    Missing,
    /// More than one, or not of the form of RFC 6750.
    #[error("invalid_bearer")]
    Malformed,
    /// Any dead token, or one whose account may no longer act.
    #[error("invalid_bearer")]
    Invalid,
    /// Bearers are switched off.
    #[error("bearers are disabled")]
    Disabled,
    /// A token of this kind has no business here.
    #[error("unsupported_token_type")]
    UnsupportedTokenType,
    /// Nobody vouches for people without an account here.
    #[error("external_sso_requires_ee")]
    NoBroker,
    /// The licence of whoever vouches for them is not in force.
    #[error("license_invalid")]
    LicenceInvalid,
    /// The scope does not suffice.
    #[error("insufficient_scope")]
    InsufficientScope,
    /// Too many requests.
    #[error("rate_limited")]
    RateLimited {
        /// Seconds until the next request fits.
        retry_after: u64,
    },
    /// Not this account's, or unknown.
    #[error("session not found")]
    SessionNotFound,
    /// The caller is no member, or there is no such workspace.
    #[error("workspace not found")]
    WorkspaceNotFound,
    /// A store did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl From<BearerError> for BearerRouteError {
    fn from(error: BearerError) -> Self {
        match error {
            BearerError::Invalid => Self::Invalid,
            BearerError::RateLimited { retry_after } => Self::RateLimited { retry_after },
            BearerError::Unavailable(unavailable) => Self::Unavailable(unavailable),
        }
    }
}

impl From<StorageError> for BearerRouteError {
    fn from(error: StorageError) -> Self {
        Self::Unavailable(error.into())
    }
}

impl Classify for BearerRouteError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Missing | Self::Malformed | Self::Invalid => ErrorKind::Unauthenticated,
            Self::UnsupportedTokenType
            | Self::NoBroker
            | Self::LicenceInvalid
            | Self::InsufficientScope => ErrorKind::Forbidden,
            Self::RateLimited { .. } => ErrorKind::RateLimited,
            Self::SessionNotFound | Self::WorkspaceNotFound => ErrorKind::NotFound,
            Self::Disabled | Self::Unavailable(_) => ErrorKind::Unavailable,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Missing => "bearer_required",
            Self::Malformed | Self::Invalid => "invalid_bearer",
            Self::Disabled => "bearer_disabled",
            Self::UnsupportedTokenType => "unsupported_token_type",
            Self::NoBroker => "external_sso_requires_ee",
            Self::LicenceInvalid => "license_invalid",
            Self::InsufficientScope => "insufficient_scope",
            Self::RateLimited { .. } => "rate_limited",
            Self::SessionNotFound => "session_not_found",
            Self::WorkspaceNotFound => "workspace_not_found",
            Self::Unavailable(_) => "unavailable",
        }
    }
}
