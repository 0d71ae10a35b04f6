//! Why members cannot be changed so.

use gatewright_domain::{
    Class, Classify,
    error::{RateLimited, Unavailable},
    from_charge,
    member::MemberRefusal,
};
use gatewright_storage_kit::StorageError;

use crate::credential::CredentialError;

/// Why a change of members, or of the owner, is refused.
#[derive(Debug, thiserror::Error)]
pub enum MemberError {
    /// The rules say no.
    #[error(transparent)]
    Refused(#[from] MemberRefusal),
    /// No such member of this workspace, whatever else they are.
    #[error("Member not found.")]
    NotFound,
    /// The owner wants to leave.
    #[error("Transfer the ownership of the workspace before you leave it.")]
    OwnerStays,
    /// The role cannot be given here.
    #[error("Invalid role.")]
    InvalidRole,
    /// The workspace is full.
    #[error("The number of members has reached the limit.")]
    LimitExceeded,
    /// Too many invitations.
    #[error("Too many requests. Please try again later.")]
    RateLimited(#[from] RateLimited),
    /// This mailbox got too many mails lately.
    #[error("Too many messages were sent to this address. Please try again in {} minutes.", .0.retry_after.div_ceil(60))]
    RecipientRateLimited(RateLimited),
    /// Only the owner gives a workspace away.
    #[error("You are not the owner of the workspace.")]
    NotOwner,
    /// The owner is the owner already.
    #[error("You cannot transfer ownership to yourself.")]
    TransferToSelf,
    /// Who is to be the owner is no active member.
    #[error("The member is not in the workspace.")]
    NoMember,
    /// The code, or what it was given for, proves nothing.
    #[error(transparent)]
    Credential(CredentialError),
    /// A store did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

from_charge!(MemberError);

impl From<StorageError> for MemberError {
    fn from(error: StorageError) -> Self {
        Self::Unavailable(error.into())
    }
}

/// Outages and limits stay what they are, wherever they come from.
impl From<CredentialError> for MemberError {
    fn from(error: CredentialError) -> Self {
        match error {
            CredentialError::RateLimited(limited) => Self::RateLimited(limited),
            CredentialError::Unavailable(outage) => Self::Unavailable(outage),
            refused => Self::Credential(refused),
        }
    }
}

/// The codes are those that the console compares (console.md §1.8): kebab-case, but for the limit.
impl Classify for MemberError {
    fn class(&self) -> Class<'_> {
        match self {
            Self::Refused(MemberRefusal::Oneself) => Class::invalid("cannot-operate-self"),
            Self::Refused(MemberRefusal::NotPermitted) => {
                Class::forbidden("forbidden").because("role_insufficient")
            }
            Self::Refused(MemberRefusal::OwnerOnlyByTransfer) | Self::InvalidRole => {
                Class::invalid("invalid-role")
            }
            Self::Refused(MemberRefusal::SameRole) => Class::invalid("role-already-assigned"),
            Self::NotFound => Class::not_found("member-not-found"),
            Self::OwnerStays => Class::invalid("owner-must-transfer"),
            Self::LimitExceeded => Class::invalid("limit_exceeded"),
            Self::RateLimited(limited) | Self::RecipientRateLimited(limited) => {
                limited.class("too_many_requests")
            }
            Self::NotOwner => Class::invalid("not_owner"),
            Self::TransferToSelf => Class::invalid("cannot_transfer_owner_to_self"),
            Self::NoMember => Class::invalid("member_not_in_tenant"),
            Self::Credential(error) => error.class(),
            Self::Unavailable(error) => error.class(),
        }
    }
}
