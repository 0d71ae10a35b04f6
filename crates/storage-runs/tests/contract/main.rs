//! What each query of runs promises, against a PostgreSQL of the test's own.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on must fail"
)]

mod conversations;
mod forms;
mod lists;
mod statistics;
mod whole;

use chrono::{DateTime, Utc};
use gatewright_domain::{IdGen as _, RandomIds};
use gatewright_storage_kit::{Conn, DbSettings, Pool};
use gatewright_storage_runs::{
    checkpoint::{self, Checkpoint},
    end_user::{self, Session},
    lease::{self, Claim},
    node::{self, NodeRow},
    run::{self, Creator, NewRun, RunState, RunsOf},
};
use gatewright_test_db::TestDb;
use uuid::Uuid;

struct Ground {
    pool: Pool,
    db: TestDb,
    tenant: Uuid,
    app: Uuid,
    workflow: Uuid,
}

fn id() -> Uuid {
    RandomIds.new_uuid()
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_000_000, 0).unwrap()
}

impl Ground {
    async fn new() -> Self {
        let db = TestDb::create().await;
        let settings = DbSettings {
            url: Some(db.database_url.clone().into()),
            ..DbSettings::default()
        };
        let (tenant, app, workflow) = (id(), id(), id());
        db.execute(&format!(
            "INSERT INTO workflows (id, tenant_id, app_id, type, version, graph, features, created_by, created_at, updated_at, \
             environment_variables, conversation_variables, rag_pipeline_variables) \
             VALUES ('{workflow}', '{tenant}', '{app}', 'workflow', 'v1', '{{}}', '{{}}', '{app}', now(), now(), '{{}}', '{{}}', '{{}}')"
        ))
        .await;
        let pool = Pool::new(&settings).unwrap();
        Self {
            pool,
            db,
            tenant,
            app,
            workflow,
        }
    }

    async fn conn(&self) -> Conn {
        self.pool.get().await.unwrap()
    }

    fn all(&self) -> RunsOf {
        RunsOf {
            tenant: self.tenant,
            app: self.app,
            account: None,
            before: None,
        }
    }

    fn run(&self, run: Uuid) -> NewRun<'static> {
        NewRun {
            id: run,
            tenant_id: self.tenant,
            app_id: self.app,
            workflow_id: self.workflow,
            inputs: "{}",
            creator: Creator::EndUser(self.app),
            created_from: Some("service-api"),
            log_id: run,
            created_at: now(),
        }
    }

    fn node(&self, run: Uuid, execution: Uuid, status: &'static str) -> NodeRow<'static> {
        NodeRow {
            id: execution,
            tenant_id: self.tenant,
            app_id: self.app,
            workflow_id: self.workflow,
            run_id: run,
            index: 1,
            node_id: "start",
            node_type: "start",
            title: "Start",
            status,
            inputs: None,
            process_data: None,
            outputs: Some("{}"),
            error: None,
            execution_metadata: None,
            elapsed_time: 0.5,
            creator: Creator::EndUser(self.app),
            created_at: now(),
            finished_at: None,
        }
    }
}

fn ended(run: Uuid, status: &'static str) -> RunState<'static> {
    RunState {
        id: run,
        status,
        outputs: "{}",
        error: None,
        elapsed_time: 1.0,
        total_tokens: 3,
        total_steps: 2,
        exceptions_count: 0,
        finished_at: Some(now()),
    }
}

#[tokio::test]
async fn lapsed_lease_goes_to_another_owner_with_the_next_epoch_and_a_live_one_does_not() {
    let ground = Ground::new().await;
    let mut conn = ground.conn().await;
    let (first, second, lapsed, live) = (id(), id(), id(), id());
    lease::insert(&mut conn, &[lapsed], first, 0.0)
        .await
        .unwrap();
    lease::insert(&mut conn, &[live], first, 60.0)
        .await
        .unwrap();
    let claimed = lease::claim(&mut conn, Claim::Lapsed, second, 60.0, 10)
        .await
        .unwrap();
    let claimed: Vec<_> = claimed
        .iter()
        .map(|lease| (lease.run_id, lease.epoch))
        .collect();
    assert_eq!(claimed, [(lapsed, 2)]);
    assert!(
        lease::claim(&mut conn, Claim::Lapsed, second, 60.0, 10)
            .await
            .unwrap()
            .is_empty()
    );
    assert!(
        lease::renew(&mut conn, first, &[], 60.0)
            .await
            .unwrap()
            .is_empty(),
        "a run that nobody works on lapses"
    );
    assert_eq!(
        lease::renew(&mut conn, first, &[live, lapsed], 60.0)
            .await
            .unwrap()
            .iter()
            .map(|lease| lease.run_id)
            .collect::<Vec<_>>(),
        [live]
    );
    let mut owners = lease::list_owners(&mut conn, &[live, lapsed, id()])
        .await
        .unwrap();
    owners.sort_unstable();
    let mut expected = [(live, Some(first)), (lapsed, Some(second))];
    expected.sort_unstable();
    assert_eq!(owners, expected);
    assert_eq!(lease::give_back(&mut conn, first).await.unwrap(), 1);
    let claimed = lease::claim(&mut conn, Claim::Lapsed, second, 60.0, 10)
        .await
        .unwrap();
    assert_eq!(claimed[0].run_id, live);
}

#[tokio::test]
async fn lease_that_lapsed_is_its_owner_s_until_another_one_takes_it() {
    let ground = Ground::new().await;
    let mut conn = ground.conn().await;
    let (owner, other, run) = (id(), id(), id());
    lease::insert(&mut conn, &[run], owner, 0.0).await.unwrap();
    let kept = lease::renew(&mut conn, owner, &[run], 0.0).await.unwrap();
    assert_eq!(kept[0].run_id, run);
    let given = lease::claim(&mut conn, Claim::GivenBack, other, 60.0, 9).await;
    assert!(given.unwrap().is_empty(), "its owner may be there");
    let lapsed = lease::claim(&mut conn, Claim::Lapsed, other, 60.0, 9).await;
    assert_eq!(lapsed.unwrap().len(), 1);
    let kept = lease::renew(&mut conn, owner, &[run], 60.0).await.unwrap();
    assert!(kept.is_empty());
    assert_eq!(lease::give_back(&mut conn, other).await.unwrap(), 1);
    let given = lease::claim(&mut conn, Claim::GivenBack, owner, 60.0, 9).await;
    assert_eq!(given.unwrap()[0].epoch, 3);
}

#[tokio::test]
async fn stop_request_is_seen_by_whoever_locks_the_lease_and_refused_after_the_end() {
    let ground = Ground::new().await;
    let mut conn = ground.conn().await;
    let run = id();
    lease::insert(&mut conn, &[run], id(), 60.0).await.unwrap();
    assert_eq!(
        lease::lock(&mut conn, &[run]).await.unwrap()[0].stop_requested_at,
        None
    );
    assert!(lease::request_stop(&mut conn, run).await.unwrap());
    assert!(
        lease::lock(&mut conn, &[run]).await.unwrap()[0]
            .stop_requested_at
            .is_some()
    );
    lease::delete(&mut conn, &[run]).await.unwrap();
    assert!(!lease::request_stop(&mut conn, run).await.unwrap());
    assert!(lease::lock(&mut conn, &[run]).await.unwrap().is_empty());
}

#[tokio::test]
async fn run_keeps_how_it_ended_first_and_is_found_in_its_app_only() {
    let ground = Ground::new().await;
    let mut conn = ground.conn().await;
    let (run, other) = (id(), id());
    run::insert(&mut conn, &[ground.run(run), ground.run(other)])
        .await
        .unwrap();
    run::insert(&mut conn, &[ground.run(run)]).await.unwrap();
    run::update_state(&mut conn, &[ended(run, "stopped")])
        .await
        .unwrap();
    run::update_state(
        &mut conn,
        &[ended(run, "succeeded"), ended(other, "paused")],
    )
    .await
    .unwrap();
    let found = run::find(&mut conn, ground.tenant, ground.app, run)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (found.status.as_str(), found.total_tokens, found.total_steps),
        ("stopped", 3, Some(2))
    );
    for (tenant, app) in [(id(), ground.app), (ground.tenant, id())] {
        assert_eq!(run::find(&mut conn, tenant, app, run).await.unwrap(), None);
    }
    // A run that waited runs again when it begins anew, one that ended does not.
    run::insert(&mut conn, &[ground.run(run), ground.run(other)])
        .await
        .unwrap();
    let listed = run::list(&mut conn, ground.all(), 10).await.unwrap();
    let status = |id: Uuid| {
        listed
            .iter()
            .find(|one| one.id == id)
            .unwrap()
            .status
            .clone()
    };
    assert_eq!(
        (status(run), status(other)),
        ("stopped".to_owned(), "running".to_owned())
    );
    assert_eq!(
        ground
            .db
            .query("SELECT count(*) FROM workflow_app_logs")
            .await,
        ["2"]
    );
}

#[tokio::test]
async fn runs_of_an_app_are_listed_from_the_newest_on_by_account_and_page() {
    let ground = Ground::new().await;
    let mut conn = ground.conn().await;
    let (ada, bob) = (id(), id());
    let runs: Vec<Uuid> = (0..4).map(|_| id()).collect();
    let new = |n: usize| NewRun {
        creator: match n {
            0 | 3 => Creator::Account(ada),
            1 => Creator::Account(bob),
            // An end user whose id is an account's is nobody's account.
            _ => Creator::EndUser(ada),
        },
        // The last two began at the same moment: their ids say which comes first.
        created_at: now() + chrono::TimeDelta::seconds([0, 1, 2, 2][n]),
        ..ground.run(runs[n])
    };
    let rows: Vec<NewRun> = (0..4).map(new).collect();
    run::insert(&mut conn, &rows).await.unwrap();
    let (later, earlier) = (runs[2].max(runs[3]), runs[2].min(runs[3]));
    let mut ids = async |which: RunsOf, limit: i64| {
        let listed = run::list(&mut conn, which, limit).await.unwrap();
        listed.iter().map(|run| run.id).collect::<Vec<_>>()
    };
    let all = ground.all();
    let newest = [later, earlier, runs[1], runs[0]];
    assert_eq!(ids(all, 10).await, newest);
    assert_eq!(ids(all, 2).await, newest[..2]);
    let before = |run: Uuid| RunsOf {
        before: Some(run),
        ..all
    };
    assert_eq!(ids(before(later), 10).await, newest[1..]);
    assert_eq!(ids(before(earlier), 1).await, newest[2..3]);
    assert_eq!(ids(before(id()), 10).await, [] as [Uuid; 0]);
    let of_ada = RunsOf {
        account: Some(ada),
        ..all
    };
    assert_eq!(ids(of_ada, 10).await, [runs[3], runs[0]]);
    for elsewhere in [
        RunsOf {
            tenant: id(),
            ..all
        },
        RunsOf { app: id(), ..all },
    ] {
        assert_eq!(ids(elsewhere, 10).await, [] as [Uuid; 0]);
    }
}

#[tokio::test]
async fn node_row_is_replaced_by_a_later_one_of_its_id() {
    let ground = Ground::new().await;
    let mut conn = ground.conn().await;
    let (run, execution) = (id(), id());
    node::upsert(&mut conn, &[ground.node(run, execution, "running")])
        .await
        .unwrap();
    let again = [
        ground.node(run, execution, "succeeded"),
        ground.node(run, id(), "running"),
    ];
    node::upsert(&mut conn, &again).await.unwrap();
    let rows = node::list(&mut conn, run, &[execution]).await.unwrap();
    assert!(rows.len() == 1 && rows[0].id != execution);
    let rows = node::list(&mut conn, run, &[]).await.unwrap();
    assert_eq!(rows.len(), 2);
    let row = rows.iter().find(|row| row.id == execution).unwrap();
    assert_eq!(
        (row.status.as_str(), row.outputs.as_deref()),
        ("succeeded", Some("{}"))
    );
}

#[tokio::test]
async fn checkpoint_is_replaced_and_forgotten() {
    let ground = Ground::new().await;
    let mut conn = ground.conn().await;
    let run = id();
    for state in [b"one".as_slice(), b"two"] {
        let state = Checkpoint {
            run_id: run,
            epoch: 1,
            state,
        };
        checkpoint::upsert(&mut conn, &[state]).await.unwrap();
    }
    assert_eq!(
        checkpoint::find(&mut conn, run).await.unwrap().as_deref(),
        Some(b"two".as_slice())
    );
    assert_eq!(checkpoint::find(&mut conn, id()).await.unwrap(), None);
}

#[tokio::test]
async fn end_user_of_a_session_is_one_row_however_many_ask_at_once() {
    let ground = Ground::new().await;
    let session = Session {
        tenant_id: ground.tenant,
        app_id: ground.app,
        kind: "service-api",
        session_id: "ada",
    };
    let ask = async || {
        let mut tx = ground.pool.begin().await.unwrap();
        let found = end_user::find_or_insert(&mut tx, session, id(), now())
            .await
            .unwrap();
        tx.commit().await.unwrap();
        found
    };
    let (one, two, three) = tokio::join!(ask(), ask(), ask());
    assert_eq!([one, two], [two, three]);
    let elsewhere = Session {
        app_id: id(),
        ..session
    };
    let mut conn = ground.conn().await;
    assert_eq!(end_user::find(&mut conn, elsewhere).await.unwrap(), None);
}
