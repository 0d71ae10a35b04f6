//! What can go wrong in the device flow, one enum per step.

use gatewright_domain::{
    Class, Classify,
    error::{RateLimited, Unavailable},
    from_charge,
};
use gatewright_storage_kit::StorageError;

use crate::bearer::DISABLED;

/// What to do about a missing public address.
const URL_UNSET: &str = "The server has no public address: set CONSOLE_API_URL or CONSOLE_WEB_URL.";

/// Why `POST /openapi/v1/oauth/device/code` gives no code.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The client id is not one that we know.
    #[error("unsupported_client")]
    UnsupportedClient,
    /// No public address is configured, so nobody could type the code anywhere.
    #[error("console_url_unset")]
    ConsoleUrlUnset,
    /// Too many codes from this address.
    #[error("rate_limited")]
    RateLimited(#[from] RateLimited),
    /// A store did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Why `POST /openapi/v1/oauth/device/token` gives no token.
#[derive(Debug, thiserror::Error)]
pub enum PollError {
    /// Nobody has decided yet.
    #[error("authorization_pending")]
    Pending,
    /// Too early, or too many unknown codes from this address.
    #[error("slow_down")]
    SlowDown {
        /// Seconds to wait between polls from now on.
        interval: u64,
    },
    /// Unknown, expired or picked up before.
    #[error("expired_token")]
    Expired,
    /// Refused, or the approver may no longer let anybody in.
    #[error("access_denied")]
    Denied,
    /// What the approver had open has ended since. Answered like a refusal.
    #[error("access_denied")]
    Superseded,
    /// Another client than the one that asked.
    #[error("invalid_grant")]
    OtherClient,
    /// A store did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Why `GET /openapi/v1/oauth/device/lookup` says nothing of a code.
#[derive(Debug, thiserror::Error)]
pub enum LookupError {
    /// Too many look-ups from this address, or too many wrong ones from everywhere.
    #[error("rate_limited")]
    RateLimited(#[from] RateLimited),
    /// A store did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// `POST approve` and `POST deny`.
#[derive(Debug, thiserror::Error)]
pub enum DecideError {
    /// Bearers are switched off, so there is nothing to let in to.
    #[error("bearer_disabled")]
    BearerDisabled,
    /// Too many decisions of this account.
    #[error("rate_limited")]
    RateLimited(#[from] RateLimited),
    /// This browser never looked the code up. Answered like an unknown code.
    #[error("lookup_required")]
    LookupRequired,
    /// Unknown or expired.
    #[error("expired_or_unknown")]
    ExpiredOrUnknown,
    /// Somebody decided before.
    #[error("already_resolved")]
    AlreadyResolved,
    /// The account may not let devices in.
    #[error("The account has not been initialized yet.")]
    AccountInactive,
    /// A store did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl Classify for StartError {
    fn class(&self) -> Class<'_> {
        match self {
            Self::UnsupportedClient => Class::invalid("unsupported_client").protocol(),
            Self::ConsoleUrlUnset => Class::unavailable("console_url_unset")
                .hint(URL_UNSET)
                .retry_after(60)
                .protocol(),
            Self::RateLimited(limited) => limited.class("rate_limited"),
            Self::Unavailable(error) => error.class(),
        }
    }
}

/// RFC 8628 §3.5: whatever it is, the client did not ask at the right time or for the right thing.
impl Classify for PollError {
    fn class(&self) -> Class<'_> {
        match self {
            Self::Pending => Class::invalid("authorization_pending"),
            Self::SlowDown { interval } => Class::rate_limited("slow_down", *interval),
            Self::Expired => Class::invalid("expired_token"),
            Self::Denied | Self::Superseded => Class::invalid("access_denied"),
            Self::OtherClient => Class::invalid("invalid_grant"),
            Self::Unavailable(error) => Class::outage("temporarily_unavailable", error),
        }
    }
}

impl Classify for LookupError {
    fn class(&self) -> Class<'_> {
        match self {
            Self::RateLimited(limited) => limited.class("rate_limited"),
            Self::Unavailable(error) => error.class(),
        }
    }
}

impl Classify for DecideError {
    fn class(&self) -> Class<'_> {
        match self {
            Self::BearerDisabled => Class::unavailable("bearer_disabled").hint(DISABLED),
            Self::RateLimited(limited) => limited.class("rate_limited"),
            Self::LookupRequired => Class::not_found("expired_or_unknown")
                .because("lookup_required")
                .protocol(),
            Self::ExpiredOrUnknown => Class::not_found("expired_or_unknown").protocol(),
            Self::AlreadyResolved => Class::conflict("already_resolved").protocol(),
            Self::AccountInactive => Class::invalid("account_not_initialized"),
            Self::Unavailable(error) => error.class(),
        }
    }
}

macro_rules! from_storage {
    ($($error:ty),+) => {$(
        impl From<StorageError> for $error {
            fn from(error: StorageError) -> Self {
                Self::Unavailable(error.into())
            }
        }
    )+};
}

from_storage!(StartError, PollError, DecideError);
from_charge!(StartError, LookupError, DecideError);
