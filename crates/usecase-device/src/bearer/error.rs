//! What can go wrong on a route that takes a bearer.

use gatewright_auth::bearer::BearerError;
use gatewright_domain::{
    Class, Classify,
    error::{RateLimited, Unavailable},
    from_charge,
};
use gatewright_storage_kit::StorageError;

/// What a request lacks (RFC 6750 §3).
const REALM: &str = r#"Bearer realm="openapi""#;
const INVALID_TOKEN: &str = r#"Bearer realm="openapi", error="invalid_token""#;
const INSUFFICIENT_SCOPE: &str = r#"Bearer realm="openapi", error="insufficient_scope""#;
/// What to do about switched-off bearers.
pub(crate) const DISABLED: &str = "ENABLE_OAUTH_BEARER is false on this server";

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
    /// The role in the workspace does not suffice.
    #[error("insufficient role")]
    RoleInsufficient,
    /// Too many requests.
    #[error("rate_limited")]
    RateLimited(#[from] RateLimited),
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
            BearerError::RateLimited(limited) => Self::RateLimited(limited),
            BearerError::Unavailable(unavailable) => Self::Unavailable(unavailable),
        }
    }
}

from_charge!(BearerRouteError);

impl From<StorageError> for BearerRouteError {
    fn from(error: StorageError) -> Self {
        Self::Unavailable(error.into())
    }
}

impl Classify for BearerRouteError {
    fn class(&self) -> Class<'_> {
        match self {
            Self::Missing => Class::unauthenticated("unauthorized")
                .because("bearer_required")
                .challenge(REALM),
            Self::Malformed | Self::Invalid => Class::unauthenticated("unauthorized")
                .because("invalid_bearer")
                .challenge(INVALID_TOKEN),
            Self::Disabled => Class::unavailable("bearer_disabled").hint(DISABLED),
            Self::UnsupportedTokenType => forbidden("unsupported_token_type"),
            Self::NoBroker => forbidden("external_sso_requires_ee"),
            Self::LicenceInvalid => forbidden("license_invalid"),
            Self::InsufficientScope => forbidden("insufficient_scope"),
            Self::RoleInsufficient => Class::forbidden("forbidden").because("role_insufficient"),
            Self::RateLimited(limited) => limited.class("rate_limited"),
            Self::SessionNotFound | Self::WorkspaceNotFound => Class::not_found("not_found"),
            Self::Unavailable(error) => error.class(),
        }
    }
}

/// A good token that does not do here.
const fn forbidden(reason: &'static str) -> Class<'static> {
    Class::forbidden("forbidden")
        .because(reason)
        .challenge(INSUFFICIENT_SCOPE)
}
