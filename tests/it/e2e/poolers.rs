//! A pooler between us and PostgreSQL: it refuses what it does not know at the start of a connection,
//! and gives the server's connection to somebody else after each transaction.

use futures_util::StreamExt as _;
use gatewright_domain::settings::Settings as _;
use gatewright_storage_kit::{DbSettings, Pool, migrate};
use gatewright_test_db::TestDb;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// What pgbouncer takes without being told.
const KNOWN: [&str; 5] = [
    "user",
    "database",
    "application_name",
    "client_encoding",
    "replication",
];

/// The names of the parameters with which a connection starts.
async fn start_up(mut client: TcpStream) -> Vec<String> {
    loop {
        let length = client.read_i32().await.unwrap();
        let code = client.read_i32().await.unwrap();
        let mut body = vec![0; usize::try_from(length - 8).unwrap()];
        client.read_exact(&mut body).await.unwrap();
        // "May we speak TLS?"
        if code == 80_877_103 {
            client.write_all(b"N").await.unwrap();
            continue;
        }
        let words: Vec<String> = body
            .split(|byte| *byte == 0)
            .map(|word| String::from_utf8(word.to_vec()).unwrap())
            .take_while(|word| !word.is_empty())
            .collect();
        return words.into_iter().step_by(2).collect();
    }
}

#[tokio::test]
async fn c4_startup_parameters_are_those_that_poolers_accept() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("postgres://u:p@{}/d", listener.local_addr().unwrap());
    let settings =
        DbSettings::load(&|name: &str| (name == "DATABASE_URL").then(|| url.clone())).unwrap();
    let pool = Pool::new(&settings).unwrap();
    let (pool_again, other) = (pool.clone(), settings.clone());
    let ways = [
        tokio::spawn(async move { drop(pool.get().await) }),
        tokio::spawn(async move {
            let heartbeat = std::time::Duration::from_secs(1);
            let _nobody_speaks = pool_again.listen("x", heartbeat).next().await;
        }),
        tokio::spawn(async move { drop(migrate::run(&other, migrate::Second::Refuse).await) }),
    ];
    for _ in ways {
        let names = start_up(listener.accept().await.unwrap().0).await;
        assert!(names.contains(&"application_name".to_owned()), "{names:?}");
        let unknown: Vec<&String> = names
            .iter()
            .filter(|name| !KNOWN.contains(&name.as_str()))
            .collect();
        assert!(
            unknown.is_empty(),
            "pgbouncer ends the connection over {unknown:?}"
        );
    }
}

/// The lock and the time-outs are set inside the transaction of the migration, so that its end is theirs
/// whatever happens to the server's connection.
#[tokio::test]
async fn c4_each_statement_of_a_migration_runs_under_the_lock_and_within_its_time() {
    let db = TestDb::create().await;
    db.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        .await;
    // Noted by the server at the end of each transaction of the first migration's session.
    db.execute(
        "CREATE SCHEMA watched; CREATE TABLE watched.locks (held bigint, timeout text); \
         CREATE FUNCTION watched.note() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN \
           INSERT INTO watched.locks SELECT count(*), current_setting('statement_timeout') FROM pg_locks \
           WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted; END $$; \
         CREATE EVENT TRIGGER note ON ddl_command_end EXECUTE FUNCTION watched.note()",
    )
    .await;
    let settings = DbSettings::load(&|name: &str| match name {
        "DATABASE_URL" => Some(db.database_url.clone()),
        "GATEWRIGHT_MIGRATION_SECONDS" => Some("77".to_owned()),
        _ => None,
    })
    .unwrap();
    let done = migrate::run(&settings, migrate::Second::Refuse)
        .await
        .unwrap();
    assert!(done.applied.len() > 3);
    let while_it_runs = db
        .query("SELECT DISTINCT held || ' ' || timeout FROM watched.locks")
        .await;
    assert_eq!(
        while_it_runs,
        ["1 77s"],
        "each statement runs under the lock, within its time"
    );
    let again = migrate::run(&settings, migrate::Second::Refuse)
        .await
        .unwrap();
    assert!(again.applied.is_empty());
}
