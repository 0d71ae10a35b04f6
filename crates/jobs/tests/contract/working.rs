//! From enqueuing to the end of a job, and stopping a worker.

use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use gatewright_domain::{Clock as _, RandomIds};
use gatewright_jobs::{Handlers, Job as _, JobError, JobId, QueueName, depths, enqueue};

use crate::ground::{Ground, Knock, Sort, run, say};

#[tokio::test]
async fn job_exists_exactly_when_its_transaction_commits() {
    let ground = Ground::new().await;
    let worker = ground.worker(&[QueueName::Mail]);
    let (mut conn, now) = (ground.conn().await, ground.clock.now());
    for (end, expected) in [("ROLLBACK", 0), ("COMMIT", 1)] {
        say(&mut conn, "BEGIN").await;
        let id = JobId::generate(&RandomIds);
        enqueue(conn.as_mut(), id, &Knock { fails: 0 }, now, now)
            .await
            .unwrap();
        assert_eq!(run(&worker).await, 0, "nobody sees it before");
        say(&mut conn, end).await;
        assert_eq!(run(&worker).await, expected);
        assert_eq!(run(&worker).await, 0, "once");
    }
}

#[tokio::test]
async fn job_with_an_id_that_exists_is_not_enqueued() {
    let ground = Ground::new().await;
    let id = ground.knock(0).await;
    let (mut conn, now) = (ground.conn().await, ground.clock.now());
    let twice = enqueue(conn.as_mut(), id, &Knock { fails: 0 }, now, now).await;
    assert!(twice.is_err());
    assert_eq!(ground.rows("kind").await, ["knock"]);
}

#[tokio::test]
async fn job_is_done_when_it_is_due_and_not_before() {
    let ground = Ground::new().await;
    let worker = ground.worker(&[QueueName::Mail]);
    ground.put(&Knock { fails: 0 }, 10).await;
    assert_eq!(run(&worker).await, 0);
    ground.clock.advance_seconds(9);
    assert_eq!(run(&worker).await, 0);
    ground.clock.advance_seconds(1);
    assert_eq!(run(&worker).await, 1);
}

#[tokio::test]
async fn job_that_was_due_first_is_done_first() {
    let ground = Ground::new().await;
    let order = Arc::new(Mutex::new(vec![]));
    let noted = Arc::clone(&order);
    let handlers = Handlers::default().with(move |_, job: Knock| {
        noted.lock().unwrap().push(job.fails);
        async { Ok(()) }
    });
    let one_by_one = Arc::new(ground.runner(&[QueueName::Mail], 1, handlers));
    for (number, due_in) in [(1, -1), (0, -5), (2, 0)] {
        ground.put(&Knock { fails: number }, due_in).await;
    }
    assert_eq!(run(&one_by_one).await, 3);
    assert_eq!(*order.lock().unwrap(), [0, 1, 2]);
}

#[tokio::test]
async fn worker_claims_from_its_own_queues_only() {
    let ground = Ground::new().await;
    ground.knock(0).await;
    for (queues, expected) in [
        (vec![], 0),
        (vec![QueueName::Retention], 0),
        (vec![QueueName::Retention, QueueName::Mail], 1),
    ] {
        assert_eq!(run(&ground.worker(&queues)).await, expected, "{queues:?}");
    }
}

#[tokio::test]
async fn job_sees_its_id_its_attempt_and_when_it_was_claimed() {
    let ground = Ground::new().await;
    let seen = Arc::new(Mutex::new(vec![]));
    let noted = Arc::clone(&seen);
    let handlers = Handlers::default().with(move |running, _: Knock| {
        noted
            .lock()
            .unwrap()
            .push((running.id, running.attempt, running.now));
        async { Err(JobError::Retry("again".into())) }
    });
    let worker = Arc::new(ground.runner(&[QueueName::Mail], 1, handlers));
    let (id, first) = (ground.knock(0).await, ground.clock.now());
    run(&worker).await;
    ground.clock.advance_seconds(60);
    let second = ground.clock.now();
    run(&worker).await;
    assert_eq!(*seen.lock().unwrap(), [(id, 1, first), (id, 2, second)]);
}

fn defect() -> Result<(), JobError> {
    panic!("as a defect would")
}

#[tokio::test]
async fn job_whose_handler_panics_is_tried_again() {
    let ground = Ground::new().await;
    let handlers = Handlers::default().with(|_, _: Knock| async { defect() });
    let worker = Arc::new(ground.runner(&[QueueName::Mail], 1, handlers));
    ground.knock(0).await;
    assert_eq!(run(&worker).await, 1);
    let left = ground.rows("attempts || '/' || (dead_at IS NULL) || '/' || last_error");
    let left = left.await.remove(0);
    assert!(left.starts_with("1/true/it panicked"), "{left}");
}

/// A worker of a newer release may know it.
#[tokio::test]
async fn job_that_this_release_cannot_read_or_does_not_know_is_tried_again() {
    let ground = Ground::new().await;
    let worker = ground.worker(&[QueueName::Mail, QueueName::Retention]);
    ground.knock(0).await;
    ground
        .db
        .execute(r#"UPDATE gatewright_jobs SET payload = '{"fails": "so"}'"#)
        .await;
    ground.put(&Sort, 1).await;
    ground.clock.advance_seconds(1);
    assert_eq!(run(&worker).await, 2);
    assert_eq!(ground.knocks(), 0);
    assert_eq!(ground.rows("dead_at IS NULL").await, ["t", "t"]);
}

#[tokio::test]
async fn job_error_is_kept_up_to_its_column() {
    let ground = Ground::new().await;
    let handlers =
        Handlers::default().with(|_, _: Knock| async { Err(JobError::Retry("ü".repeat(2000))) });
    let worker = Arc::new(ground.runner(&[QueueName::Mail], 1, handlers));
    ground.knock(0).await;
    run(&worker).await;
    assert_eq!(ground.rows("length(last_error)").await, ["1000"]);
}

#[tokio::test]
async fn depths_count_what_waits_and_what_is_dead_per_queue() {
    let ground = Ground::new().await;
    let mut conn = ground.conn().await;
    assert!(depths(conn.as_mut()).await.unwrap().is_empty());
    ground.put(&Knock { fails: 0 }, 0).await;
    ground.put(&Knock { fails: 0 }, 60).await;
    let dead = ground.put(&Knock { fails: 0 }, 0).await;
    ground.put(&Sort, 0).await;
    let die = format!("UPDATE gatewright_jobs SET dead_at = run_at WHERE id = '{dead}'");
    ground.db.execute(&die).await;
    let all = depths(conn.as_mut()).await.unwrap();
    let all: Vec<_> = all
        .iter()
        .map(|depth| (depth.queue.as_str(), depth.waiting, depth.dead))
        .collect();
    assert_eq!(all, [("mail", 2, 1), ("retention", 1, 0)]);
}

#[tokio::test]
async fn worker_shutdown_finishes_running_jobs_and_releases_the_rest() {
    let ground = Ground::new().await;
    let (began, go) = (
        Arc::new(tokio::sync::Notify::new()),
        Arc::new(tokio::sync::Notify::new()),
    );
    let (says, gate) = (Arc::clone(&began), Arc::clone(&go));
    let handlers = Handlers::default().with(move |_, _: Knock| {
        let (says, gate) = (Arc::clone(&says), Arc::clone(&gate));
        async move {
            says.notify_one();
            gate.notified().await;
            Ok(())
        }
    });
    for _ in 0..5 {
        ground.knock(0).await;
    }
    let runner = ground.runner(&[QueueName::Mail], 1, handlers);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let working = tokio::spawn(runner.run(async {
        let _closed = stopped.await;
    }));
    began.notified().await;
    drop(stop);
    go.notify_one();
    working.await.unwrap();
    let left = ground.rows("attempts || '/' || (leased_by IS NULL)").await;
    assert_eq!(
        left,
        vec!["0/true"; 4],
        "one was finished, four were not begun"
    );
}

#[tokio::test]
async fn worker_shutdown_releases_unfinished_jobs_without_counting_the_attempt() {
    let ground = Ground::new().await;
    let began = Arc::new(tokio::sync::Notify::new());
    let says = Arc::clone(&began);
    let handlers = Handlers::default().with(move |_, _: Knock| {
        says.notify_one();
        std::future::pending::<Result<(), JobError>>()
    });
    ground.knock(0).await;
    let mut runner = ground.runner(&[QueueName::Mail], 1, handlers);
    runner.settings.timeout = std::time::Duration::ZERO;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let working = tokio::spawn(runner.run(async {
        let _closed = stopped.await;
    }));
    began.notified().await;
    drop(stop);
    working.await.unwrap();
    let left = ground.rows("attempts || '/' || (leased_by IS NULL)").await;
    assert_eq!(left, ["0/true"]);
}

#[tokio::test]
async fn job_retry_delay_grows_with_every_attempt() {
    let ground = Ground::new().await;
    let worker = ground.worker(&[QueueName::Mail]);
    ground.knock(99).await;
    for (attempt, at_least, at_most) in [(1, 2, 3), (2, 4, 5)] {
        assert_eq!(run(&worker).await, 1);
        let now = ground.clock.now();
        let wait = format!(
            "run_at BETWEEN '{}' AND '{}'",
            now + TimeDelta::seconds(at_least),
            now + TimeDelta::seconds(at_most)
        );
        assert_eq!(ground.rows(&wait).await, ["t"], "attempt {attempt}");
        ground.clock.advance_seconds(at_most);
    }
    assert_eq!(Knock::MAX_ATTEMPTS, 3);
}
