//! One worker at a time: what is leased is nobody else's, and who lost a lease changes nothing.

use std::sync::Arc;

use chrono::TimeDelta;
use gatewright_domain::Clock as _;
use gatewright_jobs::{Handlers, JobError, QueueName, list_dead};

use crate::ground::{Ground, Knock, run};

#[tokio::test]
async fn ten_workers_do_each_job_once() {
    let ground = Ground::new().await;
    for _ in 0..60 {
        ground.knock(0).await;
    }
    let worker = ground.worker(&[QueueName::Mail]);
    let workers = (0..10).map(|_| run(&worker));
    let done = futures_util::future::join_all(workers).await;
    assert_eq!((done.iter().sum::<usize>(), ground.knocks()), (60, 60));
}

#[tokio::test]
async fn sec_174_job_of_a_lost_worker_is_done_when_its_lease_ends() {
    let ground = Ground::new().await;
    let worker = ground.worker(&[QueueName::Mail]);
    ground.knock(0).await;
    ground
        .db
        .execute(
            "UPDATE gatewright_jobs SET attempts = 1, leased_by = gen_random_uuid(), \
             leased_until = run_at + interval '60 s'",
        )
        .await;
    assert_eq!(run(&worker).await, 0, "it is somebody's");
    ground.clock.advance(TimeDelta::seconds(59));
    assert_eq!(run(&worker).await, 0);
    ground.clock.advance(TimeDelta::seconds(1));
    assert_eq!(run(&worker).await, 1);
}

#[tokio::test]
async fn job_that_kills_its_worker_becomes_a_dead_letter() {
    let ground = Ground::new().await;
    let worker = ground.worker(&[QueueName::Mail]);
    let poison = ground.knock(0).await;
    // Three workers claimed it and were gone.
    ground
        .db
        .execute(
            "UPDATE gatewright_jobs SET attempts = 3, leased_by = gen_random_uuid(), \
             leased_until = run_at",
        )
        .await;
    ground.clock.advance(TimeDelta::minutes(2));
    assert_eq!(run(&worker).await, 0);
    let mut conn = ground.conn().await;
    let dead = list_dead(conn.as_mut(), 10).await.unwrap();
    assert_eq!(dead[0].id, poison.0);
    let error = dead[0].last_error.as_deref().unwrap();
    assert!(error.contains("its worker ended"), "{error}");
}

/// A worker that was away for longer than its lease: somebody else has the job by now.
#[tokio::test]
async fn outcome_of_a_worker_that_lost_its_lease_changes_nothing() {
    for succeeds in [true, false] {
        let ground = Ground::new().await;
        let db = Arc::clone(&ground.db);
        let handlers = Handlers::default().with(move |_, _: Knock| {
            let db = Arc::clone(&db);
            async move {
                let taken = "UPDATE gatewright_jobs SET leased_by = id";
                db.execute(taken).await;
                if succeeds {
                    Ok(())
                } else {
                    Err(JobError::Permanent("no".into()))
                }
            }
        });
        let worker = Arc::new(ground.runner(&[QueueName::Mail], 1, handlers));
        ground.knock(0).await;
        assert_eq!(run(&worker).await, 1);
        let left = ground
            .rows("(leased_by = id) || '/' || (dead_at IS NULL)")
            .await;
        assert_eq!(left, ["true/true"], "{succeeds}");
    }
}

#[tokio::test]
async fn claimed_job_is_leased_until_the_lease_of_its_worker_ends() {
    let ground = Ground::new().await;
    let db = Arc::clone(&ground.db);
    let handlers = Handlers::default().with(move |_, _: Knock| {
        let db = Arc::clone(&db);
        async move {
            let copy = "CREATE TABLE seen AS TABLE gatewright_jobs";
            db.execute(copy).await;
            Ok(())
        }
    });
    let worker = Arc::new(ground.runner(&[QueueName::Mail], 1, handlers));
    ground.knock(0).await;
    assert_eq!(run(&worker).await, 1);
    let until = ground.clock.now() + TimeDelta::seconds(60);
    let seen = format!("SELECT (leased_until = '{until}') || '/' || attempts FROM seen");
    assert_eq!(ground.db.query(&seen).await, ["true/1"]);
}
