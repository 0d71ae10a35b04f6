//! `ActiveRuns`: as many at a time as an app may have, each once, none for ever.

use gatewright_domain::{IdGen as _, RandomIds};
use gatewright_kv::ActiveRuns;
use uuid::Uuid;

use crate::redis::here;

fn id() -> Uuid {
    RandomIds.new_uuid()
}

#[tokio::test]
async fn runs_at_once_of_a_limit_of_one_are_one_and_the_next_enters_when_it_left() {
    let here = here();
    let active = ActiveRuns::new(here.ground.kv.clone());
    let (app, other) = (id(), id());
    let runs: Vec<Uuid> = (0..8).map(|_| id()).collect();
    let entering = runs.iter().map(|run| active.enter(app, *run, 1));
    let entered: Vec<bool> = futures_util::future::join_all(entering)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    assert_eq!(entered.iter().filter(|entered| **entered).count(), 1);
    let first = runs[entered.iter().position(|entered| *entered).unwrap()];
    assert!(active.enter(app, first, 1).await.unwrap(), "counts once");
    assert!(active.enter(other, id(), 1).await.unwrap(), "another app");
    let next = id();
    assert!(!active.enter(app, next, 1).await.unwrap());
    active.leave(app, first).await.unwrap();
    assert!(active.enter(app, next, 1).await.unwrap());
}

#[tokio::test]
async fn run_of_a_process_that_died_counts_half_a_minute_and_one_that_is_taken_up_counts_on() {
    let here = here();
    let (active, mut writer) = (ActiveRuns::new(here.ground.kv.clone()), here.writer().await);
    let (app, dead, taken) = (id(), id(), id());
    for run in [dead, taken] {
        assert!(active.enter(app, run, 2).await.unwrap());
    }
    assert_eq!(writer.ttls("active_runs").await, [30]);
    // Half a minute later.
    let key = writer.keys("active_runs").await.remove(0);
    for run in [dead, taken] {
        let _: i64 = writer.run(&["ZADD", &key, "1", &run.to_string()]).await;
    }
    active.renew(app, &[taken]).await.unwrap();
    active.renew(app, &[]).await.unwrap();
    assert!(active.enter(app, id(), 2).await.unwrap());
    assert!(!active.enter(app, id(), 2).await.unwrap());
}
