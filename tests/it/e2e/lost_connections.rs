//! Firewalls that forget connections: what is sent is taken, no answer comes, nobody is told. Over
//! everything that speaks PostgreSQL: the pool, transactions, the queue, announcements, migrations.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::{StreamExt as _, future::join_all};
use gatewright_domain::{era::Era, settings::Settings as _};
use gatewright_storage_identity::{era, installation};
use gatewright_storage_kit::{DbSettings, Pool, migrate};
use gatewright_test_db::TestDb;
use gatewright_test_support::ManualClock;

use super::process::wait_until;
use crate::support::{Harness, basic_account, relay::Relay};

/// As a request has one.
const DEADLINE: Duration = Duration::from_millis(1500);

struct World {
    db: TestDb,
    relay: Relay,
    settings: DbSettings,
    pool: Pool,
}

impl World {
    async fn new(more: &[(&str, &str)]) -> Self {
        let db = TestDb::create().await;
        let relay = Relay::to_postgres(&db.database_url).await;
        let url = relay.postgres_url(&db.database_url);
        let settings = DbSettings::load(&|name: &str| match name {
            "DATABASE_URL" => Some(url.clone()),
            _ => {
                let found = more.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            }
        })
        .unwrap();
        let pool = Pool::new(&settings).unwrap();
        Self {
            db,
            relay,
            settings,
            pool,
        }
    }

    /// One request: whether it was answered in time.
    async fn ask(&self) -> bool {
        let asking = async {
            let mut conn = self.pool.get().await.ok()?;
            installation::has_workspace(&mut conn).await.ok()
        };
        matches!(tokio::time::timeout(DEADLINE, asking).await, Ok(Some(_)))
    }

    /// One request that writes: whether it succeeded.
    async fn write(&self) -> bool {
        match self.pool.get().await {
            Ok(mut conn) => era::begin_all(&mut conn, Era::default()).await.is_ok(),
            Err(_) => false,
        }
    }

    async fn all_write(&self) -> bool {
        join_all((0..6).map(|_| self.write())).await == [true; 6]
    }

    /// The pool is full of connections that work.
    async fn filled() -> Self {
        let world = Self::new(&[]).await;
        let answered = join_all((0..6).map(|_| world.ask())).await;
        assert_eq!(answered, [true; 6]);
        world
    }

    async fn nothing_forgotten_is_kept(&self) {
        wait_until("forgotten connections are closed", async || {
            self.relay.forgotten_and_open() == 0
        })
        .await;
    }
}

#[tokio::test]
async fn c1_forgotten_connections_cost_one_request_at_most() {
    let world = World::filled().await;
    world.relay.forget();
    assert!(!world.ask().await, "nothing told us yet");
    for _ in 0..20 {
        assert!(world.ask().await);
    }
    world.nothing_forgotten_is_kept().await;
}

/// A fail-over: for a while the name leads to a server that only answers questions. Connections that were
/// made then are not lost, and yet good for nothing when there is a primary again.
#[tokio::test]
async fn c1_connections_to_a_server_that_takes_no_writes_are_not_kept() {
    let world = World::filled().await;
    assert!(world.all_write().await);
    let name = &world.db.query("SELECT current_database()").await[0];
    let only_reads = format!("ALTER DATABASE {name} SET default_transaction_read_only = on");
    world.db.execute(&only_reads).await;
    let ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() \
        AND datname = current_database()";
    world.db.query(ended).await;
    wait_until("the server only answers questions", async || {
        join_all((0..6).map(|_| world.ask())).await == [true; 6] && !world.write().await
    })
    .await;
    let back = format!("ALTER DATABASE {name} RESET default_transaction_read_only");
    world
        .db
        .execute(&format!("BEGIN READ WRITE; {back}; COMMIT"))
        .await;
    wait_until("every connection writes again", async || {
        world.all_write().await
    })
    .await;
}

#[tokio::test]
async fn c1_many_requests_at_once_meet_forgotten_connections_once_each() {
    let world = World::filled().await;
    world.relay.forget();
    let _some_fail = join_all((0..20).map(|_| world.ask())).await;
    assert_eq!(join_all((0..20).map(|_| world.ask())).await, [true; 20]);
    world.nothing_forgotten_is_kept().await;
}

#[tokio::test]
async fn c1_spares_are_ready_before_the_first_request_after_a_pause() {
    let world = World::filled().await;
    let keeping = tokio::spawn(world.pool.clone().keep_warm());
    world.relay.forget();
    let before = world.relay.accepted();
    // Found without any request: an idle connection is asked for a sign of life.
    world.nothing_forgotten_is_kept().await;
    wait_until("there are spares", async || {
        world.relay.accepted() >= before + 2
    })
    .await;
    let started = Instant::now();
    assert!(world.ask().await);
    let took = started.elapsed();
    assert!(took < Duration::from_millis(300), "{took:?}");

    // An outage: nobody answers new accounts either.
    world.relay.swallow_new(true);
    world.relay.forget();
    assert!(!world.ask().await);
    world.relay.swallow_new(false);
    world.nothing_forgotten_is_kept().await;
    let healed = world.relay.accepted();
    wait_until("there are spares again", async || {
        world.relay.accepted() > healed || world.ask().await
    })
    .await;
    keeping.abort();
}

#[tokio::test]
async fn c1_caller_without_deadline_gets_an_error() {
    let world = World::filled().await;
    let mut conn = world.pool.get().await.unwrap();
    world.relay.forget();
    let started = Instant::now();
    installation::has_workspace(&mut conn).await.unwrap_err();
    let took = started.elapsed();
    assert!(took < Duration::from_secs(6), "{took:?}");
    drop(conn);
    assert!(
        world.ask().await,
        "the others are asked before they are used"
    );
    world.nothing_forgotten_is_kept().await;
}

#[tokio::test]
async fn c1_transaction_that_is_cut_off_leaves_nothing() {
    let world = World::filled().await;
    let mut tx = world.pool.begin().await.unwrap();
    installation::lock_setup(&mut tx).await.unwrap();
    world.relay.forget();
    let commit = tokio::time::timeout(DEADLINE, tx.commit()).await;
    assert!(commit.is_err(), "nobody answers");
    // Between two statements: the guard itself finds out.
    let mut tx = world.pool.begin().await;
    while tx.is_err() {
        tx = world.pool.begin().await;
    }
    world.relay.forget();
    drop(tx);
    world.nothing_forgotten_is_kept().await;
    assert!(world.ask().await);
    // The server itself gives the lock back when nobody has said anything for ten seconds.
    wait_until("the lock is free", async || {
        let mut tx = world.pool.begin().await.unwrap();
        let locking = installation::lock_setup(&mut tx);
        matches!(tokio::time::timeout(DEADLINE, locking).await, Ok(Ok(())))
    })
    .await;
}

#[tokio::test]
async fn c1_listener_on_a_dead_connection_ends_and_reconnects() {
    let world = World::new(&[]).await;
    let heartbeat = Duration::from_millis(50);
    let announce = async || world.db.execute("NOTIFY news").await;
    for _ in 0..2 {
        let mut news = world.pool.listen("news", heartbeat);
        loop {
            tokio::select! {
                Some(()) = news.next() => break,
                () = announce() => {}
            }
        }
        world.relay.forget();
        let end = async { while news.next().await.is_some() {} };
        tokio::time::timeout(Duration::from_secs(10), end)
            .await
            .unwrap();
        world.nothing_forgotten_is_kept().await;
    }
}

#[tokio::test]
async fn c1_migration_on_a_dead_connection_times_out() {
    let world = World::new(&[("GATEWRIGHT_MIGRATION_SECONDS", "1")]).await;
    world
        .db
        .execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        .await;
    // Somebody makes the first migration wait, so that it can be forgotten in the middle.
    world.db.execute("CREATE TABLE accounts (email text)").await;
    let none = tokio_postgres::NoTls;
    let (holder, connection) = tokio_postgres::connect(&world.db.database_url, none)
        .await
        .unwrap();
    tokio::spawn(connection);
    holder
        .batch_execute("BEGIN; LOCK TABLE accounts")
        .await
        .unwrap();
    let migrating = migrate::run(&world.settings, migrate::Second::Refuse);
    let forgetting = async {
        wait_until("the migration waits", async || {
            let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' \
                           AND application_name LIKE 'gatewright-migrate%' AND datname = current_database()";
            world.db.query(waiting).await == ["1"]
        })
        .await;
        world.relay.forget();
    };
    let (outcome, ()) = tokio::join!(migrating, forgetting);
    outcome.unwrap_err();
    world.nothing_forgotten_is_kept().await;
    // One that is forgotten from its beginning.
    world.relay.swallow_new(true);
    let outcome = migrate::run(&world.settings, migrate::Second::Refuse).await;
    outcome.unwrap_err();
}

#[actix_web::test]
async fn c1_server_behind_a_forgetful_firewall_answers_503_once() {
    let db = Arc::new(TestDb::create().await);
    let relay = Relay::to_postgres(&db.database_url).await;
    let url = relay.postgres_url(&db.database_url);
    let h = Harness::on(db, ManualClock::new(), &[("DATABASE_URL", &url)]).await;
    let mut browser = basic_account(&h).await;
    relay.forget();
    let mut statuses = vec![];
    for _ in 0..5 {
        let answer = browser.get(&h, "/console/api/account/profile").await;
        statuses.push(answer.status);
    }
    assert_eq!(statuses, [503, 200, 200, 200, 200]);
}
