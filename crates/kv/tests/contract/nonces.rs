//! `SpentNonces`: each once, all or none, remembered for longer than what carried them.

use chrono::TimeDelta;
use gatewright_auth::envelope::TokenText;
use gatewright_domain::Clock as _;
use gatewright_kv::{Spending, SpentNonces};

use crate::{checks::unique, redis::here};

fn nonce() -> TokenText {
    unique().parse().unwrap()
}

#[tokio::test]
async fn nonce_is_remembered_a_minute_longer_than_its_carrier_is_good() {
    let here = here();
    let (nonces, mut writer) = (
        SpentNonces::new(here.ground.kv.clone()),
        here.writer().await,
    );
    let (now, one, other) = (here.ground.clock.now(), nonce(), nonce());
    let spending = |nonce, seconds| Spending {
        kind: "test",
        nonce,
        until: now + TimeDelta::seconds(seconds),
    };
    // What is over already is remembered too: another clock may be behind.
    let both = [spending(&one, 300), spending(&other, -30)];
    assert!(nonces.spend(&both, now).await.unwrap());
    let mut ttls = writer.ttls("sso").await;
    ttls.sort_unstable();
    assert_eq!(ttls, [30, 360]);
}

#[tokio::test]
async fn nonce_is_spent_per_kind() {
    let here = here();
    let nonces = SpentNonces::new(here.ground.kv.clone());
    let (now, nonce) = (here.ground.clock.now(), nonce());
    let spending = |kind| Spending {
        kind,
        nonce: &nonce,
        until: now + TimeDelta::minutes(5),
    };
    for (kind, expected) in [("state", true), ("state", false), ("assertion", true)] {
        let is_spent = nonces.is_spent(spending(kind)).await.unwrap();
        assert_eq!(is_spent, !expected, "{kind}");
        let spent = nonces.spend(&[spending(kind)], now).await.unwrap();
        assert_eq!(spent, expected, "{kind}");
    }
}

#[tokio::test]
async fn nonces_spent_at_once_in_overlapping_sets_are_spent_by_one_of_them() {
    let here = here();
    let nonces = SpentNonces::new(here.ground.kv.clone());
    let now = here.ground.clock.now();
    let (shared, own): (_, Vec<_>) = (nonce(), (0..8).map(|_| nonce()).collect());
    let spending = |nonce| Spending {
        kind: "test",
        nonce,
        until: now + TimeDelta::minutes(5),
    };
    let sets: Vec<_> = own
        .iter()
        .map(|own| [spending(own), spending(&shared)])
        .collect();
    let spends = sets.iter().map(|set| nonces.spend(set, now));
    let outcomes = futures_util::future::join_all(spends).await;
    let mut winners = 0;
    for (set, outcome) in sets.iter().zip(outcomes) {
        let won = outcome.unwrap();
        winners += u32::from(won);
        let is_spent = nonces.is_spent(set[0]).await.unwrap();
        assert_eq!(is_spent, won, "all or none");
    }
    assert_eq!(winners, 1);
}
