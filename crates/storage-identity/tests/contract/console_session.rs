//! `console_session`: rotations queue at the row, an ended session stays ended, and endings are bound to the account.

use gatewright_domain::{
    console_session::ConsoleSession,
    ids::{AccountId, ConsoleSessionId},
};
use gatewright_storage_identity::{console_session as sessions, erasure};
use gatewright_storage_kit::Tx;

use crate::ground::{Ground, id, locked};

/// A session that began so many minutes from now.
async fn session(ground: &Ground, account: AccountId, began_in: i64) -> ConsoleSessionId {
    let session = ConsoleSession {
        id: ConsoleSessionId(id()),
        account_id: account,
        refresh_salt: vec![7; 16],
        generation: 0,
        rotated_at: ground.minutes(began_in),
        since_rotation: None,
        idle_expires_at: ground.minutes(began_in + 60),
        absolute_expires_at: ground.minutes(began_in + 600),
        revoked_at: None,
    };
    let mut tx = ground.begin().await;
    let owner = locked(&mut tx, account).await;
    sessions::insert(&mut tx, &owner, &session, "192.0.2.1", Some("browser"))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    session.id
}

async fn live(ground: &Ground, account: AccountId) -> Vec<ConsoleSessionId> {
    let mut conn = ground.conn().await;
    let listed = sessions::list_live(&mut conn, account, ground.now()).await;
    listed
        .unwrap()
        .into_iter()
        .map(|session| session.id)
        .collect()
}

#[tokio::test]
async fn session_is_found_with_its_account_whether_or_not_it_ended() {
    let ground = Ground::new().await;
    let ann = ground.account("ann").await;
    let of_ann = session(&ground, ann, 0).await;
    let mut conn = ground.conn().await;
    for revoked_at in [None, Some(ground.now())] {
        let found = sessions::find_with_account(&mut conn, of_ann).await;
        let (found, account) = found.unwrap().unwrap();
        assert_eq!((found.id, found.account_id, account.id), (of_ann, ann, ann));
        assert_eq!(found.refresh_salt, [7; 16]);
        assert_eq!(found.revoked_at, revoked_at);
        sessions::revoke(&mut conn, of_ann, ground.now())
            .await
            .unwrap();
    }
    let nobody = ConsoleSessionId(id());
    let none = sessions::find_with_account(&mut conn, nobody).await;
    assert!(none.unwrap().is_none());
    let none = sessions::find_for_update(&mut conn, nobody).await;
    assert!(none.unwrap().is_none());
}

#[tokio::test]
async fn session_find_for_update_blocks_other_rotations_of_it() {
    let ground = Ground::new().await;
    let ann = ground.account("ann").await;
    let (first, second) = (
        session(&ground, ann, 0).await,
        session(&ground, ann, 0).await,
    );
    let mut holder = ground.begin().await;
    sessions::find_for_update(&mut holder, first).await.unwrap();
    for (session, expected) in [(first, true), (second, false)] {
        let rotates = async |tx: &mut Tx| sessions::find_for_update(tx, session).await;
        assert_eq!(ground.is_blocked(rotates).await, expected);
    }
}

#[tokio::test]
async fn session_rotation_is_remembered_with_its_age_by_the_clock_of_the_database() {
    let ground = Ground::new().await;
    let ann = ground.account("ann").await;
    let session = session(&ground, ann, 0).await;
    let mut tx = ground.begin().await;
    let before = sessions::find_for_update(&mut tx, session).await;
    assert_eq!(before.unwrap().unwrap().since_rotation, None);
    let (at, idle) = (ground.minutes(5), ground.minutes(65));
    sessions::update_rotation(&mut tx, session, 1, at, idle)
        .await
        .unwrap();
    let after = sessions::find_for_update(&mut tx, session).await;
    let after = after.unwrap().unwrap();
    assert_eq!((after.generation, after.rotated_at), (1, at));
    assert_eq!(after.idle_expires_at, idle);
    let age = after.since_rotation.expect("it rotated");
    assert!(age.as_secs() < 60, "{age:?}");
}

#[tokio::test]
async fn session_rotation_in_the_future_of_the_database_counts_as_long_ago() {
    let ground = Ground::new().await;
    let ann = ground.account("ann").await;
    let session = session(&ground, ann, 0).await;
    let set_back = "UPDATE gatewright_console_sessions \
                    SET rotated_in_db = clock_timestamp() + interval '1 hour'";
    ground.db.execute(set_back).await;
    let mut tx = ground.begin().await;
    let found = sessions::find_for_update(&mut tx, session).await;
    let since = found.unwrap().unwrap().since_rotation;
    assert_eq!(since, Some(std::time::Duration::MAX));
}

#[tokio::test]
async fn session_that_ended_does_not_rotate() {
    let ground = Ground::new().await;
    let ann = ground.account("ann").await;
    let session = session(&ground, ann, 0).await;
    let mut conn = ground.conn().await;
    for expected in [true, false] {
        let ended = sessions::revoke(&mut conn, session, ground.now()).await;
        assert_eq!(ended.unwrap(), expected);
    }
    let idle = ground.minutes(65);
    sessions::update_rotation(&mut conn, session, 1, ground.minutes(5), idle)
        .await
        .unwrap();
    let found = sessions::find_for_update(&mut conn, session).await;
    assert_eq!(found.unwrap().unwrap().generation, 0);
}

#[tokio::test]
async fn session_revoke_of_answers_false_for_the_session_of_somebody_else() {
    let ground = Ground::new().await;
    let (ann, bob) = (ground.account("ann").await, ground.account("bob").await);
    let session = session(&ground, ann, 0).await;
    let mut conn = ground.conn().await;
    for (account, expected) in [(bob, false), (ann, true), (ann, false)] {
        let ended = sessions::revoke_of(&mut conn, account, session, ground.now()).await;
        assert_eq!(ended.unwrap(), expected, "{account}");
    }
}

#[tokio::test]
async fn session_revoke_others_spares_one_and_everybody_else() {
    let ground = Ground::new().await;
    let (ann, bob) = (ground.account("ann").await, ground.account("bob").await);
    let spared = session(&ground, ann, 0).await;
    for _ in 0..2 {
        session(&ground, ann, 1).await;
    }
    let of_bob = session(&ground, bob, 0).await;
    let mut conn = ground.conn().await;
    for (spare, ended, left) in [
        (Some(spared), 2, vec![spared]),
        (Some(spared), 0, vec![spared]),
        (None, 1, vec![]),
    ] {
        let count = sessions::revoke_others(&mut conn, ann, spare, ground.now()).await;
        assert_eq!(count.unwrap(), ended);
        assert_eq!(live(&ground, ann).await, left);
    }
    assert_eq!(live(&ground, bob).await, [of_bob]);
}

#[tokio::test]
async fn session_list_live_leaves_out_what_ended_or_idled_and_begins_with_the_latest() {
    let ground = Ground::new().await;
    let (ann, bob) = (ground.account("ann").await, ground.account("bob").await);
    let older = session(&ground, ann, -10).await;
    let newer = session(&ground, ann, -5).await;
    let _idle_until_now = session(&ground, ann, -60).await;
    let ended = session(&ground, ann, 0).await;
    session(&ground, bob, 0).await;
    let mut conn = ground.conn().await;
    sessions::revoke(&mut conn, ended, ground.now())
        .await
        .unwrap();
    assert_eq!(live(&ground, ann).await, [newer, older]);
    let listed = sessions::list_live(&mut conn, ann, ground.now()).await;
    let latest = listed.unwrap().remove(0);
    assert_eq!(latest.ip.as_deref(), Some("192.0.2.1"));
    assert_eq!(latest.user_agent.as_deref(), Some("browser"));
    assert_eq!(latest.created_at, ground.minutes(-5));
}

#[tokio::test]
async fn session_beginning_stays_when_it_rotates() {
    let ground = Ground::new().await;
    let ann = ground.account("ann").await;
    let session = session(&ground, ann, 0).await;
    let mut conn = ground.conn().await;
    let (at, idle) = (ground.minutes(5), ground.minutes(65));
    sessions::update_rotation(&mut conn, session, 1, at, idle)
        .await
        .unwrap();
    for (session, expected) in [
        (session, Some(ground.now())),
        (ConsoleSessionId(id()), None),
    ] {
        let began = sessions::find_beginning(&mut conn, session).await;
        assert_eq!(began.unwrap(), expected);
    }
}

#[tokio::test]
async fn session_revoke_all_ends_those_of_everybody_and_counts_them() {
    let ground = Ground::new().await;
    for name in ["ann", "bob"] {
        let account = ground.account(name).await;
        session(&ground, account, 0).await;
    }
    let mut conn = ground.conn().await;
    for expected in [2, 0] {
        let ended = erasure::revoke_all_sessions(&mut conn, ground.now()).await;
        assert_eq!(ended.unwrap(), expected);
    }
}
