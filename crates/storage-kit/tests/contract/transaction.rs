//! The transaction guard: all or nothing, also when it is dropped.

use gatewright_storage_kit::{Pool, Tx};
use gatewright_test_db::TestDb;

use crate::ground::{ask, pid, pool, say};

const INSERT: &str = "INSERT INTO dify_setups (version) VALUES ('1')";
const COUNT: &str = "SELECT count(*) FROM dify_setups";

async fn begin(pool: &Pool) -> Tx {
    let mut tx = pool.begin().await.unwrap();
    say(&mut tx, INSERT).await.unwrap();
    tx
}

#[tokio::test]
async fn transaction_is_seen_by_others_when_it_commits_and_not_before() {
    let db = TestDb::create().await;
    let tx = begin(&pool(&db, 1)).await;
    assert_eq!(db.query(COUNT).await, ["0"]);
    tx.commit().await.unwrap();
    assert_eq!(db.query(COUNT).await, ["1"]);
}

#[tokio::test]
async fn transaction_that_rolls_back_leaves_nothing() {
    let db = TestDb::create().await;
    begin(&pool(&db, 1)).await.rollback().await.unwrap();
    assert_eq!(db.query(COUNT).await, ["0"]);
}

/// The one connection of the pool comes back when the transaction is over.
#[tokio::test]
async fn transaction_that_is_dropped_rolls_back_and_its_connection_is_used_again() {
    let db = TestDb::create().await;
    let pool = pool(&db, 1);
    let mut tx = begin(&pool).await;
    let first = pid(&mut tx).await;
    drop(tx);
    let mut conn = pool.get().await.unwrap();
    assert_eq!(ask(&mut conn, COUNT).await, "0");
    assert_eq!(pid(&mut conn).await, first);
    say(&mut conn, INSERT).await.unwrap();
    assert_eq!(db.query(COUNT).await, ["1"], "no transaction is open");
}

#[tokio::test]
async fn transaction_that_is_dropped_after_an_error_leaves_a_connection_that_works() {
    let db = TestDb::create().await;
    let pool = pool(&db, 1);
    let mut tx = begin(&pool).await;
    assert!(say(&mut tx, "SELECT no").await.is_err());
    drop(tx);
    let mut conn = pool.get().await.unwrap();
    assert_eq!(ask(&mut conn, COUNT).await, "0");
}

#[tokio::test]
async fn transaction_that_is_dropped_in_the_middle_of_a_statement_frees_its_locks() {
    let db = TestDb::create().await;
    let pool = pool(&db, 1);
    let mut tx = begin(&pool).await;
    let long = say(&mut tx, "SELECT pg_sleep(1)");
    let soon = std::time::Duration::from_millis(20);
    assert!(tokio::time::timeout(soon, long).await.is_err());
    drop(tx);
    // It would wait for the key of the row that was not committed.
    let mut conn = pool.get().await.unwrap();
    say(&mut conn, INSERT).await.unwrap();
    assert_eq!(db.query(COUNT).await, ["1"]);
}
