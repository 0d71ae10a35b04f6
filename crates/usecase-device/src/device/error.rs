//! What can go wrong in the device flow, one enum per step.

use gatewright_domain::error::Unavailable;
use gatewright_storage_kit::StorageError;

/// `POST code`.
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
    RateLimited {
        /// Seconds to wait.
        retry_after: u64,
    },
    /// A store did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// `POST token`.
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

/// `GET lookup`.
#[derive(Debug, thiserror::Error)]
pub enum LookupError {
    /// Too many look-ups from this address, or too many wrong ones from everywhere.
    #[error("rate_limited")]
    RateLimited {
        /// Seconds to wait.
        retry_after: u64,
    },
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
    RateLimited {
        /// Seconds to wait.
        retry_after: u64,
    },
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
    #[error("account_inactive")]
    AccountInactive,
    /// A store did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
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
