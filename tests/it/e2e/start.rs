//! Starting, and refusing to.

use gatewright_test_db::TestDb;

use super::process::{Server, free_port, run};
use crate::support::SECRET_KEY;

fn stderr(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stderr).trim().to_owned()
}

#[test]
fn sec_144_setting_that_cannot_be_used_stops_the_start_with_one_line() {
    for (variables, expected) in [
        (vec![], "SECRET_KEY: is not set"),
        (
            vec![("SECRET_KEY", "short")],
            "SECRET_KEY: is shorter than 32 characters",
        ),
        (
            vec![("SECRET_KEY", SECRET_KEY), ("DIFY_PORT", "many")],
            "DIFY_PORT: `many` is not a whole number",
        ),
        (
            vec![
                ("SECRET_KEY", SECRET_KEY),
                ("CONSOLE_API_URL", "dify.example.com"),
            ],
            "CONSOLE_API_URL: `dify.example.com` is not an absolute http(s) URL",
        ),
        (
            vec![
                ("SECRET_KEY", SECRET_KEY),
                ("GATEWRIGHT_LIMIT_LOGIN", "lots"),
            ],
            "GATEWRIGHT_LIMIT_LOGIN: `lots` is not",
        ),
        (
            vec![
                ("SECRET_KEY", SECRET_KEY),
                ("GATEWRIGHT_TRUSTED_PROXIES", "proxy"),
            ],
            "GATEWRIGHT_TRUSTED_PROXIES: `proxy` is not an address",
        ),
        (
            vec![
                ("SECRET_KEY", SECRET_KEY),
                ("DATABASE_URL", "nonsense://hunter2"),
            ],
            "DATABASE_URL: is not a PostgreSQL connection string",
        ),
        (
            vec![("SECRET_KEY_FILE", "/nowhere")],
            "SECRET_KEY_FILE: /nowhere",
        ),
    ] {
        let output = run("api-server", &["serve"], &variables);
        let line = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{line}");
        assert!(line.contains(expected), "{line}");
        assert_eq!(line.lines().count(), 1, "{line}");
        assert!(!line.contains("hunter2"));
        assert!(
            line.contains("for example") || line.contains("_FILE"),
            "no example: {line}"
        );
    }
}

#[tokio::test]
async fn sec_171_server_on_an_unknown_schema_refuses_to_start() {
    let db = TestDb::create().await;
    let port = free_port().to_string();
    let variables = [
        ("SECRET_KEY", SECRET_KEY),
        ("DATABASE_URL", db.database_url.as_str()),
        ("REDIS_URL", &db.redis_url),
        ("DIFY_PORT", &port),
    ];
    db.execute("DELETE FROM __diesel_schema_migrations").await;
    for name in ["api-server", "worker"] {
        let arguments: &[&str] = if name == "worker" { &[] } else { &["serve"] };
        let output = run(name, arguments, &variables);
        assert_eq!(output.status.code(), Some(2));
        assert!(
            stderr(&output).contains("run `api-server migrate`"),
            "{}",
            stderr(&output)
        );
    }
    let check = run("api-server", &["migrate", "--check"], &variables);
    assert_eq!(check.status.code(), Some(1));
    db.execute("INSERT INTO __diesel_schema_migrations (version) SELECT version FROM gatewright_migrations UNION ALL SELECT '29990101000000'").await;
    let output = run("api-server", &["serve"], &variables);
    assert!(
        stderr(&output).contains("newer than this binary"),
        "{}",
        stderr(&output)
    );
}

/// What a roll-out looks like from a node whose turn has not come: a made-up later release migrates.
#[tokio::test]
async fn g1_node_serves_on_beside_expanding_migrations_and_turns_unready_at_a_contracting_one() {
    let db = TestDb::create().await;
    let server = Server::on(&db).await;
    let session = server.sign_in().await;
    let (token, _) = server.log_in(&session, "before").await;
    let later = async |version: &str, kind: &str, sql: &str| {
        db.execute(&format!(
            "BEGIN; {sql}; INSERT INTO gatewright_migrations VALUES ('{version}', '{kind}'); \
             INSERT INTO __diesel_schema_migrations (version) VALUES ('{version}'); COMMIT"
        ))
        .await;
    };
    let ready = async || {
        let answer = server.get("/readyz", &token).await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let expand = "ALTER TABLE accounts ADD COLUMN gatewright_later text; CREATE TABLE gatewright_later (x int)";
    later("29990101000000", "expand", expand).await;
    assert_eq!(ready().await.0, 200, "a running node stays ready");
    let path = "/openapi/v1/account/sessions";
    assert_eq!(server.get(path, &token).await.unwrap().status(), 200);
    server.log_in(&session, "during").await;
    // One that is restarted meanwhile, or rolled back, comes up.
    let again = Server::on(&db).await;
    assert_eq!(again.get(path, &token).await.unwrap().status(), 200);
    let variables = [("DATABASE_URL", db.database_url.as_str())];
    let check = run("api-server", &["migrate", "--check"], &variables);
    assert!(check.status.success(), "nothing is missing: {check:?}");

    later("29990201000000", "contract", "SELECT 1").await;
    let (status, body) = ready().await;
    assert_eq!(status, 503, "{body}");
    assert!(body.contains("cannot work beside"), "{body}");
    let refused = run(
        "api-server",
        &["serve"],
        &[
            variables[0],
            ("SECRET_KEY", SECRET_KEY),
            ("REDIS_URL", db.redis_url.as_str()),
        ],
    );
    assert_eq!(refused.status.code(), Some(2), "{}", stderr(&refused));
}

#[tokio::test]
async fn sec_172_migration_that_fails_half_way_is_rolled_back_and_reported() {
    let db = TestDb::create().await;
    // An empty database in which one name is taken: the migration gets as far as that.
    db.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE TABLE gatewright_audit_events (x int)").await;
    let variables = [("DATABASE_URL", db.database_url.as_str())];
    let output = run("api-server", &["migrate"], &variables);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("gatewright_audit_events"),
        "{}",
        stderr(&output)
    );
    assert_eq!(
        db.query("SELECT to_regclass('accounts') IS NULL").await,
        ["t"],
        "nothing was kept"
    );
    db.execute("DROP TABLE gatewright_audit_events").await;
    assert!(run("api-server", &["migrate"], &variables).status.success());
    let again = run("api-server", &["migrate"], &variables);
    assert!(String::from_utf8_lossy(&again.stdout).contains("up to date"));
}

#[tokio::test]
async fn sec_171_migration_waits_for_another_and_names_it() {
    let db = TestDb::create().await;
    // Something is left to do: nobody waits to do nothing.
    db.execute("DELETE FROM __diesel_schema_migrations WHERE version = '20261128000013'")
        .await;
    let (holder, connection) = tokio_postgres::connect(&db.database_url, tokio_postgres::NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    let lock = i64::from_str_radix("676174656d696772", 16).unwrap();
    let sql = format!(
        "SET application_name = 'gatewright-migrate pid 1'; SELECT pg_advisory_lock({lock})"
    );
    holder.batch_execute(&sql).await.unwrap();
    // Who has nothing to do does not wait: something is missing.
    db.execute("DELETE FROM gatewright_migrations").await;
    let url = db.database_url.clone();
    let migrate = move || {
        let url = url.clone();
        tokio::task::spawn_blocking(move || {
            run(
                "api-server",
                &["migrate"],
                &[
                    ("DATABASE_URL", &url),
                    ("GATEWRIGHT_MIGRATION_LOCK_SECONDS", "1"),
                ],
            )
        })
    };
    let output = migrate().await.unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("gatewright-migrate pid 1"),
        "{}",
        stderr(&output)
    );
    holder
        .batch_execute(&format!("SELECT pg_advisory_unlock({lock})"))
        .await
        .unwrap();
    assert!(migrate().await.unwrap().status.success());
}

#[test]
fn cli_help_and_version_are_complete() {
    let help = run("api-server", &["--help"], &[]);
    let text = String::from_utf8_lossy(&help.stdout).into_owned();
    for command in [
        "up",
        "down",
        "serve",
        "migrate",
        "openapi",
        "settings",
        "healthcheck",
        "version",
    ] {
        assert!(text.contains(command), "{text}");
    }
    let version = run("api-server", &["version", "--json"], &[]);
    assert!(String::from_utf8_lossy(&version.stdout).contains(r#""dify":"1.16.1""#));
    let worker = run("worker", &["-q", "mial"], &[]);
    assert!(
        stderr(&worker).contains("there are: mail, retention"),
        "{}",
        stderr(&worker)
    );
}
