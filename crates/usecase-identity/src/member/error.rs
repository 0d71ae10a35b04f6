//! Why members cannot be changed so.

use gatewright_domain::{Classify, ErrorKind, error::Unavailable, member::MemberRefusal};
use gatewright_storage_kit::StorageError;

/// Why.
#[derive(Debug, thiserror::Error)]
pub enum MemberError {
    /// The rules say no.
    #[error(transparent)]
    Refused(#[from] MemberRefusal),
    /// No such member of this workspace, whatever else they are.
    #[error("Member not found.")]
    NotFound,
    /// The owner wants to leave.
    #[error("Give the workspace away before you leave it.")]
    OwnerStays,
    /// The role cannot be given here.
    #[error("Invalid role.")]
    InvalidRole,
    /// The workspace is full.
    #[error("The number of members has reached the limit.")]
    LimitExceeded,
    /// Too many invitations.
    #[error("Too many requests. Please try again later.")]
    RateLimited {
        /// Seconds to wait.
        retry_after: u64,
    },
    /// This mailbox got too many letters lately.
    #[error("This address has had too many letters. Please try again in {} minutes.", retry_after.div_ceil(60))]
    RecipientRateLimited {
        /// Seconds to wait.
        retry_after: u64,
    },
    /// A store did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl From<StorageError> for MemberError {
    fn from(error: StorageError) -> Self {
        Self::Unavailable(error.into())
    }
}

impl Classify for MemberError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Refused(MemberRefusal::NotPermitted) => ErrorKind::Forbidden,
            Self::Refused(_) | Self::InvalidRole | Self::LimitExceeded | Self::OwnerStays => {
                ErrorKind::Invalid
            }
            Self::NotFound => ErrorKind::NotFound,
            Self::RateLimited { .. } | Self::RecipientRateLimited { .. } => ErrorKind::RateLimited,
            Self::Unavailable(_) => ErrorKind::Unavailable,
        }
    }

    /// The console compares these (console.md §1.8): kebab-case, but for the limit.
    fn code(&self) -> &'static str {
        match self {
            Self::Refused(MemberRefusal::Oneself) => "cannot-operate-self",
            Self::Refused(MemberRefusal::NotPermitted) => "forbidden",
            Self::Refused(MemberRefusal::OwnerOnlyByTransfer) | Self::InvalidRole => "invalid-role",
            Self::Refused(MemberRefusal::SameRole) => "role-already-assigned",
            Self::NotFound => "member-not-found",
            Self::OwnerStays => "owner-must-transfer",
            Self::LimitExceeded => "limit_exceeded",
            Self::RateLimited { .. } | Self::RecipientRateLimited { .. } => "too_many_requests",
            Self::Unavailable(_) => "service_unavailable",
        }
    }
}
