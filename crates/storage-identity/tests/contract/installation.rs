//! `installation`: set up once, one at a time.

use gatewright_storage_identity::installation;
use gatewright_storage_kit::{StorageError, Tx};

use crate::ground::Ground;

#[tokio::test]
async fn setup_is_found_after_it_was_inserted_and_not_inserted_twice() {
    let ground = Ground::new().await;
    let mut conn = ground.conn().await;
    assert_eq!(installation::find_setup(&mut conn).await.unwrap(), None);
    installation::insert_setup(&mut conn, "1.0", ground.now())
        .await
        .unwrap();
    let at = installation::find_setup(&mut conn).await.unwrap();
    assert_eq!(at, Some(ground.now()));
    let twice = installation::insert_setup(&mut conn, "1.0", ground.now()).await;
    assert!(
        matches!(twice, Err(StorageError::Duplicate(_))),
        "{twice:?}"
    );
}

#[tokio::test]
async fn setup_of_several_versions_is_the_first() {
    let ground = Ground::new().await;
    let mut conn = ground.conn().await;
    for (version, minutes) in [("2.0", 5), ("1.0", 0)] {
        installation::insert_setup(&mut conn, version, ground.minutes(minutes))
            .await
            .unwrap();
    }
    let at = installation::find_setup(&mut conn).await.unwrap();
    assert_eq!(at, Some(ground.now()));
}

#[tokio::test]
async fn setup_lock_blocks_a_second_setup_until_the_transaction_ends() {
    let ground = Ground::new().await;
    let mut holder = ground.begin().await;
    installation::lock_setup(&mut holder).await.unwrap();
    let sets_up = async |tx: &mut Tx| installation::lock_setup(tx).await;
    assert!(ground.is_blocked(sets_up).await);
    holder.rollback().await.unwrap();
    assert!(!ground.is_blocked(sets_up).await);
}

#[tokio::test]
async fn installation_has_a_workspace_as_soon_as_one_exists() {
    let ground = Ground::new().await;
    let mut conn = ground.conn().await;
    assert!(!installation::has_workspace(&mut conn).await.unwrap());
    let ann = ground.account("ann").await;
    ground.workspace(ann, 0).await;
    assert!(installation::has_workspace(&mut conn).await.unwrap());
}

#[tokio::test]
async fn facts_tell_a_server_that_takes_writes_from_one_that_does_not() {
    let ground = Ground::new().await;
    let mut conn = ground.conn().await;
    let facts = installation::find_facts(&mut conn).await.unwrap();
    assert!(facts.version >= 140_000, "{facts:?}");
    assert!(
        facts.max_connections > 0 && !facts.is_read_only,
        "{facts:?}"
    );
    drop(conn);
    let name = &ground.db.key_prefix;
    let read_only = format!("ALTER DATABASE {name} SET default_transaction_read_only = on");
    ground.db.execute(&read_only).await;
    ground.pool.close();
    let settings = gatewright_storage_kit::DbSettings {
        url: Some(ground.db.database_url.clone().into()),
        ..Default::default()
    };
    let pool = gatewright_storage_kit::Pool::new(&settings).unwrap();
    let facts = installation::find_facts(&mut pool.get().await.unwrap()).await;
    assert!(facts.unwrap().is_read_only);
}
