//! Which schema is used, and that no second installation comes about by mistake.

use gatewright_test_db::TestDb;

use super::process::{Server, run};
use crate::support::SECRET_KEY;

fn migrate(variables: &[(&str, &str)], arguments: &[&str]) -> (bool, String) {
    let arguments = [&["migrate"], arguments].concat();
    let output = run("api-server", &arguments, variables);
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&text).into_owned(),
    )
}

/// The tables of an installation are in the schema `dify`; the search path leads there by each way.
#[tokio::test]
async fn c5_search_path_of_options_is_honoured_and_no_second_installation_is_set_up() {
    let db = TestDb::create().await;
    db.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA dify")
        .await;
    let options = format!("{}?options=-c%20search_path%3Ddify", db.database_url);
    let own = [("DATABASE_URL", options.as_str())];
    let (done, text) = migrate(&own, &[]);
    assert!(done && text.contains("schema `dify` of database"), "{text}");
    let tables = "SELECT DISTINCT table_schema FROM information_schema.tables WHERE table_name IN \
                  ('accounts', 'gatewright_migrations', '__diesel_schema_migrations')";
    assert_eq!(db.query(tables).await, ["dify"]);

    let words = [
        ("DATABASE_URL", db.database_url.as_str()),
        ("DB_EXTRAS", "options=-c search_path=dify"),
    ];
    for (variables, arguments) in [
        (&own[..], &["--check"][..]),
        (&words, &["--check"]),
        (&words, &[]),
    ] {
        let (done, text) = migrate(variables, arguments);
        assert!(done && text.contains("schema `dify`"), "{text}");
    }
    let mut settings = words.to_vec();
    settings.push(("REDIS_KEY_PREFIX", &db.key_prefix));
    let server = Server::start(&db.database_url, &db.redis_url, &settings[1..]).await;
    server.sign_in().await;
    assert_eq!(db.query("SELECT count(*) FROM dify.accounts").await, ["1"]);

    // Who forgets the search path.
    let forgetful = [
        ("SECRET_KEY", SECRET_KEY),
        ("DATABASE_URL", db.database_url.as_str()),
        ("REDIS_URL", db.redis_url.as_str()),
        ("CONSOLE_API_URL", server.url.as_str()),
    ];
    let (done, text) = migrate(&forgetful, &[]);
    assert!(
        !done && text.contains("no schema of the search path"),
        "{text}"
    );
    db.execute("CREATE SCHEMA public").await;
    let (done, text) = migrate(&forgetful, &[]);
    assert!(!done && text.contains("search_path=dify"), "{text}");
    assert_eq!(db.query(tables).await, ["dify"], "nothing was made");
    let doctor = run("api-server", &["doctor"], &forgetful);
    let said = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert!(
        said.contains("[schema_elsewhere] schema `public`"),
        "{said}"
    );
    assert!(said.contains("search_path=dify"), "{said}");
    let serve = run("api-server", &["serve"], &forgetful);
    assert_eq!(serve.status.code(), Some(2), "{serve:?}");

    // Who wants it says so.
    let (done, text) = migrate(&forgetful, &["--second-installation"]);
    assert!(done && text.contains("schema `public`"), "{text}");
    assert_eq!(
        db.query(&format!("{tables} ORDER BY 1")).await,
        ["dify", "public"]
    );
    let doctor = run("api-server", &["doctor"], &forgetful);
    let said = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert!(said.contains("[installation_twice]"), "{said}");
}

/// Session parameters are ours, the options are the operator's: neither overwrites the other.
#[tokio::test]
async fn c5_options_of_the_operator_and_our_limits_hold_together() {
    use gatewright_domain::settings::Settings as _;
    let db = TestDb::create().await;
    let url = format!("{}?options=-c%20work_mem%3D7MB", db.database_url);
    let settings = gatewright_storage_kit::DbSettings::load(&|name: &str| {
        (name == "DATABASE_URL").then(|| url.clone())
    })
    .unwrap();
    let pool = gatewright_storage_kit::Pool::new(&settings).unwrap();
    let mut conn = pool.get().await.unwrap();
    let mut value = async |name: &str| {
        use diesel_async::RunQueryDsl as _;
        #[derive(diesel::QueryableByName)]
        struct Row {
            #[diesel(sql_type = diesel::sql_types::Text)]
            value: String,
        }
        let query = format!("SELECT current_setting('{name}') AS value");
        let row: Row = diesel::sql_query(query)
            .get_result(conn.as_mut())
            .await
            .unwrap();
        row.value
    };
    assert_eq!(value("work_mem").await, "7MB");
    assert_eq!(value("statement_timeout").await, "2s");
    assert_eq!(value("idle_in_transaction_session_timeout").await, "10s");
}
