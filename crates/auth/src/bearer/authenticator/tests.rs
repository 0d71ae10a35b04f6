//! The order of the steps, seen through a store and a limiter that write down what they are asked.

use std::{net::IpAddr, sync::Mutex};

use futures_util::FutureExt as _;
use gatewright_crypto::random::OsRandom;
use uuid::Uuid;

use super::*;
use crate::bearer::NewBearer;

#[derive(Default)]
struct Notes {
    log: Mutex<Vec<String>>,
    row: Option<BearerToken>,
    refuse: bool,
    /// The one limit that refuses.
    spent: Option<&'static str>,
    down: bool,
}

impl Notes {
    fn note(&self, what: String) {
        self.log.lock().unwrap().push(what);
    }
}

impl BearerStore for &Notes {
    async fn find(&self, _: &TokenHash) -> Result<Option<BearerToken>, Unavailable> {
        self.note("find".into());
        Ok(self.row.clone())
    }
    async fn find_remembered(&self, _: &TokenHash) -> Result<Option<BearerToken>, Unavailable> {
        self.note("find_remembered".into());
        Ok(None)
    }
    async fn retire(&self, _: &TokenHash, _: &BearerToken) -> Result<(), Unavailable> {
        self.note("retire".into());
        Ok(())
    }
}

impl RateLimiter for &Notes {
    async fn charge(&self, limit: &Limit, key: &str) -> Result<(), ChargeError> {
        self.note(format!("charge {} {}", limit.name, key.len()));
        if self.down {
            return Err(Unavailable::new("redis", "down").into());
        }
        if self.refuse || self.spent == Some(limit.name) {
            return Err(RateLimited { retry_after: 7 }.into());
        }
        Ok(())
    }
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn row(prefix: &str, account: bool, expires_in: i64) -> BearerToken {
    BearerToken {
        id: TokenId(Uuid::nil()),
        prefix: prefix.into(),
        account_id: account.then_some(AccountId(Uuid::nil())),
        subject_email: "a@b.co".into(),
        subject_issuer: None,
        client_id: "difyctl".into(),
        device_label: "laptop".into(),
        created_at: now(),
        expires_at: now() + chrono::TimeDelta::seconds(expires_in),
        last_used_at: None,
    }
}

fn run(notes: &Notes, text: &str) -> (Result<Principal, BearerError>, Vec<String>) {
    let authenticator = BearerAuthenticator::new(notes, notes, Limits::default());
    let address = ClientAddress::from_peer(IpAddr::from([127, 0, 0, 1]));
    let answer = authenticator
        .authenticate(text, address, now())
        .now_or_never()
        .unwrap();
    (answer, notes.log.lock().unwrap().clone())
}

fn token() -> String {
    NewBearer::generate(BearerKind::Account, &OsRandom::default())
        .unwrap()
        .into_text()
}

#[test]
fn f4_limit_is_charged_before_the_look_up_for_dead_tokens_too() {
    let (answer, log) = run(&Notes::default(), &token());
    assert!(matches!(answer, Err(BearerError::Invalid)));
    let order = [
        "charge OPENAPI_RATE_LIMIT_PER_TOKEN 64",
        "find",
        "charge BAD_BEARER 9",
    ];
    assert_eq!(log, order);
}

/// b3: whatever its form, a token that leads nowhere is paid for by its address, and an address that has
/// paid all it may costs no store anything.
#[test]
fn b3_address_over_its_budget_is_answered_from_memory_alone() {
    let (mut notes, old) = (Notes::default(), format!("dfoa_{}", "A".repeat(43)));
    notes.spent = Some("BAD_BEARER");
    let authenticator = BearerAuthenticator::new(&notes, &notes, Limits::default());
    let ask = |text: &str, last: u8, now| {
        let address = ClientAddress::from_peer(IpAddr::from([192, 0, 2, last]));
        let asked = authenticator.authenticate(text, address, now);
        let answer = asked.now_or_never().unwrap();
        (answer, std::mem::take(&mut *notes.log.lock().unwrap()))
    };
    let limited = |answer| {
        matches!(
            answer,
            Err(BearerError::RateLimited(RateLimited { retry_after: 7 }))
        )
    };
    let (first, log) = ask(&old, 1, now());
    assert!(limited(first) && log.last().unwrap().starts_with("charge BAD_BEARER"));
    for text in [old.clone(), token()] {
        let (answer, log) = ask(&text, 1, now());
        assert!(limited(answer));
        assert_eq!(
            log,
            ["find_remembered"],
            "nothing is counted, nothing looked up"
        );
    }
    let (_, log) = ask("dfoa_short", 1, now());
    assert!(log.is_empty(), "{log:?}");
    let (_, next_door) = ask(&old, 2, now());
    assert_eq!(next_door[1], "find");
    let (_, later) = ask(&old, 1, now() + chrono::TimeDelta::seconds(7));
    assert_eq!(later[1], "find");
}

#[test]
fn f4_refused_token_is_not_looked_up() {
    let notes = Notes {
        refuse: true,
        row: Some(row("dfoa_", true, 60)),
        ..Notes::default()
    };
    let (answer, log) = run(&notes, &token());
    assert!(matches!(
        answer,
        Err(BearerError::RateLimited(RateLimited { retry_after: 7 }))
    ));
    assert_eq!(log.len(), 1);
}

#[test]
fn sec_110_wrong_checksum_reads_no_store_and_charges_the_address() {
    let mut text = token();
    text.pop();
    text.push('!');
    let (answer, log) = run(&Notes::default(), &text);
    assert!(matches!(answer, Err(BearerError::Invalid)));
    assert_eq!(log, ["charge BAD_BEARER 9"]);
}

#[test]
fn bearer_with_unknown_prefix_reads_no_store_and_charges_nobody() {
    let (answer, log) = run(&Notes::default(), "sk-something");
    assert!(matches!(answer, Err(BearerError::Invalid)));
    assert!(log.is_empty());
}

#[test]
fn sec_108_expired_token_is_retired_and_answered_like_any_dead_one() {
    let notes = Notes {
        row: Some(row("dfoa_", true, 0)),
        ..Notes::default()
    };
    let (answer, log) = run(&notes, &token());
    assert!(matches!(answer, Err(BearerError::Invalid)));
    assert_eq!(log.last().unwrap(), "retire");
}

#[test]
fn token_row_of_the_wrong_kind_is_refused() {
    for wrong in [
        row("dfoe_", false, 60),
        row("dfoa_", false, 60),
        row("dfoe_", true, 60),
    ] {
        let notes = Notes {
            row: Some(wrong),
            ..Notes::default()
        };
        assert!(matches!(run(&notes, &token()).0, Err(BearerError::Invalid)));
    }
}

#[test]
fn sec_121_bearer_without_a_reachable_limiter_is_refused() {
    let notes = Notes {
        down: true,
        row: Some(row("dfoa_", true, 60)),
        ..Notes::default()
    };
    let (answer, log) = run(&notes, &token());
    assert!(matches!(answer, Err(BearerError::Unavailable(_))));
    assert_eq!(log.len(), 1, "nothing was looked up: {log:?}");
}

#[test]
fn live_token_resolves_to_its_principal() {
    let notes = Notes {
        row: Some(row("dfoa_", true, 60)),
        ..Notes::default()
    };
    assert_eq!(run(&notes, &token()).0.unwrap().kind, BearerKind::Account);
}
