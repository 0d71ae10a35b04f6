//! Migrations: each once, one at a time, in a schema that was meant, and how a schema stands to this binary.

use gatewright_storage_kit::{
    DbSettings, Pool,
    migrate::{self, DifySchema, MigrateError, SchemaState, Second},
};
use gatewright_test_db::TestDb;

use crate::ground::{pool, settings};

/// An unqualified name means a schema of its own, which holds nothing.
async fn empty_schema(db: &TestDb) -> DbSettings {
    db.execute("CREATE SCHEMA second").await;
    DbSettings {
        extras: "options=-c search_path=second".into(),
        migration_lock_seconds: 0,
        ..settings(db)
    }
}

async fn state(settings: &DbSettings) -> SchemaState {
    let mut conn = Pool::new(settings).unwrap().get().await.unwrap();
    migrate::schema_state(&mut conn).await.unwrap()
}

#[tokio::test]
async fn migrating_again_applies_nothing() {
    let db = TestDb::create().await;
    let done = migrate::run(&settings(&db), Second::Refuse).await.unwrap();
    assert!(done.applied.is_empty(), "{:?}", done.applied);
    assert_eq!(done.ground.schema.as_deref(), Some("public"));
    assert!(done.ground.is_installed);
    assert_eq!(state(&settings(&db)).await, SchemaState::Current);
}

#[tokio::test]
async fn migrating_an_empty_schema_beside_an_installation_is_refused_unless_it_is_meant() {
    let db = TestDb::create().await;
    let second = empty_schema(&db).await;
    let refused = migrate::run(&second, Second::Refuse).await;
    assert!(
        matches!(&refused, Err(MigrateError::Elsewhere(ground)) if ground.elsewhere == ["public"]),
        "{refused:?}"
    );
    let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'second'";
    assert_eq!(db.query(tables).await, ["0"]);
    let done = migrate::run(&second, Second::Allow).await.unwrap();
    assert!(!done.applied.is_empty());
    assert!(done.applied.is_sorted(), "{:?}", done.applied);
    assert_eq!(state(&second).await, SchemaState::Current);
}

#[tokio::test]
async fn migrating_into_a_schema_that_does_not_exist_is_refused() {
    let db = TestDb::create().await;
    let nowhere = DbSettings {
        extras: "options=-c search_path=nowhere".into(),
        ..settings(&db)
    };
    let refused = migrate::run(&nowhere, Second::Allow).await;
    assert!(
        matches!(refused, Err(MigrateError::NoSchema(_))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn migrating_twice_at_once_applies_each_migration_once() {
    let db = TestDb::create().await;
    let waits = DbSettings {
        migration_lock_seconds: 60,
        ..empty_schema(&db).await
    };
    let (one, other) = tokio::join!(
        migrate::run(&waits, Second::Allow),
        migrate::run(&waits, Second::Allow),
    );
    let mut applied = one.unwrap().applied;
    applied.extend(other.unwrap().applied);
    applied.sort();
    let versions = "SELECT version FROM second.__diesel_schema_migrations ORDER BY 1";
    assert_eq!(applied.len(), db.query(versions).await.len());
    applied.dedup();
    assert_eq!(applied.len(), db.query(versions).await.len());
}

#[tokio::test]
async fn schema_state_tells_what_is_missing_and_what_is_not_known() {
    let later = "29990101000000";
    let kind = |kind: &str| {
        format!("INSERT INTO gatewright_migrations (version, kind) VALUES ('{later}', '{kind}')")
    };
    let apply = format!("INSERT INTO __diesel_schema_migrations (version) VALUES ('{later}')");
    let (expands, contracts) = (kind("expand"), kind("contract"));
    let later = vec![later.to_owned()];
    for (statements, expected) in [
        (vec![], SchemaState::Current),
        (vec![&expands], SchemaState::Current),
        (vec![&apply, &expands], SchemaState::Newer(later.clone())),
        (vec![&apply, &contracts], SchemaState::Ahead(later.clone())),
        (vec![&apply], SchemaState::Ahead(later)),
    ] {
        let db = TestDb::create().await;
        for statement in statements {
            db.execute(statement).await;
        }
        assert_eq!(state(&settings(&db)).await, expected);
    }
    let db = TestDb::create().await;
    db.execute("DELETE FROM __diesel_schema_migrations").await;
    let behind = state(&settings(&db)).await;
    assert!(
        matches!(&behind, SchemaState::Behind(missing) if missing.len() > 5),
        "{behind:?}"
    );
}

#[tokio::test]
async fn schema_without_any_bookkeeping_is_behind() {
    let db = TestDb::create().await;
    let behind = state(&empty_schema(&db).await).await;
    assert!(matches!(behind, SchemaState::Behind(_)), "{behind:?}");
}

#[tokio::test]
async fn ground_names_the_version_of_dify_that_made_the_tables() {
    let db = TestDb::create().await;
    let pool = pool(&db, 1);
    let mut conn = pool.get().await.unwrap();
    let ground = migrate::find_ground(&mut conn).await.unwrap();
    assert_eq!(ground.dify, None);
    db.execute("CREATE TABLE alembic_version (version_num varchar(32))")
        .await;
    for (head, expected) in [
        ("9f4b7c2d1a80", DifySchema::Known("1.14.2")),
        ("56124e050600", DifySchema::Known("1.16.1")),
        ("0123456789ab", DifySchema::Unknown("0123456789ab".into())),
    ] {
        let set =
            format!("DELETE FROM alembic_version; INSERT INTO alembic_version VALUES ('{head}')");
        db.execute(&set).await;
        let ground = migrate::find_ground(&mut conn).await.unwrap();
        assert_eq!(ground.dify, Some(expected));
        assert!(!ground.would_be_second());
    }
}
