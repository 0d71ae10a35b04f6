//! The audit trail: what is written, who may read it, and that no change goes unnoticed.

use std::sync::Arc;

use gatewright_usecase_maintenance::Purge;
use gatewright_usecase_workspace::audit_log::Anchor;
use proptest::{
    prelude::*,
    strategy::ValueTree as _,
    test_runner::{Config, TestRunner},
};
use serde_json::json;

use crate::support::{Browser, Harness, basic_account};

const EVENTS: &str = "/console/api/workspaces/current/audit-events";

/// Some events of the owner's workspace.
async fn with_events(count: usize) -> (Harness, Browser) {
    let h = Harness::with(&[("GATEWRIGHT_LIMIT_INVITE", "0")]).await;
    let mut owner = basic_account(&h).await;
    for n in 0..count {
        let body = json!({"name": format!("Name {n}")});
        owner
            .post(&h, "/console/api/workspaces/info", body)
            .await
            .expect(200);
    }
    (h, owner)
}

#[actix_web::test]
async fn audit_events_are_paged_and_exported() {
    let (h, mut owner) = with_events(7).await;
    let first = owner
        .get(&h, &format!("{EVENTS}?limit=5"))
        .await
        .expect(200)
        .json();
    assert_eq!(first["data"].as_array().unwrap().len(), 5);
    assert_eq!(first["data"][0]["action"], "workspace.renamed");
    assert_eq!(first["data"][0]["details"]["name"], "Name 6");
    let next = format!("{EVENTS}?limit=5&before={}", first["next_before"]);
    let second = owner.get(&h, &next).await.json();
    let actions: Vec<&str> = second["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["action"].as_str().unwrap())
        .collect();
    assert_eq!(
        actions,
        [
            "workspace.renamed",
            "workspace.renamed",
            "console.login_succeeded",
            "console.setup_completed"
        ]
    );
    assert_eq!(second["next_before"], json!(null));
    let only = format!("{EVENTS}?action=console.setup_completed");
    assert_eq!(
        owner.get(&h, &only).await.json()["data"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let export = owner.get(&h, &format!("{EVENTS}/export")).await.expect(200);
    assert_eq!(export.header("content-type"), "application/x-ndjson");
    let lines: Vec<serde_json::Value> = export
        .body
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 9);
    owner
        .get(&h, &format!("{EVENTS}?limit=0"))
        .await
        .expect(400);
    let session = h.log_in_device(&mut owner, "laptop").await;
    let path = format!(
        "/openapi/v1/workspaces/{}/audit-events",
        session["default_workspace_id"].as_str().unwrap()
    );
    let events = h
        .with_bearer("GET", &path, session["token"].as_str().unwrap())
        .await
        .expect(200)
        .json();
    let actions = events["data"].as_array().unwrap().iter();
    assert!(
        actions
            .clone()
            .any(|event| event["action"] == "workspace.renamed")
    );
    assert!(
        actions
            .clone()
            .any(|event| event["action"] == "oauth.device_flow_approved")
    );
}

#[actix_web::test]
async fn audit_of_a_rollback_is_empty_and_of_parallel_acts_one_chain() {
    let (h, owner) = with_events(0).await;
    let acts = (0..24).map(|n| {
        let (h, mut owner) = (&h, owner.clone());
        async move {
            let body = json!({"name": format!("N{n}")});
            owner
                .post(h, "/console/api/workspaces/info", body)
                .await
                .expect(200)
        }
    });
    futures_util::future::join_all(acts).await;
    let found = h.services().audit_log.verify(&[]).await.unwrap();
    assert!(found.faults.is_empty(), "{found:?}");
    let seqs =
        h.db.query("SELECT count(*) FROM gatewright_audit_events WHERE tenant_id IS NOT NULL")
            .await;
    assert_eq!(seqs, ["26"], "set-up, sign-in, and all acts");
    assert_eq!(
        h.db.query("SELECT count(*) FROM gatewright_audit_events WHERE seq IS NULL")
            .await,
        ["0"]
    );
}

/// What somebody with the database does to the trail.
#[derive(Debug, Clone)]
enum Deed {
    Edit(usize, &'static str),
    Delete(usize),
    Swap(usize, usize),
    Truncate(usize),
    CutTheBeginning,
    /// With or without the hash that stood there.
    MoveTheBase(usize, bool),
    MoveTheHead,
    ForgetTheHead,
}

fn deed(count: usize) -> impl Strategy<Value = Deed> {
    let fields = prop::sample::select(vec![
        "action = 'workspace.created'",
        "actor_account_id = gen_random_uuid()",
        "occurred_at = occurred_at + interval '1 microsecond'",
        "ip = '10.0.0.1'",
        "user_agent = coalesce(user_agent, '') || 'x'",
        "details = details || '{\"x\": \"y\"}'",
        "request_id = 'other'",
        "tenant_id = gen_random_uuid()",
        "id = gen_random_uuid()",
        "hash = repeat('0', 64)",
    ]);
    prop_oneof![
        4 => (1..=count, fields).prop_map(|(at, what)| Deed::Edit(at, what)),
        2 => (1..=count).prop_map(Deed::Delete),
        2 => (1..count, 1..count).prop_map(move |(a, b)| Deed::Swap(a, a + 1 + b % (count - a))),
        2 => (1..count).prop_map(Deed::Truncate),
        1 => Just(Deed::CutTheBeginning),
        3 => (1..=count, any::<bool>()).prop_map(|(to, is_right)| Deed::MoveTheBase(to, is_right)),
        1 => Just(Deed::MoveTheHead),
        1 => Just(Deed::ForgetTheHead),
    ]
}

impl Deed {
    fn sql(&self, chain: &str) -> String {
        let of = format!("WHERE chain = '{chain}'");
        let events = "gatewright_audit_events";
        match self {
            Self::Edit(at, what) => format!("UPDATE {events} SET {what} {of} AND seq = {at}"),
            Self::Delete(at) => format!("DELETE FROM {events} {of} AND seq = {at}"),
            Self::Swap(a, b) => format!(
                "UPDATE {events} SET seq = -1 {of} AND seq = {a}; UPDATE {events} SET seq = {a} {of} AND seq = {b}; \
                 UPDATE {events} SET seq = {b} {of} AND seq = -1"
            ),
            Self::Truncate(after) => format!("DELETE FROM {events} {of} AND seq > {after}"),
            Self::CutTheBeginning => format!("DELETE FROM {events} {of} AND seq <= 3"),
            Self::MoveTheBase(to, is_right) => move_base(chain, *to, *is_right),
            Self::MoveTheHead => {
                format!("UPDATE gatewright_audit_heads SET hash = repeat('0', 64) {of}")
            }
            Self::ForgetTheHead => format!("DELETE FROM gatewright_audit_heads {of}"),
        }
    }

    /// Where it must show, when that is one place.
    fn place(&self) -> Option<i64> {
        match self {
            Self::Edit(at, _) | Self::Delete(at) | Self::Swap(at, _) => i64::try_from(*at).ok(),
            Self::Truncate(after) => i64::try_from(after + 1).ok(),
            Self::CutTheBeginning => Some(1),
            Self::MoveTheBase(to, _) => i64::try_from(*to).ok(),
            Self::MoveTheHead | Self::ForgetTheHead => None,
        }
    }
}

/// Removes the events up to a place, and lets the chain begin behind it.
fn move_base(chain: &str, to: usize, is_right: bool) -> String {
    let (events, heads) = ("gatewright_audit_events", "gatewright_audit_heads");
    let hash = if is_right {
        format!("(SELECT hash FROM {events} WHERE chain = '{chain}' AND seq = {to})")
    } else {
        "repeat('1', 64)".to_owned()
    };
    format!(
        "UPDATE {heads} SET base_seq = {to}, base_hash = {hash}, \
         hash = CASE WHEN seq = {to} THEN {hash} ELSE hash END WHERE chain = '{chain}'; \
         DELETE FROM {events} WHERE chain = '{chain}' AND seq <= {to}"
    )
}

#[actix_web::test]
async fn audit_verify_names_the_first_tampered_event() {
    const COUNT: usize = 9;
    let (h, _owner) = with_events(COUNT - 2).await;
    let log = Arc::clone(&h.services().audit_log);
    let chain = h.db.query("SELECT id::text FROM tenants").await.remove(0);
    for table in ["gatewright_audit_events", "gatewright_audit_heads"] {
        h.db.execute(&format!("CREATE TABLE kept_{table} AS TABLE {table}"))
            .await;
    }
    let mut runner = TestRunner::new(Config {
        failure_persistence: None,
        ..Config::default()
    });
    for _ in 0..60 {
        let deed = deed(COUNT).new_tree(&mut runner).unwrap().current();
        h.db.execute(&deed.sql(&chain)).await;
        let found = log.verify(&[]).await.unwrap();
        let [fault] = found.faults.as_slice() else {
            panic!("{deed:?}: {found:?}");
        };
        assert_eq!(fault.chain.to_string(), chain);
        if let Some(place) = deed.place() {
            assert_eq!(fault.seq, place, "{deed:?}: {fault:?}");
        }
        for table in ["gatewright_audit_events", "gatewright_audit_heads"] {
            h.db.execute(&format!(
                "TRUNCATE {table}; INSERT INTO {table} SELECT * FROM kept_{table}"
            ))
            .await;
        }
        assert!(log.verify(&[]).await.unwrap().faults.is_empty());
    }
}

/// Whoever can write everything can write a whole new chain: an anchor that was kept elsewhere tells.
#[actix_web::test]
async fn audit_chain_rewritten_contradicts_its_anchor() {
    let (h, mut owner) = with_events(3).await;
    let log = Arc::clone(&h.services().audit_log);
    let kept = log.verify(&[]).await.unwrap().anchors;
    owner
        .post(&h, "/console/api/workspaces/info", json!({"name": "Later"}))
        .await
        .expect(200);
    assert!(
        log.verify(&kept).await.unwrap().faults.is_empty(),
        "what was added later is fine"
    );
    let chain = h.db.query("SELECT id::text FROM tenants").await.remove(0);
    let forged: Vec<Anchor> = kept
        .iter()
        .map(|anchor| Anchor {
            hash: "0".repeat(64),
            ..anchor.clone()
        })
        .filter(|anchor| anchor.chain.to_string() == chain)
        .collect();
    let found = log.verify(&forged).await.unwrap();
    assert!(found.faults[0].problem.contains("anchor"), "{found:?}");
    h.db.execute(&format!("DELETE FROM gatewright_audit_events WHERE chain = '{chain}'; DELETE FROM gatewright_audit_heads WHERE chain = '{chain}'")).await;
    let found = log.verify(&kept).await.unwrap();
    assert!(
        found
            .faults
            .iter()
            .any(|fault| fault.problem.contains("whole chain")),
        "{found:?}"
    );
}

#[actix_web::test]
async fn g9_sign_ins_and_failures_are_in_the_workspace_s_audit_log() {
    let h = Harness::with(&[("GATEWRIGHT_LIMIT_LOGIN", "0")]).await;
    let mut owner = basic_account(&h).await;
    let mut other = h.add_account("other").await;
    let mut stranger = Browser::new();
    for (email, password) in [
        ("owner@example.com", "wrong-Passw0rd"),
        ("OTHER@example.com", "wrong-Passw0rd"),
        ("nobody@example.com", "wrong-Passw0rd"),
    ] {
        stranger.login(&h, email, password).await.expect(401);
    }
    let mut leaving = Browser::signed_in(&h, "owner@example.com", "Passw0rd1").await;
    leaving
        .post(&h, "/console/api/logout", json!({}))
        .await
        .expect(200);
    let page = owner.get(&h, EVENTS).await.expect(200).json();
    let seen: Vec<&str> = page["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["action"].as_str().unwrap())
        .collect();
    assert_eq!(
        seen,
        [
            "console.logged_out",
            "console.login_succeeded",
            "console.login_failed",
            "console.login_succeeded",
            "console.setup_completed",
        ]
    );
    let failed = &page["data"][2];
    assert_eq!(failed["details"]["reason"], "invalid_credentials");
    assert_eq!(failed["ip"], "127.0.0.1");
    // The other workspace has its own, and no workspace has those of nobody's account.
    let theirs = format!("{EVENTS}?action=console.login_failed");
    let theirs = other.get(&h, &theirs).await.json();
    assert_eq!(theirs["data"].as_array().unwrap().len(), 1);
    let nobody = "SELECT count(*)::text FROM gatewright_audit_events WHERE action = 'console.login_failed' \
         AND tenant_id IS NULL AND actor_account_id IS NULL";
    assert_eq!(h.db.query(nobody).await, ["1"]);
}

#[actix_web::test]
async fn g9_password_guessing_does_not_flood_the_workspace_s_audit_log() {
    let h = Harness::with(&[
        ("GATEWRIGHT_LIMIT_LOGIN", "0"),
        ("GATEWRIGHT_LIMIT_LOGIN_ACCOUNT", "0"),
        ("GATEWRIGHT_TRUSTED_PROXIES", "127.0.0.1"),
    ])
    .await;
    let mut owner = basic_account(&h).await;
    let mut failed = 0;
    for n in 0..40 {
        let address = format!("192.0.2.{n}");
        let body = json!({"email": "owner@example.com", "password": "d3Jvbmc="});
        let headers = [("x-forwarded-for", address.as_str())];
        let mut stranger = Browser::script();
        let answer = stranger
            .send(&h, "POST", "/console/api/login", Some(body), &headers)
            .await;
        failed += usize::from(answer.status == 401);
    }
    assert!(failed > 20, "{failed}");
    let page = format!("{EVENTS}?action=console.login_failed&limit=200");
    let page = owner.get(&h, &page).await.expect(200).json();
    assert_eq!(page["data"].as_array().unwrap().len(), 20);
    let all =
        "SELECT count(*)::text FROM gatewright_audit_events WHERE action = 'console.login_failed'";
    assert_eq!(h.db.query(all).await, [failed.to_string()]);
}

/// b9: a base that was moved to or past the anchor, with the right hash or an invented one, with a forged or
/// a borrowed signature.
#[actix_web::test]
async fn b9_audit_base_past_the_anchor_is_an_error_unless_signed_by_retention() {
    let (h, mut owner) = with_events(5).await;
    let log = Arc::clone(&h.services().audit_log);
    let chain = h.db.query("SELECT id::text FROM tenants").await.remove(0);
    let kept = log.verify(&[]).await.unwrap().anchors;
    for n in 0..3 {
        let body = json!({"name": format!("Later {n}")});
        let path = "/console/api/workspaces/info";
        owner.post(&h, path, body).await.expect(200);
    }
    assert!(log.verify(&kept).await.unwrap().faults.is_empty());
    for table in ["gatewright_audit_events", "gatewright_audit_heads"] {
        h.db.execute(&format!("CREATE TABLE kept_{table} AS TABLE {table}"))
            .await;
    }
    let signatures = ["NULL", "'x'", "'kid.0000'"];
    let anchor = kept.iter().find(|anchor| anchor.chain.to_string() == chain);
    let at = usize::try_from(anchor.unwrap().seq).unwrap();
    for (to, is_right) in [
        (at - 3, true),
        (at, true),
        (at, false),
        (at + 1, true),
        (at + 3, true),
        (at + 3, false),
    ] {
        for signature in signatures {
            h.db.execute(&move_base(&chain, to, is_right)).await;
            h.db.execute(&format!(
                "UPDATE gatewright_audit_heads SET base_before = now(), base_signature = {signature} WHERE chain = '{chain}'"
            ))
            .await;
            for anchors in [kept.as_slice(), &[]] {
                let found = log.verify(anchors).await.unwrap();
                let [fault] = found.faults.as_slice() else {
                    panic!("{to} {is_right} {signature}: {found:?}");
                };
                assert_eq!(fault.seq, i64::try_from(to).unwrap());
            }
            for table in ["gatewright_audit_events", "gatewright_audit_heads"] {
                h.db.execute(&format!(
                    "TRUNCATE {table}; INSERT INTO {table} SELECT * FROM kept_{table}"
                ))
                .await;
            }
        }
    }
}

/// b9: what retention removed is no fault, with anchors of before and after; what it signed is good for its
/// own chain and place only, and it removes nothing that was tampered with.
#[actix_web::test]
async fn b9_audit_retention_signs_what_it_removes() {
    let (h, _owner) = with_events(5).await;
    let (log, cleaner) = (Arc::clone(&h.services().audit_log), h.cleaner());
    let chain = h.db.query("SELECT id::text FROM tenants").await.remove(0);
    let kept = log.verify(&[]).await.unwrap().anchors;
    let later = h.now() + chrono::TimeDelta::days(401);
    assert!(cleaner.purge(Purge::Audit, later).await.unwrap() > 6);
    let found = log.verify(&kept).await.unwrap();
    assert!(found.faults.is_empty(), "{found:?}");
    // An anchor of an event that was too young to be removed: its true time stands in the anchor.
    let mut young = kept.clone();
    for anchor in &mut young {
        anchor.occurred_at = Some(later);
    }
    let found = log.verify(&young).await.unwrap();
    assert!(
        found.faults[0].problem.contains("before their time"),
        "{found:?}"
    );
    // Moved on by somebody else, with the signature of before.
    h.clock.advance(chrono::TimeDelta::days(402));
    let mut owner = Browser::signed_in(&h, crate::support::EMAIL, crate::support::PASSWORD).await;
    for n in 0..3 {
        let body = json!({"name": format!("Later {n}")});
        let path = "/console/api/workspaces/info";
        owner.post(&h, path, body).await.expect(200);
    }
    assert!(log.verify(&kept).await.unwrap().faults.is_empty());
    let base = format!("SELECT base_seq::text FROM gatewright_audit_heads WHERE chain = '{chain}'");
    let to = h.db.query(&base).await[0].parse::<usize>().unwrap() + 2;
    h.db.execute(&move_base(&chain, to, true)).await;
    let found = log.verify(&kept).await.unwrap();
    assert_eq!(found.faults.len(), 1, "{found:?}");
    // Retention goes no further from there: its signature would hide what was done.
    let much_later = h.now() + chrono::TimeDelta::days(401);
    cleaner.purge(Purge::Audit, much_later).await.unwrap();
    assert_eq!(log.verify(&kept).await.unwrap().faults.len(), 1);
    // Unless somebody who has the key says that it is well.
    assert_eq!(log.accept_bases().await.unwrap(), 1);
    let found = log.verify(&[]).await.unwrap();
    assert!(found.faults.is_empty(), "{found:?}");
    // Nor does it remove what was altered.
    h.db.execute(&format!(
        "UPDATE gatewright_audit_events SET ip = '10.0.0.1' WHERE chain = '{chain}' AND seq = {}",
        to + 1
    ))
    .await;
    cleaner.purge(Purge::Audit, much_later).await.unwrap();
    let found = log.verify(&[]).await.unwrap();
    assert_eq!(found.faults[0].seq, i64::try_from(to + 1).unwrap());
}
