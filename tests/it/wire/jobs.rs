//! The queue and its schedules, over a real PostgreSQL.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use chrono::{TimeDelta, TimeZone as _, Utc};
use gatewright_domain::{Clock as _, IdGen as _, RandomIds};
use gatewright_jobs::{
    Handlers, Job, JobError, JobId, QueueName, Runner, RunnerSettings, Schedule, Scheduler,
    enqueue, list_dead, replay_dead,
};
use gatewright_usecase_maintenance::JobConnections;
use gatewright_usecase_maintenance::{CleanUp, Purge};
use serde_json::json;

use crate::support::Harness;

#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
struct Knock {
    fails: usize,
}

impl Job for Knock {
    const KIND: &'static str = "knock";
    const QUEUE: QueueName = QueueName::Mail;
    const MAX_ATTEMPTS: i32 = 3;
}

struct Knocking {
    h: Harness,
    runner: Arc<Runner<JobConnections>>,
    knocks: Arc<AtomicUsize>,
}

/// A worker that counts, and fails as often as a job says.
async fn knocking(queues: Vec<QueueName>) -> Knocking {
    let h = Harness::start().await;
    let knocks = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&knocks);
    let handlers = Handlers::default().with(move |running, job: Knock| {
        counted.fetch_add(1, Ordering::SeqCst);
        async move {
            if usize::try_from(running.attempt).unwrap() <= job.fails {
                return Err(JobError::Retry("not at home".into()));
            }
            Ok(())
        }
    });
    let runner = Arc::new(Runner {
        connections: JobConnections(pool(&h)),
        handlers,
        scheduler: Scheduler::default(),
        settings: RunnerSettings {
            queues,
            concurrency: 4,
            lease: TimeDelta::seconds(60),
            poll: std::time::Duration::from_secs(1),
            heartbeat: std::time::Duration::from_secs(15),
            timeout: std::time::Duration::from_secs(5),
        },
        clock: Arc::new(h.clock.clone()),
        ids: Arc::new(RandomIds),
    });
    Knocking { h, runner, knocks }
}

fn pool(h: &Harness) -> gatewright_storage_kit::Pool {
    h.pool()
}

async fn put(h: &Harness, fails: usize) -> JobId {
    let id = JobId::generate(&RandomIds);
    let mut conn = pool(h).get().await.unwrap();
    let now = h.clock.now();
    enqueue(conn.as_mut(), id, &Knock { fails }, now, now)
        .await
        .unwrap();
    id
}

async fn run(k: &Knocking) -> usize {
    k.runner.run_due(RandomIds.new_uuid()).await.unwrap()
}

#[actix_web::test]
async fn a_job_exists_exactly_when_its_transaction_commits() {
    let k = knocking(vec![QueueName::Mail]).await;
    let now = k.h.clock.now();
    let mut tx = pool(&k.h).begin().await.unwrap();
    enqueue(
        tx.as_mut(),
        JobId::generate(&RandomIds),
        &Knock { fails: 0 },
        now,
        now,
    )
    .await
    .unwrap();
    assert_eq!(run(&k).await, 0, "nobody sees it before");
    tx.rollback().await.unwrap();
    assert_eq!(run(&k).await, 0);
    put(&k.h, 0).await;
    assert_eq!(run(&k).await, 1);
    assert_eq!(run(&k).await, 0, "once");
}

#[actix_web::test]
async fn failed_job_is_retried_and_becomes_a_dead_letter_after_its_last_attempt() {
    let k = knocking(vec![QueueName::Mail]).await;
    put(&k.h, 1).await;
    let permanent = put(&k.h, 99).await;
    assert_eq!(run(&k).await, 2);
    assert_eq!(run(&k).await, 0, "not at once");
    for _ in 0..4 {
        k.h.clock.advance(TimeDelta::minutes(2));
        run(&k).await;
    }
    assert_eq!(k.knocks.load(Ordering::SeqCst), 2 + 3);
    let mut conn = pool(&k.h).get().await.unwrap();
    let dead = list_dead(conn.as_mut(), 10).await.unwrap();
    assert_eq!(dead.len(), 1);
    assert_eq!((dead[0].id, dead[0].attempts), (permanent.0, 3));
    assert_eq!(dead[0].last_error.as_deref(), Some("not at home"));
    // Replayed, it has all its attempts again.
    assert_eq!(
        replay_dead(conn.as_mut(), Some(permanent.0), k.h.clock.now())
            .await
            .unwrap(),
        1
    );
    assert_eq!(run(&k).await, 1);
    assert!(list_dead(conn.as_mut(), 10).await.unwrap().is_empty());
    assert_eq!(
        replay_dead(conn.as_mut(), Some(permanent.0), k.h.clock.now())
            .await
            .unwrap(),
        0
    );
}

#[actix_web::test]
async fn job_that_kills_its_worker_becomes_a_dead_letter() {
    let k = knocking(vec![QueueName::Mail]).await;
    let poison = put(&k.h, 0).await;
    for _ in 0..3 {
        // A worker claims it and is gone.
        k.h.db.execute("UPDATE gatewright_jobs SET attempts = attempts + 1, leased_by = gen_random_uuid(), \
            leased_until = (SELECT max(run_at) FROM gatewright_jobs)").await;
        if k.h
            .db
            .query("SELECT attempts::text FROM gatewright_jobs")
            .await
            == ["3"]
        {
            break;
        }
    }
    k.h.clock.advance(TimeDelta::minutes(2));
    assert_eq!(run(&k).await, 0);
    let mut conn = pool(&k.h).get().await.unwrap();
    let dead = list_dead(conn.as_mut(), 10).await.unwrap();
    assert_eq!(dead[0].id, poison.0);
    assert!(
        dead[0]
            .last_error
            .as_deref()
            .unwrap()
            .contains("its worker ended")
    );
}

#[actix_web::test]
async fn sec_174_the_work_of_a_lost_worker_is_done_when_its_lease_ends() {
    let k = knocking(vec![QueueName::Mail]).await;
    put(&k.h, 0).await;
    k.h.db
        .execute(
            "UPDATE gatewright_jobs SET attempts = 1, leased_by = gen_random_uuid(), \
        leased_until = run_at + interval '60 s'",
        )
        .await;
    assert_eq!(run(&k).await, 0, "it is somebody's");
    k.h.clock.advance(TimeDelta::seconds(59));
    assert_eq!(run(&k).await, 0);
    k.h.clock.advance(TimeDelta::seconds(1));
    assert_eq!(run(&k).await, 1);
}

#[actix_web::test]
async fn ten_workers_do_each_job_once() {
    let k = knocking(vec![QueueName::Mail]).await;
    for _ in 0..60 {
        put(&k.h, 0).await;
    }
    let workers = (0..10).map(|_| run(&k));
    let done: usize = futures_util::future::join_all(workers)
        .await
        .into_iter()
        .sum();
    assert_eq!((done, k.knocks.load(Ordering::SeqCst)), (60, 60));
}

#[actix_web::test]
async fn a_worker_takes_from_its_queues_only() {
    let k = knocking(vec![QueueName::Retention]).await;
    put(&k.h, 0).await;
    assert_eq!(run(&k).await, 0);
    assert_eq!(
        k.h.db.query("SELECT queue FROM gatewright_jobs").await,
        ["mail"]
    );
}

#[actix_web::test]
async fn a_stop_lets_running_jobs_finish_and_gives_the_rest_back() {
    let h = Harness::start().await;
    let (began, go) = (
        Arc::new(tokio::sync::Notify::new()),
        Arc::new(tokio::sync::Notify::new()),
    );
    let (told, gate) = (Arc::clone(&began), Arc::clone(&go));
    let handlers = Handlers::default().with(move |_, _: Knock| {
        let (told, gate) = (Arc::clone(&told), Arc::clone(&gate));
        async move {
            told.notify_one();
            gate.notified().await;
            Ok(())
        }
    });
    for _ in 0..5 {
        put(&h, 0).await;
    }
    let runner = Runner {
        connections: JobConnections(pool(&h)),
        handlers,
        scheduler: Scheduler::default(),
        settings: RunnerSettings {
            queues: vec![QueueName::Mail],
            concurrency: 1,
            lease: TimeDelta::seconds(60),
            poll: std::time::Duration::from_secs(1),
            heartbeat: std::time::Duration::from_secs(15),
            timeout: std::time::Duration::from_secs(30),
        },
        clock: Arc::new(h.clock.clone()),
        ids: Arc::new(RandomIds),
    };
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let working = actix_web::rt::spawn(runner.run(async {
        let _closed = stopped.await;
    }));
    began.notified().await;
    drop(stop);
    go.notify_one();
    working.await.unwrap();
    let left =
        h.db.query("SELECT attempts || '/' || (leased_by IS NULL) FROM gatewright_jobs")
            .await;
    assert_eq!(
        left,
        vec!["0/true"; 4],
        "one was finished, four were not begun"
    );
}

/// Ten minutes, second by second, with two schedulers that look at the same time.
#[actix_web::test]
async fn two_schedulers_fire_each_tick_once() {
    let h = Harness::start().await;
    let start = Utc.with_ymd_and_hms(2026, 3, 29, 0, 55, 0).unwrap();
    let scheduler = || {
        let job = CleanUp {
            purge: Purge::Sessions,
        };
        let every = |name, times| Schedule::new(name, times, chrono_tz::UTC, job.clone()).unwrap();
        Scheduler::new(vec![
            every("minutely", "0 * * * * *"),
            every("odd", "30 */3 * * * *"),
        ])
    };
    let (one, two) = (scheduler(), scheduler());
    let (mut first, mut second) = (pool(&h).get().await.unwrap(), pool(&h).get().await.unwrap());
    let mut fired = vec![];
    // The first look fires what was missed; that is not what is counted.
    one.tick(first.as_mut(), &RandomIds, start - TimeDelta::seconds(1))
        .await
        .unwrap();
    for second_of in 0..600 {
        let now = start + TimeDelta::seconds(second_of);
        // One of them is late by a second.
        let (a, b) = tokio::join!(
            one.tick(first.as_mut(), &RandomIds, now),
            two.tick(second.as_mut(), &RandomIds, now - TimeDelta::seconds(1)),
        );
        fired.extend(a.unwrap());
        fired.extend(b.unwrap());
    }
    let count = |name: &str| fired.iter().filter(|fired| **fired == name).count();
    assert_eq!((count("minutely"), count("odd")), (10, 3), "{fired:?}");
    let jobs = h.db.query("SELECT count(*) FROM gatewright_jobs").await;
    assert_eq!(jobs, ["15"], "13, and the two that were missed before");
}

#[actix_web::test]
async fn schedules_follow_their_time_zone() {
    let job = CleanUp {
        purge: Purge::Audit,
    };
    let zone = chrono_tz::Europe::Zurich;
    let daily = Schedule::new("daily", "0 0 5 */1 * *", zone, job).unwrap();
    let summer = Utc.with_ymd_and_hms(2026, 7, 1, 0, 0, 0).unwrap();
    let winter = Utc.with_ymd_and_hms(2026, 12, 1, 0, 0, 0).unwrap();
    assert_eq!(
        daily.next(summer).unwrap().format("%H:%M").to_string(),
        "03:00"
    );
    assert_eq!(
        daily.next(winter).unwrap().format("%H:%M").to_string(),
        "04:00"
    );
    assert!(
        Schedule::new(
            "bad",
            "never",
            zone,
            CleanUp {
                purge: Purge::Audit
            }
        )
        .is_err()
    );
}

#[actix_web::test]
async fn mail_that_was_recorded_is_not_sent_again() {
    let h = Harness::start().await;
    h.set_up().await;
    h.post(
        "/console/api/forgot-password",
        &json!({"email": "owner@example.com"}),
    )
    .await
    .expect(200);
    h.db.execute("CREATE TABLE kept AS TABLE gatewright_jobs")
        .await;
    assert_eq!(h.mails().await.len(), 1);
    // The worker ended after recording, before the job was taken off the queue.
    h.db.execute("INSERT INTO gatewright_jobs SELECT * FROM kept")
        .await;
    std::fs::remove_dir_all(h.mail_path()).unwrap();
    std::fs::create_dir(h.mail_path()).unwrap();
    assert_eq!(h.mails().await.len(), 0);
    assert_eq!(
        h.db.query("SELECT count(*) FROM gatewright_mail_deliveries")
            .await,
        ["1"]
    );
    assert_eq!(
        h.db.query("SELECT count(*) FROM gatewright_jobs").await,
        ["0"]
    );
}

#[actix_web::test]
async fn a_code_that_has_expired_is_not_sent() {
    let h = Harness::start().await;
    h.set_up().await;
    h.post(
        "/console/api/forgot-password",
        &json!({"email": "owner@example.com"}),
    )
    .await
    .expect(200);
    h.clock.advance(TimeDelta::minutes(6));
    assert_eq!(h.mails().await.len(), 0);
    assert_eq!(
        h.db.query("SELECT count(*) FROM gatewright_jobs").await,
        ["0"]
    );
}
