//! A database of the test's own and ways into it.

use diesel::{QueryableByName, sql_types::Text};
use diesel_async::RunQueryDsl as _;
use gatewright_storage_kit::{Conn, DbSettings, Pool, StorageError};
use gatewright_test_db::TestDb;

pub(crate) fn settings(db: &TestDb) -> DbSettings {
    DbSettings {
        url: Some(db.database_url.clone().into()),
        ..DbSettings::default()
    }
}

/// A pool of so many connections.
pub(crate) fn pool(db: &TestDb, size: u32) -> Pool {
    Pool::new(&DbSettings {
        pool_size: size,
        ..settings(db)
    })
    .unwrap()
}

/// Executes one statement, and says how many rows it changed.
pub(crate) async fn say(conn: &mut Conn, sql: &str) -> Result<usize, StorageError> {
    let done = diesel::sql_query(sql).execute(conn.as_mut()).await;
    done.map_err(StorageError::from)
}

/// The one text that a query answers.
pub(crate) async fn ask(conn: &mut Conn, sql: &str) -> String {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        answer: String,
    }
    let query = format!("SELECT ({sql})::text AS answer");
    let row: Row = diesel::sql_query(query)
        .get_result(conn.as_mut())
        .await
        .unwrap();
    row.answer
}

/// Which connection it is.
pub(crate) async fn pid(conn: &mut Conn) -> String {
    ask(conn, "pg_backend_pid()").await
}
