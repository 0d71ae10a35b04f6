//! What the API answers when members cannot be changed so (device-flow.md §11.5–11.7): other statuses, codes
//! and words than the console.

use std::fmt;

use gatewright_domain::{Class, Classify, ErrorKind, member::MemberRefusal};
use gatewright_usecase_identity::member::MemberError;

/// Why members are as they were.
#[derive(Debug)]
pub(super) struct NotChanged(pub(super) MemberError);

impl std::error::Error for NotChanged {}

impl fmt::Display for NotChanged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            MemberError::Refused(MemberRefusal::NotPermitted) => {
                f.write_str("No permission to do that to this member.")
            }
            MemberError::NotFound => f.write_str("member not found"),
            other => other.fmt(f),
        }
    }
}

impl Classify for NotChanged {
    fn class(&self) -> Class<'_> {
        match &self.0 {
            MemberError::Refused(_) => Class::invalid("bad_request"),
            MemberError::NotFound => Class::not_found("not_found"),
            MemberError::LimitExceeded => Class::forbidden("member_limit_exceeded")
                .hint("raise GATEWRIGHT_MAX_MEMBERS, or remove a member"),
            other => match other.kind() {
                ErrorKind::Invalid => Class::invalid("bad_request"),
                _ => other.class(),
            },
        }
    }
}
