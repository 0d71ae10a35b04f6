//! Runs that are over before anybody could hear that they began.

use gatewright_storage_runs::{
    node::NodeRow,
    run::{NewRun, RunState},
    whole::{self, WholeRun},
};

use crate::{Ground, ended, id, now};

#[tokio::test]
async fn whole_runs_are_kept_once_as_they_ended_with_their_logs_and_nodes() {
    let ground = Ground::new().await;
    let [first, second] = [id(), id()];
    let runs = [
        WholeRun {
            run: ground.run(first),
            end: ended(first, "succeeded"),
        },
        WholeRun {
            run: NewRun {
                created_from: None,
                ..ground.run(second)
            },
            end: RunState {
                error: Some("no"),
                ..ended(second, "failed")
            },
        },
    ];
    let node = |run| NodeRow {
        finished_at: Some(now()),
        ..ground.node(run, id(), "succeeded")
    };
    let nodes = [node(first), node(first), node(second)];
    let mut conn = ground.conn().await;
    // A commit of which nobody knows whether it was kept may come again.
    for _ in 0..2 {
        whole::insert(&mut conn, &runs, &nodes).await.unwrap();
    }
    let rows = |sql| ground.db.query(sql);
    let kept = "SELECT status || ' ' || coalesce(error, '-') || ' ' || total_steps || ' ' || type || ' ' || version || ' ' \
                || (finished_at IS NOT NULL) FROM workflow_runs ORDER BY status DESC";
    assert_eq!(
        rows(kept).await,
        [
            "succeeded - 2 workflow v1 true",
            "failed no 2 workflow v1 true"
        ]
    );
    let logged = "SELECT workflow_run_id || ' ' || created_from FROM workflow_app_logs";
    assert_eq!(rows(logged).await, [format!("{first} service-api")]);
    let executed = "SELECT count(*) || ' ' || count(DISTINCT workflow_run_id) FROM workflow_node_executions \
                    WHERE status = 'succeeded' AND created_by_role = 'end_user' AND node_execution_id = id::text";
    assert_eq!(rows(executed).await, ["3 2"]);
}
