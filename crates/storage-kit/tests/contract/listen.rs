//! Announcements of the database.

use std::time::Duration;

use futures_util::StreamExt as _;
use gatewright_test_db::TestDb;

use crate::ground::{pool, say};

#[tokio::test]
async fn announcement_on_its_channel_is_heard() {
    let db = TestDb::create().await;
    let pool = pool(&db, 1);
    let mut news = pool.listen("gatewright_jobs", Duration::from_mins(1));
    let mut conn = pool.get().await.unwrap();
    // It begins to listen some time after it was asked to.
    let announcing = async {
        loop {
            say(&mut conn, "NOTIFY gatewright_jobs").await.unwrap();
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        heard = news.next() => assert_eq!(heard, Some(())),
        () = announcing => {}
    }
}

#[tokio::test]
async fn listening_ends_when_its_connection_does() {
    let db = TestDb::create().await;
    let pool = pool(&db, 1);
    let mut news = pool.listen("gatewright_jobs", Duration::from_mins(1));
    let mut conn = pool.get().await.unwrap();
    let ending = async {
        loop {
            let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                       WHERE datname = current_database() AND pid <> pg_backend_pid()";
            say(&mut conn, end).await.unwrap();
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        heard = news.next() => assert_eq!(heard, None),
        () = ending => {}
    }
}
