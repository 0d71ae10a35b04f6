//! The state machine: its rules one by one, and all interleavings of concurrent callers.

use super::*;
use proptest::prelude::*;
use uuid::Uuid;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
}

fn grant() -> DeviceGrant {
    DeviceGrant {
        id: GrantId(Uuid::nil()),
        user_code_digest: String::new(),
        client_id: "difyctl".parse().unwrap(),
        device_label: "difyctl on host".parse().unwrap(),
        created_at: at(0),
        created_ip: [127, 0, 0, 1].into(),
        expires_at: at(0) + GRANT_LIFETIME,
        pace: PollPace::new(),
        decision: Decision::Pending,
    }
}

fn approval(who: u128, now: DateTime<Utc>) -> Approval {
    Approval {
        subject: Subject::Account(AccountId(Uuid::from_u128(who))),
        era: crate::era::Era::default(),
        workspace_id: None,
        at: now,
    }
}

fn poll(grant: DeviceGrant, seconds: i64) -> (PollAnswer, DeviceGrant) {
    let kept = grant.clone();
    let (answer, next) = grant.poll(at(seconds));
    (answer, next.unwrap_or(kept))
}

#[test]
fn sec_017_to_020_slow_down_raises_the_poll_interval_by_five_seconds() {
    let (first, g) = poll(grant(), 0);
    assert_eq!(
        first,
        PollAnswer::Pending,
        "the first poll may come at once"
    );
    let (in_time, g) = poll(g, 5);
    assert_eq!(in_time, PollAnswer::Pending);
    let (early, g) = poll(g, 6);
    assert_eq!(early, PollAnswer::SlowDown { interval: 10 });
    let (still_early, _) = poll(g.clone(), 11);
    assert_eq!(still_early, PollAnswer::SlowDown { interval: 15 });
    let (converged, _) = poll(g, 16);
    assert_eq!(converged, PollAnswer::Pending);
}

#[test]
fn poll_of_a_slightly_fast_clock_is_accepted() {
    let (_, g) = poll(grant(), 0);
    assert_eq!(
        g.clone().poll(at(0) + TimeDelta::milliseconds(4500)).0,
        PollAnswer::Pending
    );
    assert_eq!(
        g.poll(at(0) + TimeDelta::milliseconds(4499)).0,
        PollAnswer::SlowDown { interval: 10 }
    );
}

#[test]
fn sec_021_poll_interval_is_at_most_a_minute() {
    let mut g = grant();
    let mut last = PollAnswer::Pending;
    for _ in 0..=12 {
        (last, g) = poll(g, 0);
    }
    assert_eq!(last, PollAnswer::SlowDown { interval: 60 });
    assert_eq!(g.pace.interval_seconds, PollPace::MAX_LENGTH);
}

#[test]
fn sec_022_sec_023_early_poll_after_a_decision_gets_the_decision() {
    let mut g = grant();
    for second in [0, 4, 8, 12] {
        (_, g) = poll(g, second);
    }
    let g = g.approve(approval(1, at(13))).unwrap();
    assert!(matches!(g.poll(at(13)).0, PollAnswer::Approved(_)));
}

#[test]
fn sec_025_poll_of_a_denied_grant_stays_denied() {
    let g = grant().deny(at(1)).unwrap();
    for second in [1, 2, 3] {
        assert_eq!(g.clone().poll(at(second)).0, PollAnswer::Denied);
    }
}

#[test]
fn sec_027_grant_expiry_is_inclusive() {
    assert_eq!(grant().poll(at(899)).0, PollAnswer::Pending);
    assert_eq!(grant().poll(at(900)).0, PollAnswer::Expired);
    assert_eq!(
        grant().approve(approval(1, at(900))),
        Err(DecideError::Expired)
    );
    assert_eq!(grant().deny(at(900)), Err(DecideError::Expired));
    assert!(grant().is_pending(at(899)));
    assert!(!grant().is_pending(at(900)));
}

#[test]
fn sec_046_grant_remaining_time_counts_from_now() {
    assert_eq!(grant().remaining_seconds(at(300)), 600);
    assert_eq!(grant().remaining_seconds(at(901)), 0);
}

#[test]
fn approval_in_the_last_second_leaves_a_minute_to_redeem() {
    let g = grant().approve(approval(1, at(899))).unwrap();
    assert!(matches!(g.clone().poll(at(958)).0, PollAnswer::Approved(_)));
    assert_eq!(g.poll(at(959)).0, PollAnswer::Expired);
}

#[test]
fn device_label_with_control_or_bidi_characters_is_refused() {
    for bad in ["", "  ", "a\u{202e}b", "a\u{0}b", "a\nb", "a\u{2066}b"] {
        assert!(bad.parse::<DeviceLabel>().is_err(), "{bad:?}");
    }
    assert_eq!(
        "  Cafe\u{301} ".parse::<DeviceLabel>().unwrap().as_str(),
        "Caf\u{e9}"
    );
    assert!("x".repeat(128).parse::<DeviceLabel>().is_ok());
    assert!("x".repeat(129).parse::<DeviceLabel>().is_err());
    assert!("x".repeat(1 << 20).parse::<DeviceLabel>().is_err());
}

#[test]
fn sec_013_sec_031_device_code_has_one_form_only() {
    assert!(
        "dc_9wbPx2VUjNd0mD_WEz31WUvljJMAlHhH"
            .parse::<DeviceCode>()
            .is_ok()
    );
    let long = "x".repeat(1 << 20);
    for bad in [
        "",
        "dc_",
        "dc_9wbPx2VUjNd0mD_WEz31WUvljJMAlHh*",
        "dc_{wbPx2VUjNd0mD_WEz31WUvljJMAlHh}",
        "dc_9wbPx2VUjNd0mD_WEz31WUvljJMAlHh\r",
        "9wbPx2VUjNd0mD_WEz31WUvljJMAlHhHxxx",
        long.as_str(),
    ] {
        assert!(bad.parse::<DeviceCode>().is_err());
    }
}

#[test]
fn sec_044_user_code_is_read_in_every_usual_spelling() {
    for text in [
        "KWAL-UY7B",
        "kwal-uy7b",
        " kwaluy7b ",
        "KWAL UY7B",
        "k w a l - u y 7 b",
    ] {
        assert_eq!(
            text.parse::<UserCode>().unwrap().expose(),
            "KWAL-UY7B",
            "{text}"
        );
    }
    for bad in [
        "",
        "KWAL-UY7",
        "KWAL-UY7BX",
        "KWAL-UY7I",
        "KWAL-UY7\u{130}",
        "0000-0000",
    ] {
        assert!(bad.parse::<UserCode>().is_err(), "{bad}");
    }
}

#[test]
fn sec_011_user_codes_are_uniform_over_the_thirty_symbols() {
    // A linear congruential generator is enough: the question is the mapping, not the source.
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut byte = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        Ok::<u8, std::convert::Infallible>((state >> 56) as u8)
    };
    let mut counts = std::collections::BTreeMap::<char, f64>::new();
    let codes = 200_000;
    for _ in 0..codes {
        let Ok(code) = UserCode::draw(&mut byte);
        let text = code.expose();
        assert_eq!((text.len(), text.as_bytes()[4]), (9, b'-'));
        for symbol in text.chars().filter(|c| *c != '-') {
            *counts.entry(symbol).or_default() += 1.0;
        }
    }
    let symbols: String = counts.keys().collect();
    assert_eq!(symbols, "3456789ABCDEFGHJKLMNPQRSTUVWXY");
    let expected = f64::from(codes) * 8.0 / 30.0;
    let chi_squared: f64 = counts
        .values()
        .map(|n| (n - expected).powi(2) / expected)
        .sum();
    assert!(
        chi_squared < 58.3,
        "χ² = {chi_squared}, 29 degrees of freedom, p < 0.001"
    );
}

#[test]
fn debug_of_codes_is_redacted() {
    let user: UserCode = "KWAL-UY7B".parse().unwrap();
    let device: DeviceCode = "dc_9wbPx2VUjNd0mD_WEz31WUvljJMAlHhH".parse().unwrap();
    let printed = format!("{user:?} {device:?}");
    assert!(
        !printed.contains("KWAL") && !printed.contains("9wbPx2"),
        "{printed}"
    );
}

// ---- all interleavings --------------------------------------------------------------------------

/// A caller holds what it read; its second step swaps if nothing changed in between, or reads again.
#[derive(Debug, Clone)]
enum Call {
    Approve(u128),
    Deny,
    Poll,
}

#[derive(Debug, Default)]
struct Outcome {
    approvals: Vec<u128>,
    denials: usize,
    minted: Vec<AccountId>,
    denied_polls: usize,
}

/// The store, as the adapters keep it: compare-and-swap, and one redemption per grant id.
struct Store {
    version: u64,
    grant: DeviceGrant,
    redeemed_by: Option<usize>,
    now: DateTime<Utc>,
}

struct Caller {
    call: Call,
    read: Option<(u64, DeviceGrant)>,
    done: bool,
}

fn step(store: &mut Store, caller: &mut Caller, index: usize, outcome: &mut Outcome) {
    let Some((version, seen)) = caller.read.take() else {
        caller.read = Some((store.version, store.grant.clone()));
        return;
    };
    let now = store.now;
    let next = match &caller.call {
        Call::Approve(who) => seen.approve(approval(*who, now)).ok(),
        Call::Deny => seen.deny(now).ok(),
        Call::Poll => match seen.poll(now) {
            (PollAnswer::Approved(approval), _) => {
                if store.redeemed_by.is_none() {
                    store.redeemed_by = Some(index);
                    if let Subject::Account(who) = approval.subject {
                        outcome.minted.push(who);
                    }
                }
                Some(store.grant.clone().redeemed())
            }
            (PollAnswer::Denied, _) => {
                outcome.denied_polls += 1;
                None
            }
            (_, next) => next,
        },
    };
    let Some(next) = next else {
        caller.done = true;
        return;
    };
    if store.version == version {
        store.version += 1;
        store.grant = next;
        caller.done = true;
        match caller.call {
            Call::Approve(who) => outcome.approvals.push(who),
            Call::Deny => outcome.denials += 1,
            Call::Poll => {}
        }
    }
}

fn calls() -> impl Strategy<Value = Vec<Call>> {
    let call = prop_oneof![
        (1u128..4).prop_map(Call::Approve),
        Just(Call::Deny),
        Just(Call::Poll),
        Just(Call::Poll),
    ];
    prop::collection::vec(call, 1..7)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Callers are stepped in any order, with time passing (and running out) between the steps.
    #[test]
    fn sec_057_sec_058_sec_059_every_interleaving_of_decisions_has_one_outcome(
        calls in calls(),
        schedule in prop::collection::vec((0usize..7, prop_oneof![9 => 0i64..30, 1 => Just(950i64)]), 1..60),
    ) {
        let mut store = Store { version: 0, grant: grant(), redeemed_by: None, now: at(0) };
        let mut outcome = Outcome::default();
        let mut callers: Vec<Caller> =
            calls.into_iter().map(|call| Caller { call, read: None, done: false }).collect();
        for (index, seconds) in schedule {
            store.now += TimeDelta::seconds(seconds);
            let count = callers.len();
            let caller = &mut callers[index % count];
            if !caller.done {
                step(&mut store, caller, index % count, &mut outcome);
            }
        }
        let decisions = outcome.approvals.len() + outcome.denials;
        prop_assert!(decisions <= 1, "two decisions: {outcome:?}");
        prop_assert!(outcome.minted.len() <= 1, "two tokens: {outcome:?}");
        if outcome.denials == 1 {
            prop_assert!(outcome.minted.is_empty(), "denied and minted");
        }
        if let Some(who) = outcome.minted.first() {
            prop_assert_eq!(outcome.approvals.as_slice(), &[who.0.as_u128()], "minted for the approver");
        }
        prop_assert!(outcome.denied_polls == 0 || outcome.denials == 1);
    }
}
