//! Ids of node executions: made of the run's id and a number, so that a replay writes over what it wrote before.

use uuid::{Builder, Uuid};

/// The id of the `number`th execution of a run.
#[must_use]
pub fn execution_id(run: Uuid, number: u64) -> Uuid {
    derived(run, number, 0)
}

/// The id under which an attempt that failed is kept beside its execution; `retry` counts from 1.
#[must_use]
pub fn attempt_id(run: Uuid, number: u64, retry: u32) -> Uuid {
    derived(run, number, u64::from(retry))
}

/// A version 4 id: the run's own bits, stirred with the numbers. Unique as the run is, and no secret: nothing is allowed for knowing one.
fn derived(run: Uuid, number: u64, retry: u64) -> Uuid {
    let (high, low) = run.as_u64_pair();
    let salt = stirred(number ^ retry.rotate_left(40));
    let high = stirred(high ^ salt);
    let low = stirred(low ^ high.rotate_left(32) ^ salt);
    let bytes = Uuid::from_u64_pair(high, low).into_bytes();
    Builder::from_random_bytes(bytes).into_uuid()
}

/// One round of splitmix64: each input bit reaches each output bit, and no two inputs meet.
fn stirred(value: u64) -> u64 {
    let mixed = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_of_executions_and_attempts_are_the_same_in_a_replay_and_no_two_are_equal() {
        let mut seen = HashSet::new();
        for run in [Uuid::nil(), Uuid::from_u128(1), Uuid::from_u128(1 << 64)] {
            for number in 1..500 {
                for retry in 0..4 {
                    let id = attempt_id(run, number, retry);
                    assert_eq!(id, attempt_id(run, number, retry));
                    assert_eq!(id.get_version_num(), 4);
                    assert!(seen.insert(id), "{run} {number} {retry}");
                }
                assert!(seen.contains(&execution_id(run, number)));
            }
        }
    }
}
