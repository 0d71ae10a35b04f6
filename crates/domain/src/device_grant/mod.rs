//! One run of the device flow (RFC 8628): who asked, what was decided, how often was polled.
//!
//! Transitions consume the grant and return its successor; nobody else changes one. Whoever
//! stores grants does it by compare-and-swap, so of any number of concurrent transitions out of
//! one state exactly one takes place.

mod code;
mod pace;

pub use code::{
    ClientId, DeviceCode, DeviceLabel, InvalidLabel, MalformedCode, TypedCode, UserCode,
};
pub use pace::PollPace;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

use crate::{
    era::Era,
    external_subject::ExternalSubject,
    ids::{AccountId, GrantId, WorkspaceId},
    interval::remaining_seconds,
};

/// How long a code lives, in seconds (`expires_in`).
pub const GRANT_LIFETIME: TimeDelta = TimeDelta::seconds(900);
/// An approval in the last second still leaves the device this long to pick up.
pub const PICK_UP_TIME: TimeDelta = TimeDelta::seconds(60);

/// Who a device was let in for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// An account of this installation.
    Account(AccountId),
    /// A person known to an identity provider only.
    External(ExternalSubject),
}

/// An approval. No token exists yet: it is minted at pick-up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// The account or the external subject that approved; the token becomes theirs.
    pub subject: Subject,
    /// Of whoever approved, when they did. Absent in what an older version stored: the first one.
    #[serde(default)]
    pub era: Era,
    /// The workspace that the approver worked in.
    pub workspace_id: Option<WorkspaceId>,
    /// When it was approved, in UTC.
    pub at: DateTime<Utc>,
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Decision {
    /// Nobody has decided yet.
    Pending,
    /// Let in; waiting for pick-up.
    Approved(Approval),
    /// The device was refused.
    Denied,
    /// Picked up; kept so that a replay can be told apart and audited.
    Redeemed,
}

/// A grant. Codes are not in it: it is found by their digests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceGrant {
    /// Unique; the database refuses a second redemption of it.
    pub id: GrantId,
    /// Digest of the user code, to check that an index entry still belongs to this grant.
    pub user_code_digest: String,
    /// The client that asked.
    pub client_id: ClientId,
    /// What the device calls itself.
    pub device_label: DeviceLabel,
    /// When the device asked for the code, in UTC.
    pub created_at: DateTime<Utc>,
    /// Where the code was requested from.
    pub created_ip: IpAddr,
    /// UTC; inclusive: at this instant the grant is dead.
    pub expires_at: DateTime<Utc>,
    /// How often the device may poll.
    pub pace: PollPace,
    /// What was decided.
    pub decision: Decision,
}

/// The grant is not open to a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecideError {
    /// Past its life.
    #[error("the code has expired")]
    Expired,
    /// Somebody decided before.
    #[error("the code was already resolved")]
    AlreadyResolved,
}

/// What a poll is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PollAnswer {
    /// Nobody has decided yet: `authorization_pending` (RFC 8628 §3.5).
    Pending,
    /// `slow_down`, with the interval that holds from now on, in seconds.
    SlowDown {
        /// Seconds to wait between polls.
        interval: u32,
    },
    /// Somebody refused: `access_denied` (RFC 8628 §3.5).
    Denied,
    /// The code is over: `expired_token` (RFC 8628 §3.5).
    Expired,
    /// `expired_token`, and worth an audit event.
    AlreadyRedeemed,
    /// Let in: mint now.
    Approved(Approval),
}

impl DeviceGrant {
    /// Whether the grant is past its life.
    pub fn is_expired(&self, now: DateTime<Utc>) -> bool {
        now >= self.expires_at
    }

    /// Whether somebody could still decide.
    pub fn is_pending(&self, now: DateTime<Utc>) -> bool {
        self.decision == Decision::Pending && !self.is_expired(now)
    }

    /// Whole seconds until expiry, for `lookup`.
    pub fn remaining_seconds(&self, now: DateTime<Utc>) -> i64 {
        remaining_seconds(self.expires_at, now)
    }

    /// Approves a pending grant.
    pub fn approve(mut self, approval: Approval) -> Result<Self, DecideError> {
        self.require_open(approval.at)?;
        self.expires_at = self.expires_at.max(approval.at + PICK_UP_TIME);
        self.decision = Decision::Approved(approval);
        Ok(self)
    }

    /// Denies a pending grant.
    pub fn deny(mut self, now: DateTime<Utc>) -> Result<Self, DecideError> {
        self.require_open(now)?;
        self.decision = Decision::Denied;
        Ok(self)
    }

    /// Approved → denied, when what the approver had open has ended since. Any other state stays as it is.
    #[must_use]
    pub fn superseded(mut self) -> Self {
        if matches!(self.decision, Decision::Approved(_)) {
            self.decision = Decision::Denied;
        }
        self
    }

    /// Approved → redeemed, after the token was minted. Any other state stays as it is.
    #[must_use]
    pub fn redeemed(mut self) -> Self {
        if matches!(self.decision, Decision::Approved(_)) {
            self.decision = Decision::Redeemed;
        }
        self
    }

    /// Answers a poll. Only a pending grant changes by it (its pace); the successor is `None`
    /// when there is nothing to store. A decision is answered even to a poll that comes early.
    pub fn poll(mut self, now: DateTime<Utc>) -> (PollAnswer, Option<Self>) {
        if self.is_expired(now) {
            return (PollAnswer::Expired, None);
        }
        match &self.decision {
            Decision::Approved(approval) => (PollAnswer::Approved(approval.clone()), None),
            Decision::Denied => (PollAnswer::Denied, None),
            Decision::Redeemed => (PollAnswer::AlreadyRedeemed, None),
            Decision::Pending => {
                let answer = if self.pace.is_early(now) {
                    self.pace = self.pace.slowed(now);
                    PollAnswer::SlowDown {
                        interval: self.pace.interval_seconds,
                    }
                } else {
                    self.pace = self.pace.polled(now);
                    PollAnswer::Pending
                };
                (answer, Some(self))
            }
        }
    }

    fn require_open(&self, now: DateTime<Utc>) -> Result<(), DecideError> {
        if self.is_expired(now) {
            Err(DecideError::Expired)
        } else if self.decision != Decision::Pending {
            Err(DecideError::AlreadyResolved)
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests;
