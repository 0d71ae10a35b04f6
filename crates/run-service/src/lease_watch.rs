//! What a process remembers of its leases from beat to beat: since when storage answers it, and which of its runs had a lease.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use tokio::time::Instant;
use uuid::Uuid;

use crate::LEASE_SECONDS;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct LeaseWatch {
    /// Since when every beat was answered; none: the last one was not.
    answered_since: Option<Instant>,
    /// Runs that had a lease, and whether the beat before found none.
    known: HashMap<Uuid, Missing>,
}

/// Whether a run that had a lease had none at the last beat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Missing(bool);

impl LeaseWatch {
    /// A beat was answered.
    pub(crate) fn answered(&mut self, now: Instant) {
        self.answered_since.get_or_insert(now);
    }

    /// A beat was not answered.
    pub(crate) fn unanswered(&mut self) {
        self.answered_since = None;
    }

    /// Whether a lapsed lease says that its owner is gone. Storage that was away kept everybody from renewing: it has to answer for the
    /// length of a lease first, and owners who are there renew theirs meanwhile. A process that is new does not know.
    pub(crate) fn trusts_lapsed(&self, now: Instant) -> bool {
        let lease = Duration::from_secs_f64(LEASE_SECONDS);
        self.answered_since
            .is_some_and(|since| now.duration_since(since) >= lease)
    }

    /// Takes in which runs are under way here, which of them were renewed, and whose the others are. Returns those that are not this
    /// process's any more: another one's, or ended by another one. An end of this process itself takes less than a beat to be heard of,
    /// and a run that has not been kept yet has no lease.
    pub(crate) fn lost(
        &mut self,
        running: &[Uuid],
        renewed: &HashSet<Uuid>,
        owners: &[(Uuid, Option<Uuid>)],
        own: Uuid,
    ) -> Vec<Uuid> {
        let owners: HashMap<Uuid, Option<Uuid>> = owners.iter().copied().collect();
        let before = std::mem::take(&mut self.known);
        let mut lost = vec![];
        for run in running {
            let missing_before = before.get(run).copied();
            match owners.get(run) {
                _ if renewed.contains(run) => {
                    self.known.insert(*run, Missing(false));
                }
                Some(owner) if *owner == Some(own) => {
                    // Kept for the first time since the leases were renewed.
                    self.known.insert(*run, Missing(false));
                }
                Some(_) => lost.push(*run),
                None => match missing_before {
                    Some(Missing(true)) => lost.push(*run),
                    Some(Missing(false)) => {
                        self.known.insert(*run, Missing(true));
                    }
                    None => {}
                },
            }
        }
        lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    const OWN: Uuid = Uuid::from_u128(100);
    const OTHER: Uuid = Uuid::from_u128(200);

    #[test]
    fn lapsed_leases_are_trusted_when_storage_has_answered_for_the_length_of_a_lease() {
        let lease = Duration::from_secs_f64(LEASE_SECONDS);
        let start = Instant::now();
        let mut watch = LeaseWatch::default();
        assert!(!watch.trusts_lapsed(start));
        watch.answered(start);
        watch.answered(start + lease / 2);
        assert!(!watch.trusts_lapsed(start + lease / 2));
        assert!(watch.trusts_lapsed(start + lease));
        watch.unanswered();
        assert!(!watch.trusts_lapsed(start + 2 * lease));
        watch.answered(start + 3 * lease);
        assert!(!watch.trusts_lapsed(start + 3 * lease));
        assert!(watch.trusts_lapsed(start + 4 * lease));
    }

    #[test]
    fn run_of_another_process_is_lost_at_once() {
        let mut watch = LeaseWatch::default();
        let owners = [(id(1), Some(OTHER)), (id(2), None), (id(3), Some(OWN))];
        let running = [id(1), id(2), id(3)];
        let lost = watch.lost(&running, &HashSet::new(), &owners, OWN);
        assert_eq!(lost, [id(1), id(2)]);
    }

    #[test]
    fn run_that_ended_elsewhere_is_lost_when_a_second_beat_finds_no_lease_of_it() {
        let mut watch = LeaseWatch::default();
        let renewed = HashSet::from([id(1)]);
        assert!(watch.lost(&[id(1)], &renewed, &[], OWN).is_empty());
        // Its own end is kept, and it is about to say so.
        assert!(watch.lost(&[id(1)], &HashSet::new(), &[], OWN).is_empty());
        assert_eq!(watch.lost(&[id(1)], &HashSet::new(), &[], OWN), [id(1)]);
    }

    #[test]
    fn run_that_was_never_kept_is_not_lost_however_long_it_computes() {
        let mut watch = LeaseWatch::default();
        for _ in 0..5 {
            assert!(watch.lost(&[id(1)], &HashSet::new(), &[], OWN).is_empty());
        }
    }
}
