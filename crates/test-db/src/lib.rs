//! A database of its own for each test, cloned from a migrated template, and a key prefix of its own
//! in Redis: tests run in parallel and in any order. The services come from `cargo xtask test`; when
//! they are missing a test fails and says so, it does not skip.

use gatewright_domain::{IdGen as _, RandomIds};
use tokio_postgres::NoTls;

/// Names the PostgreSQL cluster for tests: a connection string of its template database.
pub const DATABASE_VARIABLE: &str = "GATEWRIGHT_TEST_DATABASE_URL";
/// Names the Redis for tests.
pub const REDIS_VARIABLE: &str = "GATEWRIGHT_TEST_REDIS_URL";
/// The migrated database that clones are made of.
pub const TEMPLATE: &str = "gatewright_template";

/// A database and a key prefix for one test. The database goes with it.
pub struct TestDb {
    admin_url: String,
    name: String,
    /// The connection string of the database.
    pub database_url: String,
    /// The connection string of the Redis.
    pub redis_url: String,
    /// The key prefix.
    pub key_prefix: String,
}

/// A key prefix of its own in the Redis for tests: for what needs no database.
pub struct TestRedis {
    /// The connection string of the Redis.
    pub url: String,
    /// The key prefix.
    pub key_prefix: String,
}

impl TestRedis {
    /// A prefix that nobody else has.
    ///
    /// # Panics
    /// When the services for tests are missing, saying how to start them.
    #[allow(
        clippy::new_without_default,
        reason = "it is not the same one each time"
    )]
    pub fn new() -> Self {
        Self {
            url: variable(REDIS_VARIABLE),
            key_prefix: format!("t_{}", RandomIds.new_uuid().simple()),
        }
    }
}

impl TestDb {
    /// A clone of the template.
    ///
    /// # Panics
    /// When the services for tests are missing, saying how to start them.
    pub async fn create() -> Self {
        Self::create_from(TEMPLATE).await
    }

    /// Without a table: for tests that migrate it themselves.
    ///
    /// # Panics
    /// As [`create`](Self::create).
    pub async fn create_empty() -> Self {
        Self::create_from("template0").await
    }

    async fn create_from(template: &str) -> Self {
        let template_url = variable(DATABASE_VARIABLE);
        let admin_url = template_url.replace(TEMPLATE, "postgres");
        let name = format!("t_{}", RandomIds.new_uuid().simple());
        execute(
            &admin_url,
            &format!("CREATE DATABASE {name} TEMPLATE {template}"),
        )
        .await;
        Self {
            database_url: template_url.replace(TEMPLATE, &name),
            redis_url: variable(REDIS_VARIABLE),
            key_prefix: name.clone(),
            admin_url,
            name,
        }
    }

    /// Runs statements in the database, past all rules: for what tests have to arrange.
    pub async fn execute(&self, sql: &str) {
        execute(&self.database_url, sql).await;
    }

    /// The names of all audit events, in their order.
    ///
    /// # Panics
    /// When there is no such table.
    pub async fn audit_actions(&self) -> Vec<String> {
        self.query("SELECT action FROM gatewright_audit_events ORDER BY occurred_at, id")
            .await
    }

    /// The first column of all rows, as text.
    ///
    /// # Panics
    /// When the query is wrong.
    #[allow(clippy::expect_used, reason = "a test that cannot ask must fail")]
    pub async fn query(&self, sql: &str) -> Vec<String> {
        let (client, connection) = tokio_postgres::connect(&self.database_url, NoTls)
            .await
            .expect("the database answers");
        tokio::spawn(connection);
        let messages = client.simple_query(sql).await.expect("the query is right");
        messages
            .into_iter()
            .filter_map(|message| match message {
                tokio_postgres::SimpleQueryMessage::Row(row) => {
                    Some(row.get(0).unwrap_or("").to_owned())
                }
                _ => None,
            })
            .collect()
    }
}

#[allow(
    clippy::expect_used,
    reason = "a test that cannot arrange its database must fail"
)]
async fn execute(url: &str, sql: &str) {
    let (client, connection) = tokio_postgres::connect(url, NoTls)
        .await
        .expect("the database answers");
    tokio::spawn(connection);
    client
        .batch_execute(sql)
        .await
        .expect("the statement is right");
}

#[allow(
    clippy::disallowed_methods,
    reason = "how the runner hands the services to test processes"
)]
fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: run the tests with ./dev/test, or start services with `cargo xtask services`")
    })
}

impl Drop for TestDb {
    fn drop(&mut self) {
        let (url, sql) = (
            self.admin_url.clone(),
            format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name),
        );
        // The test's own runtime may be on its way out: a thread of our own has time.
        let dropping = std::thread::spawn(move || {
            if let Ok(runtime) = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
            {
                runtime.block_on(execute(&url, &sql));
            }
        });
        let _best_effort = dropping.join();
    }
}
