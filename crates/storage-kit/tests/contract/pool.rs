//! The pool: what is set in each connection, and which ones are not used again.

use gatewright_storage_kit::{DbSettings, Pool, StorageError};
use gatewright_test_db::TestDb;

use crate::ground::{ask, pid, pool, say, settings};

#[tokio::test]
async fn connection_has_our_name_and_limits_how_long_it_may_hold_things_up() {
    let db = TestDb::create().await;
    let mut conn = pool(&db, 1).get().await.unwrap();
    for (setting, expected) in [
        ("application_name", "gatewright"),
        ("statement_timeout", "2s"),
        ("idle_in_transaction_session_timeout", "10s"),
    ] {
        let query = format!("current_setting('{setting}')");
        assert_eq!(ask(&mut conn, &query).await, expected, "{setting}");
    }
}

#[tokio::test]
async fn connection_that_was_given_back_is_used_again() {
    let db = TestDb::create().await;
    let pool = pool(&db, 2);
    let first = pid(&mut pool.get().await.unwrap()).await;
    let mut again = pool.get().await.unwrap();
    assert_eq!(pid(&mut again).await, first);
    let mut beside = pool.get().await.unwrap();
    assert_ne!(pid(&mut beside).await, first);
}

#[tokio::test]
async fn connection_that_the_server_ended_is_replaced() {
    let db = TestDb::create().await;
    let pool = pool(&db, 1);
    let mut conn = pool.get().await.unwrap();
    let first = pid(&mut conn).await;
    db.execute(&format!("SELECT pg_terminate_backend({first}, 1000)"))
        .await;
    assert!(say(&mut conn, "SELECT 1").await.is_err());
    drop(conn);
    let mut conn = pool.get().await.unwrap();
    assert_ne!(pid(&mut conn).await, first);
}

/// Whoever asked for it gave up: nobody else shall get the answer.
#[tokio::test]
async fn connection_that_was_given_back_in_the_middle_of_a_statement_is_closed() {
    let db = TestDb::create().await;
    let pool = pool(&db, 1);
    let mut conn = pool.get().await.unwrap();
    let first = pid(&mut conn).await;
    let long = say(&mut conn, "SELECT pg_sleep(1)");
    let soon = std::time::Duration::from_millis(20);
    assert!(tokio::time::timeout(soon, long).await.is_err());
    drop(conn);
    let mut conn = pool.get().await.unwrap();
    assert_ne!(pid(&mut conn).await, first);
}

#[tokio::test]
async fn connection_to_a_server_that_takes_no_writes_is_not_used_again() {
    let db = TestDb::create().await;
    let pool = pool(&db, 1);
    let mut conn = pool.get().await.unwrap();
    assert!(conn.takes_writes().await.unwrap());
    let first = pid(&mut conn).await;
    say(&mut conn, "SET default_transaction_read_only = on")
        .await
        .unwrap();
    assert!(!conn.takes_writes().await.unwrap());
    drop(conn);
    let mut conn = pool.get().await.unwrap();
    assert_ne!(pid(&mut conn).await, first);
    assert!(conn.takes_writes().await.unwrap());
}

#[tokio::test]
async fn pool_that_was_closed_gives_nothing() {
    let db = TestDb::create().await;
    let pool = pool(&db, 1);
    drop(pool.get().await.unwrap());
    pool.close();
    assert!(pool.get().await.is_err());
}

#[tokio::test]
async fn pool_of_no_server_is_made_and_says_so_when_it_is_asked() {
    let nowhere = DbSettings {
        url: Some("postgres://u@127.0.0.1:1/none".to_owned().into()),
        ..DbSettings::default()
    };
    let asked = Pool::new(&nowhere).unwrap().get().await;
    let error = asked.err().unwrap();
    assert_eq!(error.dependency, "postgres");
    assert!(!StorageError::from(error).is_answer());
}

#[tokio::test]
async fn schema_of_the_search_path_is_that_of_every_connection() {
    let db = TestDb::create().await;
    db.execute("CREATE SCHEMA second").await;
    let second = DbSettings {
        extras: "options=-c search_path=second".into(),
        ..settings(&db)
    };
    let mut conn = Pool::new(&second).unwrap().get().await.unwrap();
    assert_eq!(ask(&mut conn, "current_schema()").await, "second");
}

#[tokio::test]
async fn unique_violation_names_its_constraint_and_other_errors_are_unavailable() {
    let db = TestDb::create().await;
    let mut conn = pool(&db, 1).get().await.unwrap();
    let once = "INSERT INTO dify_setups (version) VALUES ('1')";
    say(&mut conn, once).await.unwrap();
    let twice = say(&mut conn, once).await;
    assert!(
        matches!(&twice, Err(StorageError::Duplicate(name)) if name == "dify_setup_pkey"),
        "{twice:?}"
    );
    assert!(
        twice
            .unwrap_err()
            .into_unavailable()
            .to_string()
            .contains("postgres")
    );
    for wrong in [
        "INSERT INTO dify_setups (version) VALUES (NULL)",
        "SELECT no",
    ] {
        let refused = say(&mut conn, wrong).await;
        assert!(
            matches!(refused, Err(StorageError::Unavailable(_))),
            "{refused:?}"
        );
        assert!(refused.unwrap_err().is_answer(), "{wrong}");
    }
}

#[tokio::test]
async fn status_tells_who_has_a_connection_and_how_often_none_came_in_time() {
    let db = TestDb::create().await;
    let pool = pool(&db, 1);
    let held = pool.get().await.unwrap();
    let status = pool.status();
    assert_eq!((status.max, status.in_use, status.timeouts), (1, 1, 0));
    assert!(pool.get().await.is_err());
    drop(held);
    let status = pool.status();
    assert_eq!((status.in_use, status.waiting, status.timeouts), (0, 0, 1));
}
