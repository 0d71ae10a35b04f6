//! The rotation of a console session's refresh token: one successor per generation, a short grace
//! in which the predecessor gets the same successor (twenty tabs refresh at once), and the end of
//! the whole family when an older one comes back (RFC 9700 §4.14).

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::{
    ids::{AccountId, ConsoleSessionId},
    interval::is_within,
};

/// How long a spent refresh token still answers with its successor.
pub const REFRESH_GRACE: Duration = Duration::from_secs(10);

/// One sign-in of one browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsoleSession {
    /// Primary key; goes into the tokens.
    pub id: ConsoleSessionId,
    /// The account that signed in.
    pub account_id: AccountId,
    /// Mixed into the refresh tokens, so that a leaked `SECRET_KEY` alone forges none.
    pub refresh_salt: Vec<u8>,
    /// The generation of the refresh token that is good now; starts at 0.
    pub generation: i32,
    /// When the generation last changed.
    pub rotated_at: DateTime<Utc>,
    /// How long ago that was by the clock of the database, which is one for all nodes; none when it was
    /// not asked, or noted by an older version.
    pub since_rotation: Option<Duration>,
    /// When the refresh token dies if it is not used; moves with each rotation.
    pub idle_expires_at: DateTime<Utc>,
    /// When the session dies whatever happens.
    pub absolute_expires_at: DateTime<Utc>,
    /// Set when it was ended.
    pub revoked_at: Option<DateTime<Utc>>,
}

/// What becomes of a presented refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotation {
    /// It was the current one: the session moves on to this generation.
    Advance(i32),
    /// It was the one before, within the grace: answer with the current generation again.
    Replay(i32),
    /// It was spent long ago: somebody copied it. The session ends.
    Reuse,
    /// The session has ended or expired.
    Dead,
}

impl ConsoleSession {
    /// Whether requests of this session are honoured. Bounds are inclusive: dead at the instant.
    pub fn is_live(&self, now: DateTime<Utc>) -> bool {
        self.revoked_at.is_none() && now < self.idle_expires_at && now < self.absolute_expires_at
    }

    /// Decides on a refresh token of `generation`. Pure; the caller stores the result under a lock.
    pub fn present(&self, generation: i32, now: DateTime<Utc>) -> Rotation {
        if !self.is_live(now) {
            Rotation::Dead
        } else if generation == self.generation {
            Rotation::Advance(self.generation + 1)
        } else if self.generation.checked_sub(1) == Some(generation) && self.is_graced(now) {
            Rotation::Replay(self.generation)
        } else {
            Rotation::Reuse
        }
    }

    /// Whether the last rotation was a moment ago by every clock that was asked: a node whose clock is
    /// behind makes no grace longer.
    fn is_graced(&self, now: DateTime<Utc>) -> bool {
        is_within(REFRESH_GRACE, self.rotated_at, now)
            && self
                .since_rotation
                .is_none_or(|since| since <= REFRESH_GRACE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn session() -> ConsoleSession {
        ConsoleSession {
            id: ConsoleSessionId(Uuid::nil()),
            account_id: AccountId(Uuid::nil()),
            refresh_salt: vec![],
            generation: 3,
            rotated_at: at(0),
            since_rotation: None,
            idle_expires_at: at(1000),
            absolute_expires_at: at(5000),
            revoked_at: None,
        }
    }

    #[test]
    fn sec_135_refresh_with_the_previous_token_within_the_grace_repeats_the_successor() {
        assert_eq!(session().present(3, at(1)), Rotation::Advance(4));
        assert_eq!(session().present(2, at(10)), Rotation::Replay(3));
    }

    #[test]
    fn sec_136_refresh_with_the_previous_token_after_the_grace_is_reuse() {
        assert_eq!(session().present(2, at(11)), Rotation::Reuse);
        assert_eq!(session().present(1, at(1)), Rotation::Reuse);
        assert_eq!(
            session().present(9, at(1)),
            Rotation::Reuse,
            "a generation that never was"
        );
    }

    #[test]
    fn a6_spent_refresh_token_is_reuse_though_the_clock_is_behind() {
        for behind in [-3, -11, -3600] {
            assert_eq!(
                session().present(2, at(behind)),
                Rotation::Reuse,
                "{behind}"
            );
        }
        // A minute later by the one clock that all share; this node believes that it is the same moment.
        let mut session = session();
        session.since_rotation = Some(Duration::from_mins(1));
        assert_eq!(session.present(2, at(0)), Rotation::Reuse);
        session.since_rotation = Some(Duration::from_secs(9));
        assert_eq!(session.present(2, at(0)), Rotation::Replay(3));
        assert_eq!(
            session.present(2, at(-1)),
            Rotation::Replay(3),
            "ordinary skew"
        );
    }

    #[test]
    fn sec_143_session_idle_and_absolute_expiry_are_inclusive() {
        assert!(session().is_live(at(999)));
        assert_eq!(session().present(3, at(1000)), Rotation::Dead);
        let mut long = session();
        long.idle_expires_at = at(9000);
        assert!(long.is_live(at(4999)));
        assert!(!long.is_live(at(5000)));
    }
}
