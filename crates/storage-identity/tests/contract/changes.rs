//! `profile`, `ban` and `era`: what changes of an account, and what ends with it.

use gatewright_domain::{account::AccountStatus, era::Era};
use gatewright_storage_identity::{
    account, ban, era,
    profile::{self, ProfileChange},
};
use gatewright_storage_kit::Tx;

use crate::ground::{Ground, email, id, locked};

#[tokio::test]
async fn profile_update_changes_what_is_given_and_leaves_the_rest() {
    let ground = Ground::new().await;
    let (ann, bob) = (ground.account("ann").await, ground.account("bob").await);
    let mut conn = ground.conn().await;
    let change = ProfileChange {
        name: Some("Ann".into()),
        timezone: Some("Asia/Tokyo".into()),
        ..ProfileChange::default()
    };
    profile::update(&mut conn, ann, &change, ground.now())
        .await
        .unwrap();
    let changed = account::find(&mut conn, ann).await.unwrap().unwrap();
    assert_eq!(changed.name, "Ann");
    assert_eq!(changed.timezone.as_deref(), Some("Asia/Tokyo"));
    assert_eq!(changed.interface_language.as_deref(), Some("en-US"));
    let other = account::find(&mut conn, bob).await.unwrap().unwrap();
    assert_eq!(other.name, "bob");
}

#[tokio::test]
async fn profile_update_without_any_change_is_none() {
    let ground = Ground::new().await;
    let ann = ground.account("ann").await;
    let mut conn = ground.conn().await;
    profile::update(&mut conn, ann, &ProfileChange::default(), ground.now())
        .await
        .unwrap();
    let same = account::find(&mut conn, ann).await.unwrap().unwrap();
    assert_eq!(same.name, "ann");
}

#[tokio::test]
async fn profile_password_and_address_change_for_whose_era_began_and_the_salt_goes() {
    let ground = Ground::new().await;
    let (ann, bob) = (ground.account("ann").await, ground.account("bob").await);
    ground
        .db
        .execute("UPDATE accounts SET password_salt = 'salt'")
        .await;
    let mut tx = ground.begin().await;
    let account = locked(&mut tx, ann).await;
    let begun = era::begin(&mut tx, &account, Era(id())).await.unwrap();
    let now = ground.now();
    profile::update_password(&mut tx, &begun, "new hash", now)
        .await
        .unwrap();
    profile::update_email(&mut tx, &begun, "new@example.test", now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let mut conn = ground.conn().await;
    for (id, password, salt, address) in [
        (ann, "new hash", None, email("new")),
        (bob, "hash of bob", Some("salt"), email("bob")),
    ] {
        let found = account::find_credentials_by_id(&mut conn, id).await;
        let found = found.unwrap().unwrap();
        assert_eq!(found.password.as_deref(), Some(password));
        assert_eq!(found.salt.as_deref(), salt);
        assert_eq!(found.account.email, address);
    }
}

#[tokio::test]
async fn profile_update_status_answers_false_when_the_status_is_a_third() {
    let ground = Ground::new().await;
    let ann = ground.account("ann").await;
    let mut conn = ground.conn().await;
    let (active, banned) = (AccountStatus::Active, AccountStatus::Banned);
    for (change, expected) in [
        ((banned, active), false),
        ((active, banned), true),
        ((active, banned), false),
        ((banned, active), true),
    ] {
        let changed =
            profile::update_status(&mut conn, ann, change.0, change.1, ground.now()).await;
        assert_eq!(changed.unwrap(), expected, "{change:?}");
    }
}

#[tokio::test]
async fn ban_take_returns_the_last_status_recorded_and_forgets_it() {
    let ground = Ground::new().await;
    let (ann, bob) = (ground.account("ann").await, ground.account("bob").await);
    let mut conn = ground.conn().await;
    for before in [AccountStatus::Pending, AccountStatus::Active] {
        ban::record(&mut conn, ann, before).await.unwrap();
    }
    assert_eq!(ban::take(&mut conn, bob).await.unwrap(), None);
    let taken = ban::take(&mut conn, ann).await.unwrap();
    assert_eq!(taken, Some(AccountStatus::Active));
    assert_eq!(ban::take(&mut conn, ann).await.unwrap(), None);
}

#[tokio::test]
async fn era_begin_changes_one_account_only() {
    let ground = Ground::new().await;
    let (ann, bob) = (ground.account("ann").await, ground.account("bob").await);
    let (mut tx, next) = (ground.begin().await, Era(id()));
    let account = locked(&mut tx, ann).await;
    let begun = era::begin(&mut tx, &account, next).await.unwrap();
    assert_eq!(begun.account(), ann);
    tx.commit().await.unwrap();
    let mut conn = ground.conn().await;
    for (id, expected) in [(ann, next), (bob, Era::default())] {
        let found = account::find(&mut conn, id).await.unwrap().unwrap();
        assert_eq!(found.era, expected);
    }
}

#[tokio::test]
async fn era_begin_all_gives_each_account_one_of_its_own_and_outsiders_the_given_one() {
    let ground = Ground::new().await;
    let (ann, bob) = (ground.account("ann").await, ground.account("bob").await);
    let mut conn = ground.conn().await;
    assert_eq!(era::find_external(&mut conn).await.unwrap(), Era::default());
    let external = Era(id());
    era::begin_all(&mut conn, external).await.unwrap();
    assert_eq!(era::find_external(&mut conn).await.unwrap(), external);
    let ann = account::find(&mut conn, ann).await.unwrap().unwrap().era;
    let bob = account::find(&mut conn, bob).await.unwrap().unwrap().era;
    assert!(ann != Era::default() && bob != Era::default() && ann != bob);
}

#[tokio::test]
async fn era_of_outsiders_is_default_when_its_row_is_missing() {
    let ground = Ground::new().await;
    ground.db.execute("DELETE FROM gatewright_eras").await;
    let mut tx = ground.begin().await;
    assert_eq!(era::find_external(&mut tx).await.unwrap(), Era::default());
    assert_eq!(era::lock_external(&mut tx).await.unwrap(), Era::default());
}

#[tokio::test]
async fn era_lock_external_blocks_its_end_and_no_other_reader() {
    let ground = Ground::new().await;
    let mut holder = ground.begin().await;
    era::lock_external(&mut holder).await.unwrap();
    let reads = async |tx: &mut Tx| era::lock_external(tx).await;
    assert!(!ground.is_blocked(reads).await);
    let ends = async |tx: &mut Tx| era::begin_all(tx, Era(id())).await;
    assert!(ground.is_blocked(ends).await);
    holder.commit().await.unwrap();
    let ends = async |tx: &mut Tx| era::begin_all(tx, Era(id())).await;
    assert!(!ground.is_blocked(ends).await);
}
