//! `account`: finding by id and by address, the lock of an address, sign-ins, and the locked row.

use gatewright_domain::{account::AccountStatus, era::Era, ids::AccountId};
use gatewright_storage_identity::{account, era, profile};
use gatewright_storage_kit::StorageError;

use crate::ground::{Ground, email, id, locked};

#[tokio::test]
async fn account_find_knows_an_id_and_nothing_else() {
    let ground = Ground::new().await;
    let ann = ground.account("ann").await;
    let mut conn = ground.conn().await;
    let found = account::find(&mut conn, ann).await.unwrap().unwrap();
    assert_eq!((found.id, found.email), (ann, email("ann")));
    assert!(found.is_password_set && found.status == AccountStatus::Active);
    assert_eq!(found.created_at, ground.now());
    let nobody = AccountId(id());
    assert!(account::find(&mut conn, nobody).await.unwrap().is_none());
    let credentials = account::find_credentials_by_id(&mut conn, ann).await;
    assert_eq!(
        credentials.unwrap().unwrap().password.as_deref(),
        Some("hash of ann")
    );
    let none = account::find_credentials_by_id(&mut conn, nobody).await;
    assert!(none.unwrap().is_none());
}

#[tokio::test]
async fn account_insert_refuses_an_id_that_exists() {
    let ground = Ground::new().await;
    let ann = ground.account("ann").await;
    let mut conn = ground.conn().await;
    let again = account::NewAccount {
        id: ann,
        name: "x",
        email: "x@example.test",
        password: None,
        language: "en-US",
        timezone: "UTC",
        ip: "192.0.2.1",
        status: AccountStatus::Active,
        at: ground.now(),
    };
    let refused = account::insert(&mut conn, again).await;
    assert!(
        matches!(&refused, Err(StorageError::Duplicate(name)) if name == "account_pkey"),
        "{refused:?}"
    );
}

#[tokio::test]
async fn account_of_an_address_is_the_one_spelled_so_and_otherwise_the_oldest() {
    let ground = Ground::new().await;
    let active = AccountStatus::Active;
    let younger = ground
        .account_as("ann@example.test", active, Some("p"), 10)
        .await;
    let older = ground
        .account_as("Ann@Example.test", active, Some("p"), 0)
        .await;
    let mut conn = ground.conn().await;
    for (spelled, expected) in [
        ("ann@example.test", Some(younger)),
        ("Ann@Example.test", Some(older)),
        ("ANN@EXAMPLE.TEST", Some(older)),
        ("bob@example.test", None),
    ] {
        let found = account::find_credentials(&mut conn, spelled).await.unwrap();
        assert_eq!(found.map(|found| found.account.id), expected, "{spelled}");
        let found = account::find_any(&mut conn, spelled).await.unwrap();
        assert_eq!(found.map(|found| found.id), expected, "{spelled}");
    }
}

/// Made for an invitation and never signed in to: it blocks nobody, unless it owns a workspace.
#[tokio::test]
async fn account_that_was_never_used_is_found_by_find_any_only() {
    let ground = Ground::new().await;
    let pending = AccountStatus::Pending;
    let unused = ground.account_as(&email("ann"), pending, None, 0).await;
    let owner = ground.account_as(&email("bob"), pending, None, 0).await;
    ground.workspace(owner, 0).await;
    let banned = AccountStatus::Banned;
    ground.account_as(&email("eve"), banned, Some("p"), 0).await;
    let mut conn = ground.conn().await;
    for (name, is_used) in [("ann", false), ("bob", true), ("eve", true), ("joe", false)] {
        let found = account::find_credentials(&mut conn, &email(name)).await;
        assert_eq!(found.unwrap().is_some(), is_used, "{name}");
        let taken = account::is_email_taken(&mut conn, &email(name)).await;
        assert_eq!(taken.unwrap(), is_used, "{name}");
    }
    let found = account::find_any(&mut conn, &email("ann")).await.unwrap();
    assert_eq!(found.map(|found| found.id), Some(unused));
}

#[tokio::test]
async fn account_find_any_prefers_the_used_one_of_an_address() {
    let ground = Ground::new().await;
    let unused = AccountStatus::Pending;
    ground.account_as("ANN@example.test", unused, None, 0).await;
    let used = AccountStatus::Active;
    let used = ground
        .account_as("Ann@example.test", used, Some("p"), 10)
        .await;
    let mut conn = ground.conn().await;
    let found = account::find_any(&mut conn, &email("ann")).await.unwrap();
    assert_eq!(found.map(|found| found.id), Some(used));
}

#[tokio::test]
async fn account_list_doubles_groups_spellings_up_to_its_limit() {
    let ground = Ground::new().await;
    let active = AccountStatus::Active;
    for (spelled, made_in) in [
        ("Bob@example.test", 1),
        ("bob@example.test", 0),
        ("ann@example.test", 0),
        ("ANN@example.test", 1),
        ("eve@example.test", 0),
    ] {
        ground.account_as(spelled, active, Some("p"), made_in).await;
    }
    let mut conn = ground.conn().await;
    let all = account::list_doubles(&mut conn, 10).await.unwrap();
    let ann = "ann@example.test, ANN@example.test";
    assert_eq!(all, [ann, "bob@example.test, Bob@example.test"]);
    assert_eq!(account::list_doubles(&mut conn, 1).await.unwrap(), [ann]);
}

#[tokio::test]
async fn account_lock_email_blocks_the_same_address_until_the_transaction_ends() {
    let ground = Ground::new().await;
    let mut holder = ground.begin().await;
    account::lock_email(&mut holder, "ann@example.test")
        .await
        .unwrap();
    let is_blocked = async |address: &str| {
        let lock =
            async |tx: &mut gatewright_storage_kit::Tx| account::lock_email(tx, address).await;
        ground.is_blocked(lock).await
    };
    assert!(is_blocked("ann@example.test").await);
    assert!(!is_blocked("bob@example.test").await);
    holder.commit().await.unwrap();
    assert!(!is_blocked("ann@example.test").await);
}

#[tokio::test]
async fn account_update_login_activates_a_pending_account_and_no_other() {
    let ground = Ground::new().await;
    let mut conn = ground.conn().await;
    for (status, expected) in [
        (AccountStatus::Pending, AccountStatus::Active),
        (AccountStatus::Active, AccountStatus::Active),
        (AccountStatus::Banned, AccountStatus::Banned),
    ] {
        let id = ground
            .account_as(&email(status.as_str()), status, Some("p"), 0)
            .await;
        let before = account::find(&mut conn, id).await.unwrap().unwrap();
        let at = ground.minutes(5) + chrono::TimeDelta::milliseconds(400);
        account::update_login(&mut conn, &before, "192.0.2.7", at)
            .await
            .unwrap();
        let after = account::find(&mut conn, id).await.unwrap().unwrap();
        assert_eq!(after.status, expected);
        assert_eq!(after.last_login_ip.as_deref(), Some("192.0.2.7"));
        let whole_seconds = ground.minutes(5);
        assert_eq!(after.last_login_at, Some(whole_seconds));
    }
}

#[tokio::test]
async fn account_update_login_leaves_banned_who_was_pending_when_it_was_read() {
    let ground = Ground::new().await;
    let pending = AccountStatus::Pending;
    let ann = ground
        .account_as(&email("ann"), pending, Some("p"), 0)
        .await;
    let mut conn = ground.conn().await;
    let before = account::find(&mut conn, ann).await.unwrap().unwrap();
    let ban = (AccountStatus::Pending, AccountStatus::Banned);
    let banned = profile::update_status(&mut conn, ann, ban.0, ban.1, ground.now()).await;
    assert!(banned.unwrap());
    account::update_login(&mut conn, &before, "192.0.2.7", ground.now())
        .await
        .unwrap();
    let after = account::find(&mut conn, ann).await.unwrap().unwrap();
    assert_eq!(after.status, AccountStatus::Banned);
}

#[tokio::test]
async fn account_update_password_hash_answers_false_when_the_hash_is_another() {
    let ground = Ground::new().await;
    let ann = ground.account("ann").await;
    let mut conn = ground.conn().await;
    for (old, new, expected) in [
        ("hash of ann", "second", true),
        ("hash of ann", "third", false),
        ("second", "third", true),
    ] {
        let changed = account::update_password_hash(&mut conn, ann, old, new).await;
        assert_eq!(changed.unwrap(), expected, "{old} to {new}");
    }
    let credentials = account::find_credentials_by_id(&mut conn, ann).await;
    assert_eq!(
        credentials.unwrap().unwrap().password.as_deref(),
        Some("third")
    );
}

#[tokio::test]
async fn account_update_last_active_changes_that_account_only() {
    let ground = Ground::new().await;
    let (ann, bob) = (ground.account("ann").await, ground.account("bob").await);
    let mut conn = ground.conn().await;
    account::update_last_active(&mut conn, ann, ground.minutes(5))
        .await
        .unwrap();
    for (id, expected) in [(ann, ground.minutes(5)), (bob, ground.now())] {
        let found = account::find(&mut conn, id).await.unwrap().unwrap();
        assert_eq!(found.last_active_at, expected);
    }
}

#[tokio::test]
async fn account_lock_blocks_other_locks_of_that_account_and_changes_of_it() {
    let ground = Ground::new().await;
    let (ann, bob) = (ground.account("ann").await, ground.account("bob").await);
    let mut holder = ground.begin().await;
    assert_eq!(locked(&mut holder, ann).await.id(), ann);
    let lock = async |id| {
        ground
            .is_blocked(async move |tx| account::lock(tx, id).await)
            .await
    };
    assert!(lock(ann).await);
    assert!(!lock(bob).await);
    let change = (AccountStatus::Active, AccountStatus::Banned);
    let change = async |tx: &mut gatewright_storage_kit::Tx| {
        profile::update_status(tx, ann, change.0, change.1, ground.now()).await
    };
    assert!(ground.is_blocked(change).await);
    holder.commit().await.unwrap();
    assert!(!lock(ann).await);
    let mut tx = ground.begin().await;
    let nobody = account::lock(&mut tx, AccountId(id())).await.unwrap();
    assert!(nobody.is_none());
}

#[tokio::test]
async fn locked_account_is_not_still_what_it_was_after_an_era_or_a_password() {
    let ground = Ground::new().await;
    let ann = ground.account("ann").await;
    let mut conn = ground.conn().await;
    let first = account::find_credentials_by_id(&mut conn, ann).await;
    let first = first.unwrap().unwrap();

    let mut tx = ground.begin().await;
    let now = locked(&mut tx, ann).await;
    assert!(now.is_still(&first.account) && now.has_still(&first));
    account::update_password_hash(&mut tx, ann, "hash of ann", "rehashed")
        .await
        .unwrap();
    let now = locked(&mut tx, ann).await;
    assert!(now.is_still(&first.account), "nothing ended");
    assert!(!now.has_still(&first), "the hash is another");
    let _begun = era::begin(&mut tx, &now, Era(id())).await.unwrap();
    let now = locked(&mut tx, ann).await;
    assert!(!now.is_still(&first.account));
}
